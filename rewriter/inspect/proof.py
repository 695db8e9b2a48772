"""Prove a rewrite: build the files as they are and as they will be, and answer point by point.

The builds get invented values in place of every secret (or real ones, where a server has to accept them), and
everything that they leave behind is searched for these. Nothing is written to the repository.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from rewriter import pipeline, writer
from rewriter.documents import dockerfile
from rewriter.documents.compose import is_compose_path
from rewriter.errors import InspectionError, UsageError
from rewriter.inspect.agent import Agent, asked, new_key
from rewriter.inspect.canaries import Planted, copy_tree, invented, needles, planted, put
from rewriter.inspect.committed import Commit, differing, lay_out
from rewriter.inspect.engine import Engine
from rewriter.inspect.stack_trial import StackPair, StackTrial
from rewriter.inspect.stacks import projects
from rewriter.inspect.trial import SHOWN, Given, Pair, Say, Trial
from rewriter.inspect.workshop import Workshop
from rewriter.model.inspection import Answer, Check
from rewriter.model.masked import Masked
from rewriter.model.patch import Failed, Patch, Patched, Unchanged
from rewriter.model.plan import BuildSecret, RuntimeSecret
from rewriter.model.secret import Channel, Finding
from rewriter.model.text import Source, decode
from rewriter.project.build import Build
from rewriter.project.gathering import read as read_project
from rewriter.record import Record, replace
from rewriter.settings import Settings
from rewriter.tree.repository import DirectoryRepository, shown

_ENV: Final = "env="
_SRC: Final = "src="
_SSH: Final = "ssh"


class Proof(Record):
    """Hold the answers, Dockerfile by Dockerfile, and the values that must not be shown."""

    checks: tuple[Check, ...]
    values: tuple[Masked, ...] = ()

    @property
    def holds(self) -> bool:
        """Tell whether every question was answered, and answered well."""
        return all(check.answer is Answer.GOOD for check in self.checks)


def prove(
    repository: DirectoryRepository,
    settings: Settings,
    engine: Engine,
    given: Given,
    *,
    only: str | None = None,
    commit: Commit | None = None,
    say: Say = lambda _: None,
) -> Proof:
    """Return the answers for all that the fix of a repository changes.

    With a `commit` the files are those of it, else those on disk.
    """
    with Workshop(engine, network=given.network) as workshop:
        source = _source(repository, commit)
        if commit is not None:
            say("laying out what is committed")
            lay_out(commit, repository, workshop.home / "committed")
            repository = DirectoryRepository(workshop.home / "committed", repository.exclude)
        outcome = pipeline.fix(repository, settings, only=only)
        match outcome:
            case Failed(error=error):
                raise error
            case Unchanged(report=report):
                left = len(report.refusals)
                message = (
                    f"nothing is rewritten; {left} findings are refused" if left else "there is nothing to rewrite"
                )
                return Proof((source, Check("rewrite", Answer.BAD if left else Answer.GOOD, message)))
            case Patched(report=report, patch=patch):
                found = report.findings
        workshop.open()
        before, after = workshop.home / "before", workshop.home / "after"
        copy_tree(repository.root, before)
        plants = Planted({}, {}) if given.keep else planted(repository, found)
        put(before, plants.files)
        patch = _same_fix(before, settings, only, patch, plants)
        copy_tree(before, after)
        writer.write(after, patch.files, patch.values)
        trees = _Trees(DirectoryRepository(before), after, patch, plants, found, _Values(after, given, workshop))
        checks = [source, *_tried(trees, settings, only, workshop, say)]
        if workshop.own_frontend:
            message = "the image that `# syntax=` names could not be had; built with the engine's own frontend"
            checks.append(Check("frontend", Answer.GOOD, message))
    return Proof(
        tuple(checks), (*trees.values.known(), *trees.literals(), *(one for each in found for one in each.values))
    )


def _source(repository: DirectoryRepository, commit: Commit | None) -> Check:
    """Say which version of the files is proven."""
    name = "what is proven"
    if commit is None:
        return Check(name, Answer.GOOD, "the files as they lie on disk")
    other = differing(commit, repository)
    if not other:
        return Check(name, Answer.GOOD, f"commit {commit.short}, from which no file on disk differs")
    message = f"commit {commit.short}; on disk {len(other)} of its files differ, which --working-tree proves instead"
    more = (f"and {len(other) - SHOWN} more",) if len(other) > SHOWN else ()
    return Check(name, Answer.GOOD, message, (*map(shown, other[:SHOWN]), *more))


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


class _Values:
    """Know what each secret holds: the real value that was given, that of the file it comes from, or an invented one.

    A variable has one value, whoever asks for it.
    """

    def __init__(self, after: Path, given: Given, workshop: Workshop) -> None:
        self.given: Final = given
        self._workshop = workshop
        self.variables: Final[dict[str, str]] = {}
        self._after = after
        self._known: dict[tuple[str, str], bytes] = {}

    def of(self, secret: BuildSecret | RuntimeSecret) -> bytes:
        """Return what a secret holds."""
        key = ("", secret.source) if secret.source.startswith((_ENV, _SRC)) else (secret.id, secret.source)
        if key not in self._known:
            self._known[key] = self._new(secret)
        if secret.source.startswith(_ENV):
            self.variables[secret.source.removeprefix(_ENV)] = os.fsdecode(self._known[key])
        return self._known[key]

    def key(self, variable: str) -> bytes:
        """Return a private key: that of the build argument of a name, or one for steps that ask for any."""
        known = ("ssh", variable)
        if known not in self._known:
            self._known[known] = self._new_key(variable)
        return self._known[known]

    def _new_key(self, variable: str) -> bytes:
        if variable and variable.lower() in self.given.real:
            return self.given.real[variable.lower()]
        if variable and variable in self.given.variables:
            return os.fsencode(self.given.variables[variable])
        said = [key for agent in self.given.agents.values() for key in agent.keys]
        return said[0] if said else new_key(self._workshop.folder("key"), self._workshop.engine.environment)

    def known(self) -> tuple[Masked, ...]:
        """Return all of them."""
        return tuple(Masked(decode(value)) for value in self._known.values())

    def _new(self, secret: BuildSecret | RuntimeSecret) -> bytes:
        if secret.id in self.given.real:
            return self.given.real[secret.id]
        if secret.source.startswith(_SRC):
            path = self._after / secret.source.removeprefix(_SRC)
            if path.is_file():
                return path.read_bytes()
            raise UsageError(
                f"{secret.source.removeprefix(_SRC)}: the build needs this file, and it is not here; "
                f"give it by --secret id={secret.id},src=FILE"
            )
        variable = secret.source.removeprefix(_ENV)
        if variable in self.given.variables:
            return os.fsencode(self.given.variables[variable])
        return invented().encode()


class _Trees(Record):
    """Hold the two trees, the fix between them, and what stands for the literals in both."""

    repository: DirectoryRepository
    after: Path
    patch: Patch
    plants: Planted
    findings: tuple[Finding, ...]
    values: _Values

    def hidden(self, findings: Iterable[Finding]) -> dict[str, bytes]:
        """Return what stands for the literals of findings, under ids."""
        literals = {one.secret: tuple(self.plants.of(value) for value in one.values) for one in findings if one.values}
        return {f"{name} (literal)": value for name, value in needles(literals).items()}

    def literals(self) -> Iterator[Masked]:
        """Yield all that stands for literals."""
        return (Masked(decode(value)) for value in self.hidden(self.findings).values())


def _tried(trees: _Trees, settings: Settings, only: str | None, workshop: Workshop, say: Say) -> Iterator[Check]:
    """Yield the answers of every Dockerfile, then those of every project of containers."""
    tried = tuple(_pairs(trees, settings, only))
    pairs = tuple(pair for pair in tried if isinstance(pair, Pair))
    built = frozenset(pair.build.path for pair in pairs if not pair.given.target)
    stacks = tuple(_stacks(trees, workshop, built)) if trees.values.given.start else ()
    if not tried and not stacks:
        message = "the fix changes no Dockerfile and no container, so there is nothing to build and to compare"
        yield Check("builds", Answer.UNKNOWN, message)
    many = len(tried) + len(stacks) > 1
    for pair in tried:
        if isinstance(pair, Check):
            yield pair
            continue
        prefix = f"{pair.build.path}: " if many else ""
        yield from (replace(check, name=f"{prefix}{check.name}") for check in Trial(workshop, pair, say).checks())
    for stack in stacks:
        prefix = f"{stack.name}: " if many else ""
        yield from (replace(check, name=f"{prefix}{check.name}") for check in StackTrial(workshop, stack, say).checks())


def _pairs(trees: _Trees, settings: Settings, only: str | None) -> Iterator[Pair | Check]:
    """Yield what is built; an answer where that cannot be."""
    patch = trees.patch
    fixed = [finding for fix in patch.fixes for finding in fix.findings]
    touched = {finding.scope.partition("#")[0] for finding in fixed}
    for build in read_project(trees.repository, settings, only=only).builds:
        if build.path not in touched:
            continue
        secrets = tuple(dict.fromkeys(one for one in patch.secrets if one.dockerfile == build.path))
        mine = [finding for finding in trees.findings if finding.scope.partition("#")[0] == build.path]
        removed = {secret.env for secret in secrets if secret.env}
        removed |= {finding.name for finding in fixed if finding.scope == build.path and finding.channel is Channel.ENV}
        gone = {finding.name for finding in fixed if finding.channel in (Channel.LAYER, Channel.CONTEXT)}
        gone |= {change.path for change in patch.files}  # `COPY . .` takes along what was rewritten, too
        try:
            agents = _agents(trees, build, secrets)
            keys = {one.env: trees.values.key(one.env) for one in secrets if one.source == _SSH}
        except InspectionError as error:
            yield Check(f"{build.path}: builds", Answer.UNKNOWN, str(error))
            continue
        yield Pair(
            build=build,
            before=trees.repository.root,
            after=trees.after,
            secrets=secrets,
            given=trees.values.given,
            values={secret.id: trees.values.of(secret) for secret in secrets if secret.source != _SSH},
            hidden=trees.hidden(mine),
            keys=keys,
            agents=agents,
            agents_before=frozenset(asked(build.dockerfile)),
            removed=frozenset(removed),
            gone=frozenset(name.rsplit("/", 1)[-1] for name in gone),
        )


def _agents(trees: _Trees, build: Build, secrets: Iterable[BuildSecret]) -> dict[str, Agent]:
    """Return what the steps find in ssh's agent, by id: the keys that were arguments, or one that nobody knows."""
    after = dockerfile.parse(Source(build.path, decode((trees.after / build.path).read_bytes())))
    given = trees.values.given.agents
    found: dict[str, Agent] = {}
    for name in dict.fromkeys((*asked(build.dockerfile), *asked(after))):
        mine = [one.env for one in secrets if one.source == _SSH and one.id == name]
        found[name] = given.get(name) or Agent(keys=tuple(trees.values.key(variable) for variable in mine or [""]))
    return found


def _stacks(trees: _Trees, workshop: Workshop, built: frozenset[str]) -> Iterator[StackPair]:
    mounts = trees.patch.mounts
    held: dict[str, tuple[Masked, ...]] = {}
    for mount in mounts:
        held[mount.id] = (*held.get(mount.id, ()), Masked(decode(trees.values.of(mount))))
    for secret in trees.patch.secrets:
        if secret.source.startswith(_ENV):
            trees.values.of(secret)
    wanted = needles(held)
    wanted |= {name: value for name, value in trees.hidden(trees.findings).items() if value not in wanted.values()}
    paths = DirectoryRepository(trees.after).paths()
    for files in projects({mount.file for mount in mounts}, [path for path in paths if is_compose_path(path)]):
        mine = tuple(mount for mount in mounts if mount.file in files)
        values = {mount.id: trees.values.of(mount) for mount in mine}
        yield StackPair(
            files=files,
            was=all(os.path.lexists(trees.repository.root / file) for file in files),
            before=trees.repository.root,
            after=trees.after,
            mounts=mine,
            values=values,
            variables=trees.values.variables,
            wanted=wanted,
            external=_external(mine, values, workshop),
            given=trees.values.given,
            proven=built,
        )


def _external(mounts: Iterable[RuntimeSecret], values: Mapping[str, bytes], workshop: Workshop) -> dict[str, str]:
    """Return files that stand for the secrets which the machine was to have."""
    found: dict[str, str] = {}
    for mount in mounts:
        if not mount.source.startswith((_ENV, _SRC)):
            path = workshop.folder("external") / posixpath.basename(mount.id)
            path.touch(mode=0o600)
            path.write_bytes(values[mount.id])
            path.chmod(0o644)  # readable for the user of any container; the folder above is not
            found[mount.id] = str(path)
    return found
