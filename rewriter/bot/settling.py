"""Keep what the organisation settles as it is now, for a process that lives long and makes no discovery.

It is read anew before a visit when somebody said that it may have changed, and in any case when it is older than a
quarter of an hour. Where it cannot be read, or says what cannot be meant, what was settled before goes on to hold.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from rewriter.bot.options import Options
from rewriter.bot.organisation import REPOSITORY, settles
from rewriter.bot.stopping import StoppedError
from rewriter.bot.store import Known
from rewriter.bot.visit import Bot, failed
from rewriter.errors import UnbakeError
from rewriter.record import replace

FRESH: Final = 900.0


class Settling:
    """Give the bot with what is settled at the moment."""

    def __init__(self, bot: Bot, settle: Callable[[], Options], note: Callable[[str, Known], None]) -> None:
        self._bot = bot
        self._settle: Final = settle
        self._note: Final = note
        self._read = bot.clock.now()
        self._stale = False
        self._lock: Final = threading.Lock()

    def told(self, name: str) -> None:
        """Take note of a repository to which something happened: it may be the one that settles."""
        if settles(self._bot.options.owner, name):
            self._stale = True

    def bot(self) -> Bot:
        """Return the bot; one thread at a time looks whether something else is settled by now."""
        with self._lock:
            now = self._bot.clock.now()
            if self._stale or now - self._read >= FRESH:
                self._stale, self._read = False, now  # before it is read: what is told meanwhile is read again
                try:
                    self._bot = replace(self._bot, options=self._settle())
                except StoppedError:
                    raise
                except UnbakeError as error:
                    self._note(f"{self._bot.options.owner}/{REPOSITORY}", failed(error))
            return self._bot
