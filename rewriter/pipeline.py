"""Go the whole way for one repository: read, find, plan, rewrite, verify. Never raises; writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from rewriter.analysis import Analysis
from rewriter.errors import UnbakeError, VerificationError
from rewriter.forked import processors, spread
from rewriter.model.masked import Masked
from rewriter.model.patch import Change, Failed, FileChange, Outcome, Patched, Problem, Report, Unchanged
from rewriter.model.plan import Fix, Reason, Refusal
from rewriter.model.secret import Finding, Safety
from rewriter.model.text import OverlapError, apply, decode, encode
from rewriter.planner import Key, all_transforms, key, plan
from rewriter.project import Cache, Outline, Project, join, outline, read
from rewriter.repository import Kind, OverlayRepository, Repository
from rewriter.rotation import exposure
from rewriter.rules import rules
from rewriter.settings import Settings
from rewriter.transforms.ignores import apply_ignores
from rewriter.verifier import State, make_patch, problems


class InternalError(UnbakeError):
    """Report a fault of unbake itself, without what it was working on."""


SHARE: Final = 100
"""A processor more is worth starting for as many Dockerfiles."""


def scan(
    repository: Repository, settings: Settings, *, only: str | None = None, processes: int | None = None
) -> Report:
    """Return the findings of a repository; many Dockerfiles are spread over `processes` (None: the processors)."""
    cache = Cache()
    whole = outline(repository, settings, only=only, cache=cache)
    number = max(1, min(processes or processors(), len(whole.dockerfiles) // SHARE))

    def look(share: Outline) -> _Seen:
        project = join(repository, share, cache)
        analysis = Analysis(project)
        found = _raw_findings(analysis, settings)
        return _Seen.of(found, _safeties(analysis, found, settings), project)

    seen = spread(look, whole.shares(number))
    found = _ordered(finding for share in seen for finding in share.found())
    safeties = {each: safety for share in seen for each, safety in share.safeties.items()}
    return _report(
        tuple(replace(finding, fixable=safeties.get(key(finding), Safety.MANUAL)) for finding in found),
        problems=tuple(problem for share in seen for problem in share.problems),
        documents=sum(share.documents for share in seen),
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """Hold what one share of a repository gave, in a form that goes through a pipe.

    `values` are those of each finding. The pipe joins two processes of one run, nothing else can read it.
    """

    findings: tuple[Finding, ...]
    values: tuple[tuple[str, ...], ...]
    safeties: dict[Key, Safety]
    problems: tuple[Problem, ...]
    documents: int

    @classmethod
    def of(cls, findings: Iterable[Finding], safeties: dict[Key, Safety], project: Project) -> _Seen:
        """Take the values out of their masks."""
        found = tuple(findings)
        return cls(
            findings=tuple(replace(finding, values=()) for finding in found),
            values=tuple(tuple(value.reveal() for value in finding.values) for finding in found),
            safeties=safeties,
            problems=project.problems,
            documents=project.documents,
        )

    def found(self) -> Iterator[Finding]:
        """Yield the findings, the values masked again."""
        for finding, values in zip(self.findings, self.values, strict=True):
            yield replace(finding, values=tuple(map(Masked, values)))


def fix(repository: Repository, settings: Settings, *, only: str | None = None) -> Outcome:
    """Return the verified change that takes the secrets out of a repository, and what is left."""
    try:
        return _Run(repository, settings, only).outcome()
    except UnbakeError as error:
        return Failed(error)
    except Exception as error:  # noqa: BLE001 - the one place: a fault must not stop the run over other repositories
        fault = InternalError(f"internal fault ({type(error).__name__}); set UNBAKE_DEBUG=1 and run again to see where")
        fault.__cause__ = error
        return Failed(fault)


def proposals(repository: Repository, settings: Settings, *, only: str | None = None) -> tuple[Fix, ...]:
    """Return the fixes whose edits are of the files as they stand: those of the first pass, verified."""
    return _Run(repository, settings, only).first_pass()


def _state(repository: Repository, settings: Settings, only: str | None, cache: Cache) -> State:
    project = read(repository, settings, only=only, cache=cache)
    analysis = Analysis(project)
    return State(analysis, _findings(analysis, settings))


def _findings(analysis: Analysis, settings: Settings) -> tuple[Finding, ...]:
    return _ordered(_raw_findings(analysis, settings))


def _raw_findings(analysis: Analysis, settings: Settings) -> tuple[Finding, ...]:
    return tuple(
        finding
        for rule in rules()
        if not settings.rules or rule.name in settings.rules
        for finding in rule.check(analysis)
        if finding.severity.rank >= settings.min_severity.rank
    )


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    ordered = sorted(findings, key=lambda item: (item.place.path, item.place.span, item.rule, item.name))
    return tuple(_numbered(ordered))


def _numbered(findings: list[Finding]) -> list[Finding]:
    """Give each finding its fingerprint: what and where it is, but neither its line nor its value."""
    seen: dict[tuple[str, ...], int] = {}
    result: list[Finding] = []
    for finding in findings:
        parts = (
            finding.rule,
            finding.place.path,
            finding.scope,
            finding.secret,
            finding.name,
            finding.channel.value,
        )
        number = seen[parts] = seen.get(parts, -1) + 1
        text = "\0".join((*parts, str(number)))
        digest = sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:20]
        result.append(replace(finding, fingerprint=digest))
    return result


def _safeties(analysis: Analysis, findings: tuple[Finding, ...], settings: Settings) -> dict[Key, Safety]:
    """Return how each finding could be fixed."""
    found: dict[Key, Safety] = {}
    for transform in all_transforms():
        mine = tuple(finding for finding in findings if finding.rule in transform.rules)
        for proposal in transform.plan(analysis, mine, settings) if mine else ():
            if isinstance(proposal, Fix):
                found |= {key(finding): proposal.safety for finding in proposal.findings}
    return found


def _report(
    findings: tuple[Finding, ...],
    *,
    problems: tuple[Problem, ...],
    documents: int,
    fixed: tuple[Finding, ...] = (),
    refusals: tuple[Refusal, ...] = (),
) -> Report:
    exposed: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        exposed.setdefault((finding.scope, finding.secret), finding)
    return Report(
        findings=findings,
        fixed=fixed,
        refusals=refusals,
        problems=tuple(sorted(set(problems), key=lambda problem: (problem.path, problem.line, problem.message))),
        exposures=tuple(exposure(finding) for finding in exposed.values()),
        documents=documents,
    )


class _Run:
    """Fix one repository in passes, each over the result of the one before."""

    def __init__(self, repository: Repository, settings: Settings, only: str | None) -> None:
        self.repository = repository
        self.settings = settings
        self.only = only
        self.cache = Cache()
        self.changes: dict[str, bytes] = {}
        self.refused: dict[Key, Refusal] = {}
        self.made: list[Fix] = []

    def _read(self, changes: dict[str, bytes]) -> State:
        repository = OverlayRepository(self.repository, changes) if changes else self.repository
        return _state(repository, self.settings, self.only, self.cache)

    def outcome(self) -> Outcome:
        """Return what becomes of the repository."""
        first = state = self._read({})
        settled_down = False
        for _ in range(len(first.findings) + 1):  # every pass settles a secret, by a fix or by a refusal
            chosen = plan(state.analysis, state.findings, self.settings, refused=self.refused)
            for refusal in chosen.refusals:
                self.refused.setdefault(key(refusal.finding), refusal)
            settled_down = not chosen.fixes
            if settled_down:
                break
            state = self._make(state, chosen.fixes)
        left = {key(finding) for finding in state.findings}
        settled = {finding.fingerprint for one in self.made for finding in one.findings}
        fixed = tuple(
            finding for finding in first.findings if key(finding) not in left or finding.fingerprint in settled
        )
        report = _report(
            first.findings,
            problems=first.project.problems,
            documents=first.project.documents,
            fixed=fixed,
            refusals=self._refusals(first, fixed),
        )
        files = self._files()
        if not files:
            return Unchanged(report)
        patch = make_patch(first, state, files=files, fixes=tuple(self.made), settled=settled_down)
        return Patched(report, patch)

    def first_pass(self) -> tuple[Fix, ...]:
        """Return the fixes that can be made to the repository as it is, and pass the checks."""
        state = self._read({})
        chosen = plan(state.analysis, state.findings, self.settings)
        if chosen.fixes:
            self._make(state, chosen.fixes)
        return tuple(self.made)

    def _make(self, state: State, fixes: tuple[Fix, ...]) -> State:
        """Make the fixes together; when the result fails a check, one by one."""
        try:
            changes = self._apply(fixes)
            after = self._read(changes)
            wrong = problems(state, after, fixes)
        except OverlapError:
            wrong = ("its edits overlap",)
        except VerificationError as error:
            wrong = (str(error),)
        else:
            if not wrong:
                self.changes = changes
                self.made += fixes
                return after
        if len(fixes) == 1:
            detail = "; ".join(wrong[:3])
            for finding in fixes[0].findings:
                self.refused[key(finding)] = Refusal(finding, Reason.FAILED_VERIFICATION, detail)
            return state
        done = state
        for one in fixes:
            if done is state:
                done = self._make(state, (one,))
        return done

    def _apply(self, fixes: tuple[Fix, ...]) -> dict[str, bytes]:
        changes = dict(self.changes)
        base = OverlayRepository(self.repository, changes)
        by_path: dict[str, list[Fix]] = {}
        for one in fixes:
            for path in {edit.path for edit in one.edits}:
                by_path.setdefault(path, []).append(one)
        edited = dict(changes)
        for path, mine in by_path.items():
            text = decode(base.read(path))
            edits = [edit.edit for one in mine for edit in one.edits if edit.path == path]
            edited[path] = encode(apply(text, edits))
        for one in fixes:
            for new in one.new_files:
                edited[new.path] = encode(new.text)
        ignores = tuple(ignore for one in fixes for ignore in one.ignores)
        if not ignores:
            return edited
        project = read(OverlayRepository(self.repository, edited), self.settings, only=self.only, cache=self.cache)
        done = apply_ignores(project, ignores)
        required = {ignore.pattern for ignore in ignores if ignore.required}
        for pattern, source in done.left_out:
            if pattern in required:
                raise VerificationError(f"{pattern} cannot go into .dockerignore, since COPY or ADD names {source}")
        return edited | dict(done.files)

    def _refusals(self, first: State, fixed: tuple[Finding, ...]) -> tuple[Refusal, ...]:
        """Return the refusals in terms of what was found at first."""
        done = {finding.fingerprint for finding in fixed}
        found = [
            Refusal(finding, self.refused[key(finding)].reason, self.refused[key(finding)].detail)
            for finding in first.findings
            if finding.fingerprint not in done and key(finding) in self.refused
        ]
        return tuple(found)

    def _files(self) -> tuple[FileChange, ...]:
        result: list[FileChange] = []
        for path in sorted(self.changes):
            after = decode(self.changes[path])
            if self.repository.kind(path) is Kind.MISSING:
                result.append(FileChange(path, Change.CREATED, "", after))
            else:
                before = decode(self.repository.read(path))
                if before != after:
                    result.append(FileChange(path, Change.MODIFIED, before, after))
        return tuple(result)
