"""Read and rewrite Ruby: a constant that answers like ENV takes its place."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Final

from rewriter.code import tree
from rewriter.code.model import Keep, Language, Reader, ReadKind, Refuse, Rewrite, Survey, Use
from rewriter.code.tree import Node
from rewriter.model.plan import NewFile
from rewriter.model.text import Edit, Source, Span
from rewriter.template import render

_HINT: Final = re.compile(r"\bENV\b|\bRunSecrets\b")
_SPELLED: Final = ("string_content", "simple_symbol", "hash_key_symbol")
_NAMES: Final = frozenset({"gemfile", "rakefile", "config.ru"})
_KINDS: Final = {
    "fetch": ReadKind.PLAIN, "[]": ReadKind.PLAIN, "key?": ReadKind.MEMBERSHIP, "has_key?": ReadKind.MEMBERSHIP,
    "include?": ReadKind.MEMBERSHIP, "member?": ReadKind.MEMBERSHIP,
}  # fmt: skip
_HEAD: Final = re.compile(
    r"(?:\ufeff)?(?:[ \t]*#[^\n]*\n|[ \t]*\r?\n)*(?:require(?:_relative)?[ (][^\n]*\n(?:[ \t]*\r?\n(?=require))?)*"
)


def _matches(path: str, text: str) -> bool:
    name = path.rsplit("/", 1)[-1].lower()
    return name.endswith((".rb", ".ru", ".rake")) or (name in _NAMES and bool(text))


def _survey(source: Source, secrets: Mapping[str, str]) -> Survey:
    root = tree.parse(source, "ruby")
    if isinstance(root, Refuse):
        return Survey(source.path, trouble=root.detail)
    uses: list[Use] = []
    for node in tree.walk(root):
        if node.kind() == "constant" and node.text() in ("ENV", "RunSecrets"):
            use = _environment(source, node)
            if use is not None:
                uses.append(use)
    return Survey(source.path, tuple(uses), tree.mentions(source, root, _SPELLED, names=secrets, uses=uses))


def _environment(source: Source, node: Node) -> Use | None:
    own = node.text() == "RunSecrets"
    held, around = node, node.parent()
    if around is not None and around.kind() == "scope_resolution":
        if around.text() != "::ENV":
            return None
        held, around = around, around.parent()
    if around is None:
        return None
    if around.kind() == "element_reference" and tree.same(around.field("object"), held):
        return _read(source, around, held, "[]", own=own)
    method = tree.field(around, "method")
    if around.kind() == "call" and tree.same(around.field("receiver"), held) and method is not None:
        return _read(source, around, held, method.text(), own=own)
    return None if own else tree.use(source, node, "", ReadKind.WHOLE, Keep())


def _read(source: Source, node: Node, held: Node, method: str, *, own: bool) -> Use | None:
    given = tree.arguments(node.field("arguments"))
    if node.kind() == "element_reference":
        given = tuple(child for child in node.children() if child.is_named() and not tree.same(child, held))
    name = tree.constant(given[0]) if given else None
    kind = _KINDS.get(method)
    if own:
        return None if name is None else tree.use(source, node, name, ReadKind.PLAIN, Keep())
    if kind is None and (name is None or method not in ("delete", "store", "[]=")):
        return tree.use(source, node, "", ReadKind.WHOLE, Keep())
    if name is None:
        detail = Refuse("the variable's name is built at run time")
        return tree.use(source, node, "", ReadKind.DYNAMIC, detail, tree.pieces(node))
    around = node.parent()
    written = around is not None and "assignment" in around.kind() and tree.same(around.field("left"), node)
    if kind is None or written:
        return tree.use(source, node, name, ReadKind.PLAIN, Refuse("the program sets or deletes the variable itself"))
    if kind is ReadKind.PLAIN and (len(given) > 1 or node.field("block") is not None):
        kind = ReadKind.DEFAULT
    return tree.use(source, node, name, kind, Rewrite((Edit(tree.span(held), "RunSecrets"),), ("RunSecrets",)))


def _reach(source: Source, files: Mapping[str, str], needs: tuple[str, ...]) -> Reader | Refuse:
    """Require the reader by its place beside the file, or in `lib` of the program that the file belongs to."""
    if not needs or re.search(r"^require_relative[ (][\"'][^\"'\n]*run_secrets[\"']", source.text, re.MULTILINE):
        return Reader()
    folder = posixpath.dirname(source.path)
    root = folder
    while root and posixpath.join(root, "Gemfile") not in files:
        root = posixpath.dirname(root)
    lib = posixpath.join(root, "lib")
    base = lib if any(path.startswith(f"{lib}/") for path in files) else folder
    path = posixpath.join(base, "run_secrets.rb")
    text = render("run_secrets.rb.j2")
    if path in files and files[path] != text:
        return Refuse(f"{path} exists and is something else")
    near = posixpath.relpath(path, folder or ".").removesuffix(".rb")
    quote = '"' if source.text.count('"') >= source.text.count("'") else "'"
    head = _HEAD.match(source.text)
    at = head.end() if head is not None else 0
    line = f"require_relative {quote}{near}{quote}{source.newline}"
    if source.text[:at].strip() and not source.text[:at].endswith(("\n", "\r\n")):
        line = source.newline + line
    if not re.search(r"^require", source.text[:at], re.MULTILINE):
        line += source.newline
    return Reader((Edit(Span(at, at), line),), () if path in files else (NewFile(path, text),))


LANGUAGE: Final = Language("Ruby", _matches, _HINT, _survey, _reach)
