"""Options and fixtures of the whole test suite."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

if "CI" not in os.environ:  # there, Hypothesis's own profile leaves time out too
    settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("patient")


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's job in the background; its children would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update",
        action="store_true",
        help="write the expectations of corpus cases; a person reads the diff",
    )
