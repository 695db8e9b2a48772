"""Build one Dockerfile as it is and as it will be, and answer point by point what is the same and what is gone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from rewriter.documents import dockerfile
from rewriter.documents.dockerfile import Dockerfile, mount
from rewriter.inspect import compare
from rewriter.inspect.agent import Agent
from rewriter.inspect.building import BuildResult
from rewriter.inspect.canaries import needles
from rewriter.inspect.failure import Failure, described, explain
from rewriter.inspect.hunt import Hunter, Seen, Trace
from rewriter.inspect.workshop import Order, Workshop
from rewriter.model.inspection import Answer, Check
from rewriter.model.masked import Masked
from rewriter.model.plan import BuildSecret
from rewriter.model.text import Source, decode
from rewriter.project.build import Build
from rewriter.record import Record, field, replace

SHOWN: Final = 8
_ENV: Final = "env="

Say = Callable[[str], None]


class Given(Record):
    """Say what the builds are given.

    `real` are values for secrets by id, and `variables` is where those of others may come from (`--from-env`).
    `keep`: literals of the files are used as they are. `plain` are build arguments that are no secret. `start`: the
    containers of compose files are started, too. `asks` are commands that are run in a service's container before and
    after, whose answers have to be the same. `agents` are those of ssh that the builds get, by id (`--ssh`).
    """

    _hidden = ("real", "variables", "asks")

    real: Mapping[str, bytes] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    keep: bool = False
    plain: tuple[str, ...] = ()
    target: str = ""
    network: str = ""
    start: bool = True
    asks: tuple[tuple[str, str], ...] = ()
    agents: Mapping[str, Agent] = field(default_factory=dict)

    @property
    def invented(self) -> bool:
        """Tell whether a server could not know any of the values."""
        return not self.real and not self.variables and not self.keep


class Pair(Record):
    """Hold what is built twice: one Dockerfile in the two trees, and what it is given.

    `keys` are those that build arguments carried and ssh's agent holds now, by the arguments' names. `agents` has what
    the steps ask of it, by id; `agents_before` are the ids that the original asks for already.
    """

    build: Build
    before: Path
    after: Path
    secrets: tuple[BuildSecret, ...]
    given: Given
    values: Mapping[str, bytes]
    hidden: Mapping[str, bytes]
    keys: Mapping[str, bytes]
    agents: Mapping[str, Agent]
    agents_before: frozenset[str]
    removed: frozenset[str]
    gone: frozenset[str]

    def wanted(self) -> dict[str, bytes]:
        """Return what to search for, under ids."""
        known = {**self.values, **self.keys}
        found = needles({secret: (Masked(decode(value)),) for secret, value in known.items()})
        return found | {name: value for name, value in self.hidden.items() if value not in found.values()}


class Trial:
    """Build one Dockerfile before and after, and answer."""

    def __init__(self, workshop: Workshop, pair: Pair, say: Say) -> None:
        self._workshop = workshop
        self._pair = pair
        self._say = say
        wanted = pair.wanted()
        self._hunter = Hunter(wanted)
        self._searched = len(wanted)
        self._below = workshop.layers_below(tuple(bases(pair.build.dockerfile)))

    def checks(self) -> Iterator[Check]:
        """Yield the answers in the order in which they are found."""
        pair = self._pair
        self._say(f"{pair.build.path}: building it as it is")
        before = self._workshop.build(self._order(pair.before, with_arguments=True, agents=pair.agents_before))
        broken = None if before.ok else self._failure(before, pair.build.dockerfile)
        yield self._builds("the original builds", broken, Answer.UNKNOWN)
        was: Seen | None = None
        if before.ok:
            traces, was = self._searched_build(before)
            yield self._leaked(traces)
        self._say(f"{pair.build.path}: building it rewritten")
        after = self._workshop.build(
            self._order(pair.after, with_secrets=True, export_cache=True, agents=frozenset(pair.agents))
        )
        file = self._rewritten()
        failure = None if after.ok else self._failure(after, file)
        if broken is not None and failure is not None and broken.error == failure.error:
            yield Check("the rewritten one builds", Answer.UNKNOWN, "no, as the original does not, for the same reason")
        else:
            yield self._builds("the rewritten one builds", failure, Answer.BAD)
        if not after.ok:
            yield self._only_log(after)
            return
        traces, now = self._searched_build(after)
        yield self._gone(traces)
        yield from self._limits(after)
        if was is not None:
            yield self._same_files(was, now)
            yield self._same_configuration(was, now)
        if pair.secrets:
            self._say(f"{pair.build.path}: building it without the secrets")
            own = frozenset(secret.id for secret in pair.secrets if secret.source == "ssh")
            yield self._needs(self._workshop.build(self._order(pair.after, agents=pair.agents_before - own)), file)

    def _order(
        self,
        root: Path,
        *,
        agents: frozenset[str],
        with_arguments: bool = False,
        with_secrets: bool = False,
        export_cache: bool = False,
    ) -> Order:
        pair = self._pair
        arguments = {
            secret.source.removeprefix(_ENV): os.fsdecode(pair.values[secret.id])
            for secret in pair.secrets
            if secret.source.startswith(_ENV)
        }
        arguments |= {name: os.fsdecode(key) for name, key in pair.keys.items()}
        secrets: dict[str, bytes | str] = {
            secret.id: os.fsdecode(pair.values[secret.id]) if secret.source.startswith(_ENV) else pair.values[secret.id]
            for secret in pair.secrets
            if secret.id in pair.values
        }
        return Order(
            context=root / pair.build.context,
            dockerfile=root / pair.build.path,
            arguments=arguments if with_arguments else {},
            secrets=secrets if with_secrets else {},
            agents={name: agent for name, agent in pair.agents.items() if name in agents},
            plain=pair.given.plain,
            target=pair.given.target,
            export_cache=export_cache,
        )

    def _rewritten(self) -> Dockerfile:
        path = self._pair.build.path
        return dockerfile.parse(Source(path, decode((self._pair.after / path).read_bytes())))

    def _searched_build(self, result: BuildResult) -> tuple[tuple[Trace, ...], Seen]:
        archive = self._workshop.save(result.image)
        try:
            return self._hunter.build(result, archive, self._below)
        finally:
            archive.unlink()

    def _failure(self, result: BuildResult, file: Dockerfile) -> Failure:
        """Return why a build failed; what a step printed is told unless a value stands in it, however it is written."""
        mounted = self._pair.secrets if file is not self._pair.build.dockerfile else ()
        stripped = self._workshop.own_frontend and any(one.name == "syntax" for one in file.directives)
        failure = explain(result.log, file, mounted, invented=self._pair.given.invented, above=1 if stripped else 0)
        return replace(failure, printed=tuple(line for line in failure.printed if not self._hunter.text(line)))

    def _builds(self, name: str, failure: Failure | None, otherwise: Answer) -> Check:
        if failure is None:
            return Check(name, Answer.GOOD, "yes")
        return Check(name, otherwise, "no", tuple(described(failure)))

    def _leaked(self, traces: tuple[Trace, ...]) -> Check:
        name = "the original leaks"
        if traces:
            return Check(name, Answer.GOOD, f"as was found: {parts(traces)}", tuple(places(traces)))
        message = "the search finds no value in the image that was built, so it proves nothing about the rewritten one"
        return Check(name, Answer.UNKNOWN if self._searched else Answer.GOOD, message)

    def _gone(self, traces: tuple[Trace, ...]) -> Check:
        name = "no secret is left"
        if traces:
            return Check(name, Answer.BAD, f"still in {parts(traces)}", tuple(places(traces)))
        where = f"layers, history, configuration, labels,{' provenance,' if self._workshop.records else ''} log"
        cache = " and exported cache" if self._workshop.keeps_provenance else ""
        return Check(name, Answer.GOOD, f"none of {self._searched} values in {where}{cache}")

    def _only_log(self, result: BuildResult) -> Check:
        traces = tuple(sorted(set(self._hunter.log(result.log))))
        if traces:
            return Check("no secret is left", Answer.BAD, "the log shows it", tuple(places(traces)))
        return Check("no secret is left", Answer.UNKNOWN, "there is no image to search; the log shows none")

    def _limits(self, after: BuildResult) -> Iterator[Check]:
        """Yield what this builder cannot do."""
        if not self._workshop.keeps_provenance and not after.provenance:
            builder = self._workshop.engine.client
            message = f"{builder} makes neither, so there is none to search; a build by BuildKit makes both"
            yield Check("provenance and cache", Answer.GOOD, message)

    def _same_files(self, was: Seen, now: Seen) -> Check:
        name = "the files are the same"
        found, volatile = compare.file_differences(was, now, self._pair.gone | was.held)
        aside = f"; {volatile} in caches and logs differ, as between any two builds" if volatile else ""
        if not found:
            return Check(name, Answer.GOOD, f"but for what was to change{aside}")
        more = (f"and {len(found) - SHOWN} more",) if len(found) > SHOWN else ()
        return Check(name, Answer.BAD, f"{len(found)} differ{aside}", (*found[:SHOWN], *more))

    def _same_configuration(self, was: Seen, now: Seen) -> Check:
        name = "entry point, environment and user are the same"
        found = tuple(compare.config_differences(was, now, self._pair.removed))
        if found:
            return Check(name, Answer.BAD, f"{len(found)} differ", found[:SHOWN])
        return Check(name, Answer.GOOD, "but for the variables that were to go" if self._pair.removed else "yes")

    def _needs(self, result: BuildResult, file: Dockerfile) -> Check:
        name = "a build without the secrets fails"
        required = [
            flag
            for entry in file.instructions
            for flag in entry.flags
            if (found := mount(flag))
            and found.type in ("secret", "ssh")
            and found.get("required") in (None, "true")
            and found.has("required")
        ]
        if not result.ok:
            return Check(name, Answer.GOOD, "yes")
        if required:
            return Check(name, Answer.BAD, "no: it succeeds, although a mount is required")
        return Check(name, Answer.GOOD, "it succeeds, as the original does without the value: no mount is required")


def bases(file: Dockerfile) -> Iterator[str]:
    """Yield the images from elsewhere that the stages begin with, as far as no variable stands in their names."""
    for stage in file.stages:
        name = stage.base.value
        if stage.base_stage is None and name != "scratch" and "$" not in name:
            yield name


def parts(traces: Iterable[Trace]) -> str:
    """Return where values were found, roughly."""
    return ", ".join(sorted({trace.part.value for trace in traces}))


def places(traces: tuple[Trace, ...]) -> Iterator[str]:
    """Yield where each value was found, the first of them."""
    seen: dict[str, None] = {}
    for trace in traces:
        seen.setdefault(f"{trace.secret}: {trace.part.value} {trace.where}", None)
    lines = list(seen)
    yield from lines[:SHOWN]
    if len(lines) > SHOWN:
        yield f"and {len(lines) - SHOWN} more places"
