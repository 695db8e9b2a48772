"""Group instructions into build stages, and tell which stage builds on which."""

from __future__ import annotations

from rewriter.documents.dockerfile.model import Instruction, Stage
from rewriter.documents.dockerfile.variables import MAX_GROWN, expand, references
from rewriter.model.text import Span


def stages(instructions: tuple[Instruction, ...], escape: str) -> tuple[Stage, ...]:
    """Return the stages; each FROM begins one, and a name stands for the last stage so called before it."""
    starts = [item.index for item in instructions if item.keyword == "FROM"]
    defaults = _defaults(instructions[: starts[0]], escape)
    names: dict[str, int] = {}
    found: list[Stage] = []
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(instructions)], strict=True)):
        members = instructions[start:end]
        words = members[0].words
        base = expand(words[0], defaults.get, escape, closed=True)
        name = words[2].raw.text.lower() if len(words) == 3 else None
        platform = members[0].flag("platform")
        found.append(
            Stage(
                index=number,
                name=name,
                base=words[0],
                base_stage=names.get(base.lower()) if base else None,
                base_certain=not references(words[0], escape),
                platform=platform.value if platform else None,
                instructions=members,
                span=Span(members[0].span.start, members[-1].span.end),
            )
        )
        if name:
            names[name] = number
    return tuple(found)


def _defaults(instructions: tuple[Instruction, ...], escape: str) -> dict[str, str]:
    """Return the values of the global build arguments where a build overrides none of them."""
    values: dict[str, str] = {}
    grown = 0
    for instruction in instructions:
        for assignment in instruction.assignments:
            if assignment.value is None:
                continue
            value = expand(assignment.value, values.get, escape, closed=True)
            grown += max(0, len(value or "") - len(assignment.value.raw))
            if value is None or grown > MAX_GROWN:
                values.pop(assignment.name, None)
            else:
                values[assignment.name] = value
    return values
