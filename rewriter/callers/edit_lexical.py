"""Replace options where they stand, in text that is not read as a whole."""

from __future__ import annotations

import re
from typing import Final

from rewriter.callers.model import (
    CallerChange,
    CallerRefusal,
    FromFile,
    FromLiteral,
    FromVariable,
    LexicalForm,
    SpanForm,
    Unreadable,
)
from rewriter.callers.task import KNOWN_NOTE, Addition, Task, relative
from rewriter.judgement.placeholders import is_dummy, is_stand_in, is_template
from rewriter.model.masked import Masked
from rewriter.model.text import Edit, Span

_BLANK: Final = re.compile(r"(?:[ \t]|[\\`^]\r?\n)*")


def pass_as_secret(task: Task, argument: SpanForm) -> CallerChange | CallerRefusal:
    """Replace `--build-arg NAME=value` as a whole."""
    if task.known:
        return CallerChange((Edit(_with_gap(task.source.text, argument.span), ""),), KNOWN_NOTE)
    note, literal = "", None
    match argument.value:
        case FromVariable(name):
            value = f"env={name}"
        case FromFile(path):
            value = f"src={path}"
        case FromLiteral():
            value = f"env={task.name}"
            literal = _real(task.argument.literal)
            note = f"the command takes the value from the variable {task.name}: export it first"
        case Unreadable(why):
            return task.refuse(why)
        case _:
            value = f"env={task.argument.name}"
    return CallerChange((Edit(argument.span, f"--secret id={task.secret_id},{value}"),), note, literal)


def _real(literal: Masked | None) -> Masked | None:
    """Return a literal, unless it is what documentation writes in the place of one."""
    if literal is None or any(test(literal.reveal()) for test in (is_template, is_dummy, is_stand_in)):
        return None
    return literal


def _with_gap(text: str, span: Span) -> Span:
    """Return a span with the continuation and blanks behind it, or with the blanks before it at a line's end."""
    behind = _BLANK.match(text, span.end)
    end = behind.end() if behind else span.end
    if end < len(text) and text[end] not in "\r\n`":
        return Span(span.start, end)
    start = span.start
    while start and text[start - 1] in " \t":
        start -= 1
    return Span(start, span.end)


def add_secret(task: Addition, form: LexicalForm) -> CallerChange | CallerRefusal:
    """Add an option behind the command."""
    if form.behind is None:
        return task.refuse("the command that builds cannot be told")
    value = f"env={task.env}" if task.path is None else f"src={relative(task.path, '')}"
    edit = Edit(Span(form.behind, form.behind), f" --secret id={task.secret_id},{value}")
    return CallerChange((edit,), "")
