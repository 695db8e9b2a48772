"""Run `unbake bot`: plan, run, status and rotation over an organisation."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Final, NoReturn, Protocol
from urllib.parse import parse_qs, urlsplit

from rewriter.bot import engine, ledger
from rewriter.bot.budget import SharedBudget
from rewriter.bot.database import Database, SQLite
from rewriter.bot.dress import CODE_OWNERS
from rewriter.bot.engine import Tally
from rewriter.bot.options import Options, Reminders
from rewriter.bot.organisation import fitting_labels, fitting_reviewers, names, settled
from rewriter.bot.remind import State
from rewriter.bot.report import Show
from rewriter.bot.settling import Settling
from rewriter.bot.stopping import StoppableClock, stopped_by_signals
from rewriter.bot.store import Known, Store
from rewriter.bot.visit import Bot, Preview
from rewriter.cli import journal
from rewriter.cli.countdown import Countdown, shown
from rewriter.cli.given import given
from rewriter.cli.journal import Journal
from rewriter.cli.output import complain, emit
from rewriter.cli.reach import forks_in, hindered, named_in, owner_of, reachable, reached
from rewriter.cli.serving import Listening, serve
from rewriter.errors import UsageError
from rewriter.render.visible import visible
from rewriter.scm.clock import Clock
from rewriter.scm.gate import Budget, Gate, Pace, Unwatched, Watch

_ACTIONS: Final = ("plan", "run", "status", "rotation", "serve", "worker")
_STATE: Final = "unbake-bot.db"
_SHOWN: Final = ("planned", "held", "clean", "failed")
"""What a plan tells of elsewhere, or what needs no word."""
INTERRUPTED: Final = 130
_SERVERS: Final = ("postgresql://", "postgres://")
_EXAMPLES: Final = """\
what it needs:
  GITHUB_TOKEN, or GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY_FILE (its commits are signed by GitHub)
  UNBAKE_FINGERPRINT_KEY  the key of the fingerprints; without it one is made and kept in the state
  UNBAKE_STATE            what --state says, for an address with a password in it
each of them may be given as a file: GITHUB_TOKEN_FILE names a file that holds the token, and so on
unbake.toml in the organisation's repository .github settles what the command line leaves open

examples:
  unbake bot plan --org acme              what would be proposed; nothing is written there
  unbake bot run --org acme               open the pull requests and reminders; again any time
  unbake bot status --state unbake.db     how each repository was left
  unbake bot serve --org acme             visit a repository when its webhook says that something happened
                                          (UNBAKE_WEBHOOK_SECRET: the secret that the webhook was given)
  unbake bot worker --org acme            be one of a fleet that shares the state in PostgreSQL
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
    reminders: Reminders
    max_open: int
    draft: bool
    forks: bool
    fork_into: str
    repo: list[str]
    repositories_from: str
    label: list[str]
    reviewer: list[str]
    show: Show
    host: str
    port: int
    opt_in: bool
    hold_public: bool | None
    no_limits: bool
    creations_per_hour: int
    log_format: str
    schedule: str
    once: bool
    stalled_after: float
    metrics_port: int | None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; `unbake bot --help` explains the options")

    def print_help(self, file: object = None) -> NoReturn:  # noqa: ARG002 (argparse's signature)
        raise SystemExit(emit(self.format_help()))


def run(words: Sequence[str]) -> int:
    """Do what the words name; return 0 when nothing failed, 1 otherwise."""
    arguments = parser().parse_args(words, namespace=_Arguments())
    needed = "--org is missing: name the organisation or user whose repositories are visited"
    if arguments.action in ("plan", "run") and not (arguments.org or arguments.repo or arguments.repositories_from):
        raise UsageError(f"{needed}, or give --repo or --repositories-from")
    if arguments.action in ("serve", "worker") and not arguments.org:
        raise UsageError(needed)
    reachable(arguments.api_url)
    address = _address(arguments.state, os.environ)
    database = _database(address)
    try:
        clock = StoppableClock()
        store = Store(database, clock, given(os.environ, "UNBAKE_FINGERPRINT_KEY"))
        match arguments.action:
            case "status":
                return emit(ledger.status(store))
            case "rotation":
                return emit(ledger.rotation(store, arguments.format, clock.now()))
            case "worker":
                return _work(arguments, store, clock, address)
            case "serve":
                return _serve(arguments, store, clock, address)
            case _:
                return _visit(arguments, store, clock)
    finally:
        database.close()


def _address(state: str, environment: Mapping[str, str]) -> str:
    """Return where the state lies; a password on the command line is refused, since every process can read that."""
    if state.startswith(_SERVERS):
        try:
            parts = urlsplit(state)
            told = bool(parts.password) or "password" in parse_qs(parts.query)
        except ValueError:
            raise UsageError("--state: not readable as an address") from None
        if told:
            raise UsageError("--state holds a password, where others see it; use PGPASSFILE, or UNBAKE_STATE_FILE")
    return state or given(environment, "UNBAKE_STATE") or _STATE


def _database(address: str) -> Closing:
    if not address.startswith(_SERVERS):
        return SQLite(Path(address))
    from rewriter.bot.postgres import PostgreSQL  # noqa: PLC0415 (of the extra `fleet`)

    return PostgreSQL(address)


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
    add("--repo", action="append", default=[], metavar="OWNER/NAME", help="this repository; several, or with --org")
    add("--repositories-from", default="", metavar="FILE", help="the repositories that FILE names, one a line")
    add("--api-url", default="https://api.github.com", metavar="URL", help="of a GitHub Enterprise Server: its /api/v3")
    add(
        "--state",
        default="",
        metavar="FILE",
        help=f"where the state is kept: a file, or a postgresql:// address that many share (default: {_STATE})",
    )
    add("--include", action="append", default=[], metavar="PATTERN", help="only repositories whose name matches")
    add("--exclude", action="append", default=[], metavar="PATTERN", help="not those whose name matches")
    add("--topic", action="append", default=[], metavar="NAME", help="only repositories with this topic")
    add(
        "--tracker",
        default="",
        metavar="OWNER/NAME",
        help="private repository for the reminders that have no private place of their own: a public repository's",
    )
    add(
        "--reminders",
        type=Reminders,
        choices=list(Reminders),
        default=Reminders.IN_PLACE,
        help="where they lie: in the repository itself where it is private (the default), or all in the tracker",
    )
    add(
        "--max-open", type=_number, default=1_000, metavar="NUMBER", help="how many pull requests may be open at a time"
    )
    add(
        "--creations-per-hour",
        type=_number,
        default=Pace().creations_an_hour,
        metavar="NUMBER",
        help="how many pull requests, reminders and comments may be made in an hour (default: %(default)s; GitHub "
        "allows about 500)",
    )
    add("--draft", action="store_true", help="open pull requests as drafts")
    add("--forks", action="store_true", help="visit forks too")
    add(
        "--fork-into",
        default="",
        metavar="OWNER",
        help="where there is no right to push, propose from a fork that OWNER gets (@me: the token's own account)",
    )
    add("--opt-in", action="store_true", help="only repositories with `enabled = true` in .github/unbake.toml")
    add(
        "--hold-public",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="propose to a public repository only when the secrets that stand in it are rotated (the default)",
    )
    add("--label", action="append", default=[], metavar="NAME", help="label of each pull request, made where missing")
    add(
        "--reviewer",
        action="append",
        default=[],
        metavar="NAME",
        help="who is asked to review: a person, organisation/team, or codeowners (the default)",
    )
    add(
        "--show",
        type=Show,
        choices=list(Show),
        default=Show.NOTHING,
        help="report to the forge besides: a check run on the pull request (GitHub App), or SARIF for code scanning",
    )
    add("--threads", type=_number, default=4, metavar="NUMBER", help="how many repositories at a time (default: 4)")
    add(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="where `serve` listens, and `worker` answers Prometheus (default: 127.0.0.1)",
    )
    add("--port", type=int, default=8080, metavar="NUMBER", help="on which port (default: 8080)")
    add("--no-limits", action="store_true", help="for a GitHub Enterprise Server whose rate limits are off")
    add("--log-format", choices=journal.FORMATS, default="text", help="how events are told on standard error")
    add("--schedule", default="0 */6 * * *", metavar="CRON", help="when `worker` lists the repositories (UTC)")
    add("--once", action="store_true", help="let `worker` list them once, and end when nothing is left to do")
    add(
        "--stalled-after",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="after how long without a sign of life a worker's jobs go to others (default: 30)",
    )
    add("--metrics-port", type=int, metavar="NUMBER", help="where `worker` answers Prometheus (0: any that is free)")
    add("--format", choices=ledger.FORMATS, default="text", help="how `rotation` prints its ledger")
    return made


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def _visit(arguments: _Arguments, store: Store, clock: StoppableClock) -> int:
    countdown = Countdown()
    log = Journal(arguments.log_format, brief=True)
    bot, _ = _bot(arguments, store, clock, SharedBudget(store.database), countdown)

    def note(name: str, known: Known) -> None:
        countdown.visited(known)
        log.visited(name, known)
        if bot.options.dry_run and known.state not in _SHOWN:
            emit(f"-- {visible(name)}: {known.state}{f' ({visible(known.detail)})' if known.detail else ''}\n")

    with stopped_by_signals(clock.stop), shown(countdown):
        tally = engine.run(
            bot,
            clock,
            threads=arguments.threads,
            note=note,
            begin=countdown.begin,
            hindered=hindered,
            stopping=lambda: clock.stopping,
        )
    untold = "" if bot.options.dry_run else _untold(store)
    return _end(tally, untold)


def _work(arguments: _Arguments, store: Store, clock: StoppableClock, address: str) -> int:
    if not address.startswith(_SERVERS):
        raise UsageError("a worker shares its state with others: --state has to be a postgresql:// address")
    from rewriter.bot.metrics import Metrics, served  # noqa: PLC0415 (of the extra `fleet`)
    from rewriter.bot.worker import Work, Worker  # noqa: PLC0415 (of the extra `fleet`)
    from rewriter.cli.fleet import Told  # noqa: PLC0415 (of the extra `fleet`)

    metrics, log = Metrics(), Journal(arguments.log_format)
    budget = SharedBudget(store.database)
    bot, settle = _bot(arguments, store, clock, budget, metrics)
    work = Work(arguments.threads, arguments.schedule, arguments.once, arguments.stalled_after)
    told = Told(log, metrics)
    worker = Worker(bot, address, clock, work=work, told=told, settle=settle)
    metrics.share(store, budget, worker.jobs)
    journal.libraries_told(log)
    port_of = arguments.metrics_port
    with nullcontext(None) if port_of is None else served(metrics, port_of, arguments.host) as port:
        log.event("started", "started", threads=arguments.threads, **({} if port is None else {"metrics_port": port}))
        worker.run()
    if untold := _untold(store):
        log.event("untold", untold)
    log.event("stopped", "stopped")
    return 1 if arguments.once and (told.failed or untold) else 0


def _serve(arguments: _Arguments, store: Store, clock: StoppableClock, address: str) -> int:
    log = Journal(arguments.log_format)
    fleet = address if address.startswith(_SERVERS) else ""
    at = Listening(arguments.org, arguments.host, arguments.port, arguments.threads, fleet)

    def settling() -> Settling:
        return Settling(*_bot(arguments, store, clock, SharedBudget(store.database), Unwatched()), log.visited)

    return serve(at, store, clock, log=log, settling=settling)


def _bot(
    arguments: _Arguments, store: Store, clock: Clock, budget: Budget, watch: Watch
) -> tuple[Bot, Callable[[], Options]]:
    """Return the bot, and what settles its options anew."""
    pace = Pace.unlimited() if arguments.no_limits else Pace(creations_an_hour=arguments.creations_per_hour)
    listed = names([*arguments.repo, *named_in(arguments.repositories_from)])
    owner = arguments.org or owner_of(listed)
    gate = Gate(budget, clock, pace, watch=watch)
    forge = reached(os.environ, gate, arguments.api_url, owner=owner, clock=clock)
    options = Options(
        owner=owner,
        names=listed,
        all_of_owner=bool(arguments.org),
        include=tuple(one.lower() for one in arguments.include),
        exclude=tuple(one.lower() for one in arguments.exclude),
        topics=tuple(arguments.topic),
        forks=arguments.forks,
        forks_in=forks_in(arguments.fork_into, forge, clock),
        opt_in=arguments.opt_in,
        draft=arguments.draft,
        dry_run=arguments.action == "plan",
        tracker=arguments.tracker,
        reminders=arguments.reminders,
        hold_public=arguments.hold_public,
        open_limit=arguments.max_open,
        labels=fitting_labels(arguments.label),
        reviewers=fitting_reviewers(arguments.reviewer) or (CODE_OWNERS,),
        show=arguments.show,
    )

    def settle() -> Options:
        return settled(forge, options)

    return Bot(forge, store, clock, engine.persistent(settle, clock, hindered), forge.credential, _show), settle


def _untold(store: Store) -> str:
    """Return what is to be said where nobody is told of a credential, since there is no private place for that."""
    number = store.counted("secret").get(State.NOWHERE, 0)
    named = "1 exposed credential has" if number == 1 else f"{number} exposed credentials have"
    return f"{named} no private place for a reminder; give a private repository as --tracker" if number else ""


def _end(tally: Tally, untold: str) -> int:
    if untold:
        complain(untold)
    for name, detail in sorted(tally.failures):
        complain(f"{visible(name)}: {visible(detail)}")
    if tally.hidden:
        complain("single sign-on hides some repositories: authorise the token for the organisation and run again")
    rows = "".join(f"{number:>7}  {state}\n" for state, number in sorted(tally.states.items()))
    if tally.stopped:
        complain("stopped before the end; the same command goes on from there")
        return emit(rows) or INTERRUPTED
    return emit(rows) or (1 if tally.failures or tally.hidden or untold else 0)


def _show(preview: Preview) -> None:
    held = (preview.held,) if preview.held else ()
    asked = (("held", held), ("labels", preview.dress.labels), ("reviewers", preview.dress.reviewers))
    rows = "".join(f"{what}: {visible(', '.join(names))}\n" for what, names in asked if names)
    emit(f"== {visible(preview.repository)}: {preview.title}\n{rows}\n{preview.words}\n{preview.diff}\n")
