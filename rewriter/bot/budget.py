"""Keep the book of requests in the database, so that all who share it share one budget."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Final

from rewriter.bot.database import Database
from rewriter.bot.layout import Transaction
from rewriter.scm.gate import Window

_LAST: Final = "write"
_BLOCKED: Final = "blocked"


class SharedBudget:
    """Book requests of one credential."""

    def __init__(self, database: Database, credential: str = "forge") -> None:
        self._database: Final = database
        self._name: Final = credential

    def book(self, now: float, *, spacing: float, windows: tuple[Window, ...], latest: float) -> float:
        """Return the earliest moment that all windows allow for one request, booked if it is not past `latest`."""
        with self._database.transaction(self._name) as run:
            turn = now
            if spacing:
                last = run("SELECT MAX(at) FROM slot WHERE name = ?", (f"{self._name}/{_LAST}",))[0][0]
                turn = max(turn, float(last) + spacing) if last is not None else turn
            for window in windows:
                turn = self._fit(run, window, turn)
            if turn > latest:
                return turn
            for window in windows:
                name = f"{self._name}/{window.name}"
                run("DELETE FROM slot WHERE name = ? AND at <= ?", (name, now - window.span))
                run("INSERT INTO slot (name, at, units) VALUES (?, ?, ?)", (name, turn, window.units))
            if spacing:
                run("DELETE FROM slot WHERE name = ?", (f"{self._name}/{_LAST}",))
                run("INSERT INTO slot (name, at, units) VALUES (?, ?, 1)", (f"{self._name}/{_LAST}", turn))
            return turn

    def seat(self, number: int) -> AbstractContextManager[None]:
        """Hold one of so many seats."""
        return self._database.seat(f"{self._name}/seats", number)

    def block(self, until: float) -> None:
        """Let nothing through before `until`; the later of two holds."""
        with self._database.transaction(self._name) as run:
            run(
                "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = "
                "CASE WHEN CAST(excluded.value AS DOUBLE PRECISION) > CAST(meta.value AS DOUBLE PRECISION) "
                "THEN excluded.value ELSE meta.value END",
                (f"{self._name}/{_BLOCKED}", repr(until)),
            )

    def blocked(self) -> float:
        """Return the moment until which nothing is let through, 0 where there is none."""
        with self._database.transaction() as run:
            found = run("SELECT value FROM meta WHERE name = ?", (f"{self._name}/{_BLOCKED}",))
        return float(found[0][0]) if found else 0.0

    def _fit(self, run: Transaction, window: Window, turn: float) -> float:
        """Return the earliest moment from `turn` on at which the window has room."""
        name = f"{self._name}/{window.name}"
        rows = run("SELECT at, units FROM slot WHERE name = ? AND at > ? ORDER BY at", (name, turn - window.span))
        used = sum(int(units) for _, units in rows)
        for at, units in rows:
            if used + window.units <= window.limit:
                break
            used -= int(units)
            turn = max(turn, float(at) + window.span + 0.01)
        return turn
