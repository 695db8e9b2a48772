"""Turn what goes wrong into an exit status and one line on standard error, without a secret in it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from rewriter.cli.dispatch import dispatch
from rewriter.cli.output import INTERNAL, complain
from rewriter.errors import RepositoryError, UnbakeError, UsageError
from rewriter.render.visible import visible

USAGE = 2
INTERRUPTED = 130
DEBUG = "UNBAKE_DEBUG"


def guarded(words: Sequence[str]) -> int:
    """Run what the words name; return 2 for a fault of use, 3 for one of ours, 130 when interrupted."""
    try:
        return dispatch(words)
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    except (UsageError, RepositoryError) as error:
        complain(visible(str(error)))
        return USAGE
    except UnbakeError as error:
        complain(visible(str(error)))
        _explain(error)
        return INTERNAL
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 (the last resort: its message may hold a value, so only its kind is shown)
        complain(f"internal fault ({type(error).__name__}); please report it, with what {DEBUG}=1 adds")
        _explain(error)
        return INTERNAL


def _explain(error: BaseException) -> None:
    """Show where a fault arose, if asked to: places and kinds, never a message or a variable."""
    if os.environ.get(DEBUG) != "1":
        return
    import traceback  # noqa: PLC0415 (start-up time)

    for fault in _chain(error):
        for frame in traceback.extract_tb(fault.__traceback__):
            complain(f"  {visible(frame.filename)}:{frame.lineno} in {frame.name}")
        complain(f"  {type(fault).__name__}")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield a fault and those that led to it, each once."""
    seen: set[int] = set()
    fault: BaseException | None = error
    while fault is not None and id(fault) not in seen:
        seen.add(id(fault))
        yield fault
        fault = fault.__cause__ or fault.__context__
