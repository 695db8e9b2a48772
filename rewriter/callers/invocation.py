"""Make a caller of one `docker build` command, and run environments of one `docker run`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal

from rewriter.callers import values
from rewriter.callers.embedded import Embedded
from rewriter.callers.model import (
    BuildArgument,
    Builder,
    Caller,
    CallerKind,
    CommandForm,
    Files,
    FromHost,
    FromLiteral,
    FromVariable,
    OptionForm,
    RunEnvironment,
    StepEnvironment,
    Store,
    Unreadable,
    place,
)
from rewriter.callers.options import Invocation, Option, Token
from rewriter.callers.paths import START, Bases, Target, Wanted, Where, evaluate, target
from rewriter.documents.shell.tree import Command, DoubleQuoted, Variable, Word
from rewriter.model.masked import MASK, Masked
from rewriter.model.text import Source, Span
from rewriter.record import Keyed, Record, field

_SECRET_ID: Final = re.compile(r"(?:^|[,\"'])id=([^,\"'\s]+)")
_SECRET_EXPRESSION: Final = re.compile(
    r"\$\{\{\s*(?:secrets|env|vars|inputs)\.([A-Za-z_][A-Za-z0-9_-]*)\s*\}\}|\$[({]([A-Za-z_][A-Za-z0-9_.-]*)[)}]"
)
_SETTING: Final = re.compile(r"^[^=]*\.args\.([A-Za-z_][A-Za-z0-9_]*)")
_UNREWRITABLE: Final = {
    Builder.KANIKO: "kaniko has no build secrets: mount the secret as a file in its pod, or use BuildKit",
    Builder.COMPOSE: "`compose build` has no such option: declare it under `build.secrets` of the service",
    Builder.BAKE: "`bake` takes secrets from the bake file: declare it as `secret` of the target there",
}


class Host(Keyed):
    """Describe the document around a piece of shell text.

    `exports` tells what the text finds set, `known` are variables that hold paths.
    """

    _aside = ("known",)

    source: Source
    kind: CallerKind
    files: Files
    bases: Bases
    store: Store = Store.FILE
    cwd: Where | None = START
    step: StepEnvironment | None = None
    assigns: bool = True
    notes: tuple[str, ...] = ()
    known: Mapping[str, Where] = field(default_factory=dict)
    exports: values.Exports = field(default_factory=values.Exports)


class Site(Record):
    """Hold one command, what it calls, and what is known where it stands."""

    text: Embedded
    command: Command
    invocation: Invocation
    cwd: Where | None
    known: Mapping[str, Where]
    exports: values.Exports

    def word(self, number: int) -> Word:
        """Return a word of the command."""
        return self.command.words[number]

    def named(self, *names: str) -> tuple[Option, ...]:
        """Return the options of these names."""
        return tuple(option for option in self.invocation.options if option.name in names)


def token(word: Word, text: Embedded) -> Token:
    """Return a word as the option reader wants it."""
    value = word.value
    if value is not None and text.has_hole(value):
        return Token(None, text.show(value), text.is_hole(value))
    parts = word.parts
    if len(parts) == 1 and isinstance(parts[0], DoubleQuoted):
        parts = parts[0].parts
    variable = parts[0].name if len(parts) == 1 and isinstance(parts[0], Variable) else None
    return Token(value, word.text, variable)


def caller_of(site: Site, host: Host) -> Caller:
    """Return the caller that a build command is."""
    invocation, text = site.invocation, site.text
    builder = invocation.builder
    where = _target(site, host)
    arguments = tuple(
        argument
        for option in site.named("--build-arg", "--set")
        if (argument := _argument(site, option, host.source)) is not None
    )
    unread = [option for option in site.named("--build-arg") if _argument(site, option, host.source) is None]
    secrets = [_SECRET_ID.search(_shown(site, option)) for option in site.named("--secret")]
    targets = [_shown(site, option) for option in site.named("--target")]
    span = text.span(site.command.span.start, site.command.span.end)
    why = _UNREWRITABLE.get(builder) or _foreign(site)
    return Caller(
        path=host.source.path,
        kind=CallerKind.KANIKO if builder is Builder.KANIKO else host.kind,
        place=place(host.source, span),
        context=where.context,
        dockerfile=where.dockerfile,
        target=targets[-1] if targets and not targets[-1].startswith("$") else None,
        arguments=arguments,
        secrets=tuple(match[1] for match in secrets if match),
        builder=builder,
        form=Unreadable(why) if why else _form(site, host, where),
        dynamic=bool(invocation.unread or unread),
        notes=(*host.notes, *_notes(site)),
    )


def _foreign(site: Site) -> str | None:
    first, engine = token(site.word(0), site.text), site.word(site.invocation.engine).value
    if engine in {"fly", "flyctl"}:
        return "`fly deploy` takes `--build-secret NAME=value` instead of `--build-arg`: change it by hand"
    if first.value is None and "sudo" in first.text.lower():
        return f"the command runs through {first.text}, which may or may not keep the environment"
    return None


def _notes(site: Site) -> tuple[str, ...]:
    off = [one for one in site.command.assignments if one.name == "DOCKER_BUILDKIT" and one.value.value == "0"]
    if off:
        return ("DOCKER_BUILDKIT=0 turns build secrets off: remove it",)
    return ()


def _form(site: Site, host: Host, where: Target) -> CommandForm:
    words = site.command.words
    sudo = words[0].span.end if words[0].value == "sudo" else None
    return CommandForm(
        text=site.text,
        start=site.command.span.start,
        behind=words[site.invocation.subcommand].span.end,
        sudo=sudo,
        taken=frozenset(assignment.name for assignment in site.command.assignments),
        assigns=host.assigns,
        cwd=where.cwd,
        store=host.store,
        step=host.step,
    )


def _shown(site: Site, option: Option) -> str:
    word = site.word(option.value_word)
    if word.value is not None:
        return site.text.show(word.value)[option.joined :]
    return site.text.show(word.text)[option.joined :].strip("\"'")


def _argument(site: Site, option: Option, source: Source) -> BuildArgument | None:
    word = site.word(option.value_word)
    if option.name == "--set":
        return _setting(site, option, source)
    argument = values.read(word, option.joined, site.text, site.exports)
    if argument is None:
        return None
    quote = len(values.opening_quote(word, option.joined))
    flag = site.word(option.word).span
    flag_end = flag.start + quote + option.joined - 1 if option.joined else flag.end
    behind = Span(word.span.start + quote + option.joined, word.span.end - quote)
    literal = argument.literal if isinstance(argument.value, FromLiteral) else None
    return BuildArgument(
        name=argument.name,
        value=MASK if literal else None if argument.text is None else site.text.show(argument.text),
        place=place(source, site.text.span(flag.start, word.span.end)),
        literal=Masked(literal) if literal else None,
        variable=_variable(argument.value),
        form=OptionForm(Span(flag.start + quote, flag_end), behind, argument.value),
    )


def _setting(site: Site, option: Option, source: Source) -> BuildArgument | None:
    """Return the argument that `bake --set target.args.NAME=value` passes."""
    match = _SETTING.search(_shown(site, option))
    if match is None:
        return None
    where = site.text.span(site.word(option.word).span.start, site.word(option.value_word).span.end)
    return BuildArgument(match[1], "", place(source, where), None, None, Unreadable(_UNREWRITABLE[Builder.BAKE]))


def _variable(value: object) -> str | None:
    match value:
        case FromVariable(name):
            return name
        case FromHost(expression):
            return expression_variable(expression)
        case _:
            return None


def expression_variable(expression: str) -> str | None:
    """Return the name in an expression of a CI that is exactly one secret or variable."""
    match = _SECRET_EXPRESSION.fullmatch(expression.strip())
    return (match[1] or match[2]) if match else None


def _target(site: Site, host: Host) -> Target:
    invocation = site.invocation
    if invocation.builder in {Builder.COMPOSE, Builder.BAKE}:
        return Target(None, None, next(iter(host.bases.of(site.cwd)), None) if site.cwd else None)
    named = site.named("-f", "--file", "--dockerfile")
    file: Where | str | Literal[False] | None = _path(site, named[-1]) if named else False
    operands = invocation.operands
    if invocation.builder is Builder.KANIKO:
        contexts = site.named("--context", "-c")
        context = _path(site, contexts[-1]) if contexts else None
    elif operands:
        context = evaluate(site.word(operands[-1]), site.text, site.known)
    else:
        context = "." if invocation.builder in {Builder.BUILDAH, Builder.PODMAN} else None
    wanted = Wanted(context, file, invocation.builder)
    return target(host.bases, site.cwd, wanted, files=host.files)


def _path(site: Site, option: Option) -> Where | str | None:
    path = evaluate(site.word(option.value_word), site.text, site.known)
    match path:
        case str() if option.joined:
            return path[option.joined :].removeprefix("dir://")
        case Where() if option.joined:
            return None
        case str():
            return path.removeprefix("dir://")
        case _:
            return path


def environments_of(site: Site, source: Source) -> tuple[RunEnvironment, ...]:
    """Return the `-e NAME=value` options of a command that runs a container."""
    found: list[RunEnvironment] = []
    for option in site.named("-e", "--env"):
        word = site.word(option.value_word)
        argument = values.read(word, option.joined, site.text, site.exports)
        if argument is None:
            continue
        literal = argument.literal if isinstance(argument.value, FromLiteral) else None
        value = MASK if literal else None if argument.text is None else site.text.show(argument.text)
        span = site.text.span(site.word(option.word).span.start, word.span.end)
        found.append(RunEnvironment(argument.name, value, Masked(literal) if literal else None, place(source, span)))
    return tuple(found)
