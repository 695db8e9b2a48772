"""Replace options where they stand, in text that is not read as a whole."""

from __future__ import annotations

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
from rewriter.callers.task import Addition, Task, relative
from rewriter.model.text import Edit, Span


def pass_as_secret(task: Task, argument: SpanForm) -> CallerChange | CallerRefusal:
    """Replace `--build-arg NAME=value` as a whole."""
    note, literal = "", None
    match argument.value:
        case FromVariable(name):
            value = f"env={name}"
        case FromFile(path):
            value = f"src={path}"
        case FromLiteral():
            value, literal = f"env={task.name}", task.argument.literal
            note = f"the command takes the value from the variable {task.name}: export it first"
        case Unreadable(why):
            return task.refuse(why)
        case _:
            value = f"env={task.argument.name}"
    return CallerChange((Edit(argument.span, f"--secret id={task.secret_id},{value}"),), note, literal)


def add_secret(task: Addition, form: LexicalForm) -> CallerChange | CallerRefusal:
    """Add an option behind the command."""
    if form.behind is None:
        return task.refuse("the command that builds cannot be told")
    value = f"env={task.env}" if task.path is None else f"src={relative(task.path, '')}"
    edit = Edit(Span(form.behind, form.behind), f" --secret id={task.secret_id},{value}")
    return CallerChange((edit,), "")
