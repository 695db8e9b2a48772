"""Show that foreign text stays text, that it fits, and that the gate and the ledger keep their word."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest
from icalendar import Calendar

from rewriter import pipeline
from rewriter.bot import ledger, marker, texts
from rewriter.bot.budget import SharedBudget
from rewriter.bot.database import SQLite
from rewriter.bot.markdown import cell, code, fenced, prose, told
from rewriter.bot.store import Credential, Place, Store
from rewriter.errors import UsageError
from rewriter.model.patch import Patched
from rewriter.model.text import encode
from rewriter.scm.gate import Gate, Kind, Pace, RateLimitedError
from rewriter.settings import Settings
from rewriter.tree.repository import MemoryRepository
from tests.bot.world import CANARY, VirtualClock, leaky


def test_a_long_pull_request_is_cut_and_says_so() -> None:
    folders = [f"{index:03}-{'x' * 150}-@all`<b>" for index in range(200)]
    outcome = pipeline.fix(
        MemoryRepository({f"{folder}/Dockerfile": encode(leaky()["Dockerfile"]) for folder in folders}), Settings()
    )
    assert isinstance(outcome, Patched)
    text = texts.pull_request(outcome.report, outcome.patch)
    assert len(text) <= texts.LIMIT
    assert "more." in text
    assert CANARY not in text


def test_a_pull_request_says_what_to_have_ready_and_tells_the_same_thing_once() -> None:
    files = {
        "Dockerfile": f"FROM node:20\nARG NPM_TOKEN\nARG OTHER_TOKEN={CANARY}\n"
        "RUN npm config set //registry.example.com/:_authToken=$NPM_TOKEN && npm ci\nRUN echo a\n"
        'RUN curl -H "Authorization: $OTHER_TOKEN" https://example.com/x\n',
        "Makefile": "a:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n"
        "b:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) -t x .\n",
        "compose.yaml": "services:\n  db:\n    image: postgres:16\n    environment:\n"
        f"      POSTGRES_PASSWORD: {CANARY}2\n",
    }
    outcome = pipeline.fix(MemoryRepository({name: encode(text) for name, text in files.items()}), Settings())
    assert isinstance(outcome, Patched)
    text = texts.pull_request(outcome.report, outcome.patch)
    assert "| `NPM_TOKEN` | stands in what starts the build | `Makefile:2, 4` | high |" in text
    assert "- `Makefile:2`, `Makefile:4`: `docker build` knows `--secret` with BuildKit" in text
    assert "the build takes: the variable `NPM_TOKEN`, the file `secrets/other_token.txt` (git ignores it" in text
    assert "the containers take: the file `secrets/postgres_password.txt` (git ignores it" in text
    names = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| `")]
    assert [name for name, _ in groupby(names)] == list(dict.fromkeys(names)), "what belongs together stands together"
    assert CANARY not in text


def test_many_places_of_one_secret_are_counted() -> None:
    folders = [f"service{index}" for index in range(9)]
    outcome = pipeline.fix(
        MemoryRepository({f"{folder}/Dockerfile": encode(leaky()["Dockerfile"]) for folder in folders}), Settings()
    )
    assert isinstance(outcome, Patched)
    text = texts.pull_request(outcome.report, outcome.patch)
    assert "`service4/Dockerfile:2` and 4 more |" in text
    assert "`service5/Dockerfile:2`" not in text


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("use `a b`, or `c_d`", "use `a b`, or `c_d`"),
        ("`a` first", "`a` first"),
        ("last `a`", "last `a`"),
        ("one ` alone @all", "one \\` alone @&#8203;all"),
        ("`` empty", "\\`\\` empty"),
        ("`<b>@all` <i> `x`", "`<b>@all` &lt;i&gt; `x`"),
        ("a `b` - c", "a `b` \\- c"),
    ],
)
def test_what_a_note_puts_between_backticks_is_code(written: str, said: str) -> None:
    assert told(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [("a`b", "``a`b``"), ("`a", "`` `a ``"), ("a|b", "`a|b`"), ("", "` `")],
)
def test_a_code_span_cannot_be_ended_by_what_is_in_it(written: str, said: str) -> None:
    assert code(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("@all", "@&#8203;all"),
        ("acme/app#1 GH-2", "acme/app#&#8203;1 GH&#8203;-2"),
        ("https://example.com www.example.com", "https:&#8203;//example.com www&#8203;.example.com"),
        ("<b> & &lt;", "&lt;b&gt; &amp; &amp;lt;"),
        ("![x](y) *a* _b_ `c` ~d~ $e$ a|b", "!\\[x\\](y) \\*a\\* \\_b\\_ \\`c\\` \\~d\\~ \\$e\\$ a\\|b"),
        ("# heading", "#&#8203; heading"),
        ("- item", "\\- item"),
        ("1. item", "1\\. item"),
        (".github/x.yml:7: fine (so)", ".github/x.yml:7: fine (so)"),
    ],
)
def test_prose_reads_as_it_is_written(written: str, said: str) -> None:
    assert prose(written) == said


def test_what_is_in_a_table_or_a_block_cannot_leave_it() -> None:
    assert cell("a|`b`") == "`` a\\|`b` ``"
    assert fenced("```\nx").startswith("````\n")


def test_a_marker_that_somebody_broke_is_none() -> None:
    assert marker.read("<!-- unbake:v1 {broken} -->") is None
    whole = marker.block(marker.Marker("fix", "c0ffee"), "words")
    hostile = marker.block(marker.Marker("fix"), "`<!-- unbake:end -->` `<!-- unbake:v1 {} -->`")
    assert marker.replaced(f"a\n{hostile}b", "") == "a\nb"
    assert marker.replaced(f"a\n{whole}b", marker.block(marker.Marker("fix"), "new")).endswith("<!-- unbake:end -->\nb")


def test_the_gate_keeps_every_window_also_when_all_come_at_once(tmp_path: Path) -> None:
    clock = VirtualClock()
    database = SQLite(tmp_path / "state.db")
    gate = Gate(SharedBudget(database), clock, Pace(between_writes=0.1, creations_a_minute=5, creations_an_hour=12))
    moments: list[float] = []
    while len(moments) < 20:
        try:
            with gate.admit(Kind.CREATE):
                moments.append(clock.now())
        except RateLimitedError as limit:
            clock.sleep_until(limit.until)
    assert all(later - first > 60 for first, later in zip(moments, moments[5:], strict=False))
    assert all(later - first > 3600 for first, later in zip(moments, moments[12:], strict=False))
    with pytest.raises(RateLimitedError):
        gate.learn(403, {"retry-after": "600"}, "")
    with pytest.raises(RateLimitedError), gate.admit(Kind.READ):
        pass
    gate.learn(403, {}, "Resource not accessible by integration")
    database.close()


def test_a_state_has_one_run_at_a_time(tmp_path: Path) -> None:
    database = SQLite(tmp_path / "state.db")
    with pytest.raises(UsageError, match="another run"):
        SQLite(tmp_path / "state.db")
    database.close()
    SQLite(tmp_path / "state.db").close()


def test_the_ledger_is_exported_so_that_calendars_and_spreadsheets_take_it(tmp_path: Path) -> None:
    database = SQLite(tmp_path / "state.db")
    clock = VirtualClock()
    store = Store(database, clock, "key")
    fingerprint = store.fingerprint(CANARY)
    store.expose(1, [(Credential(fingerprint, "npm", "=NPM_TOKEN"), (Place("Dockerfile", 2, "layer"),))])
    now = clock.now() + 3 * 86_400
    assert "'=NPM_TOKEN" in ledger.rotation(store, "csv", now)
    (todo,) = Calendar.from_ical(ledger.rotation(store, "ics", now)).walk("VTODO")
    assert str(todo["SUMMARY"]) == "Rotate =NPM_TOKEN"
    assert "   3 d" in ledger.rotation(store, "text", now)
    assert '"age_days": "3"' in ledger.rotation(store, "json", now)
    assert Store(database, clock, "other").fingerprint(CANARY) != fingerprint
    database.close()
