"""Go the whole way for one repository: read, find, plan, rewrite, verify. Never raises; writes nothing."""

from __future__ import annotations

from rewriter.errors import UnbakeError, VerificationError
from rewriter.flow.analysis import Analysis
from rewriter.model.patch import (
    Change,
    Failed,
    FileChange,
    Outcome,
    Patched,
    Unchanged,
)
from rewriter.model.plan import Fix, Reason, Refusal
from rewriter.model.secret import Finding
from rewriter.model.text import OverlapError, apply, decode, encode
from rewriter.planner import Key, key, plan
from rewriter.project.gathering import read
from rewriter.project.ignoring import sift
from rewriter.project.intake import Cache
from rewriter.rules import names
from rewriter.scan.examining import findings_of
from rewriter.scan.report import divided, make_report, secret_of
from rewriter.settings import Settings
from rewriter.transforms.ignores import apply_ignores
from rewriter.tree.repository import Kind, OverlayRepository, Repository
from rewriter.verifier import State, clashes, make_patch, problems


class InternalError(UnbakeError):
    """Report a fault of unbake itself, without what it was working on."""


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
    found = findings_of(analysis, settings)
    sifted = sift(project, found, names(), complete=settings.complete)
    left, ignored = divided(zip(found, sifted.reasons, strict=True), settings)
    return State(analysis, left, ignored, sifted.notices)


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
        settled_down, retried = False, 0
        for _ in range(2 * len(first.findings) + 2):  # every pass settles a secret, by a fix or by a refusal
            chosen = plan(state.analysis, state.findings, self.settings, refused=self.refused)
            for refusal in chosen.refusals:
                self.refused.setdefault(key(refusal.finding), refusal)
            if chosen.fixes:
                state = self._make(state, chosen.fixes)
                continue
            settled_down = len(self.made) == retried
            if settled_down:
                break
            retried = len(self.made)
            self._reconsider()
        left = {key(finding) for finding in state.findings}
        settled = {finding.fingerprint for one in self.made for finding in one.findings}
        fixed = tuple(
            finding for finding in first.findings if key(finding) not in left or finding.fingerprint in settled
        )
        report = make_report(
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
        held = {secret_of(one.finding): one.finding.place for one in first.ignored}
        for finding in first.findings:
            place = held.get(secret_of(finding))
            if place is not None:
                where = f"{place.path}:{place.line}"
                detail = f"{where}, which is ignored, holds the same secret; ignore this place too, or none of them"
                self.refused[key(finding)] = Refusal(finding, Reason.NOT_SELECTED, detail)

    def _reconsider(self) -> None:
        """Take back the refusals of passes before the last fix: what it changed may have stood in their way."""
        lasting = (Reason.NOT_SELECTED, Reason.FAILED_VERIFICATION)
        self.refused = {place: one for place, one in self.refused.items() if one.reason in lasting}

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
