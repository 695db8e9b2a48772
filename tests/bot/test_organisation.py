"""Show which repositories a run visits, and what an organisation settles for all of them."""

from __future__ import annotations

import pytest

from rewriter.bot.options import Options
from rewriter.bot.organisation import Organisation, names, parse, settled, under
from rewriter.bot.report import Show
from rewriter.errors import UsageError
from rewriter.record import replace
from rewriter.scm.forge import ForgeError
from rewriter.settings import FixLevel
from tests.bot.world import CLEAN, World, leaky
from tests.forge.standin import Forge

FILE = """\
include = ["acme/App*"]
labels = ["security"]
reviewers = ["@acme/platform", "codeowners"]
draft = true
max-open = 5
show = "sarif"
[settings]
fix = "safe"
"""


def test_what_the_organisation_settles_stands_below_the_command_line() -> None:
    file = parse(FILE.encode())
    found = under(Options("acme"), file)
    assert (found.include, found.labels, found.draft, found.open_limit) == (("acme/app*",), ("security",), True, 5)
    assert found.reviewers == ("@acme/platform", "codeowners")
    assert found.show is Show.SARIF
    assert found.layer is not None
    assert found.layer.fix is FixLevel.SAFE
    flags = Options("acme", include=("acme/x",), labels=("mine",), open_limit=7, show=Show.CHECK, reviewers=("ann",))
    kept = under(flags, file)
    assert (kept.include, kept.labels, kept.open_limit, kept.reviewers) == (("acme/x",), ("mine",), 7, ("ann",))
    assert kept.show is Show.CHECK
    assert under(flags, Organisation()) == flags


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lables = []", "'lables' is not known; did you mean labels?"),
        ("draft = 1", "'draft' has to be true or false"),
        ("labels = 'x'", "'labels' has to be an array of strings"),
        ("labels = ['a,b']", "labels: 'a,b' is none"),
        ("reviewers = ['a b']", "reviewers: 'a b' is none"),
        ("max-open = 0", "has to be a number above zero"),
        ("max-open = true", "has to be a number above zero"),
        ("show = 'all'", "has to be one of"),
        ("[settings]\nfixx = 'safe'", "unknown setting 'fixx'"),
        ("settings = 1", "has to be a table"),
        ("[[[", "not readable as TOML"),
        ("a = " + "[" * 5_000, "not readable as TOML"),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("[", r"\[")):
        parse(text.encode())


def test_the_file_is_read_where_there_is_one(org: World) -> None:
    hub = org.hub()
    assert settled(hub, Options("acme")) == Options("acme")
    org.add(".github", {"unbake.toml": FILE})
    assert settled(hub, Options("acme")).labels == ("security",)
    assert settled(hub, Options("", names=("acme/x",))).labels == ()


def test_a_public_tracker_is_refused(org: World) -> None:
    org.add("tracker", CLEAN, private=False)
    with pytest.raises(UsageError, match="public"):
        settled(org.hub(), Options("acme", tracker="acme/tracker"))


def test_settings_of_the_organisation_stand_below_those_of_the_repository(org: World) -> None:
    plain = org.add("plain")
    own = org.add("own", {**leaky(), ".unbake.toml": 'fix = "review"\n'})
    options = under(Options("acme"), parse(b'[settings]\nexclude = ["Dockerfile"]\n'))
    org.run(options)
    assert not plain.pulls()
    assert not own.pulls()
    own.commit({".unbake.toml": "exclude = []\n"})
    org.run(options)
    assert len(own.pulls()) == 1


def test_listed_repositories_are_visited_and_a_missing_one_is_named(org: World) -> None:
    one, other = org.add("one"), org.add("other")
    elsewhere = org.forge.add("beta/app", leaky("elsewhere" + "Zq81kL0v"))
    tally = org.run(Options("", names=("acme/one", "beta/app", "acme/gone")))
    assert [len(repo.pulls()) for repo in (one, other, elsewhere)] == [1, 0, 1]
    assert tally.failures == [("acme/gone", "not there, or not to be seen with this credential")]
    org.run(Options("acme", names=("beta/app",), all_of_owner=True))
    assert len(other.pulls()) == 1


def test_a_list_is_read_line_by_line() -> None:
    assert names(["# ours", "", "acme/a  # the first", "acme/b", "acme/a"]) == ("acme/a", "acme/b")
    for wrong in ("acme", "acme/a/b", "../x", "acme/a b"):
        with pytest.raises(UsageError, match="OWNER/NAME"):
            names([wrong])


def test_names_topics_and_opting_in_choose(org: World) -> None:
    repos = {
        name: org.add(name, None, topics=["docker"] if name == "web" else []) for name in ("web", "api", "old-api")
    }
    agreed = org.add("agreed", {**leaky("agreed" + "Xy77kQ2w"), ".github/unbake.toml": "enabled = true\n"})
    org.run(Options("acme", include=("acme/*api",), exclude=("acme/old-*",)))
    assert [len(repos[name].pulls()) for name in ("web", "api", "old-api")] == [0, 1, 0]
    org.run(Options("acme", topics=("docker",)))
    assert [len(repos[name].pulls()) for name in ("web", "api", "old-api")] == [1, 1, 0]
    org.run(Options("acme", opt_in=True))
    assert len(agreed.pulls()) == 1
    assert not repos["old-api"].pulls()


@pytest.mark.parametrize("login", ["unbake-bot", "someone"])
def test_a_users_repositories_are_found(org: World, login: str) -> None:
    org.forge.users.add(login)
    public = org.forge.add(f"{login}/public", leaky(), private=False)
    private = org.forge.add(f"{login}/private", leaky("private" + "Zq81kL0v"))
    org.run(Options(login, hold_public=False))
    assert len(public.pulls()) == 1
    assert len(private.pulls()) == (1 if login == "unbake-bot" else 0), "only one's own private ones are listed"


def test_nobody_is_an_error(org: World) -> None:
    org.forge.users.add("nobody")
    with pytest.raises(ForgeError, match="404"):
        org.run(replace(Options("nobody")))
    assert isinstance(org.forge, Forge)
