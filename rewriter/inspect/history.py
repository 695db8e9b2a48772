"""Read the history of an image: what each entry did, in the words of a Dockerfile.

BuildKit writes `RUN |1 TOKEN=v /bin/sh -c make # buildkit` and `COPY a b # buildkit`, the classic builder
`|1 TOKEN=v /bin/sh -c make` and `/bin/sh -c #(nop) COPY file:... in /b`, buildah the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from rewriter.documents.dockerfile import Dockerfile, Instruction, final_stage
from rewriter.inspect.oci import Json, at, items, text, texts
from rewriter.model.inspection import Step
from rewriter.model.masked import Masked
from rewriter.record import Record, replace

STEP_LIMIT: Final = 2_000
TEXT_LIMIT: Final = 100_000
IMPORT: Final = "IMPORT"
"""Stands for the keyword of an entry that no instruction made, as `docker import` writes it."""

_NOP: Final = re.compile(r"(?:/bin/sh|cmd|powershell\S*)\s+(?:-c|/S /C)\s+#\(nop\)\s*")
_KEYWORD: Final = re.compile(
    r"(ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME"
    r"|WORKDIR)\s+"
)
_COUNT: Final = re.compile(r"\|(\d{1,3})\s+")
_SHELLS: Final = ("/bin/sh -c ", "/bin/bash -c ", "/bin/ash -c ", "/bin/bash -o pipefail -c ", "/bin/bash -euo ")
_PAIR: Final = re.compile(r"(?:^|\s)([A-Za-z_][A-Za-z0-9_.\-/]*)=")


class Pair(Record):
    """Hold one `NAME=value` of an entry."""

    name: str
    value: str


def read_history(config: Json) -> tuple[Step, ...]:
    """Return the history of a configuration, base first, with the layer that each entry made."""
    shell = " ".join(texts(at(config, "config", "Shell")))
    steps: list[Step] = []
    layer = 0
    for entry in items(at(config, "history"))[:STEP_LIMIT]:
        made = text(entry, "created_by")
        step = read_step(made, shell) if made else Step(IMPORT, text(entry, "comment")[:TEXT_LIMIT].strip())
        if at(entry, "empty_layer") is not True:
            step = replace(step, layer=layer)
            layer += 1
        steps.append(step)
    return tuple(steps)


def read_step(written: str, shell: str = "") -> Step:
    """Return what one entry did."""
    line = written[:TEXT_LIMIT].strip().removesuffix("# buildkit").rstrip()
    line = _NOP.sub("", line, count=1)
    found = _KEYWORD.match(line)
    if not found and not line.startswith(("|", *_SHELLS, *([f"{shell} "] if shell else ()))):
        return Step(IMPORT, line)
    keyword, rest = (found[1], line[found.end() :]) if found else ("RUN", line)
    arguments: tuple[tuple[str, Masked], ...] = ()
    if keyword == "RUN":
        arguments, rest = _run(rest, shell)
    return Step(keyword, rest, arguments)


def _run(rest: str, shell: str) -> tuple[tuple[tuple[str, Masked], ...], str]:
    """Split `|2 A=1 B=2 /bin/sh -c make` into the build arguments and the command."""
    shells = (f"{shell} ", *_SHELLS) if shell else _SHELLS
    counted = _COUNT.match(rest)
    arguments: tuple[tuple[str, Masked], ...] = ()
    if counted:
        body = rest[counted.end() :]
        starts = [place for name in shells if (place := _place(body, name)) >= 0]
        end = min(starts) if starts else len(body)
        pairs = read_pairs(body[:end])[: int(counted[1])]
        if not starts and pairs:  # exec form: the last value ends at the first blank
            end = body.rfind(pairs[-1].value) + len(pairs[-1].value.split(" ", 1)[0])
            pairs = (*pairs[:-1], Pair(pairs[-1].name, pairs[-1].value.split(" ", 1)[0]))
        arguments = tuple((pair.name, Masked(pair.value)) for pair in pairs)
        rest = body[end:].lstrip()
    for name in shells:
        if rest.startswith(name):
            return arguments, rest.removeprefix(name)
    return arguments, rest


def _place(body: str, shell: str) -> int:
    if body.startswith(shell):
        return 0
    return body.find(f" {shell}")


def read_pairs(written: str) -> tuple[Pair, ...]:
    """Return the pairs of an ENV, ARG or LABEL entry; a value goes on up to the next ` NAME=`."""
    marks = list(_PAIR.finditer(written))
    if not marks or marks[0].start() != 0:
        name, _, value = written.partition(" ")
        return (Pair(name, value.strip()),) if value else ()
    ends = [mark.start() for mark in marks[1:]] + [len(written)]
    return tuple(Pair(mark[1], written[mark.end() : end].strip()) for mark, end in zip(marks, ends, strict=True))


def with_lines(steps: tuple[Step, ...], file: Dockerfile, stage: int | None = None) -> tuple[Step, ...]:
    """Return the steps with their lines in the Dockerfile that made the image; what stands before them is the base.

    Both are gone through from the end, as far as the keywords agree.
    """
    wanted = _instructions(file, final_stage(file) if stage is None else stage)
    done = list(steps)
    at_step = len(done) - 1
    for instruction in reversed(wanted):
        if at_step < 0 or done[at_step].keyword != instruction.keyword:
            return steps if at_step == len(done) - 1 else tuple(done)
        done[at_step] = replace(done[at_step], line=instruction.line)
        at_step -= 1
    return mark_base(done, at_step + 1)


def _instructions(file: Dockerfile, stage: int) -> list[Instruction]:
    """Return what made the image of a stage: the instructions of the stages that it is built from, then its own."""
    chain: list[int] = []
    current: int | None = stage
    while current is not None and current not in chain:
        chain.append(current)
        current = file.stages[current].base_stage
    return [one for index in reversed(chain) for one in file.stages[index].instructions if one.keyword != "FROM"]


def mark_base(steps: Iterable[Step], count: int) -> tuple[Step, ...]:
    """Return the steps, the first `count` of them marked as the base image's."""
    return tuple(replace(step, base=index < count) for index, step in enumerate(steps))


def guessed_base(steps: tuple[Step, ...]) -> int:
    """Return how many entries the base image seems to have: up to the last start command that a layer follows.

    An official image ends in a CMD. One that was imported, or begins with a whole file system, is one entry.
    """
    last_layer = max((index for index, step in enumerate(steps) if step.layer is not None), default=-1)
    for index in range(last_layer - 1, -1, -1):
        if steps[index].keyword == "CMD":
            return index + 1
    roots = 0
    while roots < len(steps) and _is_root(steps[roots]):
        roots += 1
    return roots if roots < len(steps) else 0


def _is_root(step: Step) -> bool:
    if step.keyword == IMPORT or step.text.startswith("# debian.sh"):
        return True
    return step.keyword == "ADD" and step.layer == 0 and step.text.rstrip().endswith(" /")
