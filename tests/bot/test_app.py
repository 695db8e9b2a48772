"""Show a GitHub App at work: who it is believed to be, how long, and that what it commits is signed by the forge."""

from __future__ import annotations

from functools import cache

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from github import Auth

from rewriter.bot.budget import SharedBudget
from rewriter.bot.database import SQLite
from rewriter.errors import UsageError
from rewriter.scm.app import App, Installation
from rewriter.scm.forge import ForgeError
from rewriter.scm.gate import Gate, Pace
from tests.bot.world import World, leaky
from tests.forge import apps
from tests.forge.standin import Fault, Repo

WORKFLOW = "on: push\njobs:\n  b:\n    runs-on: x\n    steps:\n      - run: docker build --build-arg NPM_TOKEN=$T .\n"


@cache
def keys(_: int) -> tuple[str, str]:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = made.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def installed(org: World, identity: str = "77") -> World:
    """Let the bot be the App, installed with the organisation."""
    org.forge.apps.public_key = keys(0)[1]
    org.forge.apps.installations.append(apps.Installation(9, "acme"))

    def auth(gate: Gate) -> Auth.Auth:
        app = App(identity, keys(0)[0], gate, org.forge.base)
        return Installation(app, app.installation("acme"), org.clock)

    org.auth = auth
    return org


def signed(repo: Repo, branch: str = "unbake/fix") -> bool:
    return repo.ref(branch) in repo.signed


def test_what_an_app_commits_is_signed_and_a_second_run_writes_nothing(org: World) -> None:
    repo = installed(org).add("app", {**leaky(), "build.sh": "docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"})
    org.run()
    assert len(repo.pulls()) == 1
    assert signed(repo)
    assert repo.git("show", "-s", "--format=%an", "unbake/fix") == "unbake-test[bot]"
    assert "--secret" in repo.show("build.sh", "unbake/fix")
    assert not any("git-receive-pack" in path for _, path, _ in org.forge.calls)
    org.forge.calls.clear()
    org.run(state="other.db")
    assert set(org.forge.writes()) == {"POST access_tokens"}


def test_bytes_that_are_no_text_reach_the_forge_as_they_are(org: World) -> None:
    repo = installed(org).add("app", {"Dockerfile": leaky()["Dockerfile"] + "# caf\udce9\r\n"})
    org.run()
    assert repo.show("Dockerfile", "unbake/fix").endswith("# caf\udce9\r")
    assert "POST blobs" in org.forge.writes()
    assert signed(repo)


def test_a_signed_branch_is_taken_further_and_never_forced(org: World) -> None:
    repo = installed(org).add("app")
    org.run()
    first = repo.ref("unbake/fix")
    repo.commit({"Dockerfile": leaky()["Dockerfile"] + "USER node\n"})
    org.run()
    assert "USER node" in repo.show("Dockerfile", "unbake/fix")
    assert repo.git("merge-base", first, "unbake/fix") == first
    assert repo.git("merge-base", "main", "unbake/fix") == repo.ref("main")
    assert signed(repo)
    assert len(repo.pulls("all")) == 1


def test_a_push_between_look_and_write_is_kept(org: World) -> None:
    repo = installed(org).add("app")
    org.run()
    repo.commit({"Dockerfile": leaky()["Dockerfile"] + "USER node\n"})
    pushed: list[str] = []

    def push(line: str) -> None:
        if line.startswith("PATCH") and line.endswith("unbake%2Ffix") and not pushed:
            pushed.append(repo.commit({"NOTES": "mine\n"}, "unbake/fix"))

    org.forge.before = push
    org.run()
    assert pushed
    assert repo.ref("unbake/fix") == pushed[0]


def test_every_answer_lost_once_gives_one_signed_commit(org: World) -> None:
    repo = installed(org).add("app")
    org.forge.faults += [
        Fault(f"POST .*/{what}$", after=True) for what in ("access_tokens", "trees", "commits", "refs", "pulls")
    ]
    org.run()
    assert len(repo.pulls("all")) == 1
    assert repo.git("rev-list", "--count", "main..unbake/fix") == "1"
    assert signed(repo)


def test_a_token_is_renewed_before_it_ends_and_when_it_is_refused(org: World) -> None:
    installed(org).add("app")
    with_tokens = org.forge.apps.tokens
    org.run()
    assert len(with_tokens) == 1
    org.clock.sleep_until(org.clock.now() + 2 * apps.LIFE)
    database = SQLite(org.folder / "gate.db")
    auth = org.auth(Gate(SharedBudget(database), org.clock, Pace()))
    first = auth.token
    assert auth.token == first
    org.clock.sleep_until(org.clock.now() + apps.LIFE - 300)
    assert auth.token != first
    database.close()
    org.forge.faults.append(Fault("GET /installation/repositories", 401))
    org.run()
    assert not org.forge.apps.refused


@pytest.mark.parametrize(
    ("identity", "key", "why"), [("78", 0, "InvalidIssuerError"), ("77", 1, "InvalidSignatureError")]
)
def test_whoever_has_another_key_or_number_is_not_believed(org: World, identity: str, key: int, why: str) -> None:
    installed(org, identity).add("app")
    org.forge.apps.public_key = keys(key)[1]
    with pytest.raises(ForgeError, match="401"):
        org.run()
    assert org.forge.apps.refused == [why]


def test_a_key_that_is_none_is_not_told(org: World) -> None:
    broken = "-----BEGIN PRIVATE KEY-----\nCANARYkey\n-----END PRIVATE KEY-----"
    with pytest.raises(UsageError, match="no private key") as caught:
        App("77", broken, Gate(SharedBudget(SQLite(org.folder / "gate.db")), org.clock, Pace()), org.forge.base)
    assert "CANARY" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_what_the_app_may_not_do_is_named_before_anything_is_done(org: World) -> None:
    installed(org).add("app")
    one = org.forge.apps.installations[0]
    one.permissions = {**one.permissions, "issues": "read"}
    with pytest.raises(UsageError, match="lacks permissions with acme: issues: write"):
        org.run()
    one.permissions, one.suspended = dict(apps.PERMISSIONS), True
    with pytest.raises(UsageError, match="suspended"):
        org.run()
    one.owner = "other"
    with pytest.raises(UsageError, match="not installed"):
        org.run()


@pytest.mark.parametrize(("what", "status"), [("trees", 409), ("refs", 422)])
def test_a_rule_that_forbids_the_branch_is_named(org: World, what: str, status: int) -> None:
    repo = installed(org).add("app")
    org.forge.faults.append(
        Fault(f"POST .*/git/{what}$", status, message="Repository rule violations found: no secrets")
    )
    assert org.run().states == {"refused": 1}
    assert len(repo.issues()) == 1
    assert org.run().states == {"pr-open": 1}


def test_workflows_that_may_not_be_changed_are_named(org: World) -> None:
    repo = installed(org).add("app", {**leaky(), ".github/workflows/build.yml": WORKFLOW})
    org.forge.apps.installations[0].permissions.pop("workflows")
    tally = org.run()
    assert not repo.pulls("all")
    assert tally.states == {"refused": 1}
    assert set(org.forge.writes()) == {"POST access_tokens", "POST issues"}
    org.forge.apps.installations[0].permissions["workflows"] = "write"
    org.run()
    assert len(repo.pulls()) == 1
