"""Read the build of a development container."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from rewriter.callers.json_text import parse
from rewriter.callers.kind import Kind
from rewriter.callers.model import (
    Builder,
    Caller,
    CallerKind,
    Files,
    FromLiteral,
    FromVariable,
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

_LOCAL: Final = re.compile(r"\$\{(?:localEnv|env):([A-Za-z_][A-Za-z0-9_]*)\}")


def _matches(path: str) -> bool:
    return posixpath.basename(path) in {"devcontainer.json", ".devcontainer.json"}


def _read(source: Source, files: Files) -> Reading:  # noqa: ARG001
    build = get(parse(source), "build")
    if not isinstance(build, Mapping):
        return Reading()
    directory = posixpath.dirname(source.path)
    file, context, target = get(build, "dockerfile"), get(build, "context"), get(build, "target")
    name = file.value if isinstance(file, Scalar) else "Dockerfile"
    where = context.value if isinstance(context, Scalar) else "."
    caller = Caller(
        path=source.path,
        kind=CallerKind.DEVCONTAINER,
        place=place(source, build.place),
        context=within(posixpath.join(directory, where)),
        dockerfile=within(posixpath.join(directory, name)),
        target=target.value if isinstance(target, Scalar) else None,
        arguments=arguments_of(source, get(build, "args"), _value),
        secrets=secret_ids(get(build, "options")),
        builder=Builder.BUILDX,
        form=TreeForm(TreeStyle.DEVCONTAINER, build, "args", ""),
    )
    return Reading((caller,))


def _value(_: str, node: Node) -> Value:
    if not isinstance(node, Scalar):
        return Unreadable("the value is no text")
    local = _LOCAL.fullmatch(node.value)
    if local:
        return FromVariable(local[1], exported=True, text=node.value)
    return Unreadable("the value is put together from variables") if "${" in node.value else FromLiteral()


KIND: Final = Kind(_matches, _read)
