"""Go the whole way for one repository: read, find, plan, rewrite, verify. Never raises; writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Final

from rewriter.analysis import Analysis
from rewriter.errors import UnbakeError, VerificationError
from rewriter.forked import processors, spread
from rewriter.gathering import join, read
from rewriter.ignoring import Sifted, sift
from rewriter.intake import Cache
from rewriter.model.masked import Masked
from rewriter.model.patch import (
    Change,
    Failed,
    FileChange,
    Ignored,
    Outcome,
    Patched,
    Problem,
    Report,
    Silence,
    Unchanged,
)
from rewriter.model.plan import Fix, Reason, Refusal
from rewriter.model.secret import Finding, Safety
from rewriter.model.text import OverlapError, Span, apply, decode, encode
from rewriter.outline import Outline, outline
from rewriter.planner import Key, all_transforms, key, plan
from rewriter.project import Project
from rewriter.repository import Kind, OverlayRepository, Repository
from rewriter.rotation import exposure
from rewriter.rules import names, rules
from rewriter.settings import Settings
from rewriter.transforms.ignores import apply_ignores
from rewriter.verifier import State, clashes, make_patch, problems


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
        found = _found(analysis, settings)
        sifted = sift(project, found, names(), complete=settings.complete)
        heeded = tuple(finding for finding, reason in zip(found, sifted.reasons, strict=True) if reason is None)
        return _Seen.of(found, sifted, _safeties(analysis, heeded, settings), project)

    seen = spread(look, whole.shares(number))
    found, ignored = _divided((pair for share in seen for pair in share.found()), settings)
    safeties = {each: safety for share in seen for each, safety in share.safeties.items()}
    held = {_secret(one.finding) for one in ignored}

    def fixable(finding: Finding) -> Safety:
        return Safety.MANUAL if _secret(finding) in held else safeties.get(key(finding), Safety.MANUAL)

    return _report(
        tuple(replace(finding, fixable=fixable(finding)) for finding in found),
        problems=tuple(problem for share in seen for problem in share.problems),
        documents=sum(share.documents for share in seen),
        ignored=ignored,
        notices=tuple(notice for share in seen for notice in share.notices),
    )


_Pair = tuple[Finding, str | None]
"""A finding, and the reason that its file gives for leaving it out."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """Hold what one share of a repository gave, in a form that goes through a pipe.

    `values` are those of each finding. The pipe joins two processes of one run, nothing else can read it.
    """

    findings: tuple[Finding, ...]
    values: tuple[tuple[str, ...], ...] = field(repr=False)
    reasons: tuple[str | None, ...]
    safeties: dict[Key, Safety]
    problems: tuple[Problem, ...]
    notices: tuple[Problem, ...]
    documents: int

    @classmethod
    def of(cls, found: tuple[Finding, ...], sifted: Sifted, safeties: dict[Key, Safety], project: Project) -> _Seen:
        """Take the values out of their masks."""
        return cls(
            findings=tuple(replace(finding, values=()) for finding in found),
            values=tuple(tuple(value.reveal() for value in finding.values) for finding in found),
            reasons=sifted.reasons,
            safeties=safeties,
            problems=project.problems,
            notices=sifted.notices,
            documents=project.documents,
        )

    def found(self) -> Iterator[_Pair]:
        """Yield the findings, the values masked again."""
        for finding, values, reason in zip(self.findings, self.values, self.reasons, strict=True):
            yield replace(finding, values=tuple(map(Masked, values))), reason


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
    found = _found(analysis, settings)
    sifted = sift(project, found, names(), complete=settings.complete)
    left, ignored = _divided(zip(found, sifted.reasons, strict=True), settings)
    return State(analysis, left, ignored, sifted.notices)


def _found(analysis: Analysis, settings: Settings) -> tuple[Finding, ...]:
    return tuple(
        finding
        for rule in rules()
        if not settings.rules or rule.name in settings.rules
        for finding in rule.check(analysis)
        if finding.severity.rank >= settings.min_severity.rank
    )


def _divided(pairs: Iterable[_Pair], settings: Settings) -> tuple[tuple[Finding, ...], tuple[Ignored, ...]]:
    """Return the findings that count and those that are left out, both in order and with their fingerprints."""
    ordered = sorted(pairs, key=lambda pair: _order(pair[0]))
    left: list[Finding] = []
    ignored: list[Ignored] = []
    for finding, (_, reason) in zip(_numbered([finding for finding, _ in ordered]), ordered, strict=True):
        if reason is not None:
            ignored.append(Ignored(finding, Silence.PRAGMA, reason))
        elif finding.fingerprint in settings.baseline:
            ignored.append(Ignored(finding, Silence.BASELINE, ""))
        else:
            left.append(finding)
    return tuple(left), tuple(ignored)


def _order(finding: Finding) -> tuple[str, Span, str, str]:
    return finding.place.path, finding.place.span, finding.rule, finding.name


def _secret(finding: Finding) -> tuple[str, str]:
    return finding.scope, finding.secret


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
    ignored: tuple[Ignored, ...] = (),
    notices: tuple[Problem, ...] = (),
) -> Report:
    exposed: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        exposed.setdefault((finding.scope, finding.secret), finding)
    return Report(
        findings=findings,
        fixed=fixed,
        refusals=refusals,
        problems=_sorted(problems),
        exposures=tuple(exposure(finding) for finding in exposed.values()),
        documents=documents,
        ignored=ignored,
        notices=_sorted(notices),
    )


def _sorted(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(set(problems), key=lambda problem: (problem.path, problem.line, problem.message)))


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
        self._hold(first)
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
            ignored=first.ignored,
            notices=first.notices,
        )
        files = self._files()
        if not files:
            return Unchanged(report)
        patch = make_patch(first, state, files=files, fixes=tuple(self.made), settled=settled_down)
        return Patched(report, patch)

    def first_pass(self) -> tuple[Fix, ...]:
        """Return the fixes that can be made to the repository as it is, and pass the checks."""
        state = self._read({})
        self._hold(state)
        chosen = plan(state.analysis, state.findings, self.settings, refused=self.refused)
        if chosen.fixes:
            self._make(state, chosen.fixes)
        return tuple(self.made)

    def _hold(self, first: State) -> None:
        """Refuse what speaks of a secret of which a place is ignored: a fix would change that place too."""
        held = {_secret(one.finding): one.finding.place for one in first.ignored}
        for finding in first.findings:
            place = held.get(_secret(finding))
            if place is not None:
                where = f"{place.path}:{place.line}"
                detail = f"{where}, which is ignored, holds the same secret; ignore this place too, or none of them"
                self.refused[key(finding)] = Refusal(finding, Reason.NOT_SELECTED, detail)

    def _make(self, state: State, fixes: tuple[Fix, ...]) -> State:
        """Make the fixes together; when the result fails a check, one by one."""
        try:
            changes = self._apply(fixes)
            after = self._read(changes)
            wrong = (*problems(state, after, fixes), *clashes((*self.made, *fixes)))
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
