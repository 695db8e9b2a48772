"""Rewrite the inputs of a workflow's step: a line of `build-args` becomes a line of `secrets`."""

from __future__ import annotations

import re
from typing import Final

from rewriter.callers.embedded import Embedded
from rewriter.callers.model import (
    CallerChange,
    CallerRefusal,
    FromHost,
    FromLiteral,
    LineForm,
    StepForm,
    Store,
    Unreadable,
)
from rewriter.callers.step_inputs import lines
from rewriter.callers.task import KNOWN_NOTE, Addition, Task
from rewriter.callers.yaml_text import embed
from rewriter.documents.yaml import (
    Scalar,
    Sequence,
    Style,
    get,
    index_of,
    insert_key,
    remove_entry,
)
from rewriter.model.text import Edit, Source, Span

_IN_ACTION: Final = (
    "a composite action sees no secrets: give it an input for the value, pass that to `secrets` here, and "
    "`${{{{ secrets.{name} }}}}` to the input where the action is used"
)
_ACTION: Final = re.compile(r"(?:^|/)action\.ya?ml$")
_ONE_LINE: Final = "the inputs of the step stand in braces on one line"
_ENVIRONMENT: Final = re.compile(r"\$\{\{\s*env\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")


def pass_as_secret(task: Task, form: StepForm, line: LineForm) -> CallerChange | CallerRefusal:
    """Move one line from `build-args` to `secrets`."""
    source, argument = task.source, task.argument
    if form.inputs.flow:
        return task.refuse(_ONE_LINE)
    removed = _remove_line(source, form, line)
    if removed is None:
        return task.refuse(f"the lines of `{form.arguments_key}` cannot be told apart")
    if task.known:
        return CallerChange(removed, KNOWN_NOTE)
    note, literal, key = "", None, "secrets"
    match line.value:
        case FromHost(expression):
            environment = _ENVIRONMENT.fullmatch(expression)
            text = expression
            if environment and form.envs:
                key, text = "secret-envs", environment[1]
        case FromLiteral() if argument.literal is not None and _ACTION.search(source.path):
            return task.refuse(_IN_ACTION.format(name=task.name))
        case FromLiteral() if argument.literal is not None:
            text = f"${{{{ secrets.{task.name} }}}}"
            note, literal = f"create {task.name} as a {Store.GITHUB.value}", argument.literal
        case Unreadable(why):
            return task.refuse(why)
        case _:
            return task.refuse_empty()
    quote = _quote(source, form, line)
    added = _add_line(source, form, key, f"{quote}{task.secret_id}={text}{quote}")
    if added is None:
        return task.refuse(f"the input `{key}` is written in a form that takes no further line")
    return CallerChange((*removed, *added), note, literal)


def add_secret(task: Addition, form: StepForm) -> CallerChange | CallerRefusal:
    """Add a secret to a step that passes none yet."""
    if form.inputs.flow:
        return task.refuse(_ONE_LINE)
    key, value, note = "secret-files", task.path, ""
    if value is None and _ACTION.search(task.source.path):
        return task.refuse(_IN_ACTION.format(name=task.env))
    if value is None:
        key, value = "secrets", f"${{{{ secrets.{task.env} }}}}"
        note = f"create {task.env} as a {Store.GITHUB.value}"
    added = _add_line(task.source, form, key, f"{task.secret_id}={value}")
    if added is None:
        return task.refuse(f"the input `{key}` is written in a form that takes no further line")
    return CallerChange(added, note)


def _quote(source: Source, form: StepForm, line: LineForm) -> str:
    text = embed(source, form.arguments) if isinstance(form.arguments, Scalar) else None
    return lines(text)[line.line].quote if text is not None else ""


def _remove_line(source: Source, form: StepForm, line: LineForm) -> tuple[Edit, ...] | None:
    number = index_of(form.inputs, form.arguments_key)
    if number is None:
        return None
    match form.arguments:
        case Sequence() as items:
            if len(items.items) == 1:
                return remove_entry(source, form.inputs, number)
            return remove_entry(source, items, line.line)
        case Scalar() as scalar:
            text = embed(source, scalar)
            if text is None:
                return None
            if len([one for one in text.text.split("\n") if one.strip()]) == 1:
                return remove_entry(source, form.inputs, number)
            return _remove_from_text(source, scalar, text, line)
        case None:
            return None


def _remove_from_text(source: Source, scalar: Scalar, text: Embedded, line: LineForm) -> tuple[Edit, ...] | None:
    found = lines(text)[line.line]
    match scalar.style:
        case Style.LITERAL:
            written = source.line_span(source.line(text.at(found.start)))
            if written.end == len(source.text) and not source.text.endswith("\n"):
                return (
                    Edit(
                        Span(
                            source.line_span(source.line(written.start) - 1).end - len(source.newline),
                            written.end,
                        ),
                        "",
                    ),
                )
            return (Edit(written, ""),)
        case Style.DOUBLE:
            last = found.end >= len(text.text)
            start = found.start - 1 if last else found.start
            return (Edit(text.span(start, found.end if last else found.end + 1), ""),)
        case _:
            return None


def _add_line(source: Source, form: StepForm, key: str, line: str) -> tuple[Edit, ...] | None:
    number = index_of(form.inputs, key)
    if number is None:
        if get(form.inputs, key) is not None:
            return None
        after = form.arguments_key if index_of(form.inputs, form.arguments_key) is not None else None
        return insert_key(source, form.inputs, [f"{key}: |", _unit(source, form) + line], after=after)
    existing = form.inputs.pairs[number][1]
    if not isinstance(existing, Scalar) or existing.alias is not None or existing.anchor is not None:
        return None
    return _append(source, form, existing, line)


def _append(source: Source, form: StepForm, existing: Scalar, line: str) -> tuple[Edit, ...] | None:
    indent = " " * (source.column(form.inputs.pairs[0][0].outer) - 1) + _unit(source, form)
    if existing.style is Style.FOLDED or ("\n" in existing.value.strip("\n") and existing.style is not Style.LITERAL):
        return None
    if existing.style is Style.LITERAL:
        text = embed(source, existing)
        if text is None or not text.text.strip():
            return None
        first = len(text.text) - len(text.text.lstrip("\n"))
        column = source.column(text.at(first)) - 1
        end = existing.span.end
        return (Edit(Span(end, end), source.newline + " " * column + line),)
    block = source.newline.join(["|", *(indent + one for one in (existing.value, line) if one)])
    return (Edit(existing.span, block if not existing.is_null else " " + block),)


def _unit(source: Source, form: StepForm) -> str:
    """Return the indentation of the lines of a block below its key, as the file has it, or two spaces."""
    key = source.column(form.inputs.pairs[0][0].outer)
    for _, value in form.inputs.pairs:
        text = embed(source, value) if isinstance(value, Scalar) and value.style is Style.LITERAL else None
        if text is not None and text.text and not text.text.startswith((" ", "\n")):
            return " " * max(1, source.column(text.at(0)) - key)
    return "  "
