"""Read and rewrite Java."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final

from rewriter.code import tree
from rewriter.code.model import Keep, Language, Reader, ReadKind, Refuse, Rewrite, Survey, Use
from rewriter.code.tree import Node
from rewriter.model.plan import NewFile
from rewriter.model.text import Edit, Source, Span
from rewriter.template import render

_HINT: Final = re.compile(r"getenv|\$\{|\bRunSecrets\b")
_PLACEHOLDER: Final = re.compile(r"\$\{([A-Za-z0-9_.-]{1,100})[:}]")
_SPRING: Final = 'Spring puts it in; it reads files with spring.config.import: "optional:configtree:/run/secrets/"'


def _matches(path: str, text: str) -> bool:
    return path.endswith(".java") and bool(text)


def _survey(source: Source, secrets: Mapping[str, str]) -> Survey:
    root = tree.parse(source, "java")
    if isinstance(root, Refuse):
        return Survey(source.path, trouble=root.detail)
    uses: list[Use] = []
    for node in tree.walk(root):
        if node.kind() == "method_invocation":
            uses += _call(source, node)
        elif node.kind() == "string_literal":
            for match in _PLACEHOLDER.finditer(node.text()):
                name = re.sub(r"[.-]", "_", match[1]).upper()
                uses.append(tree.use(source, node, name, ReadKind.WRAPPER, Refuse(_SPRING)))
    return Survey(
        source.path,
        tuple(uses),
        tree.mentions(source, root, ("string_fragment",), names=secrets, uses=uses),
    )


def _call(source: Source, node: Node) -> Iterator[Use]:
    method, held = node.field("name"), node.field("object")
    if method is None or held is None:
        return
    given = tree.arguments(node.field("arguments"))
    name = tree.constant(given[0]) if given else None
    if held.text() == "RunSecrets" and name is not None:
        yield tree.use(source, node, name, ReadKind.PLAIN, Keep())
    if method.text() != "getenv" or held.text() not in ("System", "java.lang.System"):
        return
    if not given:
        yield tree.use(source, node, "", ReadKind.WHOLE, Keep())
    elif name is None:
        detail = Refuse("the variable's name is built at run time")
        yield tree.use(source, node, "", ReadKind.DYNAMIC, detail, tree.pieces(node))
    else:
        edit = Edit(Span(tree.span(held).start, tree.span(method).end), "RunSecrets.get")
        yield tree.use(source, node, name, ReadKind.PLAIN, Rewrite((edit,), ("RunSecrets",)))


def _reach(source: Source, files: Mapping[str, str], needs: tuple[str, ...]) -> Reader | Refuse:
    """Put the reader into the package of the file: Java needs no import for it."""
    folder = posixpath.dirname(source.path)
    package = re.search(r"^[ \t]*package[ \t]+([\w.]{1,200})[ \t]*;", source.text, re.MULTILINE)
    path = posixpath.join(folder, "RunSecrets.java")
    text = render("RunSecrets.java.j2", package=package[1] if package is not None else "")
    if path in files:
        return Reader() if files[path] == text else Refuse(f"{path} exists and is something else")
    for other, held in sorted(files.items()):
        if posixpath.dirname(other) == folder and re.search(r"\bRunSecrets\b", held):
            return Refuse("the package has a class RunSecrets of its own")
        if package is None and not other.endswith(".java") and re.search(r"\bjava[ \t]+\S{0,200}\.java\b", held):
            return Refuse(f"{other} runs a single source, which leaves the reader out")
    return Reader((), (NewFile(path, text),) if needs else ())


LANGUAGE: Final = Language("Java", _matches, _HINT, _survey, _reach)
