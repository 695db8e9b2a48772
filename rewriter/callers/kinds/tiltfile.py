"""Read the `docker_build` calls of a Tiltfile; they are reported, not rewritten."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator
from typing import Final

from rewriter.callers.kind import Kind
from rewriter.callers.model import BuildArgument, Builder, Caller, CallerKind, Files, Reading, Unreadable, place
from rewriter.callers.paths import within
from rewriter.errors import ParseError
from rewriter.model.text import Source, Span

_CALLS: Final = frozenset({"docker_build", "docker_build_with_restart", "custom_build"})
_WHY: Final = "a Tiltfile is a program: give `docker_build` the argument `secret=['id=...,env=NAME']` by hand"
_SIZE_LIMIT: Final = 200_000


def _matches(path: str) -> bool:
    name = posixpath.basename(path)
    return name == "Tiltfile" or name.startswith("Tiltfile.") or name.endswith(".tiltfile")


def _read(source: Source, files: Files) -> Reading:  # noqa: ARG001
    if "docker_build" not in source.text:
        return Reading()
    if len(source.text) > _SIZE_LIMIT:
        raise ParseError(source.path, 0, f"is longer than {_SIZE_LIMIT} characters")
    try:
        tree = ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = error.lineno or 0 if isinstance(error, SyntaxError) else 0
        raise ParseError(source.path, line, "is not a Tiltfile that can be read") from None
    return Reading(tuple(_callers(source, tree)))


def _callers(source: Source, tree: ast.AST) -> Iterator[Caller]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
            yield _caller(source, node)


def _caller(source: Source, call: ast.Call) -> Caller:
    named = {word.arg: word.value for word in call.keywords if word.arg is not None}
    directory = posixpath.dirname(source.path)
    written = _text(named.get("context") or (call.args[1] if len(call.args) > 1 else None))
    context = within(posixpath.join(directory, written)) if written is not None else None
    file = _text(named.get("dockerfile"))
    path = context if file is None else directory
    named_file = within(posixpath.join(path, file or "Dockerfile")) if path is not None else None
    known = "dockerfile_contents" not in named and ("dockerfile" not in named or file is not None)
    secrets = [_text(item) or "" for item in _items(named.get("secret"))]
    return Caller(
        path=source.path,
        kind=CallerKind.TILTFILE,
        place=place(source, _span(source, call)),
        context=context,
        dockerfile=named_file if known else None,
        target=_text(named.get("target")),
        arguments=tuple(_arguments(source, named.get("build_args"))),
        secrets=tuple(part[3:] for one in secrets for part in one.split(",") if part.startswith("id=")),
        builder=Builder.OTHER,
        form=Unreadable(_WHY),
        dynamic=not isinstance(named.get("build_args"), ast.Dict | None),
    )


def _arguments(source: Source, node: ast.expr | None) -> Iterator[BuildArgument]:
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            name = _text(key)
            if name is not None and key is not None:
                span = Span(_span(source, key).start, _span(source, value).end)
                yield BuildArgument(name, "", place(source, span), None, None, Unreadable(_WHY))


def _items(node: ast.expr | None) -> tuple[ast.expr, ...]:
    match node:
        case ast.List(elts) | ast.Tuple(elts):
            return tuple(elts)
        case None:
            return ()
        case _:
            return (node,)


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _span(source: Source, node: ast.expr) -> Span:
    start = _offset(source, node.lineno, node.col_offset)
    end = _offset(source, node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
    return Span(start, max(start, end))


def _offset(source: Source, line: int, column: int) -> int:
    """Return the offset of a place that the parser counts in bytes of UTF-8."""
    span = source.line_span(line)
    written = span.of(source.text).encode("utf-8", "surrogateescape")[:column]
    return span.start + len(written.decode("utf-8", "surrogateescape"))


KIND: Final = Kind(_matches, _read)
