"""Run `unbake bot`: plan, run, status and rotation over an organisation."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NoReturn, Protocol

from rewriter.bot import engine, ledger
from rewriter.bot.budget import SharedBudget
from rewriter.bot.database import Database, SQLite
from rewriter.bot.engine import Tally
from rewriter.bot.options import Options
from rewriter.bot.store import Known, Store
from rewriter.bot.visit import Bot, Preview
from rewriter.cli.output import complain, emit
from rewriter.errors import UsageError
from rewriter.render.visible import visible
from rewriter.scm import github
from rewriter.scm.clock import SystemClock
from rewriter.scm.gate import Gate, Pace
from rewriter.scm.github import GitHub

_ACTIONS: Final = ("plan", "run", "status", "rotation", "serve")
_EXAMPLES: Final = """\
what it needs:
  GITHUB_TOKEN, or GITHUB_APP_ID, GITHUB_APP_INSTALLATION_ID and GITHUB_APP_PRIVATE_KEY_FILE
  UNBAKE_FINGERPRINT_KEY  the key of the fingerprints; without it one is made and kept in the state

examples:
  unbake bot plan --org acme              what would be proposed; nothing is written there
  unbake bot run --org acme               open the pull requests and reminders; again any time
  unbake bot status --state unbake.db     how each repository was left
  unbake bot serve --org acme             visit a repository when its webhook says that something happened
                                          (UNBAKE_WEBHOOK_SECRET: the secret that the webhook was given)
  unbake bot rotation --format ics        the credentials that still have to be rotated
"""


class Closing(Database, Protocol):
    """Be a database that is closed in the end."""

    def close(self) -> None:
        """Let go of it."""
        ...


class _Arguments(argparse.Namespace):
    action: str
    org: str
    api_url: str
    state: str
    format: str
    threads: int
    include: list[str]
    exclude: list[str]
    topic: list[str]
    tracker: str
    max_open: int
    draft: bool
    forks: bool
    host: str
    port: int
    opt_in: bool
    no_limits: bool


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; `unbake bot --help` explains the options")

    def print_help(self, file: object = None) -> NoReturn:  # noqa: ARG002 (argparse's signature)
        raise SystemExit(emit(self.format_help()))


def run(words: Sequence[str]) -> int:
    """Do what the words name; return 0 when nothing failed, 1 otherwise."""
    arguments = parser().parse_args(words, namespace=_Arguments())
    if arguments.action in ("plan", "run", "serve") and not arguments.org:
        raise UsageError("--org is missing: name the organisation or user whose repositories are visited")
    database = _database(arguments.state)
    try:
        clock = SystemClock()
        store = Store(database, clock, os.environ.get("UNBAKE_FINGERPRINT_KEY", ""))
        match arguments.action:
            case "status":
                return emit(ledger.status(store))
            case "rotation":
                return emit(ledger.rotation(store, arguments.format, clock.now()))
            case _:
                return _visit(arguments, store, os.environ)
    finally:
        database.close()


def _database(state: str) -> Closing:
    if not state.startswith(("postgresql://", "postgres://")):
        return SQLite(Path(state))
    from rewriter.bot.postgres import PostgreSQL  # noqa: PLC0415 (of the extra `fleet`)

    return PostgreSQL(state)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the subcommand."""
    made = _Parser(
        prog="unbake bot",
        description="Open pull requests over an organisation, and remind until each secret is rotated.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = made.add_argument
    add("action", choices=_ACTIONS, help="plan shows, run does, status and rotation tell what was done, serve listens")
    add("--org", default="", metavar="NAME", help="the organisation or user")
    add("--api-url", default="https://api.github.com", metavar="URL", help="of a GitHub Enterprise Server: its /api/v3")
    add(
        "--state",
        default="unbake-bot.db",
        metavar="FILE",
        help="where the state is kept: a file, or a postgresql:// address that runs on many machines share",
    )
    add("--include", action="append", default=[], metavar="PATTERN", help="only repositories whose name matches")
    add("--exclude", action="append", default=[], metavar="PATTERN", help="not those whose name matches")
    add("--topic", action="append", default=[], metavar="NAME", help="only repositories with this topic")
    add("--tracker", default="", metavar="OWNER/NAME", help="private repository that takes all reminders")
    add("--max-open", type=int, default=1_000, metavar="NUMBER", help="how many pull requests may be open at a time")
    add("--draft", action="store_true", help="open pull requests as drafts")
    add("--forks", action="store_true", help="visit forks too")
    add("--opt-in", action="store_true", help="only repositories with `enabled = true` in .github/unbake.toml")
    add("--threads", type=int, default=4, metavar="NUMBER", help="how many repositories at a time (default: 4)")
    add("--host", default="127.0.0.1", metavar="ADDRESS", help="where `serve` listens (default: 127.0.0.1)")
    add("--port", type=int, default=8080, metavar="NUMBER", help="on which port (default: 8080)")
    add("--no-limits", action="store_true", help="for a GitHub Enterprise Server whose rate limits are off")
    add("--format", choices=ledger.FORMATS, default="text", help="how `rotation` prints its ledger")
    return made


def _visit(arguments: _Arguments, store: Store, environment: Mapping[str, str]) -> int:
    clock = SystemClock()
    pace = Pace.unlimited() if arguments.no_limits else Pace()
    gate = Gate(SharedBudget(store.database), clock, pace)
    forge = _forge(arguments, environment, gate)
    options = Options(
        owner=arguments.org,
        include=tuple(one.lower() for one in arguments.include),
        exclude=tuple(one.lower() for one in arguments.exclude),
        topics=tuple(arguments.topic),
        forks=arguments.forks,
        opt_in=arguments.opt_in,
        draft=arguments.draft,
        dry_run=arguments.action == "plan",
        tracker=arguments.tracker,
        open_limit=arguments.max_open,
    )
    bot = Bot(forge, store, clock, options, forge.credential, _show)
    if arguments.action == "serve":
        return _serve(arguments, bot, environment)
    tally = engine.run(bot, clock, threads=max(1, arguments.threads), note=_note)
    return _end(tally)


def _serve(arguments: _Arguments, bot: Bot, environment: Mapping[str, str]) -> int:
    from rewriter.bot.receive import application  # noqa: PLC0415 (of the extra `serve`)

    with ThreadPoolExecutor(max(1, arguments.threads)) as pool:

        def visit(name: str) -> None:
            if name.partition("/")[0].lower() == bot.options.owner.lower():
                pool.submit(engine.visit_named, bot, name, bot.clock, _note)

        app = application(environment.get("UNBAKE_WEBHOOK_SECRET", ""), bot.store, visit)
        import uvicorn  # noqa: PLC0415 (of the extra `serve`)

        uvicorn.run(app, host=arguments.host, port=arguments.port, log_level="warning", access_log=False)
    return 0


def _end(tally: Tally) -> int:
    for name, detail in sorted(tally.failures):
        complain(f"{visible(name)}: {visible(detail)}")
    if tally.hidden:
        complain("single sign-on hides some repositories: authorise the token for the organisation and run again")
    rows = "".join(f"{number:>7}  {state}\n" for state, number in sorted(tally.states.items()))
    return emit(rows) or (1 if tally.failures or tally.hidden else 0)


def _show(preview: Preview) -> None:
    emit(f"== {visible(preview.repository)}: {preview.title}\n\n{preview.words}\n{preview.diff}\n")


def _note(name: str, known: Known) -> None:
    if os.environ.get("UNBAKE_LOG") == "json":
        complain(json.dumps({"repository": visible(name), "state": known.state, "detail": visible(known.detail)}))


def _forge(arguments: _Arguments, environment: Mapping[str, str], gate: Gate) -> GitHub:
    if token := environment.get("GITHUB_TOKEN", ""):
        return GitHub(github.token(token), gate, arguments.api_url)
    names = ("GITHUB_APP_ID", "GITHUB_APP_INSTALLATION_ID", "GITHUB_APP_PRIVATE_KEY_FILE")
    identity, installation, file = (environment.get(name, "") for name in names)
    if not (identity.isdecimal() and installation.isdecimal() and file):
        raise UsageError(f"a credential is missing: set GITHUB_TOKEN, or {', '.join(names)}")
    try:
        key = Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("GITHUB_APP_PRIVATE_KEY_FILE cannot be read") from error
    return GitHub(github.application(int(identity), key, int(installation)), gate, arguments.api_url)
