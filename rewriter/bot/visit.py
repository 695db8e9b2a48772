"""Visit one repository: the job of the bot, plain and idempotent.

Everything it does is decided from what it sees, and what it has finished is recorded last. So it may be killed
anywhere and run again, and two that run at once do the work of one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from rewriter import pipeline
from rewriter.bot import dress, texts
from rewriter.bot.branching import Home, PostponedError
from rewriter.bot.decide import End
from rewriter.bot.dress import Dress
from rewriter.bot.look import Look
from rewriter.bot.marker import findings_key
from rewriter.bot.notebook import Notebook
from rewriter.bot.options import Options, Wish, configured, skipped, wish
from rewriter.bot.publish import Proposal, Publisher
from rewriter.bot.remind import SETTLED, Reminder
from rewriter.bot.report import Show, analysis, check
from rewriter.bot.scratch import Scratch
from rewriter.bot.store import Credential, Known, Place, Store
from rewriter.errors import UnbakeError
from rewriter.model.patch import Failed, Patched, Report, Unchanged
from rewriter.record import Record, field, replace
from rewriter.render.pen import Pen, redactor_of
from rewriter.scm.clock import Clock
from rewriter.scm.forge import ForbiddenError, Forge, MovedError, NoTree, RemoteRepository
from rewriter.scm.git import Clone
from rewriter.settings import merged
from rewriter.tree.repository import Repository

_CANDIDATE: Final = re.compile(r"(?i)(?:^|/)[^/]*(?:dockerfile|containerfile|compose|docker-bake)[^/]*$")

CLEAN: Final = "clean"
_AGAIN: Final = ("waiting", "refused", "held")
"""What may go better next time although the repository stays as it is."""
OPEN_FINDINGS: Final = "findings-left"
HELD: Final = "public; it is proposed when what it leaks is rotated"


class Preview(Record):
    """Hold what a dry run would propose."""

    repository: str
    title: str
    words: str
    diff: str
    dress: Dress
    held: str = ""


class Bot(Record):
    """Hold what a visit works with."""

    forge: Forge
    store: Store
    clock: Clock
    options: Options
    credential: Callable[[], str]
    preview: Callable[[Preview], None]
    scratch: Scratch = field(default_factory=Scratch)
    notebook: Notebook = field(default_factory=Notebook)

    def visit(self, repository: RemoteRepository) -> Known:
        """Do whatever is to be done for one repository, and return how it is left."""
        try:
            return self._visit(repository)
        except MovedError:
            now = self.forge.repository_of(repository.id)
            if now.full_name == repository.full_name:
                raise
            return self._visit(now)

    def _visit(self, repository: RemoteRepository) -> Known:
        reason = skipped(repository, self.options)
        if reason:
            return self._end(repository, Known("", "skipped", reason))
        known = self.store.repo(repository.id)
        if not self.options.dry_run:
            self.store.called(repository.id, repository.full_name)
        home = Home(self.forge, self.clock, repository, self.options.forks_in)
        publisher = Publisher(self.forge, self.store, repository, home=home, open_limit=self.options.open_limit)
        look = Look.at(repository, self.options, self.clock.now())
        etag = look.etag(known)
        tree = (
            NoTree.UNCHANGED
            if look.nothing_new(known)
            else self.forge.tree(repository.full_name, repository.default_branch, etag)
        )
        if tree is NoTree.EMPTY:
            return self._end(repository, Known("", "skipped", "empty"))
        if isinstance(tree, NoTree):
            if publisher.unchanged():
                self._remind(repository)
                return known if known.mark == look.mark else self._end(repository, replace(known, mark=look.mark))
        else:
            etag = tree.etag
            held = self.store.pull(repository.id)
            if not tree.truncated and held is None and not any(map(_CANDIDATE.search, tree.paths)):
                return self._end(repository, Known(etag, CLEAN, mark=look.mark))
        state, detail = self._work(repository, publisher)
        return self._end(repository, Known("" if state in _AGAIN else etag, state, detail, look.mark))

    def _work(self, repository: RemoteRepository, publisher: Publisher) -> tuple[str, str]:
        with self.scratch.folder() as folder:
            clone = Clone(repository.clone_url, repository.default_branch, folder / "clone", self.credential())
            try:
                return self._fix(repository, publisher, clone)
            finally:
                clone.close()

    def _fix(self, repository: RemoteRepository, publisher: Publisher, clone: Clone) -> tuple[str, str]:
        tree = clone.tree()
        wanted = wish(tree)
        if wanted.enabled is False or (self.options.opt_in and wanted.enabled is not True):
            return "skipped", "opted-out" if wanted.enabled is False else "not-opted-in"
        settings, _ = merged(layer for layer in (*configured(tree), self.options.layer) if layer is not None)
        tree.exclude = settings.exclude
        outcome = pipeline.fix(tree, settings)
        match outcome:
            case Failed(error=error):
                raise error
            case Unchanged(report=report):
                proposal = None
            case Patched(report=report):
                proposal = self._proposal(repository, outcome, clone=clone, tree=tree, wanted=wanted)
        if self.options.dry_run:
            held = self._held(repository, report)
            self._show(repository, outcome, proposal, HELD if held else "")
            return (("held", HELD) if held else ("planned", "")) if proposal else _left(report)
        self.store.set_repo(repository.id, repository.full_name, Known("", "working"))
        self.store.expose(repository.id, self._exposed(repository, report))
        if self._may_hold(repository):
            self._remind(repository)  # before it is looked whether people have said that all is rotated
            if self._held(repository, report):
                return "held", HELD
        try:
            end = publisher.publish(clone, proposal)
            state, detail = _left(report) if end is End.NOT_NEEDED else (end.value, "")
            self._report(repository, clone, tree, report=report, head=publisher.head if end is End.OPEN else "")
        except PostponedError as error:
            state, detail = "waiting", str(error)
        except ForbiddenError as error:
            state, detail = "refused", error.reason
        self._remind(repository)
        return state, detail

    def _may_hold(self, repository: RemoteRepository) -> bool:
        """Tell whether everybody would see a proposal, and none was made yet."""
        public = self.options.hold_public is not False and not repository.private
        return public and self.store.pull(repository.id) is None

    def _held(self, repository: RemoteRepository, report: Report) -> bool:
        """Tell whether a proposal would point everybody at a secret that stands there and is alive."""
        if not self._may_hold(repository):
            return False
        values = {value.reveal() for one in report.findings for value in one.values}
        known = (self.store.credential(self.store.fingerprint(value)) for value in sorted(values))
        return any(one is None or one.state not in SETTLED for one in known)

    def _report(
        self, repository: RemoteRepository, clone: Clone, tree: Repository, *, report: Report, head: str
    ) -> None:
        match self.options.show:
            case Show.CHECK if head:
                check(self.forge, repository.full_name, head, report)
            case Show.SARIF:
                analysis(self.forge, repository, clone.head, tree=tree, report=report)
            case _:
                pass

    def _proposal(
        self, repository: RemoteRepository, outcome: Patched, *, clone: Clone, tree: Repository, wanted: Wish
    ) -> Proposal:
        report, patch = outcome.report, outcome.patch
        return Proposal(
            commit=clone.commit(patch.files, texts.commit_message(report), "fix"),
            title=texts.title(len({(one.scope, one.secret) for one in report.fixed})),
            words=texts.pull_request(report, patch),
            findings=findings_key([one.fingerprint for one in report.fixed]),
            draft=self.options.draft if wanted.draft is None else wanted.draft,
            dress=self._dress(repository, tree, [one.path for one in patch.files]),
        )

    def _dress(self, repository: RemoteRepository, tree: Repository, paths: list[str]) -> Dress:
        if not repository.push:  # without that right nobody may set labels or ask for a review
            return Dress()
        return dress.wanted(tree, paths, labels=self.options.labels, reviewers=self.options.reviewers)

    def _show(
        self, repository: RemoteRepository, outcome: Patched | Unchanged, proposal: Proposal | None, held: str
    ) -> None:
        from rewriter.render.diff import unified  # noqa: PLC0415 (a dry run's alone)

        if proposal is None or isinstance(outcome, Unchanged):
            return
        pen = Pen(redactor_of(outcome.report, outcome.patch))
        diff = "".join(unified(change, outcome.report.findings, pen) for change in outcome.patch.files)
        self.preview(Preview(repository.full_name, proposal.title, proposal.words, diff, proposal.dress, held))

    def _exposed(self, repository: RemoteRepository, report: Report) -> Iterator[tuple[Credential, tuple[Place, ...]]]:
        """Yield each credential once, known by its value, or by where it belongs while nobody wrote the value down."""
        pen = Pen(redactor_of(report))
        for exposure in report.exposures:
            mine = exposure.finding
            alike = [one for one in report.findings if (one.scope, one.secret) == (mine.scope, mine.secret)]
            values = dict.fromkeys(value.reveal() for one in alike for value in one.values)
            places = tuple(
                dict.fromkeys(Place(pen.name(one.place.path), one.place.line, one.channel.value) for one in alike)
            )
            for text in list(values) or [f"{repository.id}\0{mine.scope}\0{mine.secret}"]:
                yield Credential(self.store.fingerprint(text), exposure.provider, pen.name(mine.name)), places

    def _remind(self, repository: RemoteRepository) -> None:
        if not self.options.dry_run:
            reminder = Reminder(self.forge, self.store, self.clock, options=self.options, notebook=self.notebook)
            reminder.remind(repository)

    def _end(self, repository: RemoteRepository, known: Known) -> Known:
        if not self.options.dry_run:
            self.store.set_repo(repository.id, repository.full_name, known)
        return known


def failed(error: UnbakeError) -> Known:
    """Return how a repository is left whose visit failed: to be visited again."""
    return Known("", "failed", str(error))


def _left(report: Report) -> tuple[str, str]:
    """Return how a repository is left to which nothing is proposed, and why what was found is not rewritten."""
    reasons = Counter(one.reason.value for one in report.refusals)
    told = ", ".join(f"{reason} {number}" for reason, number in sorted(reasons.items()))
    return (OPEN_FINDINGS, told) if report.findings else (CLEAN, "")
