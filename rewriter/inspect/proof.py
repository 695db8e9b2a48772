"""Prove a rewrite: build the files as they are and as they will be, and answer point by point.

The builds get invented values in place of every secret (or real ones, where a server has to accept them), and
everything that they leave behind is searched for these. Nothing is written to the repository.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from rewriter import pipeline, writer
from rewriter.build import Build
from rewriter.documents import dockerfile
from rewriter.documents.dockerfile import Dockerfile
from rewriter.errors import InspectionError, UsageError
from rewriter.gathering import read as read_project
from rewriter.inspect import compare
from rewriter.inspect.building import BuildResult
from rewriter.inspect.canaries import Planted, copy_tree, invented, needles, planted, put
from rewriter.inspect.engine import Engine
from rewriter.inspect.failure import described, explain
from rewriter.inspect.hunt import Hunter, Seen, Trace
from rewriter.inspect.workshop import Order, Workshop
from rewriter.model.inspection import Answer, Check
from rewriter.model.masked import Masked
from rewriter.model.patch import Failed, Patch, Patched, Unchanged
from rewriter.model.plan import BuildSecret
from rewriter.model.secret import Channel, Finding
from rewriter.model.text import Source, decode
from rewriter.repository import DirectoryRepository
from rewriter.settings import Settings

_SHOWN: Final = 8
_ENV: Final = "env="
_SRC: Final = "src="


@dataclass(frozen=True, slots=True)
class Given:
    """Say what the builds are given.

    `real` are values for secrets by id, and `variables` is where those of others may come from (`--from-env`).
    `keep`: literals of the files are used as they are. `plain` are build arguments that are no secret.
    """

    real: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    keep: bool = False
    plain: tuple[str, ...] = ()
    target: str = ""
    network: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """Hold the answers, Dockerfile by Dockerfile, and the values that must not be shown."""

    checks: tuple[Check, ...]
    values: tuple[Masked, ...] = ()

    @property
    def holds(self) -> bool:
        """Tell whether every question was answered, and answered well."""
        return all(check.answer is Answer.GOOD for check in self.checks)


@dataclass(frozen=True, slots=True)
class _Pair:
    """Hold what is built twice: one Dockerfile in the two trees, and what it is given."""

    build: Build
    before: Path
    after: Path
    secrets: tuple[BuildSecret, ...]
    given: Given
    values: Mapping[str, bytes]
    hidden: Mapping[str, bytes]
    removed: frozenset[str]
    gone: frozenset[str]

    @property
    def invented(self) -> bool:
        """Tell whether a server could not know any of the values."""
        return not self.given.real and not self.given.variables and not self.given.keep


Say = Callable[[str], None]


def prove(
    repository: DirectoryRepository,
    settings: Settings,
    engine: Engine,
    given: Given,
    *,
    only: str | None = None,
    say: Say = lambda _: None,
) -> Proof:
    """Return the answers for every Dockerfile that the fix of a repository changes."""
    outcome = pipeline.fix(repository, settings, only=only)
    match outcome:
        case Failed(error=error):
            raise error
        case Unchanged(report=report):
            left = len(report.refusals)
            message = f"nothing is rewritten; {left} findings are refused" if left else "there is nothing to rewrite"
            return Proof((Check("rewrite", Answer.BAD if left else Answer.GOOD, message),))
        case Patched(report=report, patch=patch):
            pass
    with Workshop(engine, network=given.network) as workshop:
        before, after = workshop.home / "before", workshop.home / "after"
        copy_tree(repository.root, before)
        plants = Planted({}, {}) if given.keep else planted(repository, report.findings)
        put(before, plants.files)
        patch = _same_fix(before, settings, only, patch, plants)
        copy_tree(before, after)
        writer.write(after, patch.files, patch.values)
        pairs = tuple(_pairs(DirectoryRepository(before), settings, only, patch, plants, given, report.findings, after))
        checks: list[Check] = []
        if not pairs:
            message = "the fix changes no Dockerfile, so there is nothing to build and to compare"
            checks.append(Check("builds", Answer.UNKNOWN, message))
        for pair in pairs:
            prefix = f"{pair.build.path}: " if len(pairs) > 1 else ""
            checks += (replace(check, name=f"{prefix}{check.name}") for check in _Trial(workshop, pair, say).checks())
        if workshop.own_frontend:
            message = "the image that `# syntax=` names could not be had; built with the engine's own frontend"
            checks.append(Check("frontend", Answer.GOOD, message))
    secret = [Masked(decode(value)) for pair in pairs for value in (*pair.values.values(), *pair.hidden.values())]
    return Proof(tuple(checks), (*secret, *(value for finding in report.findings for value in finding.values)))


def _same_fix(before: Path, settings: Settings, only: str | None, patch: Patch, plants: Planted) -> Patch:
    """Return the fix of the tree with invented values, which has to be the one that is to be proven."""
    if not plants.files:
        return patch
    outcome = pipeline.fix(DirectoryRepository(before, ()), settings, only=only)
    if isinstance(outcome, Patched):
        theirs = [(change.path, change.change) for change in outcome.patch.files]
        if theirs == [(change.path, change.change) for change in patch.files]:
            return outcome.patch
    raise InspectionError(
        "with invented values in place of the literals the fix is another one; prove it with --keep-values"
    )


def _pairs(
    repository: DirectoryRepository,
    settings: Settings,
    only: str | None,
    patch: Patch,
    plants: Planted,
    given: Given,
    findings: tuple[Finding, ...],
    after: Path,
) -> Iterator[_Pair]:
    project = read_project(repository, settings, only=only)
    fixed = [finding for fix in patch.fixes for finding in fix.findings]
    touched = {finding.scope.partition("#")[0] for finding in fixed}
    for build in project.builds:
        if build.path not in touched:
            continue
        secrets = tuple(dict.fromkeys(one for one in patch.secrets if one.dockerfile == build.path))
        values = {secret.id: _value(secret, after, given) for secret in secrets if secret.source != "ssh"}
        mine = [finding for finding in findings if finding.scope.partition("#")[0] == build.path]
        literals = {one.secret: tuple(plants.of(value) for value in one.values) for one in mine if one.values}
        hidden = {f"{name} (literal)": value for name, value in needles(literals).items()}
        removed = {secret.env for secret in secrets if secret.env}
        removed |= {finding.name for finding in fixed if finding.scope == build.path and finding.channel is Channel.ENV}
        gone = {finding.name for finding in fixed if finding.channel in (Channel.LAYER, Channel.CONTEXT)}
        gone |= {change.path for change in patch.files}  # `COPY . .` takes along what was rewritten, too
        yield _Pair(
            build=build,
            before=repository.root,
            after=after,
            secrets=secrets,
            given=given,
            values=values,
            hidden=hidden,
            removed=frozenset(removed),
            gone=frozenset(name.rsplit("/", 1)[-1] for name in gone),
        )


def _value(secret: BuildSecret, after: Path, given: Given) -> bytes:
    """Return the value of a secret: the real one that was given, that of the file it comes from, or an invented one."""
    if secret.id in given.real:
        return given.real[secret.id]
    if secret.source.startswith(_SRC):
        path = after / secret.source.removeprefix(_SRC)
        if path.is_file():
            return path.read_bytes()
        raise UsageError(
            f"{secret.source.removeprefix(_SRC)}: the build needs this file, and it is not here; "
            f"give it by --secret id={secret.id},src=FILE"
        )
    variable = secret.source.removeprefix(_ENV)
    if variable in given.variables:
        return os.fsencode(given.variables[variable])
    return invented().encode()


class _Trial:
    """Build one Dockerfile before and after, and answer."""

    def __init__(self, workshop: Workshop, pair: _Pair, say: Say) -> None:
        self._workshop = workshop
        self._pair = pair
        self._say = say
        known = {secret: (Masked(decode(value)),) for secret, value in pair.values.items()}
        wanted = needles(known)
        wanted |= {name: value for name, value in pair.hidden.items() if value not in wanted.values()}
        self._hunter = Hunter(wanted)
        self._searched = len(wanted)
        self._below = workshop.layers_below(tuple(_bases(pair.build.dockerfile)))

    def checks(self) -> Iterator[Check]:
        """Yield the answers in the order in which they are found."""
        pair = self._pair
        self._say(f"{pair.build.path}: building it as it is")
        before = self._workshop.build(self._order(pair.before, with_arguments=True))
        yield self._builds("the original builds", before, pair.build.dockerfile)
        was: Seen | None = None
        if before.ok:
            traces, was = self._searched_build(before)
            yield self._leaked(traces)
        self._say(f"{pair.build.path}: building it rewritten")
        after = self._workshop.build(self._order(pair.after, with_secrets=True, export_cache=True))
        file = self._rewritten()
        yield self._builds("the rewritten one builds", after, file)
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
            yield self._needs(self._workshop.build(self._order(pair.after)), file)

    def _order(
        self, root: Path, *, with_arguments: bool = False, with_secrets: bool = False, export_cache: bool = False
    ) -> Order:
        pair = self._pair
        arguments = {
            secret.source.removeprefix(_ENV): os.fsdecode(pair.values[secret.id])
            for secret in pair.secrets
            if secret.source.startswith(_ENV)
        }
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

    def _builds(self, name: str, result: BuildResult, file: Dockerfile) -> Check:
        if result.ok:
            return Check(name, Answer.GOOD, "yes")
        rewritten = file is not self._pair.build.dockerfile
        mounted = self._pair.secrets if rewritten else ()
        stripped = self._workshop.own_frontend and any(one.name == "syntax" for one in file.directives)
        failure = explain(result.log, file, mounted, invented=self._pair.invented, above=1 if stripped else 0)
        answer = Answer.BAD if rewritten else Answer.UNKNOWN
        return Check(name, answer, "no", tuple(described(failure)))

    def _leaked(self, traces: tuple[Trace, ...]) -> Check:
        name = "the original leaks"
        if traces:
            return Check(name, Answer.GOOD, f"as was found: {_parts(traces)}", tuple(_places(traces)))
        message = "the search finds no value in the image that was built, so it proves nothing about the rewritten one"
        return Check(name, Answer.UNKNOWN if self._searched else Answer.GOOD, message)

    def _gone(self, traces: tuple[Trace, ...]) -> Check:
        name = "no secret is left"
        if traces:
            return Check(name, Answer.BAD, f"still in {_parts(traces)}", tuple(_places(traces)))
        where = "layers, history, configuration, labels, provenance, log"
        cache = " and exported cache" if self._workshop.keeps_provenance else ""
        return Check(name, Answer.GOOD, f"none of {self._searched} values in {where}{cache}")

    def _only_log(self, result: BuildResult) -> Check:
        traces = tuple(sorted(set(self._hunter.log(result.log))))
        if traces:
            return Check("no secret is left", Answer.BAD, "the log shows it", tuple(_places(traces)))
        return Check("no secret is left", Answer.UNKNOWN, "there is no image to search; the log shows none")

    def _limits(self, after: BuildResult) -> Iterator[Check]:
        """Yield what this builder cannot do."""
        if not self._workshop.keeps_provenance and not after.provenance:
            builder = self._workshop.engine.client
            message = f"this {builder} keeps no provenance and exports no cache, so neither could be searched"
            yield Check("provenance and cache", Answer.UNKNOWN, message)

    def _same_files(self, was: Seen, now: Seen) -> Check:
        name = "the files are the same"
        found, volatile = compare.file_differences(was, now, self._pair.gone | was.held)
        aside = f"; {volatile} in caches and logs differ, as between any two builds" if volatile else ""
        if not found:
            return Check(name, Answer.GOOD, f"but for what was to change{aside}")
        more = (f"and {len(found) - _SHOWN} more",) if len(found) > _SHOWN else ()
        return Check(name, Answer.BAD, f"{len(found)} differ{aside}", (*found[:_SHOWN], *more))

    def _same_configuration(self, was: Seen, now: Seen) -> Check:
        name = "entry point, environment and user are the same"
        found = tuple(compare.config_differences(was, now, self._pair.removed))
        if found:
            return Check(name, Answer.BAD, f"{len(found)} differ", found[:_SHOWN])
        return Check(name, Answer.GOOD, "but for the variables that were to go" if self._pair.removed else "yes")

    def _needs(self, result: BuildResult, file: Dockerfile) -> Check:
        name = "a build without the secrets fails"
        required = [
            flag
            for entry in file.instructions
            for flag in entry.flags
            if flag.name == "mount" and "type=secret" in (flag.value or "") and "required" in (flag.value or "")
        ]
        if not result.ok:
            return Check(name, Answer.GOOD, "yes")
        if required:
            return Check(name, Answer.BAD, "no: it succeeds, although a mount is required")
        return Check(name, Answer.GOOD, "it succeeds, as the original does without the value: no mount is required")


def _bases(file: Dockerfile) -> Iterator[str]:
    """Yield the images from elsewhere that the stages begin with, as far as no variable stands in their names."""
    for stage in file.stages:
        name = stage.base.value
        if stage.base_stage is None and name != "scratch" and "$" not in name:
            yield name


def _parts(traces: Iterable[Trace]) -> str:
    return ", ".join(sorted({trace.part.value for trace in traces}))


def _places(traces: tuple[Trace, ...]) -> Iterator[str]:
    seen: dict[str, None] = {}
    for trace in traces:
        seen.setdefault(f"{trace.secret}: {trace.part.value} {trace.where}", None)
    lines = list(seen)
    yield from lines[:_SHOWN]
    if len(lines) > _SHOWN:
        yield f"and {len(lines) - _SHOWN} more places"
