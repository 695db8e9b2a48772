"""Let requests through so that no limit of the forge is ever broken: one gate before every request.

GitHub's numbers: writes one a second, requests that create content 80 a minute and 500 an hour, 900 points a minute
(a read is one, a write five), so many requests an hour as the answers say. The gate books each request ahead in a
`Budget`, which may be shared by processes, and waits for its turn. An answer that says "limit" stops all who share it.
Reads keep a share of the hour in reserve, so that a run that has begun a repository can finish it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from enum import StrEnum
from typing import Final, Protocol

from rewriter.errors import UnbakeError
from rewriter.record import Record
from rewriter.scm.clock import Clock

MINUTE: Final = 60.0
HOUR: Final = 3600.0
_SECONDARY: Final = ("secondary rate limit", "abuse detection")
_BACKOFF_LIMIT: Final = 3600.0


class Kind(StrEnum):
    """Say what a request costs."""

    READ = "read"
    WRITE = "write"
    CREATE = "create"


class Pace(Record):
    """Settle how fast requests may follow each other; the defaults are GitHub's numbers less a fifth."""

    between_writes: float = 1.0
    creations_a_minute: int = 60
    creations_an_hour: int = 400
    points_a_minute: int = 720
    at_once: int = 40

    @classmethod
    def unlimited(cls) -> Pace:
        """Return the pace for a GitHub Enterprise Server, whose limits are off unless somebody turns them on."""
        return cls(between_writes=0.0, creations_a_minute=10**9, creations_an_hour=10**9, points_a_minute=10**9)


class Window(Record):
    """Allow `limit` units within `span` seconds."""

    name: str
    span: float
    limit: int
    units: int


class Budget(Protocol):
    """Keep the book of what was let through; one book for all who use the same credential."""

    def book(self, now: float, *, spacing: float, windows: tuple[Window, ...], latest: float) -> float:
        """Return the earliest moment that all windows allow for one request, booked if it is not past `latest`."""
        ...

    def seat(self, number: int) -> AbstractContextManager[None]:
        """Hold one of so many seats: no more requests are under way at once."""
        ...

    def block(self, until: float) -> None:
        """Let nothing through before `until`."""
        ...

    def blocked(self) -> float:
        """Return the moment until which nothing is let through, 0 where there is none."""
        ...


class Watch(Protocol):
    """Be told what passes the gate, and what is held back."""

    def admitted(self, kind: Kind) -> None:
        """Take note of a request that is sent."""
        ...

    def answered(self, status: int) -> None:
        """Take note of an answer."""
        ...

    def waits(self, kind: Kind, until: float) -> None:
        """Take note of a request that is held back, by waiting or by giving its work back."""
        ...


class Unwatched:
    """Take note of nothing."""

    def admitted(self, kind: Kind) -> None:
        """Take no note."""

    def answered(self, status: int) -> None:
        """Take no note."""

    def waits(self, kind: Kind, until: float) -> None:
        """Take no note."""


class RateLimitedError(UnbakeError):
    """Report that the forge asked to wait: the work is to be taken up again at `until`."""

    def __init__(self, until: float) -> None:
        super().__init__("the forge asked to wait; the work goes on by itself when the limit is over")
        self.until = until


class Gate:
    """Admit requests one by one, by the pace and by what the answers say."""

    def __init__(
        self, budget: Budget, clock: Clock, pace: Pace, *, patience: float = 120.0, watch: Watch | None = None
    ) -> None:
        self._budget: Final = budget
        self._clock: Final = clock
        self._pace: Final = pace
        self._patience: Final = patience
        self._watch: Final[Watch] = watch or Unwatched()
        self._strikes = 0

    @contextmanager
    def admit(self, kind: Kind) -> Iterator[None]:
        """Hold a request back until its turn; raises `RateLimitedError` where that is further off than the patience."""
        self._pause(kind)
        while True:
            now = self._clock.now()
            latest = now + self._patience
            turn = self._budget.book(now, spacing=self._spacing(kind), windows=self._windows(kind), latest=latest)
            if turn > latest:
                self._watch.waits(kind, turn)
                raise RateLimitedError(turn)
            if turn > now:
                self._watch.waits(kind, turn)
                self._clock.sleep_until(turn)
            if not self._pause(kind):  # else another's answer came meanwhile, and all begin anew behind it
                break
        with self._budget.seat(self._pace.at_once):
            self._watch.admitted(kind)
            yield

    def _pause(self, kind: Kind) -> bool:
        """Wait while the forge asked to; tell whether it did. Raises `RateLimitedError`."""
        waited = False
        while (until := self._budget.blocked()) > self._clock.now():
            self._watch.waits(kind, until)
            if until > self._clock.now() + self._patience:
                raise RateLimitedError(until)
            self._clock.sleep_until(until)
            waited = True
        return waited

    def learn(self, status: int, headers: Mapping[str, str], body: str) -> None:
        """Take in an answer; raises `RateLimitedError` where it is a limit's."""
        self._watch.answered(status)
        now = self._clock.now()
        remaining = _number(headers.get("x-ratelimit-remaining"))
        reset = _number(headers.get("x-ratelimit-reset"))
        if status not in (403, 429):
            if status < 400:
                self._strikes = 0
            if remaining == 0 and reset is not None and reset > now:
                self._budget.block(reset + 1)
            return
        wait = _number(headers.get("retry-after"))
        secondary = any(word in body.lower() for word in _SECONDARY)
        if wait is not None:
            until = now + wait
        elif remaining == 0 and reset is not None:
            until = reset
        elif secondary or status == 429:
            until = now + min(MINUTE * 2**self._strikes, _BACKOFF_LIMIT)
        else:
            return  # a refusal, not a limit
        self._strikes += 1
        self._budget.block(until + 1)
        raise RateLimitedError(until + 1)

    def _spacing(self, kind: Kind) -> float:
        return 0.0 if kind is Kind.READ else self._pace.between_writes

    def _windows(self, kind: Kind) -> tuple[Window, ...]:
        points = Window("points", MINUTE, self._pace.points_a_minute, 1 if kind is Kind.READ else 5)
        if kind is not Kind.CREATE:
            return (points,)
        return (
            points,
            Window("minute", MINUTE, self._pace.creations_a_minute, 1),
            Window("hour", HOUR, self._pace.creations_an_hour, 1),
        )


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
