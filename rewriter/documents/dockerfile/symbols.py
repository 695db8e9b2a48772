"""Tell which variables are visible at an instruction, and what they stand for.

BuildKit keeps ARG and ENV in one environment: of two that give a value, the later one wins, whatever its kind;
an ARG without a value takes nothing away. `FROM stage` hands both on. FROM itself sees the global ARGs alone, and
a global ARG is visible in a stage only after `ARG NAME` there.
Reference: `dispatchArg` and `dispatchEnv` in `frontend/dockerfile/dockerfile2llb/convert.go` of BuildKit.

The stages are walked as the tree that FROM makes of them, each behind the one it is built on. A clock counts what
happens on the way; each name has a track of what stands for it from which moment on. So any file is read in one
pass, and any question about any place is one search by its moment.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import lru_cache

from rewriter.documents.dockerfile.model import Assignment, Dockerfile, Instruction, Stage, Word
from rewriter.documents.dockerfile.variables import MAX_GROWN, expand
from rewriter.record import Record, State, field


class Kind(StrEnum):
    """Name the instruction that defines a variable."""

    ARG = "ARG"
    ENV = "ENV"


class Binding(Record):
    """Hold one definition of a variable.

    `default` is the word that gives its value, if the build does not: the ARG's own, or that of the global ARG
    which it redeclares (then `inherited_from_global`). `value` is known only for an ENV that depends on nothing
    unknown. `stage` is -1 for a global ARG. What stands under ONBUILD binds in the stages built on its own stage.
    """

    name: str
    kind: Kind
    instruction: Instruction
    assignment: Assignment
    stage: int
    inherited_from_global: bool
    default: Word | None
    value: str | None


class _Entry(Record, eq=False):
    """Hold a definition, what stands for the name behind it, and the definition before it."""

    _hidden = ("before",)

    binding: Binding
    standing: Binding
    before: _Entry | None


class _Track(State):
    """Hold the entries of one name, each with the moment from which on it is the last one."""

    moments: list[int] = field(default_factory=list)
    entries: list[_Entry | None] = field(default_factory=list)

    def at(self, moment: int) -> _Entry | None:
        """Return the last entry before a moment."""
        count = bisect_left(self.moments, moment)
        return self.entries[count - 1] if count else None


class _Timeline:
    """Hold the tracks of all names, and walk."""

    __slots__ = ("clock", "grown", "tracks")

    def __init__(self) -> None:
        self.clock = 0
        self.grown = 0
        self.tracks: dict[str, _Track] = {}

    def value(self, name: str) -> str | None:
        """Return the known value of a name at the end of the track: a lookup for `expand`."""
        track = self.tracks.get(name)
        entry = track.entries[-1] if track else None
        return None if entry is None else entry.standing.value

    def add(self, name: str, entry: _Entry | None) -> None:
        """Let an entry be the last one of a name from now on."""
        track = self.tracks.setdefault(name, _Track())
        track.moments.append(self.clock)
        track.entries.append(entry)
        self.clock += 1

    def bind(self, binding: Binding) -> _Entry | None:
        """Add a definition, and return the entry before it. An ARG without a value leaves what stood before."""
        track = self.tracks.get(binding.name)
        before = track.entries[-1] if track else None
        standing = before.standing if before is not None and binding.default is None else binding
        self.add(binding.name, _Entry(binding, standing, before))
        return before


class Scope(Mapping[str, Binding]):
    """Hold the variables that are visible at one place."""

    __slots__ = ("_moment", "_timeline")

    def __init__(self, timeline: _Timeline, moment: int) -> None:
        self._timeline = timeline
        self._moment = moment

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __getitem__(self, name: str) -> Binding:
        entry = self._entry(name)
        if entry is None:
            raise KeyError(name)
        return entry.standing

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._timeline.tracks if self._entry(name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def every(self, name: str) -> tuple[Binding, ...]:
        """Return all definitions of a name up to here, in order, those that a later one hides too."""
        found: list[Binding] = []
        entry = self._entry(name)
        while entry is not None:
            found.append(entry.binding)
            entry = entry.before
        return tuple(reversed(found))

    def value(self, name: str) -> str | None:
        """Return the value of a variable if it is known: a lookup for `expand`."""
        entry = self._entry(name)
        return None if entry is None else entry.standing.value

    def _entry(self, name: str) -> _Entry | None:
        track = self._timeline.tracks.get(name)
        return None if track is None else track.at(self._moment)


class _Symbols(Record):
    """Hold the timelines of the global scope and of the stages, and the moment of each instruction."""

    shared: _Timeline
    stages: _Timeline
    moments: tuple[int, ...]


def scope(dockerfile: Dockerfile, instruction: Instruction) -> Scope:
    """Return the variables that are visible at an instruction, before it takes effect."""
    symbols = _symbols(dockerfile)
    if instruction.keyword == "FROM":
        return Scope(symbols.shared, symbols.shared.clock)
    timeline = symbols.shared if instruction.stage < 0 else symbols.stages
    return Scope(timeline, symbols.moments[instruction.index])


def start(dockerfile: Dockerfile, stage: Stage) -> Scope:
    """Return the variables that are visible at the beginning of a stage, behind its FROM."""
    symbols = _symbols(dockerfile)
    return Scope(symbols.stages, symbols.moments[stage.instructions[0].index])


@lru_cache(maxsize=64)
def _symbols(dockerfile: Dockerfile) -> _Symbols:
    """Walk the whole file once."""
    shared, stages = _Timeline(), _Timeline()
    moments = [0] * len(dockerfile.instructions)
    for item in dockerfile.global_args:
        moments[item.index] = shared.clock
        _bind(shared, item, dockerfile.escape, None)
    children: defaultdict[int | None, list[Stage]] = defaultdict(list)
    for stage in dockerfile.stages:
        children[stage.base_stage].append(stage)
    pending: list[Stage | list[_Undo]] = list(reversed(children[None]))
    while pending:
        task = pending.pop()
        if isinstance(task, list):
            for name, entry in reversed(task):
                stages.add(name, entry)
            continue
        undo: list[_Undo] = []
        for item in task.instructions:
            moments[item.index] = stages.clock
            undo += _bind(stages, item, dockerfile.escape, shared)
        if children[task.index]:
            for item in task.instructions:
                if item.trigger is not None:
                    undo += _bind(stages, item.trigger, dockerfile.escape, shared)
        pending.append(undo)
        pending += reversed(children[task.index])
    return _Symbols(shared, stages, tuple(moments))


_Undo = tuple[str, _Entry | None]


def _bind(timeline: _Timeline, item: Instruction, escape: str, shared: _Timeline | None) -> list[_Undo]:
    """Add what an ARG or ENV defines; return how to take it back."""
    if item.keyword == "ARG":
        bindings = [_arg(item, assignment, shared) for assignment in item.assignments]
    elif item.keyword == "ENV":
        bindings = [_env(item, assignment, timeline, escape) for assignment in item.assignments]
    else:
        return []
    return [(binding.name, timeline.bind(binding)) for binding in bindings]


def _arg(item: Instruction, assignment: Assignment, shared: _Timeline | None) -> Binding:
    track = shared.tracks.get(assignment.name) if shared is not None and assignment.value is None else None
    entry = track.entries[-1] if track else None
    default = assignment.value if entry is None else entry.standing.default
    inherited = entry is not None
    return Binding(assignment.name, Kind.ARG, item, assignment, item.stage, inherited, default, None)


def _env(item: Instruction, assignment: Assignment, timeline: _Timeline, escape: str) -> Binding:
    """Return the binding of an ENV, whose words all see the environment before the instruction."""
    word = assignment.value
    value = None
    if word is not None and timeline.grown <= MAX_GROWN:
        value = expand(word, timeline.value, escape)
        timeline.grown += max(0, len(value or "") - len(word.raw))
    return Binding(assignment.name, Kind.ENV, item, assignment, item.stage, False, word, value)
