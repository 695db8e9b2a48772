"""Read the build of a development container."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from rewriter.callers import options
from rewriter.callers.argument_list import given
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
    RunEnvironment,
    TreeForm,
    TreeStyle,
    Unreadable,
    Value,
    place,
)
from rewriter.callers.options import Token
from rewriter.callers.paths import within
from rewriter.callers.tree_arguments import arguments_of, secret_ids
from rewriter.documents.yaml import Mapping, Node, Scalar, Sequence, get
from rewriter.model.masked import MASK, Masked
from rewriter.model.text import Source, Span

_LOCAL: Final = re.compile(r"\$\{(?:localEnv|env):([A-Za-z_][A-Za-z0-9_]*)\}")


def _matches(path: str) -> bool:
    return posixpath.basename(path) in {"devcontainer.json", ".devcontainer.json"}


def _read(source: Source, files: Files) -> Reading:  # noqa: ARG001
    root = parse(source)
    environments = tuple(_environments(source, root))
    build = get(root, "build")
    if not isinstance(build, Mapping):
        return Reading(environments=environments)
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
    return Reading((caller,), environments)


def _environments(source: Source, root: Node | None) -> Iterator[RunEnvironment]:
    """Yield what the container gets: `containerEnv`, `remoteEnv`, and the options of `docker run` in `runArgs`."""
    for key in ("containerEnv", "remoteEnv"):
        node = get(root, key)
        for name, value in node.pairs if isinstance(node, Mapping) else ():
            if isinstance(value, Scalar):
                span = Span(name.place.start, value.place.end)
                literal = value.value if value.value and "${" not in value.value else None
                shown = MASK if literal else value.value
                yield RunEnvironment(name.value, shown, Masked(literal) if literal else None, place(source, span))
    words = get(root, "runArgs")
    if isinstance(words, Sequence):
        head = [Token("docker", "docker"), Token("run", "run")]
        texts = [item.value if isinstance(item, Scalar) else None for item in words.items]
        invocation = options.read([*head, *(Token(text, text or "") for text in texts), Token("image", "image")])
        for one in invocation.options if invocation is not None else ():
            item = words.items[one.value_word - 2] if one.value_word - 2 < len(words.items) else None
            found = given(item, one.joined, source) if item is not None and one.name in {"-e", "--env"} else None
            if found is not None:
                yield found


def _value(_: str, node: Node) -> Value:
    if not isinstance(node, Scalar):
        return Unreadable("the value is no text")
    local = _LOCAL.fullmatch(node.value)
    if local:
        return FromVariable(local[1], exported=True, text=node.value)
    return Unreadable("the value is put together from variables") if "${" in node.value else FromLiteral()


KIND: Final = Kind(_matches, _read)
