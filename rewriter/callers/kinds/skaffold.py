"""Read the artifacts of Skaffold."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from rewriter.callers.kind import Kind
from rewriter.callers.model import (
    Builder,
    Caller,
    CallerForm,
    CallerKind,
    Files,
    FromLiteral,
    FromVariable,
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
from rewriter.documents.yaml import Mapping, Node, Scalar, Sequence, get, index_of, parse, walk
from rewriter.model.text import Source

_NAME: Final = re.compile(r"skaffold(?:[._-].*)?\.ya?ml")
_VARIABLE: Final = re.compile(r"\{\{\s*\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")


def _matches(path: str) -> bool:
    return _NAME.fullmatch(posixpath.basename(path)) is not None


def _read(source: Source, files: Files) -> Reading:  # noqa: ARG001
    callers: list[Caller] = []
    for document in parse(source):
        for node in walk(document):
            number = index_of(node, "artifacts") if isinstance(node, Mapping) and node.alias is None else None
            if isinstance(node, Mapping) and number is not None:
                key, artifacts = node.pairs[number]
                if isinstance(artifacts, Sequence) and artifacts.alias is None:
                    indented = source.column(artifacts.span.start) > source.column(key.span.start)
                    for artifact in artifacts.items:
                        callers += _of_artifact(source, artifact, indented=indented)
    return Reading(tuple(callers))


def _of_artifact(source: Source, artifact: Node, *, indented: bool) -> list[Caller]:
    found: list[Caller] = []
    directory = posixpath.dirname(source.path)
    written = get(artifact, "context")
    context = within(posixpath.join(directory, written.value if isinstance(written, Scalar) else "."))
    for key in ("docker", "kaniko"):
        block = get(artifact, key)
        if not isinstance(block, Mapping):
            continue
        file, target = get(block, "dockerfile"), get(block, "target")
        name = file.value if isinstance(file, Scalar) else "Dockerfile"
        form: CallerForm = TreeForm(TreeStyle.SKAFFOLD, block, "buildArgs", directory, indented=indented)
        why = "kaniko has no build secrets" if key == "kaniko" else None
        if why is None and (block.alias is not None or artifact.alias is not None):
            why = "the artifact is shared through an alias"
        found.append(
            Caller(
                path=source.path,
                kind=CallerKind.SKAFFOLD,
                place=place(source, block.place),
                context=context,
                dockerfile=within(posixpath.join(context, name)) if context is not None else None,
                target=target.value if isinstance(target, Scalar) else None,
                arguments=arguments_of(source, get(block, "buildArgs"), _value, why=why),
                secrets=secret_ids(get(block, "secrets")),
                builder=Builder.KANIKO if key == "kaniko" else Builder.DOCKER,
                form=Unreadable(why) if why else form,
            )
        )
    return found


def _value(_: str, node: Node) -> Value:
    if not isinstance(node, Scalar):
        return Unreadable("the value is no text")
    if node.is_null:
        return Inherited()
    variable = _VARIABLE.fullmatch(node.value)
    if variable:
        return FromVariable(variable[1], exported=True, text=node.value)
    return Unreadable("the value is put together by a template") if "{{" in node.value else FromLiteral()


KIND: Final = Kind(_matches, _read)
