"""Fill in the texts that come with unbake, `templates/*.j2`.

They lie in the package once it is installed, and beside it in a checkout.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from rewriter.errors import UnbakeError


def render(name: str, /, **values: object) -> str:
    """Return a template filled in; a value that it names and does not get is an error, HTML is escaped."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=FunctionLoader(source),
        undefined=StrictUndefined,
        autoescape=name.removesuffix(".j2").endswith((".html", ".htm", ".svg")),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name).render(values)


def source(name: str) -> str:
    """Return a template as it is written."""
    inside = files("rewriter").joinpath("templates", name)
    beside = Path(__file__).resolve().parent.parent / "templates" / name
    for place in (inside, beside):
        if place.is_file():
            return place.read_text(encoding="utf-8")
    raise UnbakeError(f"template {name} is missing from this installation; install unbake again")
