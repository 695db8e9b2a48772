"""Read steps that build through an action, whose inputs hold the build arguments."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from rewriter.callers.embedded import Embedded
from rewriter.callers.invocation import expression_variable
from rewriter.callers.model import (
    BuildArgument,
    Builder,
    Caller,
    CallerKind,
    Files,
    FromHost,
    FromLiteral,
    LineForm,
    StepForm,
    Unreadable,
    place,
)
from rewriter.callers.paths import within
from rewriter.callers.yaml_text import embed
from rewriter.documents.yaml import Mapping, Node, Scalar, Sequence, get, index_of
from rewriter.model.masked import MASK, Masked
from rewriter.model.text import Source, Span
from rewriter.record import Record

EXPRESSION: Final = re.compile(r"\$\{\{(?:[^{}\n]|\}(?!\})|\{(?!\{))*\}\}")
_OWN_ACTION: Final = "docker/build-push-action"
_SAME_INPUTS: Final = frozenset({_OWN_ACTION, "depot/build-push-action", "useblacksmith/build-push-action"})
_BAKE_ACTION: Final = "docker/bake-action"
_ARGUMENT_KEY: Final = re.compile(r"(?i)^(?:docker[-_]?)?(?:extra[-_]?)?build[-_]?args?$")
_LINE: Final = re.compile(r"[ \t]*(?P<quote>[\"']?)(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)=(?P<value>.*)\Z")
_OPTION: Final = re.compile(r"--build-arg[= ]+[\"']?(?P<name>[A-Za-z_][A-Za-z0-9_]*)")
_BAKE_ARGUMENT: Final = re.compile(r"\.args\.(?P<name>[A-Za-z_][A-Za-z0-9_]*)")
_MAJOR: Final = re.compile(r"v?(\d+)(?:\.\d+)*$")
_PINNED: Final = re.compile(r"#\s*(v\d+(?:\.\d+)*)")


_UNKNOWN: Final = "`{key}` goes to `{action}`, which takes secrets in a way that is not known here"
_HANDED_ON: Final = (
    "`{key}` goes to `{action}`, which hands it on: give that an input for secrets as well, for `secrets` of the step "
    "that builds, and move the line there"
)


class Line(Record):
    """Hold one line of an input: its place in the logical text, and what it says.

    `first` is behind the blanks that the line starts with.
    """

    start: int
    first: int
    end: int
    quote: str
    name: str
    value: str


def lines(text: Embedded) -> tuple[Line, ...]:
    """Return the `NAME=value` lines of an input."""
    found: list[Line] = []
    start = 0
    for line in text.text.split("\n"):
        match = _LINE.match(line)
        if match:
            quote, value = match["quote"], match["value"].rstrip(" \t")
            if quote and value.endswith(quote):
                value = value[:-1]
            first = start + len(line) - len(line.lstrip())
            found.append(Line(start, first, start + len(line), quote, match["name"], value))
        start += len(line) + 1
    return tuple(found)


class _Step(Record):
    """Hold a step with `uses:` and `with:`."""

    source: Source
    node: Mapping
    inputs: Mapping
    uses: Scalar
    files: Files

    @property
    def action(self) -> str:
        return self.uses.value.split("@", 1)[0]


def read_step(source: Source, step: Mapping, files: Files) -> tuple[Caller, ...]:
    """Return the caller that a step with `uses:` is, if it builds."""
    uses, inputs = get(step, "uses"), get(step, "with")
    if not isinstance(uses, Scalar) or not isinstance(inputs, Mapping):
        return ()
    found = _Step(source, step, inputs, uses, files)
    key = next((name.value for name, _ in inputs.pairs if _ARGUMENT_KEY.match(name.value)), None)
    if found.action.lower() == _BAKE_ACTION:
        return _bake(found)
    if found.action.lower() not in _SAME_INPUTS and key is None:
        return _options_in_inputs(found)
    return (_build(found, key),)


def _build(step: _Step, key: str | None) -> Caller:
    source, inputs = step.source, step.inputs
    own = step.action.lower() in _SAME_INPUTS
    arguments = get(inputs, key) if key is not None else None
    why = _why_not(step, arguments, key) if own else _UNKNOWN.format(key=key, action=step.action)
    if not own and step.action.startswith("./"):
        why = _HANDED_ON.format(key=key, action=step.action)
    context, file = _paths(step)
    form = StepForm(
        step.node,
        inputs,
        arguments if isinstance(arguments, Scalar | Sequence) else None,
        key or "build-args",
        envs=step.action.lower() == _OWN_ACTION and _knows_envs(source, step.uses),
    )
    return Caller(
        path=source.path,
        kind=CallerKind.GITHUB_ACTIONS,
        place=place(source, step.node.place),
        context=context,
        dockerfile=file,
        target=_plain(get(inputs, "target")),
        arguments=_arguments(source, arguments, why),
        secrets=_secrets(source, inputs),
        builder=Builder.BUILDX if own else Builder.OTHER,
        form=Unreadable(why) if why else form,
        dynamic=_is_dynamic(arguments),
    )


def _paths(step: _Step) -> tuple[str | None, str | None]:
    inputs = step.inputs
    context = _path(get(inputs, "context") or get(inputs, "path"))
    named = get(inputs, "file") or get(inputs, "dockerfile")
    if named is None:
        return context, None if context is None else posixpath.join(context, "Dockerfile")
    file = _path(named)
    if file is not None and context and not step.files(file):
        beside = posixpath.join(context, file)
        file = beside if step.files(beside) else file
    return context, file


def _why_not(step: _Step, arguments: Node | None, key: str | None) -> str | None:
    if key not in {None, "build-args"}:
        return f"the input `{key}` is of version 1 of the action, which knows no secrets"
    if any(part is not None and part.alias is not None for part in (step.node, step.inputs, arguments)):
        return "the step is shared through a YAML alias"
    shared = index_of(step.node, "with") is None or (key is not None and index_of(step.inputs, key) is None)
    return "the inputs are merged from another mapping" if shared else None


def _knows_envs(source: Source, uses: Scalar) -> bool:
    """Tell whether the action has `secret-envs`, which came within its fifth version."""
    line = source.line_span(source.line(uses.span.start)).of(source.text)
    pinned = _PINNED.search(line)
    match = _MAJOR.match(pinned[1] if pinned else uses.value.partition("@")[2])
    return match is not None and (int(match[1]) >= 6 or match.group() == "v5")


def _arguments(source: Source, node: Node | None, why: str | None) -> tuple[BuildArgument, ...]:
    match node:
        case Scalar():
            return tuple(_in_scalar(source, node, why))
        case Sequence():
            items = [(number, item) for number, item in enumerate(node.items) if isinstance(item, Scalar)]
            return tuple(
                _argument(source, found[0], number, item.place, why)
                for number, item in items
                if (text := embed(source, item)) is not None and (found := lines(text))
            )
        case _:
            return ()


def _in_scalar(source: Source, node: Scalar, why: str | None) -> list[BuildArgument]:
    text = embed(source, node)
    if text is None:
        return []
    return [
        _argument(source, line, number, text.span(line.start, line.end), why) for number, line in enumerate(lines(text))
    ]


def _argument(source: Source, line: Line, number: int, span: Span, why: str | None) -> BuildArgument:
    value = FromHost(line.value, line.value) if EXPRESSION.search(line.value) else FromLiteral()
    literal = Masked(line.value) if isinstance(value, FromLiteral) and line.value else None
    return BuildArgument(
        name=line.name,
        value=MASK if literal else line.value,
        place=place(source, span),
        literal=literal,
        variable=expression_variable(line.value),
        form=Unreadable(why) if why else LineForm(number, value),
    )


def _is_dynamic(node: Node | None) -> bool:
    if not isinstance(node, Scalar):
        return False
    return any(EXPRESSION.fullmatch(line.strip()) for line in node.value.split("\n"))


def _secrets(source: Source, inputs: Mapping) -> tuple[str, ...]:
    found: list[str] = []
    for key in ("secrets", "secret-envs", "secret-files"):
        node = get(inputs, key)
        text = embed(source, node) if isinstance(node, Scalar) else None
        if text is not None:
            found += [line.name for line in lines(text)]
    return tuple(found)


def _plain(node: Node | None) -> str | None:
    return node.value if isinstance(node, Scalar) and "${{" not in node.value and node.value else None


def _path(node: Node | None) -> str | None:
    if node is None:
        return ""
    value = _plain(node)
    if value is None:
        workspace = isinstance(node, Scalar) and re.match(r"\$\{\{\s*github\.workspace\s*\}\}/?", node.value)
        if not workspace or not isinstance(node, Scalar) or "${{" in node.value[workspace.end() :]:
            return None
        value = node.value[workspace.end() :] or "."
    if "://" in value or value.startswith("{{"):
        return None
    return within(value)


def _bake(step: _Step) -> tuple[Caller, ...]:
    node = get(step.inputs, "set")
    text = embed(step.source, node) if isinstance(node, Scalar) else None
    why = "the bake action takes secrets from the bake file: declare it as `secret` of the target there"
    return _opaque(step, text, _BAKE_ARGUMENT, Builder.BAKE, why) if text is not None else ()


def _options_in_inputs(step: _Step) -> tuple[Caller, ...]:
    found: tuple[Caller, ...] = ()
    for key, value in step.inputs.pairs:
        text = embed(step.source, value) if isinstance(value, Scalar) and "--build-arg" in value.value else None
        if text is not None:
            why = f"the options stand in the input `{key.value}` of `{step.action}`"
            found += _opaque(step, text, _OPTION, Builder.OTHER, why)
    return found


def _opaque(step: _Step, text: Embedded, named: re.Pattern[str], builder: Builder, why: str) -> tuple[Caller, ...]:
    source = step.source
    arguments = tuple(
        BuildArgument(match["name"], "", place(source, text.span(*match.span())), None, None, Unreadable(why))
        for match in named.finditer(text.text)
    )
    caller = Caller(
        path=source.path,
        kind=CallerKind.GITHUB_ACTIONS,
        place=place(source, step.node.place),
        context=None,
        dockerfile=None,
        target=None,
        arguments=arguments,
        secrets=(),
        builder=builder,
        form=Unreadable(why),
        dynamic=True,
    )
    return (caller,) if arguments else ()
