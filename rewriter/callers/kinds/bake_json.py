"""Read bake files in JSON."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from rewriter.callers.bake import variable_value
from rewriter.callers.json_text import parse
from rewriter.callers.kind import Kind
from rewriter.callers.model import (
    Builder,
    Caller,
    CallerKind,
    Files,
    Inherited,
    Reading,
    TreeForm,
    TreeStyle,
    Unreadable,
    Value,
    place,
)
from rewriter.callers.paths import within
from rewriter.callers.tree_arguments import arguments_of, secret_ids
from rewriter.documents.yaml import Mapping, Node, Scalar, get
from rewriter.model.text import Source

_NAME: Final = re.compile(r"(?:.*[.-])?(?:docker-)?bake(?:[.-].*)?\.json")


def _matches(path: str) -> bool:
    return _NAME.fullmatch(posixpath.basename(path)) is not None


def _read(source: Source, files: Files) -> Reading:  # noqa: ARG001
    root = parse(source)
    targets, variables = get(root, "target"), get(root, "variable")
    defaults = {
        name.value: _text(get(value, "default"))
        for name, value in (variables.pairs if isinstance(variables, Mapping) else ())
    }
    return Reading(
        tuple(
            _caller(source, target, defaults)
            for _, target in (targets.pairs if isinstance(targets, Mapping) else ())
            if isinstance(target, Mapping)
        )
    )


def _text(node: Node | None) -> str:
    return node.value if isinstance(node, Scalar) and not node.is_null else ""


def _caller(source: Source, target: Mapping, defaults: dict[str, str]) -> Caller:
    def value_of(_: str, node: Node) -> Value:
        match node:
            case Scalar() if node.is_null:
                return Inherited()
            case Scalar():
                return variable_value(node.value, defaults)
            case _:
                return Unreadable("the value is no string")

    directory = posixpath.dirname(source.path)
    context = within(_text(get(target, "context")) or ".")
    file = _text(get(target, "dockerfile")) or "Dockerfile"
    dynamic = "$" in f"{context}{file}" or context is None or "://" in f"{context}"
    return Caller(
        path=source.path,
        kind=CallerKind.BAKE_JSON,
        place=place(source, target.place),
        context=None if dynamic else context,
        dockerfile=None if dynamic or context is None else within(posixpath.join(context, file)),
        target=_text(get(target, "target")) or None,
        arguments=arguments_of(source, get(target, "args"), value_of),
        secrets=secret_ids(get(target, "secret")),
        builder=Builder.BAKE,
        form=TreeForm(TreeStyle.BAKE_JSON, target, "args", directory),
    )


KIND: Final = Kind(_matches, _read)
