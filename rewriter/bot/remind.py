"""Keep one issue for each exposed credential until it is rotated. Nothing is ever revoked or tried.

A forge has no rule against a second issue, so the lock is ours: it is held over "look for the marker, open, note".
Where a public repository leaks and there is no private tracker, nothing is written: an issue would point at a secret
that is alive.

Whether the old credential is dead is for people to say: they close the issue, tick every box, or give it the label
`unbake/rotated` or `accepted-risk`. What they closed stays closed; what they open again is closed by them alone.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Final

from rewriter.bot import texts
from rewriter.bot.marker import Marker, block, outside, read, replaced
from rewriter.bot.notebook import LABEL, Notebook
from rewriter.bot.options import Options, Reminders
from rewriter.bot.store import Credential, Store
from rewriter.record import replace
from rewriter.scm.clock import Clock
from rewriter.scm.forge import Forge, ForgeError, MovedError, Note, RemoteRepository

DAY: Final = 86_400.0
CADENCE: Final = (1, 3, 7, 14, 30)
"""After how many days a reminder is repeated; then every thirty."""
ESCALATION: Final = 14
ESCALATED: Final = "unbake/overdue"
ROTATED: Final = "unbake/rotated"
ACCEPTED: Final = "accepted-risk"
_BOX: Final = re.compile(r"^ {0,3}[-*] \[([ xX])\] ", re.MULTILINE)
_GONE: Final = (404, 410)


class State(StrEnum):
    """Say where a reminder stands."""

    NOWHERE = "no-private-place"
    OPEN = "open"
    CLOSED = "closed-by-person"
    ROTATED = "rotated"
    ACCEPTED = "accepted-risk"
    DELETED = "deleted-by-person"


SETTLED: Final = (State.CLOSED, State.ROTATED, State.ACCEPTED, State.DELETED)
"""What needs no more reminding."""


class Reminder:
    """Work on the reminders of the credentials that one repository exposes."""

    def __init__(self, forge: Forge, store: Store, clock: Clock, *, options: Options, notebook: Notebook) -> None:
        self._forge: Final = forge
        self._store: Final = store
        self._clock: Final = clock
        self._options: Final = options
        self._notebook: Final = notebook

    def remind(self, repository: RemoteRepository) -> None:
        """Open, refresh and repeat what is due."""
        for one in self._store.credentials(repository.id):
            home = one.home or self._home(repository)
            if not home:
                self._store.set_credential(replace(one, state=State.NOWHERE))
                continue
            with self._store.database.exclusive(f"issue/{one.fingerprint}"):
                current = self._store.credential(one.fingerprint) or one
                self._one(replace(current, home=current.home or home), self._home(repository) or home)

    def _home(self, repository: RemoteRepository) -> str:
        """Return where a reminder lies, empty where there is no private place for it."""
        # Without the right to push the label would be dropped in silence, and the issue not be found again.
        fits = repository.private and repository.issues and repository.push
        in_place = fits and not (self._options.tracker and self._options.reminders is Reminders.TRACKER)
        return repository.full_name if in_place else self._options.tracker

    def _one(self, one: Credential, here: str) -> None:
        one = one if one.number else self._adopted(one)
        if not one.number:
            body = block(Marker(_key(one)), self._words(one)) + texts.checklist()
            opened = self._forge.open_issue(one.home, texts.rotation_title(one), body, (LABEL,))
            self._store.set_credential(replace(one, number=opened, state=State.OPEN))
            one = self._adopted(one)  # somebody with a state of their own may have been faster
            if one.number == opened:
                return
        found = self._seen(one, here)
        if found is None:
            self._store.set_credential(replace(one, state=State.DELETED))
            return
        one, note = found
        self._store.set_credential(self._kept(one, note))

    def _adopted(self, one: Credential) -> Credential:
        """Return a credential with the oldest issue that has its marker; the later ones are closed."""
        numbers = self._notebook.numbers(self._forge, one.home, _key(one))
        for later in numbers[1:]:
            if self._forge.issue(one.home, later).open:
                self._forge.edit_issue(one.home, later, close=True)
        return replace(one, number=numbers[0]) if numbers else one

    def _seen(self, one: Credential, here: str) -> tuple[Credential, Note] | None:
        """Return the issue as it is now, also where its repository has another name; None where it is gone.

        A name may be somebody else's by now, and an issue that is moved elsewhere has another number there.
        """
        for home in dict.fromkeys((one.home, here)):
            name, note = self._asked(home, one.number)
            if note is not None and _is_ours(note, one):
                return replace(one, home=name), note
        return None

    def _asked(self, home: str, number: int, hops: int = 3) -> tuple[str, Note | None]:
        try:
            return home, self._forge.issue(home, number)
        except MovedError as moved:
            if not moved.identity or not hops:
                return home, None
            return self._asked(self._forge.repository_of(moved.identity).full_name, number, hops - 1)
        except ForgeError as error:
            if error.status not in _GONE:
                raise
            return home, None

    def _kept(self, one: Credential, note: Note) -> Credential:
        """Bring an issue up to date, and return how it stands."""
        one = replace(one, first_seen=min(one.first_seen, _moment(note.created) or one.first_seen))
        told = read(note.body)
        if not note.open:
            return replace(one, state=_closed(note, told))
        evidence = None if told is not None and told.closed else _evidence(note)
        if evidence is not None:
            said = block(Marker(_key(one), closed=True), texts.settled(self._words(one), evidence))
            self._forge.edit_issue(one.home, note.number, replaced(note.body, said), close=True)
            return replace(one, state=evidence)
        wanted = block(Marker(_key(one), closed=told is not None and told.closed), self._words(one))
        fresh = read(wanted)
        if (told and told.text) != (fresh and fresh.text):
            self._forge.edit_issue(one.home, note.number, replaced(note.body, wanted))
        return replace(one, state=State.OPEN, reminded=self._repeat(one, note))

    def _repeat(self, one: Credential, note: Note) -> int:
        """Repeat a reminder that is due, in one comment that is edited; return how many were due so far."""
        days = int((self._clock.now() - one.first_seen) / DAY)
        due = sum(1 for day in CADENCE if days >= day) + max(0, (days - CADENCE[-1]) // CADENCE[-1])
        if due <= one.reminded:
            return one.reminded
        body = block(Marker(f"again/{one.fingerprint}"), texts.again(days, overdue=days >= ESCALATION))
        mine = [said for said in self._forge.comments(one.home, note.number) if _is_again(said, one)]
        if not mine:
            self._forge.comment(one.home, note.number, body)
        elif mine[0].body.strip() != body.strip():
            self._forge.edit_comment(one.home, mine[0].number, body)
        crossed = one.reminded <= CADENCE.index(ESCALATION) < due  # once: who takes the label away has a reason
        if crossed and ESCALATED not in note.labels:
            self._forge.add_labels(one.home, note.number, (ESCALATED,))
        return due

    def _words(self, one: Credential) -> str:
        places = self._store.places(one.fingerprint)
        named = [(self._store.name(repo), place) for repo, place in places]
        if one.home == self._options.tracker:
            return texts.reminder(one, named, 0)
        here = [("", place) for name, place in named if name == one.home]
        others = len({name for name, _ in named if name != one.home})
        return texts.reminder(one, here, others)


def _evidence(note: Note) -> State | None:
    """Return what a person says of an open issue: that all is done, or that the risk is taken."""
    if ROTATED in note.labels:
        return State.ROTATED
    if ACCEPTED in note.labels:
        return State.ACCEPTED
    boxes = _BOX.findall(outside(note.body))
    return State.ROTATED if len(boxes) >= texts.BOXES and " " not in boxes else None


def _closed(note: Note, told: Marker | None) -> State:
    if ACCEPTED in note.labels:
        return State.ACCEPTED
    rotated = ROTATED in note.labels or (told is not None and told.closed)
    return State.ROTATED if rotated else State.CLOSED


def _key(one: Credential) -> str:
    return f"rotate/{one.fingerprint}"


def _is_ours(note: Note, one: Credential) -> bool:
    """Tell whether an issue is a credential's, also where people took our words away and left the title."""
    marker = read(note.body)
    return (marker is not None and marker.key == _key(one)) or texts.names(note.title, one)


def _is_again(said: Note, one: Credential) -> bool:
    marker = read(said.body)
    return marker is not None and marker.key == f"again/{one.fingerprint}"


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0
