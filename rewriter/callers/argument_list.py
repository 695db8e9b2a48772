"""Read a build command that is written as a list of words, without a shell."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from rewriter.callers.invocation import Host
from rewriter.callers.model import (
    ArgumentListForm,
    BuildArgument,
    Builder,
    Caller,
    CallerForm,
    CallerKind,
    FromHost,
    FromLiteral,
    FromVariable,
    Inherited,
    ItemForm,
    RunEnvironment,
    Unreadable,
    Value,
    place,
)
from rewriter.callers.options import Invocation, Option, Token, read
from rewriter.callers.paths import within
from rewriter.documents.yaml import Mapping, Node, Scalar, Sequence, get
from rewriter.model.masked import MASK, Masked
from rewriter.model.text import Source, Span

_ARGUMENT: Final = re.compile(r"(?s)([A-Za-z_][A-Za-z0-9_.-]*)(?:=(.*))?")
_ENVIRONMENT: Final = re.compile(r"\$\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")
_SUBSTITUTION: Final = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")
_ID: Final = re.compile(r"(?:^|,)id=([^,]+)")
_KANIKO: Final = "kaniko has no build secrets: mount the secret as a file, or use BuildKit"


def caller_of(step: Mapping, items: Sequence, host: Host, *, image: str) -> Caller | None:
    """Return the caller that a step is, if its words build an image; `image` is what runs the words."""
    texts = [item.value if isinstance(item, Scalar) else None for item in items.items]
    kaniko = "kaniko" in image
    engine = "/kaniko/executor" if kaniko else "docker" if "docker" in image else image.rsplit("/", 1)[-1]
    invocation = read([Token(engine, engine), *(Token(text, text or "") for text in texts)])
    if invocation is None or invocation.verb != "build":
        return None
    context, file = _paths(texts, invocation, host)
    form: CallerForm = ArgumentListForm(step, items, invocation.subcommand - 1, _base(host))
    arguments = [
        found
        for option in invocation.options
        if option.name == "--build-arg" and (found := _argument(step, items, option, host, kaniko=kaniko))
    ]
    targets = [_text(texts, option) for option in invocation.options if option.name == "--target"]
    secrets = [_ID.search(_text(texts, option)) for option in invocation.options if option.name == "--secret"]
    return Caller(
        path=host.source.path,
        kind=CallerKind.KANIKO if kaniko else host.kind,
        place=place(host.source, items.place),
        context=context,
        dockerfile=file,
        target=targets[-1] if targets and "$" not in targets[-1] else None,
        arguments=tuple(arguments),
        secrets=tuple(match[1] for match in secrets if match),
        builder=Builder.KANIKO if kaniko else invocation.builder,
        form=Unreadable(_KANIKO) if kaniko else form,
        dynamic=any(text is None for text in texts),
    )


def environments_of(items: Sequence, host: Host, *, image: str) -> tuple[RunEnvironment, ...]:
    """Return what a step gives to a container, if its words run one: `[run, -e, NAME=value, image]`."""
    texts = [item.value if isinstance(item, Scalar) else None for item in items.items]
    engine = "docker" if "docker" in image else image.rsplit("/", 1)[-1]
    invocation = read([Token(engine, engine), *(Token(text, text or "") for text in texts)])
    options = invocation.options if invocation is not None and invocation.verb != "build" else ()
    return tuple(
        found
        for option in options
        if option.name in {"-e", "--env"}
        and (found := given(items.items[option.value_word - 1], option.joined, host.source))
    )


def given(word: Node, joined: int, source: Source) -> RunEnvironment | None:
    """Return the variable that a word `NAME=value` gives to a container, behind the first `joined` characters."""
    match = _ARGUMENT.fullmatch(word.value[joined:]) if isinstance(word, Scalar) else None
    if match is None:
        return None
    literal = match[2] if match[2] and "$" not in match[2] else None
    value = MASK if literal else match[2]
    return RunEnvironment(match[1], value, Masked(literal) if literal else None, place(source, word.place))


def _text(texts: list[str | None], option: Option) -> str:
    return (texts[option.value_word - 1] or "")[option.joined :]


def _base(host: Host) -> str | None:
    return next(iter(host.bases.of(host.cwd)), None) if host.cwd is not None else None


def _paths(texts: list[str | None], invocation: Invocation, host: Host) -> tuple[str | None, str | None]:
    base = _base(host)
    named = [_text(texts, one) for one in invocation.options if one.name in {"-f", "--file", "--dockerfile"}]
    contexts = [_text(texts, one) for one in invocation.options if one.name == "--context"]
    if invocation.operands:
        contexts.append(texts[invocation.operands[-1] - 1] or "$")
    written = contexts[-1].removeprefix("dir://") if contexts else "."
    written = written.removeprefix("/workspace/") if written != "/workspace" else "."
    if base is None or "$" in written or "://" in written or written == "-":
        return None, None
    context = within(posixpath.join(base, written))
    if named:
        return context, None if "$" in named[-1] else within(posixpath.join(base, named[-1]))
    return context, None if context is None else posixpath.join(context, "Dockerfile")


def _argument(step: Mapping, items: Sequence, option: Option, host: Host, *, kaniko: bool) -> BuildArgument | None:
    flag, word = items.items[option.word - 1], items.items[option.value_word - 1]
    if not isinstance(word, Scalar) or not isinstance(flag, Scalar):
        return None
    match = _ARGUMENT.fullmatch(word.value[option.joined :])
    if match is None:
        return None
    shared = flag.alias is not None or word.alias is not None or flag.anchor is not None or word.anchor is not None
    value = Unreadable("the words are shared through an anchor") if shared else _value(step, match[2])
    literal = Masked(match[2]) if isinstance(value, FromLiteral) and match[2] else None
    names = {FromVariable: _ENVIRONMENT, FromHost: _SUBSTITUTION}.get(type(value))
    named = names.fullmatch(match[2] or "") if names is not None else None
    return BuildArgument(
        name=match[1],
        value=MASK if literal else match[2],
        place=place(host.source, Span(flag.place.start, word.place.end)),
        literal=literal,
        variable=named[1] if named else None,
        form=Unreadable(_KANIKO) if kaniko else ItemForm(option.word - 1, option.value_word - 1, value),
    )


def _value(step: Mapping, text: str | None) -> Value:
    if text is None:
        return Inherited()
    environment = _ENVIRONMENT.fullmatch(text)
    if environment:
        return FromVariable(environment[1], exported=environment[1] in _names(step), text=text)
    if "$" in text.replace("$$", ""):
        return FromHost(text, text)
    return Unreadable("the value is put together from variables") if "$$" in text else FromLiteral()


def _names(step: Mapping) -> frozenset[str]:
    """Return the variables that the step's commands have."""
    found: set[str] = set()
    for key in ("secretEnv", "env"):
        node = get(step, key)
        for item in node.items if isinstance(node, Sequence) else ():
            if isinstance(item, Scalar):
                found.add(item.value.split("=", 1)[0])
    return frozenset(found)
