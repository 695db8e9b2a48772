"""Show in which forms a known value is found in what a build leaves behind."""

from __future__ import annotations

import base64

from rewriter.inspect.hunt import Hunter

VALUE = b"cnry" + b"0123456789abcdef" * 6


def test_base64_in_lines_is_found() -> None:
    written = base64.encodebytes(b"x" * 50 + VALUE + b"y" * 50)
    assert not any(VALUE in base64.b64decode(line) for line in written.splitlines())
    assert {secret for secret, _ in Hunter({"token": VALUE}).text(written.decode())} == {"token"}
