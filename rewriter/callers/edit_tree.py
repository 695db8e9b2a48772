"""Rewrite documents that hold build arguments as a mapping: bake files in JSON, Skaffold, devcontainers."""

from __future__ import annotations

import json

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
from rewriter.callers.task import Addition, Task, relative
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

_NOTES = {TreeStyle.SKAFFOLD: "Skaffold passes secrets to BuildKit alone: set `build.local.useBuildkit`"}


def pass_as_secret(task: Task, form: TreeForm, entry: EntryForm) -> CallerChange | CallerRefusal:
    """Move one entry from the arguments to the secrets."""
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
    return _edit(task, form, source, entry.index, literal=literal, path=path)


def add_secret(task: Addition, form: TreeForm) -> CallerChange | CallerRefusal:
    """Add a secret to a target."""
    source = f"env={task.env}" if task.path is None else f"src={relative(task.path, form.cwd)}"
    return _edit(task, form, source, None)


def _edit(
    task: Task | Addition,
    form: TreeForm,
    source: str,
    index: int | None,
    *,
    literal: Masked | None = None,
    path: str | None = None,
) -> CallerChange | CallerRefusal:
    text = masked(task.source) if form.target.flow else task.source
    number = index_of(form.target, form.arguments_key)
    arguments = form.target.pairs[number][1] if number is not None else None
    key, item = form.style.value, _item(form, task.secret_id, source)
    removed: tuple[Edit, ...] = ()
    known = isinstance(task, Task) and task.known
    if index is not None and number is not None and isinstance(arguments, Mapping):
        if defines_anchor(arguments.pairs[index][1]) or arguments.alias is not None:
            return task.refuse("the argument is shared through an anchor")
        if len(arguments.pairs) > 1:
            removed = remove_entry(text, arguments, index)
        elif form.target.flow and not known and get(form.target, key) is None:
            name, value = form.target.pairs[number]
            whole = Edit(Span(name.outer, value.place.end), f'"{key}": [{item}]')
            return CallerChange((whole,), _NOTES.get(form.style, ""), literal, path)
        else:
            removed = remove_entry(text, form.target, number)
    if known:
        return CallerChange(removed, "the secret was passed already")
    added = _add(text, form, key, item)
    if added is None:
        return task.refuse(f"`{key}` is not a list that is written in this place")
    return CallerChange((*removed, *added), _NOTES.get(form.style, ""), literal, path)


def _item(form: TreeForm, secret_id: str, source: str) -> str:
    match form.style:
        case TreeStyle.BAKE_JSON:
            return json.dumps(f"id={secret_id},{source}")
        case TreeStyle.DEVCONTAINER:
            return json.dumps(f"--secret=id={secret_id},{source}")
        case TreeStyle.SKAFFOLD:
            return f"id: {secret_id}\n{source.replace('=', ': ', 1)}"


def _add(text: Source, form: TreeForm, key: str, item: str) -> tuple[Edit, ...] | None:
    number = index_of(form.target, key)
    lines = [("- " if n == 0 else "  ") + line for n, line in enumerate(item.split("\n"))]
    if number is None:
        if get(form.target, key) is not None:
            return None
        if form.target.flow:
            beside = index_of(form.target, form.arguments_key)
            place = beside + 1 if beside is not None and beside + 1 < len(form.target.pairs) else None
            return insert_entry(text, form.target, [f'"{key}": [{item}]'], index=place)
        return insert_key(text, form.target, [f"{key}:", *lines], after=form.arguments_key)
    own = form.target.pairs[number][1]
    if not isinstance(own, Sequence) or own.alias is not None or (not own.items and not own.flow):
        return None
    if own.flow and not form.target.flow:
        return None
    return insert_entry(text, own, [item] if own.flow else lines)
