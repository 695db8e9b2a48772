"""Read the page of a rule, `docs/rules/NAME.md`; it lies in the package once that is installed."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from rewriter.errors import UnbakeError


def page(rule: str) -> str:
    """Return the Markdown of the page of a rule that is known by that name."""
    inside = files("rewriter").joinpath("pages", f"{rule}.md")
    beside = Path(__file__).resolve().parent.parent / "docs" / "rules" / f"{rule}.md"
    for place in (inside, beside):
        if place.is_file():
            return place.read_text(encoding="utf-8")
    raise UnbakeError(f"the page of {rule} is missing from this installation; install unbake again")
