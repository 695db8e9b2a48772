"""Give a step of a pipeline an environment variable."""

from __future__ import annotations

import json
import re
from typing import Final

from rewriter.callers.model import StepEnvironment
from rewriter.documents.yaml import Mapping, get, index_of, insert_entry, insert_key
from rewriter.model.text import Edit, Source
from rewriter.record import Record

_UNSAFE: Final = re.compile(r": | #|^[^A-Za-z0-9$(]")


class Variable(Record):
    """Name the variable that holds the value, and the edits that set it."""

    name: str
    edits: tuple[Edit, ...]


def set_variable(source: Source, step: StepEnvironment, name: str, expression: str) -> Variable | None:
    """Return a variable of the step that holds an expression's value, or `None` where there can be none."""
    wanted = _squeeze(expression)
    holding = [key for key, value in step.visible if _squeeze(value) == wanted]
    if holding:
        return Variable(name if name in holding else holding[0], ())
    if name in dict(step.visible) or step.step.flow:
        return None
    number = index_of(step.step, step.key)
    if number is None:
        if get(step.step, step.key) is not None:
            return None
        return Variable(name, _new_key(source, step, name, expression))
    own = step.step.pairs[number][1]
    if not isinstance(own, Mapping) or own.alias is not None or not own.pairs:
        return None
    value = json.dumps(expression) if own.flow or _UNSAFE.search(expression) else expression
    return Variable(name, insert_entry(source, own, [f"{name}: {value}"]))


def _new_key(source: Source, step: StepEnvironment, name: str, expression: str) -> tuple[Edit, ...]:
    value = json.dumps(expression) if _UNSAFE.search(expression) else expression
    lines = [f"{step.key}:", f"  {name}: {value}"]
    command = next((n for n, (_, node) in enumerate(step.step.pairs) if node.place.covers(step.command)), 0)
    if command:
        return insert_entry(source, step.step, lines, index=command)
    return insert_key(source, step.step, lines)


def _squeeze(expression: str) -> str:
    return re.sub(r"\s+", "", expression)
