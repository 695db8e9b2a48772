"""Run the command line: `python -m rewriter`."""

from __future__ import annotations

import sys

from rewriter.cli.main import command

sys.exit(command())
