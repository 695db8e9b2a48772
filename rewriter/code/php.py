"""Read and rewrite PHP."""

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

_HINT: Final = re.compile(r"getenv|_ENV|_SERVER|\benv[ \t]?\(|\bread_secret\b", re.IGNORECASE)
_ARRAYS: Final = ("$_ENV", "$_SERVER")
_TESTS: Final = re.compile(r"(?i)(?:isset|unset)\Z")
_HEAD: Final = re.compile(
    r"(?:\ufeff)?<\?php\b[ \t]*(?:\r?\n)?(?:[ \t]*(?://[^\n]*|\#(?!\[)[^\n]*)?\r?\n|/\*(?:[^*]|\*(?!/))*\*/[ \t]*\r?\n?"
    r"|(?:declare[ \t]*\([^)\n]*\)|namespace[ \t][\w\\ \t]+"
    r"|use[ \t][^;{]{1,300}(?:\{[^}]{0,2000}\})?)[ \t]*;[ \t]*(?:\r?\n|\Z))*"
)


def _matches(path: str, text: str) -> bool:
    return path.endswith((".php", ".phtml", ".inc")) and "<?" in text


def _survey(source: Source, secrets: Mapping[str, str]) -> Survey:
    root = tree.parse(source, "php")
    if isinstance(root, Refuse):
        return Survey(source.path, trouble=root.detail)
    uses: list[Use] = []
    for node in tree.walk(root):
        use = _use_of(source, node)
        if use is not None:
            uses.append(use)
    return Survey(
        source.path,
        tuple(uses),
        tree.mentions(source, root, ("string_content",), names=secrets, uses=uses),
    )


def _use_of(source: Source, node: Node) -> Use | None:
    if node.kind() == "function_call_expression":
        return _call(source, node)
    if node.kind() == "subscript_expression":
        children = [child for child in node.children() if child.is_named()]
        if children and children[0].text() in _ARRAYS:
            return _element(source, node, children[0].text(), children[1] if len(children) > 1 else None)
    if node.kind() == "variable_name" and node.text() == "$_ENV":
        around = node.parent()
        if around is None or around.kind() != "subscript_expression":
            return tree.use(source, node, "", ReadKind.WHOLE, Keep())
    return None


def _call(source: Source, node: Node) -> Use | None:
    function = node.field("function")
    called = function.text().lstrip("\\").lower() if function is not None else ""
    given = tree.arguments(node.field("arguments"))
    name = tree.constant(given[0]) if given else None
    if called == "read_secret" and name is not None:
        return tree.use(source, node, name, ReadKind.PLAIN, Keep())
    if called == "env" and name is not None:
        return tree.use(source, node, name, ReadKind.WRAPPER, Refuse("the framework reads the environment itself"))
    if called != "getenv" or function is None:
        return None
    if not given:
        return tree.use(source, node, "", ReadKind.WHOLE, Keep())
    if name is None:
        detail = Refuse("the variable's name is built at run time")
        return tree.use(source, node, "", ReadKind.DYNAMIC, detail, tree.pieces(node))
    if len(given) > 1:
        return tree.use(source, node, name, ReadKind.PLAIN, Refuse("getenv() is asked for the local environment alone"))
    edit = Edit(tree.span(function), "read_secret")
    return tree.use(source, node, name, ReadKind.PLAIN, Rewrite((edit,), ("read_secret",)))


def _element(source: Source, node: Node, array: str, index: Node | None) -> Use | None:
    name = tree.constant(index)
    if name is None:
        if array == "$_SERVER":
            return None
        detail = Refuse("the variable's name is built at run time")
        return tree.use(source, node, "", ReadKind.DYNAMIC, detail, tree.pieces(node))
    around = node.parent()
    if around is not None and around.kind() == "argument":
        call = around.parent()
        function = tree.field(call.parent() if call is not None else None, "function")
        if function is not None and _TESTS.match(function.text()):
            return tree.use(source, node, name, ReadKind.MEMBERSHIP, Refuse(f"isset({array}[...]) is not rewritten"))
    if around is not None and around.kind() in ("unset_statement", "isset_expression"):
        return tree.use(source, node, name, ReadKind.MEMBERSHIP, Refuse(f"{array}[...] is tested or removed"))
    written = around is not None and "assignment" in around.kind() and tree.same(around.field("left"), node)
    if written or (around is not None and around.kind() in ("subscript_expression", "update_expression", "by_ref")):
        return tree.use(source, node, name, ReadKind.PLAIN, Refuse("the program sets the variable itself"))
    operator = tree.field(around, "operator")
    kind = ReadKind.DEFAULT if operator is not None and operator.text() == "??" else ReadKind.PLAIN
    quote = "'" if "'" in node.text() else '"'
    edit = Edit(tree.span(node), f"read_secret({quote}{name}{quote}, null)")
    return tree.use(source, node, name, kind, Rewrite((edit,), ("read_secret",)))


def _reach(source: Source, files: Mapping[str, str], needs: tuple[str, ...]) -> Reader | Refuse:
    """Include the reader, which lies beside the file, behind the opening tag, the namespace and its imports."""
    if not needs or re.search(r"require_once[ (]*__DIR__ *\. *['\"]/run_secrets\.php['\"]", source.text):
        return Reader()
    if re.search(r"\bfunction[ \t]+read_secret\b", source.text):
        return Refuse("the file has a function read_secret of its own")
    path = posixpath.join(posixpath.dirname(source.path), "run_secrets.php")
    text = render("run_secrets.php.j2")
    if path in files and files[path] != text:
        return Refuse(f"{path} exists and is something else")
    head = _HEAD.match(source.text)
    if head is None or re.search(r"^(?:namespace\b[^;\n]*\{|declare[^;\n]*\{)", source.text, re.MULTILINE):
        return Refuse("the file does not start with PHP code, or its namespace is a block")
    at = head.end()
    newline = source.newline
    front = newline if not source.text[:at].endswith("\n") else ""
    line = f"{front}require_once __DIR__ . '/run_secrets.php';{newline}{newline}"
    return Reader((Edit(Span(at, at), line),), () if path in files else (NewFile(path, text),))


LANGUAGE: Final = Language("PHP", _matches, _HINT, _survey, _reach)
