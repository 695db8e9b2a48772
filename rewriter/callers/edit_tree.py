"""Rewrite documents that hold build arguments as a mapping: bake files in JSON, Skaffold, devcontainers."""

from __future__ import annotations

import json
from typing import Final

from rewriter.callers.json_text import masked
from rewriter.callers.model import (
    CallerChange,
    CallerRefusal,
    EntryForm,
    FromLiteral,
    FromVariable,
    Inherited,
    TreeForm,
    TreeStyle,
    Unreadable,
)
from rewriter.callers.task import KNOWN_NOTE, Addition, Task, relative
from rewriter.documents.yaml import (
    Mapping,
    Sequence,
    defines_anchor,
    get,
    index_of,
    insert_entry,
    insert_key,
    remove_entry,
)
from rewriter.model.masked import Masked
from rewriter.model.text import Edit, Source, Span

_NOT_A_LIST: Final = "`{key}` is not a list that is written in this place"
_NOTES: Final = {TreeStyle.SKAFFOLD: "Skaffold passes secrets to BuildKit alone: set `build.local.useBuildkit`"}


def pass_as_secret(task: Task, form: TreeForm, entry: EntryForm) -> CallerChange | CallerRefusal:
    """Move one entry from the arguments to the secrets."""
    arguments = get(form.target, form.arguments_key)
    if not isinstance(arguments, Mapping) or arguments.alias is not None:
        return task.refuse("the arguments are shared through an alias")
    if defines_anchor(arguments.pairs[entry.index][1]):
        return task.refuse("the argument defines an anchor that is used elsewhere")
    text = _text(task.source, form)
    if task.known:
        return CallerChange(_remove(text, form, arguments, entry.index), KNOWN_NOTE)
    literal: Masked | None = None
    path: str | None = None
    match entry.value:
        case Inherited():
            source = f"env={task.argument.name}"
        case FromVariable(name):
            source = f"env={name}"
        case FromLiteral() if task.argument.literal is not None:
            literal, path = task.argument.literal, task.file
            source = f"src={relative(path, form.cwd)}"
        case Unreadable(why):
            return task.refuse(why)
        case _:
            return task.refuse_empty()
    edits = _move(text, form, arguments, entry.index, _item(form, task.secret_id, source))
    if edits is None:
        return task.refuse(_NOT_A_LIST.format(key=form.style.value))
    return CallerChange(edits, _NOTES.get(form.style, ""), literal, path)


def add_secret(task: Addition, form: TreeForm) -> CallerChange | CallerRefusal:
    """Add a secret to a target."""
    source = f"env={task.env}" if task.path is None else f"src={relative(task.path, form.cwd)}"
    added = _add(_text(task.source, form), form, _item(form, task.secret_id, source))
    if added is None:
        return task.refuse(_NOT_A_LIST.format(key=form.style.value))
    return CallerChange(added, _NOTES.get(form.style, ""))


def _text(source: Source, form: TreeForm) -> Source:
    """Return the text as the reader saw it: the comments of JSON hide no brackets and commas."""
    return masked(source) if form.target.flow else source


def _remove(text: Source, form: TreeForm, arguments: Mapping, index: int) -> tuple[Edit, ...]:
    number = index_of(form.target, form.arguments_key)
    if len(arguments.pairs) > 1 or number is None:
        return remove_entry(text, arguments, index)
    return remove_entry(text, form.target, number)


def _move(text: Source, form: TreeForm, arguments: Mapping, index: int, item: str) -> tuple[Edit, ...] | None:
    number = index_of(form.target, form.arguments_key)
    alone = len(arguments.pairs) == 1 and get(form.target, form.style.value) is None
    if alone and form.target.flow and number is not None:
        name, value = form.target.pairs[number]
        return (Edit(Span(name.outer, value.place.end), f'"{form.style.value}": [{item}]'),)
    added = _add(text, form, item)
    return None if added is None else (*_remove(text, form, arguments, index), *added)


def _item(form: TreeForm, secret_id: str, source: str) -> str:
    match form.style:
        case TreeStyle.BAKE_JSON:
            return json.dumps(f"id={secret_id},{source}")
        case TreeStyle.DEVCONTAINER:
            return json.dumps(f"--secret=id={secret_id},{source}")
        case TreeStyle.SKAFFOLD:
            return f"id: {secret_id}\n{source.replace('=', ': ', 1)}"


def _add(text: Source, form: TreeForm, item: str) -> tuple[Edit, ...] | None:
    key = form.style.value
    number = index_of(form.target, key)
    lines = [("- " if n == 0 else "  ") + line for n, line in enumerate(item.split("\n"))]
    if number is None:
        if get(form.target, key) is not None:
            return None
        if form.target.flow:
            beside = index_of(form.target, form.arguments_key)
            place = beside + 1 if beside is not None and beside + 1 < len(form.target.pairs) else None
            return insert_entry(text, form.target, [f'"{key}": [{item}]'], index=place)
        indent = "  " if form.indented else ""
        block = [f"{key}:", *(indent + line for line in lines)]
        return insert_key(text, form.target, block, after=form.arguments_key)
    own = form.target.pairs[number][1]
    if not isinstance(own, Sequence) or own.alias is not None or (not own.items and not own.flow):
        return None
    if own.flow and not form.target.flow:
        return None
    return insert_entry(text, own, [item] if own.flow else lines)
