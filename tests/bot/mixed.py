"""Set up an organisation with every odd kind of repository, let the bot run twice, and check all that it promises.

The benchmark does so with a thousand repositories, a test with a few of each kind. What a kind is stands in `KINDS`:
how the repository differs, and how a run has to leave it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from rewriter.bot.branching import Forks
from rewriter.bot.database import SQLite
from rewriter.bot.engine import Tally
from rewriter.bot.marker import read
from rewriter.bot.options import Options
from rewriter.bot.store import Store
from rewriter.model.text import encode
from rewriter.scan.scanning import scan
from rewriter.settings import Settings
from rewriter.tree.repository import MemoryRepository
from tests.bot.final import forge_state
from tests.bot.world import CANARY, CLEAN, World, leaky
from tests.forge.standin import Repo

TRACKER = "acme/secrets"
HERE, TRACKED, NOWHERE = "in place", "in the tracker", "none"
NO_PUSH: Mapping[str, object] = {"permissions": {"admin": False, "pull": True, "push": False}}


@dataclass(frozen=True, slots=True)
class Kind:
    """Say how repositories of a kind differ, and how they are to be left: state and detail, pull request, reminder."""

    name: str
    state: str
    detail: str = ""
    pull: bool = False
    reminder: str = NOWHERE
    facts: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def _open(name: str, **facts: object) -> Kind:
    return Kind(name, "pr-open", pull=True, reminder=HERE, facts=facts)


def _skipped(name: str, detail: str, **facts: object) -> Kind:
    return Kind(name, "skipped", detail, facts=facts)


LEAKY = _open("leaky")
HIDDEN = "sso-hidden"
KINDS: tuple[Kind, ...] = (
    _skipped("archived", "archived", archived=True),
    _skipped("disabled", "disabled", disabled=True),
    _skipped("empty", "empty"),
    _skipped("mirror", "mirror", mirror_url="https://example.com/x.git"),
    Kind("issue-less", "pr-open", pull=True, reminder=TRACKED, facts={"has_issues": False}),
    _skipped("pull-request-less", "no-pull-requests", has_pull_requests=False),
    _skipped("no-permission", "no-permission", allow_forking=False, **NO_PUSH),
    Kind("unreadable", "failed", "the credential may not do this", facts={"unreadable": True}),
    Kind(HIDDEN, "", facts={"sso": True}),
    _open("renamed-before"),
    _open("renamed-during"),
    _open("renamed-between"),
    Kind("forkable", "pr-open", pull=True, reminder=TRACKED, facts=NO_PUSH),
    _skipped("fork", "fork", fork=True),
    _open("template", is_template=True),
    _open("truncated", tree_limit=1),
    Kind("ruled", "refused", "rule-forbids-branch", reminder=HERE),
    Kind("public", "held", "public", reminder=TRACKED, facts={"private": False}),
    Kind("opted-out", "skipped", "opted-out", files={".github/unbake.toml": "enabled = false\n"}),
    _skipped("excluded", "excluded"),
)
RULE = "#!/bin/sh\necho 'push declined due to repository rule violations' >&2\nexit 1\n"
MOMENTS: tuple[str, ...] = (
    "GET /repos/{}/git/trees/main",
    "GET /{}.git/info/refs",
    "GET /repos/{}/git/matching-refs/heads%2Funbake%2Ffix",
    "GET /repos/{}/pulls",
    "POST /{}.git/git-receive-pack",
    "POST /repos/{}/pulls",
    "POST /repos/{}/issues",
)
"""When a repository gets another name while it is visited: just before it is asked for this."""


@dataclass(frozen=True, slots=True)
class Promise:
    """Hold one promise: how often it was looked at, how often it did not hold, and one example."""

    words: str
    looked: int
    broken: tuple[str, ...] = ()

    @property
    def kept(self) -> bool:
        """Tell whether it holds; what was never looked at does not."""
        return self.looked > 0 and not self.broken


@dataclass
class Mixed:
    """Hold an organisation of which it is known how each repository has to be left."""

    org: World
    repos: list[tuple[Kind, Repo, str]] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    clean: list[Repo] = field(default_factory=list)
    during: dict[str, Repo] = field(default_factory=dict)

    @property
    def options(self) -> Options:
        """Return what the command line would say."""
        return Options(
            "acme",
            names=tuple(self.named),
            all_of_owner=True,
            exclude=("acme/excluded*",),
            forks_in=Forks("unbake-bot", organization=False),
            tracker=TRACKER,
        )

    def add(self, name: str, numbers: range) -> None:
        """Add repositories of a kind."""
        kind = next(kind for kind in (LEAKY, *KINDS) if kind.name == name)
        for index in numbers:
            self._add(kind, index)

    def _add(self, kind: Kind, index: int) -> None:
        name, value = f"acme/{kind.name}{index}", f"{CANARY}{kind.name}{index}".replace("-", "")
        forge = self.org.forge
        repo = forge.add(name, None if kind.name == "empty" else {**leaky(value), **kind.files}, **kind.facts)
        self.repos.append((kind, repo, value))
        match kind.name:
            case "renamed-before":
                forge.rename(repo, f"{name}-anew")
                self.named.append(name)
            case "renamed-during":
                self.during[MOMENTS[index % len(MOMENTS)].format(name)] = repo
            case "ruled":
                hook = repo.path / "hooks" / "pre-receive"
                hook.parent.mkdir()
                hook.write_text(RULE)
                hook.chmod(0o755)
            case _:
                pass

    def run(self) -> Tally:
        """Let the bot go over the organisation, and people rename what they rename during a visit."""
        self.org.forge.before = self._before
        self.org.forge.calls.clear()
        self.org.forge.landed = 0
        try:
            return self.org.run(self.options)
        finally:
            self.org.forge.before = None

    def rename(self) -> None:
        """Rename what is renamed between two runs."""
        for kind, repo, _ in self.repos:
            if kind.name == "renamed-between":
                self.org.forge.rename(repo, f"{repo.name}-anew")

    def _before(self, line: str) -> None:
        repo = self.during.pop(line, None)
        if repo is not None:
            self.org.forge.rename(repo, f"{repo.name}-anew")


def made(org: World, *, number: int, leaks: int, each: int) -> Mixed:
    """Make an organisation of so many repositories, of which so many leak and so many are odd in each of the ways."""
    mixed = Mixed(org)
    mixed.clean.append(org.forge.add(TRACKER, {"README.md": "reminders\n"}))
    mixed.add("leaky", range(leaks))
    for kind in KINDS:
        mixed.add(kind.name, range(each))
    while len(org.forge.repos) < number:
        index = len(mixed.clean)
        mixed.clean.append(org.add(f"clean{index}", CLEAN if index % 2 else {"README.md": "text\n"}))
    return mixed


def _unheard(_: Tally) -> None:
    return


def first(mixed: Mixed, ran: Callable[[Tally], None] = _unheard) -> tuple[Promise, ...]:
    """Run for the first time, and return what was promised and whether it holds; `ran` is called in between."""
    tally = mixed.run()
    ran(tally)
    org = mixed.org
    pulled = [(repo, kind) for kind, repo, _ in mixed.repos if kind.pull]
    return (
        _each("every leaky repository has one pull request", _of(mixed, "leaky"), _one_open),
        _each("every odd one has the one that it can have, or none", _odd(mixed), _fitting),
        _each("no clean one has any", [(LEAKY, repo) for repo in mixed.clean], lambda _, repo: _none(repo)),
        _each("every head is clean by `unbake scan`", [(kind, repo) for repo, kind in pulled], _clean),
        *_reminders(mixed),
        *_left(mixed),
        _named(mixed, tally),
        Promise("no limit is broken", len(org.forge.calls), tuple(map(str, org.forge.limits.violations.items()))),
        _never_told(mixed),
    )


def second(mixed: Mixed, ran: Callable[[Tally], None] = _unheard) -> tuple[Promise, ...]:
    """Rename some, run again, and return whether anything was written."""
    mixed.rename()
    org = mixed.org
    before = forge_state(org.forge)
    tally = mixed.run()
    ran(tally)
    wrote = [f"{verb} {path}" for verb, path, _ in org.forge.calls if verb != "GET"]
    wrote += ["push"] * org.forge.landed
    after = forge_state(org.forge)
    changed = [name for name, state in after.items() if before[name] != state]
    return (
        Promise("a second run writes nothing", len(org.forge.calls), tuple(wrote)),
        Promise("and changes nothing", len(after), tuple(changed)),
        *_left(mixed),
        _named(mixed, tally),
        Promise("no limit is broken", len(org.forge.calls), tuple(map(str, org.forge.limits.violations.items()))),
    )


def _of(mixed: Mixed, name: str) -> list[tuple[Kind, Repo]]:
    return [(kind, repo) for kind, repo, _ in mixed.repos if kind.name == name]


def _odd(mixed: Mixed) -> list[tuple[Kind, Repo]]:
    return [(kind, repo) for kind, repo, _ in mixed.repos if kind is not LEAKY]


def _each(words: str, rows: list[tuple[Kind, Repo]], broken: Callable[[Kind, Repo], str]) -> Promise:
    found = ((repo.name, broken(kind, repo)) for kind, repo in rows)
    return Promise(words, len(rows), tuple(f"{name}: {why}" for name, why in found if why))


def _one_open(_: Kind, repo: Repo) -> str:
    return "" if [row["state"] for row in repo.pulls("all")] == ["open"] else f"{len(repo.pulls('all'))} pull requests"


def _none(repo: Repo) -> str:
    return f"{len(repo.pulls('all'))} pull requests" if repo.pulls("all") else ""


def _fitting(kind: Kind, repo: Repo) -> str:
    return _one_open(kind, repo) if kind.pull else _none(repo)


def _clean(_: Kind, repo: Repo) -> str:
    """Tell what `unbake scan` finds in the head of the pull request."""
    pulls = repo.pulls()
    if not pulls:
        return "no pull request"
    source, ref = repo.source(pulls[0]), str(pulls[0]["sha"])
    names = source.git("ls-tree", "-r", "--name-only", ref).splitlines()
    files = {name: encode(source.show(name, ref) + "\n") for name in names}
    found = scan(MemoryRepository(files), Settings()).findings
    return f"{len(found)} findings" if found else ""


def _reminders(mixed: Mixed) -> tuple[Promise, Promise]:
    """Look for each secret's reminder in all repositories, and for ones that nobody needs."""
    org = mixed.org
    with _store(mixed) as store:
        wanted = {
            f"rotate/{store.fingerprint(value)}": repo.name if kind.reminder == HERE else TRACKER
            for kind, repo, value in mixed.repos
            if kind.reminder != NOWHERE
        }
    found = Counter(
        (marker.key if (marker := read(str(row["body"]))) else "", repo.name)
        for repo in org.forge.repos.values()
        for row in repo.issues()
    )
    missing = [f"{home}: {found[key, home]}" for key, home in wanted.items() if found[key, home] != 1]
    others = [f"{home}: {key}" for key, home in found if wanted.get(key) != home]
    return (
        Promise("every secret has one reminder, where it belongs", len(wanted), tuple(missing)),
        Promise("there are no others", sum(found.values()), tuple(others)),
    )


def _left(mixed: Mixed) -> tuple[Promise, ...]:
    """Tell of each kind whether its repositories are left, and named, as they have to be."""
    with _store(mixed) as store:
        left = {name: (state, detail) for name, state, detail in store.states()}

    def broken(kind: Kind, repo: Repo) -> str:
        state, detail = left.get(repo.name, ("", ""))
        return "" if state == kind.state and kind.detail in detail else f"{state or 'not named'} ({detail})"

    return tuple(
        _each(f"{kind.name}: {f'{kind.state} {kind.detail}'.strip() or 'not listed'}", _of(mixed, kind.name), broken)
        for kind in (LEAKY, *KINDS)
    )


def _named(mixed: Mixed, tally: Tally) -> Promise:
    """Tell whether the run says what it could not see: what single sign-on hides, and what may not be read."""
    unread = [repo.name for _, repo in _of(mixed, "unreadable")]
    failed = [name for name, _ in tally.failures]
    wrong = [name for name in {*unread, *failed} if (name in unread) is not (name in failed)]
    wrong += [] if tally.hidden is bool(_of(mixed, HIDDEN)) else ["single sign-on is not told"]
    return Promise("what could not be seen is told, and nothing else failed", len(unread) + 1, tuple(wrong))


def _never_told(mixed: Mixed) -> Promise:
    """Look for values in everything that was sent to the interface, and in what stands there."""
    forge = mixed.org.forge
    texts = [*forge.bodies, *(str(row) for repo in forge.repos.values() for row in (*repo.notes, *repo.comments))]
    return Promise("no value is told", len(texts), tuple(text[:60] for text in texts if CANARY in text))


@contextmanager
def _store(mixed: Mixed) -> Iterator[Store]:
    database = SQLite(mixed.org.folder / "state.db")
    try:
        yield Store(database, mixed.org.clock, "key")
    finally:
        database.close()
