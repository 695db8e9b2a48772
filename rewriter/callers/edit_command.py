"""Rewrite the options of a build command."""

from __future__ import annotations

import re
from typing import Final

from rewriter.callers.edit_environment import set_variable
from rewriter.callers.model import (
    Builder,
    Caller,
    CallerChange,
    CallerRefusal,
    CommandForm,
    FromFile,
    FromHost,
    FromLiteral,
    FromShell,
    FromVariable,
    Inherited,
    OptionForm,
    Store,
    Unreadable,
)
from rewriter.callers.task import FILE_NOTE, KNOWN_NOTE, Addition, Task, relative
from rewriter.model.text import Edit

_CANNOT_WRITE: Final = "the command stands in a form of quotes that cannot hold the new option"
_CONTINUATION: Final = re.compile(r"[ \t]*\\\r?\n[ \t]*\Z|[ \t]+\Z")
_BLANK: Final = re.compile(r"(?:[ \t]|\\\r?\n)*")
_NOTES: Final = {
    Builder.DOCKER: "`docker build` knows `--secret` with BuildKit, the default since Docker 23",
    Builder.PODMAN: "`podman build` knows `--secret` with `env=` since version 4",
    Builder.BUILDAH: "`buildah` knows `--secret` with `env=` since version 1.23",
}


def pass_as_secret(task: Task, form: CommandForm, option: OptionForm) -> CallerChange | CallerRefusal:
    """Turn `--build-arg NAME=value` into `--secret id=...`."""
    if task.known:
        return _drop(form, option)
    match option.value:
        case Inherited():
            return _change(task, form, option, f"env={task.argument.name}")
        case FromVariable(variable, exported=True):
            return _change(task, form, option, f"env={variable}", _preserve(form, variable))
        case FromFile(path):
            return _with_note(_change(task, form, option, f"src={path}"), FILE_NOTE)
        case FromHost(expression) if form.step is not None:
            found = set_variable(task.source, form.step, task.name, expression)
            if found is None:
                return _assign(task, form, option)
            return _change(task, form, option, f"env={found.name}", (*found.edits, *_preserve(form, found.name)))
        case FromVariable() | FromHost() | FromShell():
            return _assign(task, form, option)
        case FromLiteral():
            return _move(task, form, option)
        case Unreadable(why):
            return task.refuse(why)


def pass_to_agent(form: CommandForm, option: OptionForm) -> CallerChange | None:
    """Turn `--build-arg KEY="$(cat FILE)"` into `--ssh default=FILE`; None where the value is not a file's."""
    if not isinstance(option.value, FromFile):
        return None
    made = (
        form.text.replace(option.flag.start, option.flag.end, "--ssh"),
        form.text.replace(option.word.start, option.word.end, f"default={option.value.path}"),
    )
    edits = tuple(edit for edit in made if edit is not None)
    return CallerChange(edits, "") if len(edits) == len(made) else None


def add_secret(task: Addition, form: CommandForm) -> CallerChange | CallerRefusal:
    """Add an option to a command."""
    value = f"env={task.env}" if task.path is None else f"src={relative(task.path, form.cwd)}"
    edit = form.text.replace(form.behind, form.behind, f" --secret id={task.secret_id},{value}")
    preserved = _preserve(form, task.env) if task.path is None else ()
    made = [one for one in (edit, *preserved) if one is not None]
    if len(made) < 1 + len(preserved):
        return task.refuse(_CANNOT_WRITE)
    return CallerChange(tuple(made), _note(task.caller))


def _note(caller: Caller) -> str:
    notes = (_NOTES.get(caller.builder, ""), *caller.notes)
    return "; ".join(note for note in notes if note)


def _with_note(change: CallerChange | CallerRefusal, note: str) -> CallerChange | CallerRefusal:
    if isinstance(change, CallerRefusal):
        return change
    return CallerChange(change.edits, "; ".join(one for one in (note, change.note) if one))


def _change(
    task: Task, form: CommandForm, option: OptionForm, value: str, edits: tuple[Edit | None, ...] = ()
) -> CallerChange | CallerRefusal:
    own = (
        form.text.replace(option.flag.start, option.flag.end, "--secret"),
        form.text.replace(option.word.start, option.word.end, f"id={task.secret_id},{value}"),
    )
    made = tuple(edit for edit in (*edits, *own) if edit is not None)
    if len(made) < len(edits) + len(own):
        return task.refuse(_CANNOT_WRITE)
    return CallerChange(made, _note(task.caller))


def _drop(form: CommandForm, option: OptionForm) -> CallerChange:
    """Remove an option whose value is passed as a secret already."""
    text = form.text.text
    blank = _BLANK.match(text, option.word.end)
    end = blank.end() if blank else option.word.end
    if end < len(text) and text[end] not in "\r\n;&|)":
        return CallerChange((form.text.remove(option.flag.start, end),), KNOWN_NOTE)
    before = _CONTINUATION.search(text, max(0, option.flag.start - 500), option.flag.start)
    start = before.start() if before else option.flag.start
    return CallerChange((Edit(form.text.span(start, option.word.end), ""),), KNOWN_NOTE)


def _preserve(form: CommandForm, name: str) -> tuple[Edit | None, ...]:
    if form.sudo is None:
        return ()
    return (form.text.replace(form.sudo, form.sudo, f" --preserve-env={name}"),)


def _assign(task: Task, form: CommandForm, option: OptionForm) -> CallerChange | CallerRefusal:
    """Put `NAME=value` in front of the command, so that this command alone has it in its environment."""
    name = task.name
    if not form.assigns:
        return task.refuse(f"the value of {name} is computed where no variable can be set for the command")
    if name in form.taken:
        return task.refuse(f"the command sets {name} to something else in its own environment")
    match option.value:
        case FromVariable(text=text) | FromHost(text=text) | FromShell(text=text):
            edit = form.text.replace(form.start, form.start, f"{name}={text} ")
        case _:
            edit = None
    return _change(task, form, option, f"env={name}", (edit, *_preserve(form, name)))


def _move(task: Task, form: CommandForm, option: OptionForm) -> CallerChange | CallerRefusal:
    """Take a literal out of the file."""
    literal = task.argument.literal
    if literal is None:
        return task.refuse_empty()
    if form.store is Store.FILE:
        change = _change(task, form, option, f"src={relative(task.file, form.cwd)}")
        if isinstance(change, CallerRefusal):
            return change
        return CallerChange(change.edits, change.note, literal, task.file)
    name = task.name
    edits: tuple[Edit, ...] = ()
    if form.step is not None:
        found = set_variable(task.source, form.step, name, form.step.secret.format(name=name))
        if found is None:
            return task.refuse(f"the environment of the step cannot take {name}")
        name, edits = found.name, found.edits
    change = _change(task, form, option, f"env={name}", edits)
    if isinstance(change, CallerRefusal):
        return change
    noted = _with_note(change, f"create {task.name} as a {form.store.value}")
    assert isinstance(noted, CallerChange)
    return CallerChange(noted.edits, noted.note, literal)
