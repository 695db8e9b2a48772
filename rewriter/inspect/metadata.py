"""Judge an image's configuration and history: variables, labels, start commands, build arguments, commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rewriter.errors import InspectionError
from rewriter.inspect.commands import Spoken, in_command, in_shell, in_text
from rewriter.inspect.history import Pair, read_pairs, read_step
from rewriter.inspect.oci import Json, at, texts
from rewriter.judgement import PairVerdict, judge_pair
from rewriter.model.inspection import Leak, Part, Step
from rewriter.model.masked import Masked
from rewriter.model.secret import Confidence, Severity

Named = dict[str, list[int]]
"""The numbers of history entries, by a name that stands in them."""
NAME_LIMIT: Final = 10_000
"""With more variables than that no kernel starts a program."""
_COMMANDS: Final = {"Entrypoint": "ENTRYPOINT", "Cmd": "CMD"}


def judge_metadata(config: Json, steps: tuple[Step, ...]) -> tuple[Leak, ...]:
    """Return the secrets that everybody sees who can pull the image, without a look into a layer."""
    own = at(config, "config")
    for name, what in (("Env", "variables"), ("Labels", "labels")):
        entries = at(own, name)
        if isinstance(entries, (dict, list)) and len(entries) > NAME_LIMIT:
            raise InspectionError(f"a configuration with {len(entries):,} {what}: not read")
    environment = tuple(Pair(*entry.partition("=")[::2]) for entry in texts(at(own, "Env")) if "=" in entry)
    variables, labels = _named(steps, "ENV"), _named(steps, "LABEL")
    found = [*_environment(environment, variables), *_labels(own, labels), *_start(own, steps)]
    found += _history(steps, {pair.name: pair.value for pair in environment}, variables)
    return tuple(found)


def _named(steps: tuple[Step, ...], keyword: str) -> Named:
    """Return the entries of a keyword in which each name stands, the last one last."""
    found: Named = {}
    for index, step in enumerate(steps):
        if step.keyword == keyword:
            for name in dict.fromkeys(pair.name for pair in read_pairs(step.text)):
                found.setdefault(name, []).append(index)
    return found


def pair_leak(part: Part, pair: Pair, *, step: int | None = None, removed: int | None = None) -> Leak | None:
    """Return the leak that a name with its value is, if it is one."""
    verdict = judge_pair(pair.name, pair.value)
    if not verdict.secret or not verdict.literal:
        return None
    return Leak(
        part=part,
        where=pair.name,
        kind=verdict.provider or (verdict.category.value if verdict.category else "secret"),
        severity=_severity(verdict, part, gone=removed is not None),
        confidence=verdict.confidence,
        step=step,
        removed_step=removed,
        values=_values(pair, verdict),
    )


def _values(pair: Pair, verdict: PairVerdict) -> tuple[Masked, ...]:
    """Return the secret parts of a value, and all of it where none is told."""
    parts = tuple(Masked(pair.value[start:end]) for start, end in verdict.parts if end > start)
    return parts or (Masked(pair.value),)


def _severity(verdict: PairVerdict, part: Part, *, gone: bool) -> Severity:
    if verdict.placeholder:
        return Severity.LOW
    if verdict.confidence is Confidence.LOW:
        return Severity.MEDIUM
    return Severity.CRITICAL if part is Part.ENV and not gone else Severity.HIGH


def spoken_leak(part: Part, where: str, spoken: Spoken, step: int | None = None) -> Leak:
    """Return the leak that a credential in a command is."""
    severity = Severity.LOW if spoken.placeholder else Severity.HIGH
    return Leak(part, where, spoken.kind, severity, spoken.confidence, step=step, values=(spoken.value,))


def _environment(environment: tuple[Pair, ...], named: Named) -> Iterator[Leak]:
    for pair in environment:
        leak = pair_leak(Part.ENV, pair, step=_last(named, pair.name))
        if leak is not None:
            yield leak


def _labels(config: Json, named: Named) -> Iterator[Leak]:
    labels = at(config, "Labels")
    for name, value in sorted(labels.items()) if isinstance(labels, dict) else ():
        if not isinstance(value, str):
            continue
        step = _last(named, name)
        leak = pair_leak(Part.LABEL, Pair(name, value), step=step)
        if leak is not None:
            yield leak
            continue
        yield from (spoken_leak(Part.LABEL, name, each, step) for each in in_text(value) if not each.placeholder)


def _start(config: Json, steps: tuple[Step, ...]) -> Iterator[Leak]:
    for key, keyword in _COMMANDS.items():
        step = _latest(steps, keyword)
        for spoken in in_command(texts(at(config, key))):
            yield spoken_leak(Part.COMMAND, keyword, spoken, step)
    test = texts(at(config, "Healthcheck", "Test"))
    found = in_shell(" ".join(test[1:])) if test[:1] == ("CMD-SHELL",) else in_command(test[1:])
    for spoken in found:
        yield spoken_leak(Part.COMMAND, "HEALTHCHECK", spoken, _latest(steps, "HEALTHCHECK"))
    for trigger in texts(at(config, "OnBuild")):
        for leak in _of_step(read_step(trigger), None):
            yield Leak(Part.COMMAND, f"ONBUILD {leak.where}", leak.kind, leak.severity, values=leak.values)


def _history(steps: tuple[Step, ...], environment: dict[str, str], variables: Named) -> Iterator[Leak]:
    """Yield what the history alone shows: build arguments, commands, variables that were set anew later."""
    seen: set[tuple[Part, str, tuple[Masked, ...]]] = set()
    for index, step in enumerate(steps):
        for leak in _of_step(step, index):
            key = (leak.part, leak.where, leak.values)
            if step.keyword in ("LABEL", "CMD", "ENTRYPOINT", "HEALTHCHECK") and _stays(steps, index):
                continue
            if step.keyword == "ENV":
                later = next((one for one in variables.get(leak.where, ()) if one > index), None)
                if later is None and leak.where in environment:
                    continue
                yield _hidden(leak, later)
            elif key not in seen:
                seen.add(key)
                yield leak


def _hidden(leak: Leak, later: int | None) -> Leak:
    severity = Severity.LOW if leak.severity is Severity.LOW else Severity.HIGH
    return Leak(
        Part.HISTORY, leak.where, leak.kind, severity, leak.confidence, step=leak.step, removed_step=later,
        values=leak.values,
    )  # fmt: skip


def _stays(steps: tuple[Step, ...], index: int) -> bool:
    """Tell whether no later entry of the same kind replaces this one: then the configuration shows it."""
    step = steps[index]
    if step.keyword == "LABEL":
        return True
    return not any(later.keyword == step.keyword for later in steps[index + 1 :])


def _of_step(step: Step, index: int | None) -> Iterator[Leak]:
    for name, value in step.arguments:
        leak = pair_leak(Part.BUILD_ARG, Pair(name, value.reveal()), step=index)
        if leak is not None:
            yield leak
    if step.keyword in ("ENV", "ARG", "LABEL"):
        part = Part.BUILD_ARG if step.keyword == "ARG" else Part.HISTORY
        for pair in read_pairs(step.text):
            leak = pair_leak(part, pair, step=index)
            if leak is not None:
                yield leak
        return
    found = in_shell(step.text) if step.keyword in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK") else in_text(step.text)
    yield from (spoken_leak(Part.HISTORY, step.keyword, spoken, index) for spoken in found)


def _last(named: Named, name: str) -> int | None:
    return named[name][-1] if name in named else None


def _latest(steps: tuple[Step, ...], keyword: str) -> int | None:
    return next((index for index in range(len(steps) - 1, -1, -1) if steps[index].keyword == keyword), None)
