"""Keep one issue for each exposed credential until it is rotated. Nothing is ever revoked or tried.

A forge has no rule against a second issue, so the lock is ours: it is held over "look for the marker, open, note".
Where a public repository leaks and there is no private tracker, nothing is written: an issue would point at a secret
that is alive.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from rewriter.bot import texts
from rewriter.bot.marker import Marker, block, read, replaced
from rewriter.bot.options import Options
from rewriter.bot.store import Credential, Store
from rewriter.scm.clock import Clock
from rewriter.scm.forge import Forge, Note, RemoteRepository

LABEL: Final = "unbake-rotate"
DAY: Final = 86_400.0
CADENCE: Final = (1, 3, 7, 14, 30)
"""After how many days a reminder is repeated; then every thirty."""
_ESCALATION: Final = 14
ESCALATED: Final = "unbake/overdue"


class Reminder:
    """Work on the reminders of the credentials that one repository exposes."""

    def __init__(self, forge: Forge, store: Store, clock: Clock, options: Options) -> None:
        self._forge: Final = forge
        self._store: Final = store
        self._clock: Final = clock
        self._options: Final = options

    def remind(self, repository: RemoteRepository) -> None:
        """Open, refresh and repeat what is due."""
        notes: dict[str, tuple[Note, ...]] = {}
        for one in self._store.credentials(repository.id):
            home = one.home or self._home(repository)
            if not home:
                self._store.set_credential(replace(one, state="no-private-place"))
                continue
            with self._store.database.exclusive(f"issue/{one.fingerprint}"):
                current = self._store.credential(one.fingerprint) or one
                home = current.home or home
                if not current.number or home not in notes:
                    notes[home] = tuple(self._forge.issues(home, LABEL))
                self._one(current, home, notes[home])

    def _home(self, repository: RemoteRepository) -> str:
        if self._options.tracker:
            return self._options.tracker
        # Without the right to push the label would be dropped in silence, and the issue not be found again.
        return repository.full_name if repository.private and repository.issues and repository.push else ""

    def _one(self, one: Credential, home: str, notes: tuple[Note, ...]) -> None:
        mine = [note for note in notes if (marker := read(note.body)) is not None and marker.key == _key(one)]
        words = self._words(one, home)
        wanted = block(Marker(_key(one)), words)
        if not mine:
            body = wanted + texts.checklist()
            number = self._forge.open_issue(home, texts.rotation_title(one), body, (LABEL,))
            self._store.set_credential(replace(one, home=home, number=number, state="open"))
            return
        note = mine[0]
        for later in mine[1:]:
            if later.open:
                self._forge.edit_issue(home, later.number, close=True)
        state = "open" if note.open else "accepted-risk" if "accepted-risk" in note.labels else "closed"
        told = read(note.body)
        fresh = read(wanted)
        if note.open and (told and told.text) != (fresh and fresh.text):
            self._forge.edit_issue(home, note.number, replaced(note.body, wanted))
        reminded = self._repeat(one, home, note) if note.open else one.reminded
        self._store.set_credential(replace(one, home=home, number=note.number, state=state, reminded=reminded))

    def _repeat(self, one: Credential, home: str, note: Note) -> int:
        """Repeat a reminder that is due, in one comment that is edited; return how many were due so far."""
        days = int((self._clock.now() - one.first_seen) / DAY)
        due = sum(1 for day in CADENCE if days >= day) + max(0, (days - CADENCE[-1]) // CADENCE[-1])
        if due <= one.reminded:
            return one.reminded
        body = block(Marker(f"again/{one.fingerprint}"), f"Still to be rotated, {days} days after it was found.")
        mine = [said for said in self._forge.comments(home, note.number) if _is_again(said, one)]
        if not mine:
            self._forge.comment(home, note.number, body)
        elif mine[0].body.strip() != body.strip():
            self._forge.edit_comment(home, mine[0].number, body)
        if days >= _ESCALATION and ESCALATED not in note.labels:
            self._forge.add_labels(home, note.number, (ESCALATED,))
        return due

    def _words(self, one: Credential, home: str) -> str:
        places = self._store.places(one.fingerprint)
        tracker = home == self._options.tracker
        named = [(self._store.name(repo), place) for repo, place in places]
        if tracker:
            return texts.reminder(one, named, 0)
        here = [("", place) for name, place in named if name == home]
        others = len({name for name, _ in named if name != home})
        return texts.reminder(one, here, others)


def _key(one: Credential) -> str:
    return f"rotate/{one.fingerprint}"


def _is_again(said: Note, one: Credential) -> bool:
    marker = read(said.body)
    return marker is not None and marker.key == f"again/{one.fingerprint}"
