"""Load what a process of the bot needs, by doing once what it does; processes are forked from the one that has it."""

from __future__ import annotations

import rewriter.bot.engine
import rewriter.bot.metrics
import rewriter.bot.postgres
import rewriter.bot.worker
import rewriter.cli.bot
from rewriter import pipeline
from rewriter.bot import texts
from rewriter.cli import dispatch
from rewriter.model.patch import Patched
from rewriter.model.text import encode
from rewriter.settings import Settings
from rewriter.tree.repository import MemoryRepository
from tests.bot.world import leaky

LOADED = (
    rewriter.bot.engine,
    rewriter.bot.metrics,
    rewriter.bot.postgres,
    rewriter.bot.worker,
    rewriter.cli.bot,
    dispatch,
)

_outcome = pipeline.fix(MemoryRepository({name: encode(text) for name, text in leaky().items()}), Settings())
assert isinstance(_outcome, Patched)
texts.pull_request(_outcome.report, _outcome.patch)
