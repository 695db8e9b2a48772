"""Rewrite a build command that is written as a list of words (Cloud Build)."""

from __future__ import annotations

import json
from typing import Final

from rewriter.callers.model import (
    ArgumentListForm,
    CallerChange,
    CallerRefusal,
    FromFile,
    FromHost,
    FromLiteral,
    FromShell,
    FromVariable,
    Inherited,
    ItemForm,
    Unreadable,
)
from rewriter.callers.task import KNOWN_NOTE, Addition, Task, relative
from rewriter.documents.yaml import (
    Mapping,
    Scalar,
    Sequence,
    Style,
    get,
    index_of,
    insert_entry,
    insert_key,
    remove_entry,
)
from rewriter.model.text import Edit, Source

_NO_LIST: Final = "`env` of the step is no list that is written there"
_BUILDKIT: Final = "DOCKER_BUILDKIT=1"


def pass_as_secret(task: Task, form: ArgumentListForm, item: ItemForm) -> CallerChange | CallerRefusal:
    """Turn the items of `--build-arg NAME=value` into those of `--secret id=...`."""
    if task.known:
        return _drop(task, form, item)
    wanted: list[str] = []
    match item.value:
        case Inherited():
            value = task.argument.name
        case FromVariable(name, exported=True):
            value = name
        case FromHost(expression):
            value = task.name
            wanted.append(f"{task.name}={expression}")
        case FromVariable(name):
            return task.refuse(f"the step does not name {name} under `secretEnv`")
        case FromLiteral():
            return task.refuse("the value stands in the file: put it into Secret Manager and name it under `secretEnv`")
        case FromFile() | FromShell():
            return task.refuse("no shell runs this command, so the value is not what it looks like")
        case Unreadable(why):
            return task.refuse(why)
    edits = [*_words(form, item, f"id={task.secret_id},env={value}")]
    environment = _environment(task.source, form.step, [*wanted, _BUILDKIT])
    if environment is None:
        return task.refuse(_NO_LIST)
    return CallerChange((*edits, *environment), "")


def add_secret(task: Addition, form: ArgumentListForm) -> CallerChange | CallerRefusal:
    """Add the items of an option."""
    value = f"env={task.env}" if task.path is None else f"src={relative(task.path, form.cwd)}"
    quoted = _quoted(f"--secret=id={task.secret_id},{value}", form.items)
    line = quoted if form.items.flow else f"- {quoted}"
    environment = _environment(task.source, form.step, [_BUILDKIT])
    if environment is None:
        return task.refuse(_NO_LIST)
    index = form.behind + 1
    added = insert_entry(task.source, form.items, [line], index=index if index < len(form.items.items) else None)
    note = f"name {task.env} under `secretEnv` of the step" if task.path is None else ""
    return CallerChange((*added, *environment), note)


def _words(form: ArgumentListForm, item: ItemForm, value: str) -> tuple[Edit, ...]:
    flag, word = form.items.items[item.flag], form.items.items[item.word]
    assert isinstance(flag, Scalar)
    assert isinstance(word, Scalar)
    if item.flag == item.word:
        return (Edit(flag.span, _like(flag, f"--secret={value}")),)
    return (Edit(flag.span, _like(flag, "--secret")), Edit(word.span, _like(word, value)))


def _like(scalar: Scalar, text: str) -> str:
    """Return text in the quotes of a scalar, or in single quotes where it needs some."""
    match scalar.style:
        case Style.DOUBLE:
            return json.dumps(text)
        case Style.PLAIN if not scalar.in_flow:
            return text
        case _:
            return "'" + text.replace("'", "''") + "'"


def _quoted(text: str, items: Sequence) -> str:
    first = next((item for item in items.items if isinstance(item, Scalar)), None)
    return _like(first, text) if first is not None else json.dumps(text)


def _drop(task: Task, form: ArgumentListForm, item: ItemForm) -> CallerChange:
    edits = [*remove_entry(task.source, form.items, item.flag)]
    if item.word != item.flag:
        edits += remove_entry(task.source, form.items, item.word)
    return CallerChange(tuple(edits), KNOWN_NOTE)


def _environment(source: Source, step: Mapping, wanted: list[str]) -> tuple[Edit, ...] | None:
    """Return the edits that add entries to the step's `env`, those left out that are there."""
    number = index_of(step, "env")
    if number is None:
        if get(step, "env") is not None:
            return None
        if step.flow:
            return insert_entry(source, step, ["env: [" + ", ".join(json.dumps(one) for one in wanted) + "]"])
        return insert_key(source, step, ["env:", *(f"- '{one}'" for one in wanted)], after="args")
    own = step.pairs[number][1]
    if not isinstance(own, Sequence) or own.alias is not None or not own.items:
        return None
    held = {item.value.split("=", 1)[0] for item in own.items if isinstance(item, Scalar)}
    missing = [one for one in wanted if one.split("=", 1)[0] not in held]
    edits = [
        edit for one in missing for edit in insert_entry(source, own, [_quoted(one, own) if own.flow else f"- '{one}'"])
    ]
    return tuple(edits)
