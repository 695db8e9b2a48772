from __future__ import annotations

import jinja2
import pytest

from rewriter.errors import UnbakeError
from rewriter.template import render, source


def test_renders_and_keeps_the_final_newline() -> None:
    groups = [{"title": "A", "lines": ["x", "<y>"]}, {"title": "B", "lines": ["z"]}]
    assert render("dockerignore.j2", groups=groups).endswith("# A\nx\n<y>\n\n# B\nz\n")
    assert render("gitignore.j2", groups=groups).endswith("# A\nx\n<y>\n\n# B\nz\n")


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render("dockerignore.j2")


def test_a_template_that_is_missing_is_named() -> None:
    with pytest.raises(UnbakeError, match="nothing"):
        source("nothing.j2")
