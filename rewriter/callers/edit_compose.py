"""Rewrite a compose service: an entry of `build.args` becomes one of `build.secrets`, declared below."""

from __future__ import annotations

from rewriter.callers.model import (
    CallerChange,
    CallerRefusal,
    ComposeForm,
    EntryForm,
    FromLiteral,
    FromVariable,
    Inherited,
    Unreadable,
)
from rewriter.callers.task import KNOWN_NOTE, Addition, Task, relative
from rewriter.documents.yaml import (
    Mapping,
    Scalar,
    Sequence,
    defines_anchor,
    get,
    index_of,
    insert_entry,
    insert_key,
    remove_entry,
)
from rewriter.model.text import Edit, Source, Span
from rewriter.record import Record

_ENVIRONMENT_NOTE = "compose reads the variable from the environment, some versions of it do not look into `.env`"


class _Declaration(Record):
    key: str
    value: str


def pass_as_secret(task: Task, form: ComposeForm, entry: EntryForm) -> CallerChange | CallerRefusal:
    """Move one build argument of a service to its build secrets."""
    argument, literal, path, note = task.argument, None, None, _ENVIRONMENT_NOTE
    removed = _remove(task.source, form, entry)
    if isinstance(removed, str):
        return task.refuse(removed)
    if task.known:
        return CallerChange(removed, KNOWN_NOTE)
    match entry.value:
        case Inherited():
            declaration = _Declaration("environment", argument.name)
        case FromVariable(name):
            declaration = _Declaration("environment", name)
        case FromLiteral() if argument.literal is not None:
            literal, path, note = argument.literal, task.file, ""
            declaration = _from_file(path, form)
        case Unreadable(why):
            return task.refuse(why)
        case _:
            return task.refuse_empty()
    added = _add(task.source, form, task.secret_id, declaration)
    if isinstance(added, str):
        return task.refuse(added)
    return CallerChange((*removed, *added), note, literal, path)


def add_secret(task: Addition, form: ComposeForm) -> CallerChange | CallerRefusal:
    """Add a build secret to a service."""
    path = task.path
    declaration = _from_file(path, form) if path is not None else _Declaration("environment", task.env)
    added = _add(task.source, form, task.secret_id, declaration)
    if isinstance(added, str):
        return task.refuse(added)
    return CallerChange(added, "" if path is not None else _ENVIRONMENT_NOTE)


def _from_file(path: str, form: ComposeForm) -> _Declaration:
    shown = relative(path, form.directory)
    return _Declaration("file", shown if shown.startswith("../") else "./" + shown)


def _remove(source: Source, form: ComposeForm, entry: EntryForm) -> tuple[Edit, ...] | str:
    args, build = form.args, form.build
    if args is None or not isinstance(build, Mapping):
        return "the arguments are not written in this service"
    item = args.pairs[entry.index] if isinstance(args, Mapping) else (args.items[entry.index],)
    if any(defines_anchor(node) for node in item):
        return "the argument defines an anchor that is used elsewhere"
    count = len(args.pairs) if isinstance(args, Mapping) else len(args.items)
    if count > 1:
        return remove_entry(source, args, entry.index)
    number = index_of(build, "args")
    if number is None or args.anchor is not None:
        return "the arguments define an anchor that is used elsewhere"
    return remove_entry(source, build, number)


def _add(source: Source, form: ComposeForm, secret_id: str, declaration: _Declaration) -> tuple[Edit, ...] | str:
    granted = _grant(source, form, secret_id)
    declared = _declare(source, form.root, secret_id, declaration)
    if isinstance(granted, str):
        return granted
    if isinstance(declared, str):
        return declared
    return (*granted, *declared)


def _unit(source: Source, form: ComposeForm) -> str:
    """Return one level of indentation, as the services have it."""
    services = get(form.root, "services")
    if isinstance(services, Mapping) and services.pairs and not services.flow:
        return " " * max(1, source.column(services.pairs[0][0].outer) - 1)
    return "  "


def _grant(source: Source, form: ComposeForm, secret_id: str) -> tuple[Edit, ...] | str:
    """Name the secret under `build.secrets`."""
    unit = _unit(source, form)
    build = form.build
    if isinstance(build, Scalar):
        return _long_form(source, form, build, secret_id)
    if not isinstance(build, Mapping):
        return "the build is written as a list"
    number = index_of(build, "secrets")
    if number is None:
        if get(build, "secrets") is not None:
            return "the build's secrets are merged from elsewhere"
        if build.flow:
            return insert_entry(source, build, [f"secrets: [{secret_id}]"])
        after = "args" if index_of(build, "args") is not None else None
        return insert_key(source, build, ["secrets:", f"{unit}- {secret_id}"], after=after)
    secrets = build.pairs[number][1]
    if not isinstance(secrets, Sequence) or secrets.alias is not None or not secrets.items:
        return "the build's secrets are not a list of this service"
    return insert_entry(source, secrets, [secret_id if secrets.flow else f"- {secret_id}"])


def _long_form(source: Source, form: ComposeForm, build: Scalar, secret_id: str) -> tuple[Edit, ...] | str:
    """Turn `build: path` into a mapping with a context."""
    number = index_of(form.service, "build")
    if number is None or build.alias is not None or build.anchor is not None:
        return "the build is shared"
    key = form.service.pairs[number][0]
    unit = _unit(source, form)
    column = " " * (source.column(key.outer) - 1)
    newline = source.newline
    lines = ["", f"{column}{unit}context: {build.span.of(source.text)}"]
    end = source.line_span(source.line(build.span.end)).end
    more = [f"{column}{unit}secrets:", f"{column}{unit}{unit}- {secret_id}"]
    ended = source.text[:end].endswith("\n")
    tail = "".join(line + newline for line in more) if ended else "".join(newline + line for line in more)
    colon = source.text.index(":", key.span.end)
    return (Edit(Span(colon + 1, build.span.end), newline.join(lines)), Edit(Span(end, end), tail))


def _declare(source: Source, root: Mapping, secret_id: str, declaration: _Declaration) -> tuple[Edit, ...] | str:
    """Declare the secret under the file's `secrets:`."""
    number = index_of(root, "secrets")
    if number is None:
        if get(root, "secrets") is not None:
            return "the file's secrets are merged from elsewhere"
        return insert_key(source, root, _declaration(source, root, secret_id, declaration))
    secrets = root.pairs[number][1]
    if not isinstance(secrets, Mapping) or secrets.alias is not None or not secrets.pairs:
        return "the file's own `secrets:` is not a mapping with entries"
    known = get(secrets, secret_id)
    if known is not None:
        value = get(known, declaration.key)
        if isinstance(value, Scalar) and value.value.removeprefix("./") == declaration.value.removeprefix("./"):
            return ()
        return f"the file has another secret that is called `{secret_id}`"
    if secrets.flow:
        return insert_entry(source, secrets, [f"{secret_id}: {{{declaration.key}: {declaration.value}}}"])
    unit = " " * max(1, source.column(secrets.pairs[0][0].outer) - 1)
    return insert_entry(source, secrets, [f"{secret_id}:", f"{unit}{declaration.key}: {declaration.value}"])


def _declaration(source: Source, root: Mapping, secret_id: str, declaration: _Declaration) -> list[str]:
    services = get(root, "services")
    unit = "  "
    if isinstance(services, Mapping) and services.pairs and not services.flow:
        unit = " " * max(1, source.column(services.pairs[0][0].outer) - 1)
    lines = ["secrets:", f"{unit}{secret_id}:", f"{unit}{unit}{declaration.key}: {declaration.value}"]
    spaced = any(
        "\n" in source.text[: key.outer].rstrip(" \t")[-2:] and _blank_above(source, key.outer)
        for key, _ in root.pairs[1:]
    )
    return ["", *lines] if spaced else lines


def _blank_above(source: Source, offset: int) -> bool:
    line = source.line(offset)
    return line > 1 and not source.line_span(line - 1).of(source.text).strip()
