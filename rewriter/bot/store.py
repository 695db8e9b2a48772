"""Remember what the bot knows. All of it but the ages can be found again on the forge: a lost file costs requests."""

from __future__ import annotations

import hmac
import secrets as randomness
from collections.abc import Iterable
from hashlib import sha256
from typing import Final, Literal

from rewriter.bot.database import Database
from rewriter.record import Record
from rewriter.scm.clock import Clock

_KEY: Final = "fingerprint-key"
_MONTH: Final = 30 * 86_400.0


class Known(Record):
    """Hold what is known of a repository: `etag` is that of its tree, `mark` what the look at it depended on."""

    etag: str = ""
    state: str = ""
    detail: str = ""
    mark: str = ""
    seen: float = 0.0


class KnownPull(Record):
    """Hold what is known of the latest generation of a repository's pull request."""

    generation: int
    number: int
    head: str
    state: str


class Place(Record):
    """Hold one place where a secret was seen, fit to print."""

    path: str
    line: int
    channel: str


class Credential(Record):
    """Hold one exposed credential. `name` is fit to print; of the value there is the keyed fingerprint alone."""

    fingerprint: str
    provider: str
    name: str
    home: str = ""
    number: int = 0
    state: str = "found"
    first_seen: float = 0.0
    reminded: int = 0


class Store:
    """Read and write the state."""

    def __init__(self, database: Database, clock: Clock, key: str = "") -> None:
        self.database: Final = database
        self._clock: Final = clock
        self._key: Final = (key or self._made_key()).encode("utf-8")

    def fingerprint(self, text: str) -> str:
        """Return the keyed fingerprint of a value: without the key it cannot be guessed at, however weak the value."""
        return hmac.new(self._key, text.encode("utf-8", "surrogateescape"), sha256).hexdigest()[:32]

    def repo(self, identity: int) -> Known:
        """Return what is known of a repository."""
        with self.database.transaction() as run:
            rows = run("SELECT etag, state, detail, mark, seen FROM repo WHERE id = ?", (identity,))
        if not rows:
            return Known()
        etag, state, detail, mark, seen = rows[0]
        return Known(str(etag), str(state), str(detail), str(mark), float(seen))

    def set_repo(self, identity: int, name: str, known: Known) -> None:
        """Record what became of a repository; written when everything about it is done."""
        with self.database.transaction() as run:
            run(
                "INSERT INTO repo (id, name, etag, mark, state, detail, seen) VALUES (?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET name = excluded.name, etag = excluded.etag, mark = excluded.mark, "
                "state = excluded.state, detail = excluded.detail, seen = excluded.seen",
                (identity, name, known.etag, known.mark, known.state, known.detail, self._clock.now()),
            )

    def called(self, identity: int, name: str) -> None:
        """Record the name that a known repository has now: reminders tell their places by it."""
        with self.database.transaction() as run:
            run("UPDATE repo SET name = ? WHERE id = ? AND name <> ?", (name, identity, name))

    def states(self) -> tuple[tuple[str, str, str], ...]:
        """Return name, state and detail of every repository."""
        with self.database.transaction() as run:
            rows = run("SELECT name, state, detail FROM repo ORDER BY name")
        return tuple((str(name), str(state), str(detail)) for name, state, detail in rows)

    def pull(self, identity: int) -> KnownPull | None:
        """Return the latest generation of a repository's pull request."""
        with self.database.transaction() as run:
            rows = run(
                "SELECT generation, number, head, state FROM pull WHERE repo = ? ORDER BY generation DESC LIMIT 1",
                (identity,),
            )
        return KnownPull(int(rows[0][0]), int(rows[0][1]), str(rows[0][2]), str(rows[0][3])) if rows else None

    def set_pull(self, identity: int, known: KnownPull) -> None:
        """Record a generation of a repository's pull request."""
        with self.database.transaction() as run:
            run(
                "INSERT INTO pull (repo, generation, number, head, state) VALUES (?, ?, ?, ?, ?) ON CONFLICT "
                "(repo, generation) DO UPDATE SET number = excluded.number, head = excluded.head, "
                "state = excluded.state",
                (identity, known.generation, known.number, known.head, known.state),
            )

    def open_pulls(self) -> int:
        """Return how many pull requests of ours are open."""
        with self.database.transaction() as run:
            return int(run("SELECT COUNT(*) FROM pull WHERE state = 'pr-open'")[0][0])

    def counted(self, table: Literal["repo", "pull", "secret"]) -> dict[str, int]:
        """Return how many rows of a table are in each state."""
        with self.database.transaction() as run:
            rows = run(f"SELECT state, COUNT(*) FROM {table} GROUP BY state")  # noqa: S608 (one of three words)
        return {str(state): int(number) for state, number in rows}

    def expose(self, identity: int, found: Iterable[tuple[Credential, tuple[Place, ...]]]) -> None:
        """Record the credentials that a repository exposes; what is no longer there stays, since it leaked."""
        with self.database.transaction("expose") as run:  # in one order, lest two workers wait for each other
            for credential, places in found:
                run(
                    "INSERT INTO secret (fingerprint, provider, name, home, number, state, first_seen, reminded) "
                    "VALUES (?, ?, ?, '', 0, 'found', ?, 0) ON CONFLICT (fingerprint) DO NOTHING",
                    (credential.fingerprint, credential.provider, credential.name, self._clock.now()),
                )
                for place in places:
                    run(
                        "INSERT INTO place (fingerprint, repo, path, line, channel) VALUES (?, ?, ?, ?, ?) "
                        "ON CONFLICT DO NOTHING",
                        (credential.fingerprint, identity, place.path, place.line, place.channel),
                    )

    def credential(self, fingerprint: str) -> Credential | None:
        """Return one credential."""
        return next(iter(self._credentials("WHERE fingerprint = ?", (fingerprint,))), None)

    def credentials(self, identity: int | None = None) -> tuple[Credential, ...]:
        """Return the credentials that were found, in one repository or anywhere."""
        if identity is None:
            return self._credentials("", ())
        return self._credentials("WHERE fingerprint IN (SELECT fingerprint FROM place WHERE repo = ?)", (identity,))

    def _credentials(self, where: str, values: tuple[str | int, ...]) -> tuple[Credential, ...]:
        columns = "fingerprint, provider, name, home, number, state, first_seen, reminded"
        with self.database.transaction() as run:
            rows = run(f"SELECT {columns} FROM secret {where} ORDER BY first_seen, fingerprint", values)  # noqa: S608
        return tuple(
            Credential(str(a), str(b), str(c), str(d), int(e), str(f), float(g), int(h))
            for a, b, c, d, e, f, g, h in rows
        )

    def set_credential(self, one: Credential) -> None:
        """Record where a credential's reminder stands."""
        with self.database.transaction() as run:
            run(
                "UPDATE secret SET home = ?, number = ?, state = ?, first_seen = ?, reminded = ? WHERE fingerprint = ?",
                (one.home, one.number, one.state, one.first_seen, one.reminded, one.fingerprint),
            )

    def places(self, fingerprint: str) -> tuple[tuple[int, Place], ...]:
        """Return where a credential was seen: the repository's id and the place."""
        with self.database.transaction() as run:
            rows = run(
                "SELECT repo, path, line, channel FROM place WHERE fingerprint = ? ORDER BY repo, path, line, channel",
                (fingerprint,),
            )
        return tuple((int(repo), Place(str(path), int(line), str(channel))) for repo, path, line, channel in rows)

    def name(self, identity: int) -> str:
        """Return the name that a repository had when it was last seen."""
        with self.database.transaction() as run:
            rows = run("SELECT name FROM repo WHERE id = ?", (identity,))
        return str(rows[0][0]) if rows else ""

    def discovered(self, owner: str) -> float:
        """Return when the last discovery of an organisation began that came to its end, 0 where there was none."""
        with self.database.transaction() as run:
            rows = run("SELECT value FROM meta WHERE name = ?", (f"discovered/{owner.lower()}",))
        return float(rows[0][0]) if rows else 0.0

    def set_discovered(self, owner: str, began: float) -> None:
        """Record a discovery that came to its end."""
        with self.database.transaction() as run:
            run(
                "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (f"discovered/{owner.lower()}", repr(began)),
            )

    def queue(self, identities: Iterable[int]) -> None:
        """Note the repositories that a run has to visit."""
        with self.database.transaction("queue") as run:
            for identity in identities:
                run(
                    "INSERT INTO job (repo, run_at, attempts) VALUES (?, 0, 0) ON CONFLICT (repo) DO NOTHING",
                    (identity,),
                )

    def queued(self) -> tuple[int, ...]:
        """Return the repositories that a run has not finished."""
        with self.database.transaction() as run:
            return tuple(int(row[0]) for row in run("SELECT repo FROM job ORDER BY run_at, repo"))

    def is_queued(self, identity: int) -> bool:
        """Tell whether a repository is still to be visited."""
        with self.database.transaction() as run:
            return bool(run("SELECT 1 FROM job WHERE repo = ?", (identity,)))

    def finished(self, identity: int) -> None:
        """Take a repository off the list."""
        with self.database.transaction() as run:
            run("DELETE FROM job WHERE repo = ?", (identity,))

    def first_time(self, names: tuple[str, ...]) -> bool:
        """Tell whether none of the names was noted before, and note them for a month."""
        now = self._clock.now()
        with self.database.transaction("first-time") as run:
            run("DELETE FROM delivery WHERE at < ?", (now - _MONTH,))
            known = [name for name in names if run("SELECT 1 FROM delivery WHERE name = ?", (name,))]
            for name in names:
                run("INSERT INTO delivery (name, at) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", (name, now))
            return not known

    def _made_key(self) -> str:
        with self.database.transaction(_KEY) as run:
            run(
                "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
                (_KEY, randomness.token_hex(32)),
            )
            return str(run("SELECT value FROM meta WHERE name = ?", (_KEY,))[0][0])
