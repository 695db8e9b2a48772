"""Read and rewrite JavaScript and TypeScript that runs in Node."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from rewriter.code import tree
from rewriter.code.javascript_reach import browser, reach
from rewriter.code.model import Keep, Language, ReadKind, Refuse, Rewrite, Survey, Use, read_at
from rewriter.code.tree import Node
from rewriter.model.text import Edit, Source, Span

_GRAMMARS: Final = {
    "js": "javascript", "mjs": "javascript", "cjs": "javascript", "jsx": "javascript", "ts": "typescript",
    "mts": "typescript", "cts": "typescript", "tsx": "tsx",
}  # fmt: skip
_HINT: Final = re.compile(r"\bprocess\b|\breadSecret\b|[cC]onfig|[eE]nv[.(]")
_SHEBANG: Final = re.compile(r"\ufeff?#![^\n]{0,100}\bnode\b")
_OTHER_NAME: Final = re.compile(
    r"\benv\b[^;\n]{0,200}(?:\bfrom\s{0,9}|\brequire\(\s{0,9})[\"'](?:node:)?process[\"']|\{[^{}]{0,200}\benv\b[^{}]{0,200}\}"
    r"\s{0,9}=\s{0,9}(?:globalThis\.)?process\s{0,9}(?:;|\n|$)"
)
_SETTINGS: Final = re.compile(
    r"(?i)(?:config|env|settings?)\w{0,20}(?:\(\))?(?:[?!]?\.(?:get|getOrThrow|has|require|string))?\Z"
)
_WRITES: Final = ("assignment_expression", "augmented_assignment_expression", "update_expression")
_SPELLED: Final = ("property_identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern",
                   "string_fragment")  # fmt: skip


def _matches(path: str, text: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return name.rpartition(".")[2] in _GRAMMARS if "." in name else bool(_SHEBANG.match(text))


def _survey(source: Source, secrets: Mapping[str, str]) -> Survey:
    root = tree.parse(source, _GRAMMARS.get(source.path.rpartition(".")[2], "javascript"))
    if isinstance(root, Refuse):
        return Survey(source.path, trouble=root.detail)
    blocked = browser(source)
    uses: list[Use] = []
    for node in tree.walk(root):
        for use in _uses(source, node):
            change = use.change
            if blocked and isinstance(change, Rewrite):
                change = Refuse(blocked)
            uses.append(Use(use.read, change, use.pieces))
    found = _OTHER_NAME.search(source.text)
    if found is not None:
        read = read_at(source, Span(found.start(), found.end()), "", kind=ReadKind.WHOLE)
        uses.append(Use(read, Keep()))
    return Survey(
        source.path,
        tuple(uses),
        tree.mentions(source, root, _SPELLED, names=secrets, uses=uses),
    )


def _uses(source: Source, node: Node) -> Iterator[Use]:
    if node.kind() == "call_expression":
        yield from _wrapper(source, node)
    elif _is_environment(node):
        around = node.parent()
        if around is None:
            return
        if around.kind() in ("member_expression", "subscript_expression") and tree.same(around.field("object"), node):
            yield _access(source, around)
        elif around.kind() == "variable_declarator" and tree.same(around.field("value"), node):
            yield from _destructured(source, around, node)
        elif (
            around.kind() == "binary_expression"
            and tree.field(around, "operator") is not None
            and (
                tree.constant(around.field("left"))
                and " in " in source.text[tree.span(around).start : tree.span(node).start]
            )
        ):
            name = tree.constant(around.field("left")) or ""
            yield tree.use(source, around, name, ReadKind.MEMBERSHIP, Refuse('"in process.env" is not rewritten'))
        else:
            yield tree.use(source, node, "", ReadKind.WHOLE, Keep())


def _is_environment(node: Node) -> bool:
    """Tell whether a node is `process.env`."""
    if node.kind() not in ("member_expression", "subscript_expression"):
        return False
    held = node.field("object")
    if held is None or held.text() not in ("process", "globalThis.process", "global.process"):
        return False
    named = node.field("property")
    return named.text() == "env" if named is not None else tree.constant(node.field("index")) == "env"


def _access(source: Source, node: Node) -> Use:
    named = node.field("property")
    name = named.text() if named is not None else tree.constant(node.field("index"))
    if name is None:
        detail = Refuse("the variable's name is built at run time")
        return tree.use(source, node, "", ReadKind.DYNAMIC, detail, tree.pieces(node))
    around = node.parent()
    kind = ReadKind.PLAIN
    if around is not None:
        written = around.kind() in _WRITES and (tree.same(around.field("left"), node) or around.kind() == _WRITES[2])
        deleted = around.kind() == "unary_expression" and around.text().startswith("delete")
        called = around.kind() == "call_expression" and tree.same(around.field("function"), node)
        if written or deleted or called:
            return tree.use(source, node, name, kind, Refuse("the program sets or deletes the variable itself"))
        operator = tree.field(around, "operator")
        if operator is not None and operator.text() in ("||", "??") and tree.same(around.field("left"), node):
            kind = ReadKind.DEFAULT
    edit = Edit(tree.span(node), f"readSecret({_quoted(source, name)})")
    return tree.use(source, node, name, kind, Rewrite((edit,), ("readSecret",)))


def _destructured(source: Source, declarator: Node, value: Node) -> Iterator[Use]:
    """Read `const { A, B: b } = process.env`: the variables are laid over a copy of the environment."""
    pattern = declarator.field("name")
    if pattern is None or pattern.kind() != "object_pattern":
        yield tree.use(source, value, "", ReadKind.WHOLE, Keep())
        return
    for child in pattern.children():
        key = child.field("key") or child.field("left") or child
        if not child.is_named() or child.kind() == "comment":
            continue
        if child.kind() == "rest_pattern" or (key.kind() not in _SPELLED and tree.constant(key) is None):
            yield tree.use(source, value, "", ReadKind.WHOLE, Keep())
            continue
        name = tree.constant(key) or key.text()
        change = Refuse("it is taken apart with others; read it by its own name: process.env." + name)
        yield tree.use(source, child, name, ReadKind.PLAIN, change)


def _wrapper(source: Source, node: Node) -> Iterator[Use]:
    """Read a call of a library for settings, as NestJS's `configService.get("X")`."""
    function = node.field("function")
    given = tree.arguments(node.field("arguments"))
    name = tree.constant(given[0]) if given else None
    if function is None or name is None or not re.fullmatch(r"[A-Z][A-Z0-9_]{2,80}", name):
        return
    text = function.text()
    if text == "readSecret":
        yield tree.use(source, node, name, ReadKind.PLAIN, Keep())
    elif len(text) < 200 and _SETTINGS.search(text):
        yield tree.use(source, node, name, ReadKind.WRAPPER, Refuse("a library reads the environment itself"))


def _quoted(source: Source, name: str) -> str:
    """Return a name in the quotes that the file uses."""
    return f"'{name}'" if source.text.count("'") > source.text.count('"') else f'"{name}"'


LANGUAGE: Final = Language("JavaScript", _matches, _HINT, _survey, reach)
