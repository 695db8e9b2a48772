"""Hold what the stand-in knows, for all the modules that answer requests."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.forge import published, resources
from tests.forge.apps import Apps
from tests.forge.limits import Limits
from tests.forge.repo import Repo
from tests.forge.request import Caller

TOKEN = "canary-token-" + "7f3a9c1e5b"


@dataclass
class Fault:
    """Answer so many requests that match with an error; `after` the work is done, its answer is lost."""

    pattern: str
    status: int = 502
    times: int = 1
    after: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    message: str = "fault"


class State:
    """Be what a forge remembers, and what was asked of it."""

    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        self.folder = folder
        self.base = ""
        self.repos: dict[str, Repo] = {}
        self.limits = Limits(now)
        self.faults: list[Fault] = []
        self.calls: list[tuple[str, str, int]] = []
        self.landed = 0
        self.bodies: list[str] = []
        self.mismatches: list[str] = []
        self.check = published.available()
        self.sso_partial = False
        self.people = {TOKEN: Caller("unbake-bot", "unbake-bot@example.com")}
        self.apps = Apps(now)
        self.judge: Callable[[str, bool], Fault | None] | None = None
        self.before: Callable[[str], None] | None = None
        self.users: set[str] = set()
        self.moved: dict[str, int] = {}
        self.lock = threading.RLock()

    def caller(self, authorization: str) -> Caller | None:
        """Return who asks; None where the credential is not accepted."""
        kind, _, token = authorization.partition(" ")
        if kind == "Bearer" and token.count(".") == 2:
            return self.apps.signed(token)
        return (self.people.get(token) or self.apps.installed(token)) if kind in ("token", "Bearer") else None

    def add(self, name: str, files: Mapping[str, str] | None, **facts: object) -> Repo:
        """Add a repository, as its owner does."""
        repo = Repo.made(self.folder / f"{name}.git", len(self.repos) + 1, name, facts, self.limits.now)
        if files:
            repo.commit(files)
        self.repos[name] = repo
        return repo

    def rename(self, repo: Repo, name: str) -> None:
        """Rename a repository, as its owner does: the old name leads to it."""
        self.moved[repo.name] = repo.id
        del self.repos[repo.name]
        place = self.folder / f"{name}.git"
        place.parent.mkdir(parents=True, exist_ok=True)
        repo.path = repo.path.rename(place)
        repo.name = name
        self.repos[name] = repo

    def find(self, name: str) -> Repo | None:
        """Return a repository by its name, in which upper and lower case are the same."""
        same = name.lower()
        return self.repos.get(name) or next((repo for key, repo in self.repos.items() if key.lower() == same), None)

    def moved_to(self, name: str) -> Repo | None:
        """Return the repository that had a name once, which nobody else has taken since."""
        identity = self.moved.get(name)
        return next((repo for repo in self.repos.values() if repo.id == identity), None)

    def hides(self) -> bool:
        """Tell whether single sign-on leaves repositories out of a list."""
        return self.sso_partial or any(repo.facts.get("sso") for repo in self.repos.values())

    def merge(self, repo: Repo, number: int) -> None:
        """Merge a pull request, as a person does."""
        row = next(row for row in repo.pulls("all") if row["number"] == number)
        source = repo.source(row)
        if source is not repo:
            repo.git("fetch", "-q", str(source.path), str(row["sha"]))
        repo.git("update-ref", f"refs/heads/{row['base']}", str(row["sha"]))
        row["state"], row["merged_at"] = "closed", resources.When
        repo.changed()

    def writes(self) -> Counter[str]:
        """Count what was written by the REST interface."""
        return Counter(f"{verb} {re.sub(r'[0-9]+', 'N', path.rpartition('/')[2])}" for verb, path, status in self.calls
                       if verb != "GET" and status < 300)  # fmt: skip

    def described(self, repo: Repo, *, full: bool = False) -> resources.Json:
        """Return a repository as GitHub shows it, in a list or by itself."""
        pushed = datetime.fromtimestamp(repo.pushed, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        found = resources.repository(self.base, repo.id, repo.name, {"pushed_at": pushed, **repo.facts})
        parent = next((one for one in self.repos.values() if one.id == repo.parent), None)
        return found | ({"parent": self.described(parent), "source": self.described(parent)} if full and parent else {})

    def fault(self, line: str, *, after: bool) -> Fault | None:
        """Return the fault that is due for a request."""
        with self.lock:
            if self.judge is not None and (found := self.judge(line, after)) is not None:
                return found
            for one in self.faults:
                if one.times and one.after is after and re.search(one.pattern, line):
                    one.times -= 1
                    return one
        return None
