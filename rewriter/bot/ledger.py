"""Tell what was done: how each repository was left, and which credentials still have to be rotated."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from rewriter import rotation as issuers
from rewriter.bot.remind import CADENCE, DAY, SETTLED
from rewriter.bot.store import Credential, Store

FORMATS: Final = ("text", "json", "csv", "ics")
_FIELDS: Final = ("fingerprint", "name", "issuer", "where", "state", "age_days", "reminder", "places")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def status(store: Store) -> str:
    """Return a line for each repository."""
    rows = store.states()
    width = max((len(name) for name, _, _ in rows), default=0)
    return "".join(f"{name:<{width}}  {state}{f' ({detail})' if detail else ''}\n" for name, state, detail in rows)


def rotation(store: Store, form: str, now: float) -> str:
    """Return the ledger in one of `FORMATS`."""
    rows = [_row(store, one, now) for one in store.credentials()]
    match form:
        case "json":
            return json.dumps({"version": 1, "credentials": rows}, indent=2) + "\n"
        case "csv":
            stream = io.StringIO()
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(_FIELDS)
            writer.writerows([_cell(row[key]) for key in _FIELDS] for row in rows)
            return stream.getvalue()
        case "ics":
            return _calendar(store, now)
        case _:
            return "".join(map(_line, rows))


def _line(row: Mapping[str, str]) -> str:
    words = (
        row["fingerprint"][:8],
        f"{row['state']:<16}",
        f"{row['age_days']:>4} d",
        f"{row['name']} ({row['issuer']})",
    )
    return "  ".join((*words, *filter(None, [row["reminder"]]))) + "\n"


def _row(store: Store, one: Credential, now: float) -> dict[str, str]:
    issuer = issuers.provider(one.provider)
    places = [f"{store.name(repo)}:{place.path}:{place.line}" for repo, place in store.places(one.fingerprint)]
    return {
        "fingerprint": one.fingerprint,
        "name": one.name,
        "issuer": issuer.title,
        "where": issuer.where,
        "state": one.state,
        "age_days": str(int((now - one.first_seen) / DAY)),
        "reminder": f"{one.home}#{one.number}" if one.number else "",
        "places": " ".join(places),
    }


def _cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _calendar(store: Store, now: float) -> str:
    from icalendar import Calendar, Event, Todo  # noqa: PLC0415 (an export's alone)

    calendar = Calendar()
    calendar.add("prodid", "-//unbake//rotation//EN")
    calendar.add("version", "2.0")
    for one in store.credentials():
        if one.state in SETTLED:
            continue
        seen = datetime.fromtimestamp(one.first_seen, UTC)
        todo: Todo | Event = Todo()
        todo.add("uid", f"{one.fingerprint}@unbake")
        todo.add("dtstamp", datetime.fromtimestamp(now, UTC))
        todo.add("due", (seen + timedelta(days=CADENCE[2])).date())
        todo.add("summary", f"Rotate {one.name}")
        todo.add("description", issuers.provider(one.provider).where)
        calendar.add_component(todo)
    text: bytes = calendar.to_ical()
    return text.decode("utf-8")
