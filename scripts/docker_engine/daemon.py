"""Start and stop the daemon; end no process but those that were started from this folder."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from docker_engine.client import our_version
from docker_engine.place import Place
from docker_engine.process import EngineError, run, say, tail
from docker_engine.processes import interrupt, kill_tree, program_of, running_from

_START_SECONDS: Final = 120.0
_STOP_SECONDS: Final = 45.0
_DAEMON: Final = "usr/sbin/dockerd"
_PROGRAMS: Final = ("usr/bin/containerd", "usr/bin/containerd-shim-runc-v2", "usr/sbin/docker-proxy")
_SETTINGS: Final = {
    "features": {"containerd-snapshotter": True},
    "builder": {"gc": {"enabled": True, "defaultKeepStorage": "3GB"}},
}
"""containerd's image store is the only one that keeps provenance with an image and can export a cache; what
builds leave in BuildKit's cache stays bounded.
"""
_RECORDS: Final = ("containerd/daemon/*/*.db", "buildkit/*.db", "buildkit/*/*.db")
_LARGEST_RECORDS: Final = 192 * 1024 * 1024
"""The databases of containerd and BuildKit never shrink; dockerd gives containerd 15 s to open its own, which one
of 400 MB does not keep on a disk that has not read it yet.
"""
_HINTS: Final = (
    (
        r"iptables|nf_tables|nat table",
        "the kernel offers no NAT to iptables: load its modules, or use another machine",
    ),
    (r"cgroup", "no usable cgroup hierarchy is mounted: mount -t cgroup2 none /sys/fs/cgroup"),
    (r"address already in use", "another daemon uses this folder: set UNBAKE_ENGINE_DIR to another one"),
    (
        r"overlay|snapshotter",
        "the folder's file system holds no overlays: set UNBAKE_ENGINE_DIR to one on ext4 or xfs",
    ),
    (r"no space left", "the disk is full"),
    (r"docker0|overlapping|bridge", "the network bridge cannot be made: see `ip address`"),
)


def start(place: Place, environ: Mapping[str, str]) -> str:
    """Start the daemon, wait until it answers, and return its version.

    What the engine keeps can be made again: it is given up where it has grown too large to start with, or where
    the daemon does not start with it.
    """
    mounts = Path("/proc/mounts").read_text(encoding="utf-8")
    if not re.search(r"^\S+ \S+ cgroup2? ", mounts, re.MULTILINE):
        raise EngineError("no cgroup hierarchy is mounted; mount one: mount -t cgroup2 none /sys/fs/cgroup")
    stop(place)
    shutil.rmtree(place.discarded, ignore_errors=True)
    records = sum(file.stat().st_size for pattern in _RECORDS for file in place.data.glob(pattern))
    if records > _LARGEST_RECORDS:
        say(f"the engine's records have grown to {records // 2**20} MB: starting with none; images are made again")
        _discard(place)
    try:
        return _started(place, environ)
    except EngineError as error:
        if not place.data.is_dir():
            raise
        say(f"{error}\nTrying once more, without what the engine had kept")
        _discard(place)
        return _started(place, environ)


def _started(place: Place, environ: Mapping[str, str]) -> str:
    daemon = _spawn(place, environ)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and daemon.poll() is None:
        version = our_version(place, environ)
        if version is not None:
            return version
        time.sleep(0.3)
    status = daemon.poll()
    if status is None:
        daemon.kill()
        daemon.wait()
    _end_leftovers(place)
    raise EngineError(_failure(place, status))


def _discard(place: Place) -> None:
    """Take the data out of the way at once, so that a run cut short leaves no half of it, then delete it.

    A daemon that was killed leaves the folder, and what lies in it, mounted on itself.
    """
    if place.data.is_dir():
        mounts = (line.split()[1] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines())
        for mount in sorted((mount for mount in mounts if Path(mount).is_relative_to(place.data)), reverse=True):
            run(["umount", "--lazy", mount], timeout=30)
        place.data.rename(place.discarded)
        shutil.rmtree(place.discarded, ignore_errors=True)


def stop(place: Place) -> bool:
    """Stop the daemon that was started here, if it runs; leave none of its processes behind."""
    pid = running(place)
    if pid is not None and not interrupt(pid, _STOP_SECONDS):
        say(f"the daemon {pid} does not end; killing it")
        kill_tree(pid)
    _end_leftovers(place)
    return pid is not None


def running(place: Place) -> int | None:
    """Return our daemon's process id: the pid file names it, and its program is the one unpacked here."""
    try:
        pid = int(place.pidfile.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return pid if program_of(pid) == place.programs.resolve() / _DAEMON else None


def _spawn(place: Place, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    settings = place.root / "daemon.json"
    settings.write_text(json.dumps(_SETTINGS), encoding="utf-8")
    command = [
        str(place.programs / _DAEMON),
        f"--config-file={settings}",
        f"--data-root={place.data}",
        f"--exec-root={place.root / 'exec'}",
        f"--host={place.host}",
        f"--pidfile={place.pidfile}",
    ]
    kept = {name: value for name, value in environ.items() if not name.startswith(("DOCKER_", "BUILDX_"))}
    path = place.exports(environ)["PATH"] + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"
    with place.log.open("wb") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**kept, "PATH": path},
            cwd="/",
            start_new_session=True,
        )


def _failure(place: Place, status: int | None) -> str:
    log = place.log.read_text(encoding="utf-8", errors="replace")
    what = f"did not answer within {_START_SECONDS:.0f} s" if status is None else f"ended with status {status}"
    complaints = "\n".join(re.findall(r".*(?:level=error|level=fatal|fail).*", log)[-5:])
    hints = [hint for pattern, hint in _HINTS if re.search(pattern, complaints, re.IGNORECASE)]
    advice = "".join(f"\nPerhaps {hint}." for hint in hints[:2])
    return f"the daemon {what}; its log ({place.log}) ends:\n{tail(log, 12)}{advice}"


def _end_leftovers(place: Place) -> None:
    """Clear away what a daemon that was killed left behind: containerd, the shims of containers, pid files."""
    programs = place.programs.resolve()
    for pid in running_from(programs / name for name in _PROGRAMS):
        say(f"ending the leftover process {pid}")
        kill_tree(pid)
    for pidfile in (place.pidfile, place.root / "exec/containerd/containerd.pid"):
        pidfile.unlink(missing_ok=True)
