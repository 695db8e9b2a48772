"""Keep what podman and Buildah build in a store of its own, which goes as a whole.

An interrupted build leaves working containers and images without a name in their store, and nothing tells them
from those of other builds. So the builds get a store in a folder of ours; the images that are there already are seen
through it, read-only. See https://docs.podman.io/en/stable/markdown/podman.1.html (`--root`, `--storage-opt`).
"""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from rewriter.errors import InspectionError
from rewriter.inspect.engine import Engine
from rewriter.inspect.oci import Json, at, text

_RUN_LENGTH: Final = 50
"""A longer path of its run-time folder podman does not take."""
_CLEAN: Final = 'cd "$0" && { umount -l graph/overlay/*/merged graph/overlay 2>/dev/null; rm -rf graph "$1"; }'


class Store:
    """Be a store in a folder; make it before the first command that uses it, and remove it after the last."""

    def __init__(self, home: Path) -> None:
        self._home: Final = home
        self._run = home / "run"
        if len(str(self._run)) > _RUN_LENGTH:
            self._run = Path(tempfile.mkdtemp(prefix="unbake-verify-", dir="/tmp"))

    def words(self, engine: Engine) -> tuple[str, ...]:
        """Return the options that name the store; none where podman serves from another machine."""
        try:
            found: Json = json.loads(engine.must("info", *(() if engine.name == "buildah" else ("--format=json",))))
        except ValueError as error:
            raise InspectionError(f"{engine.name} gives an answer that is no JSON") from error
        driver, root, options = (_stored(found, name) for name in ("DriverName", "Root", "Options"))
        if at(found, "host", "serviceIsRemote") is True or not isinstance(driver, str) or not isinstance(root, str):
            return ()
        words = [f"--root={self._home / 'graph'}", f"--runroot={self._run}", f"--storage-driver={driver}"]
        words.append(f"--storage-opt={driver}.imagestore={root}")
        program = text(options, f"{driver}.mount_program", "Executable")
        if program:
            words.append(f"--storage-opt={driver}.mount_program={program}")
        return tuple(words)

    def remove(self, engine: Engine) -> None:
        """Take it away, what is mounted in it first; without root its files belong to users of podman's own."""
        places = (str(self._home), str(self._run))
        with suppress(InspectionError):
            if not engine.run("unshare", "sh", "-c", _CLEAN, *places).ok:
                Engine("sh", engine.environment).run("-c", _CLEAN, *places)
        shutil.rmtree(self._run, ignore_errors=True)


def _stored(found: Json, name: str) -> Json:
    """Return what is told of the store; Buildah writes the names in capitals."""
    return at(found, "store", f"graph{name}") or at(found, "store", f"Graph{name}")
