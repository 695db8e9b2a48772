"""Rewrite a target of a bake file in HCL: an entry of `args` becomes an item of `secret`."""

from __future__ import annotations

import json
from typing import Final

from rewriter.callers.hcl import Attribute, Block, Expression, blocks, entries, items, string
from rewriter.callers.model import (
    BlockForm,
    CallerChange,
    CallerRefusal,
    FromLiteral,
    FromVariable,
    Inherited,
    SpanForm,
    Unreadable,
)
from rewriter.callers.task import KNOWN_NOTE, Addition, Task, relative
from rewriter.model.masked import Masked
from rewriter.model.text import Edit, Source, Span

_NOT_A_LIST: Final = "`secret` of the target is not a list of texts"


def pass_as_secret(task: Task, form: BlockForm, argument: SpanForm) -> CallerChange | CallerRefusal:
    """Move one entry of a target's `args` to its `secret`."""
    block = _block(task.source, form)
    args = _attribute(block, "args")
    if block is None or args is None:
        return task.refuse("the target cannot be found again")
    if task.known:
        return CallerChange(_remove(task.source, args, argument.span), KNOWN_NOTE)
    literal: Masked | None = None
    path: str | None = None
    match argument.value:
        case Inherited():
            value = f"env={task.argument.name}"
        case FromVariable(name):
            value = f"env={name}"
        case FromLiteral() if task.argument.literal is not None:
            literal, path = task.argument.literal, task.file
            value = f"src={relative(path, form.cwd)}"
        case Unreadable(why):
            return task.refuse(why)
        case _:
            return task.refuse_empty()
    only = len(entries(task.source, args.value) or ()) == 1
    text = f"id={task.secret_id},{value}"
    if only and _attribute(block, "secret") is None:
        return CallerChange((Edit(args.span, _line(text)),), "", literal, path)
    added = _add(task.source, block, text)
    if added is None:
        return task.refuse(_NOT_A_LIST)
    return CallerChange((*_remove(task.source, args, argument.span), *added), "", literal, path)


def add_secret(task: Addition, form: BlockForm) -> CallerChange | CallerRefusal:
    """Add an item to a target's `secret`."""
    block = _block(task.source, form)
    value = f"env={task.env}" if task.path is None else f"src={relative(task.path, form.cwd)}"
    added = _add(task.source, block, f"id={task.secret_id},{value}") if block is not None else None
    if added is None:
        return task.refuse(_NOT_A_LIST)
    return CallerChange(added, "")


def _block(source: Source, form: BlockForm) -> Block | None:
    return next(
        (block for block in blocks(source) if block.type == "target" and block.labels[:1] == (form.name,)), None
    )


def _attribute(block: Block | None, name: str) -> Attribute | None:
    return next((one for one in block.attributes if one.name == name), None) if block is not None else None


def _lines(source: Source, span: Span) -> Span | None:
    """Return the lines of a span, if nothing else but a comma or a comment stands on them."""
    start = source.line_span(source.line(span.start)).start
    end = source.line_span(source.line(max(span.start, span.end - 1))).end
    before, after = source.text[start : span.start], source.text[span.end : end].strip().removeprefix(",").strip()
    alone = not before.strip() and (not after or after.startswith(("#", "//")))
    return Span(start, end) if alone else None


def _remove(source: Source, args: Attribute, span: Span) -> tuple[Edit, ...]:
    found = entries(source, args.value) or ()
    if len(found) == 1:
        return (Edit(_lines(source, args.span) or args.span, ""),)
    whole = _lines(source, span)
    if whole is not None:
        return (Edit(whole, ""),)
    number = [entry.span for entry in found].index(span)
    if number + 1 < len(found):
        return (Edit(Span(span.start, found[number + 1].span.start), ""),)
    return (Edit(Span(found[number - 1].span.end, span.end), ""),)


def _line(text: str) -> str:
    return f"secret = [{json.dumps(text)}]"


def _add(source: Source, block: Block, text: str) -> tuple[Edit, ...] | None:
    secrets = _attribute(block, "secret")
    if secrets is not None:
        known = items(secrets.value)
        if known is None or any(string(item) is None for item in known):
            return None
        return _append(source, secrets.value, known, json.dumps(text))
    args = _attribute(block, "args")
    behind = args.span.end if args is not None else block.body.start
    if "\n" not in source.text[block.body.start : block.body.end]:
        return None
    return (Edit(Span(behind, behind), source.newline + _indent(source, block) + _line(text)),)


def _indent(source: Source, block: Block) -> str:
    for one in block.attributes:
        start = source.line_span(source.line(one.span.start)).start
        if not source.text[start : one.span.start].strip():
            return source.text[start : one.span.start]
    return "  "


def _append(source: Source, value: Expression, known: tuple[Expression, ...], quoted: str) -> tuple[Edit, ...]:
    if not known:
        at = value.span.start + 1
        return (Edit(Span(at, at), quoted),)
    last = known[-1].span
    start = source.line_span(source.line(last.start)).start
    own_line = not source.text[start : last.start].strip()
    gap = source.newline + source.text[start : last.start] if own_line else " "
    comma = source.text[last.end : value.span.end].lstrip().startswith(",")
    if comma:
        at = source.text.index(",", last.end) + 1
        return (Edit(Span(at, at), gap + quoted + ("," if own_line else "")),)
    return (Edit(Span(last.end, last.end), "," + gap + quoted),)
