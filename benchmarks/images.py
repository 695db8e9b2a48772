"""Measure how `unbake verify` reads a large image, beside `tar -tf`, a plain read, the provider scan, and gitleaks.

    python -m benchmarks.images [IMAGE.tar] [MEGABYTES]

Without an archive one is made of files of this machine (programs, libraries, Python sources), a token hidden in it.
The provider scan is what one bound of our time is made of, and there are two of it over every file of every layer:
`judgement.provider_token` over the whole text, timed over a part and scaled, and the search of `inspect.tokens` in
windows, which hands only what surrounds a beginning to the first; the bound from the second is the hard one. gitleaks,
where it is on the PATH, is run over the unpacked layers.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rewriter.inspect.tokens import WINDOW, tokens
from rewriter.judgement import provider_token
from rewriter.model.text import decode

_SOURCES: Final = ("/usr/lib", "/usr/bin", "/usr/share")
_TOKEN: Final = "ghp_" + "A1b2C3d4E5" * 3 + "f6G7h8"
_SAMPLE: Final = 40_000_000
_LAYERS: Final = 5


def main() -> None:
    """Measure, and print a line for each figure."""
    with tempfile.TemporaryDirectory() as folder:
        given = Path(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].endswith(".tar") else None
        size = int(sys.argv[-1]) if sys.argv[-1].isdigit() else 1000
        archive = given or made(Path(folder), size * 1_000_000)
        print(f"{archive.stat().st_size / 1e6:,.0f} MB")
        listed = measured("tar -tf", ["tar", "-tf", str(archive)])
        read = plain_read(archive)
        scanned, searched = provider_scan(archive), token_search(archive)
        words = [sys.executable, "-m", "rewriter", "verify", "-q", str(archive)]
        seconds = measured("unbake verify", words)
        for label, scan in (("provider scan", scanned), ("token search", searched)):
            allowed = 1.5 * (listed + read + scan)
            print(f"  {seconds / allowed:.2f} of what is allowed with the {label}: {allowed:,.1f} s, and 200 MB")
        gitleaks(archive, Path(folder))


def made(folder: Path, size: int) -> Path:
    """Return the archive of an image of about a size, made of this machine's files."""
    names = [folder / f"layer{number}.tar" for number in range(_LAYERS)]
    files = walked()
    for number, name in enumerate(names):
        room = size // _LAYERS
        with tarfile.open(name, "w") as layer:
            for path in files:
                try:
                    layer.add(path, arcname=f"opt/{number}{path}", recursive=False)
                except OSError:
                    continue
                room -= path.stat().st_size
                if room <= 0:
                    break
            if number == 1:
                data = f"token = {_TOKEN}\n".encode()
                entry = tarfile.TarInfo("srv/settings")
                entry.size = len(data)
                layer.addfile(entry, io.BytesIO(data))
    history = [{"created_by": f"COPY {name.name} / # buildkit"} for name in names]
    config = json.dumps({"os": "linux", "architecture": "amd64", "config": {}, "history": history})
    manifest = json.dumps([{"Config": "config.json", "RepoTags": ["big:1"], "Layers": [name.name for name in names]}])
    archive = folder / "image.tar"
    with tarfile.open(archive, "w") as packed:
        for name in names:
            packed.add(name, arcname=name.name)
            name.unlink()
        for title, text in (("config.json", config), ("manifest.json", manifest)):
            entry = tarfile.TarInfo(title)
            entry.size = len(text.encode())
            packed.addfile(entry, io.BytesIO(text.encode()))
    return archive


def walked() -> Iterator[Path]:
    """Yield files of this machine again and again, one after the other."""
    while True:
        for source in _SOURCES:
            for folder, _, files in os.walk(source):
                for name in files:
                    path = Path(folder, name)
                    if path.is_file() and not path.is_symlink():
                        yield path


def measured(label: str, words: list[str]) -> float:
    """Run a command, print its seconds and the most memory that it had, and return the seconds."""
    began = time.monotonic()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    own = usage.ru_utime + usage.ru_stime
    print(f"{label:<16} {seconds:8.1f} s  {own:8.1f} s of processor  {usage.ru_maxrss / 1024:6.0f} MB peak")
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"{label} failed")
    return seconds


def plain_read(archive: Path) -> float:
    """Return the seconds of reading every byte once."""
    began = time.monotonic()
    with archive.open("rb", buffering=0) as stream:
        while stream.read(1 << 20):
            pass
    seconds = time.monotonic() - began
    print(f"{'plain read':<16} {seconds:8.1f} s")
    return seconds


def provider_scan(archive: Path) -> float:
    """Return the seconds of the provider scan over the files of the layers, timed over the first part of each."""
    done = total = 0
    seconds = 0.0
    with tarfile.open(archive) as packed:
        for member in packed:
            stream = packed.extractfile(member) if member.isfile() and "layer" in member.name else None
            if stream is None:
                continue
            total += member.size
            room = _SAMPLE // _LAYERS
            with tarfile.open(fileobj=stream, mode="r:*") as layer:
                for entry in layer:
                    content = layer.extractfile(entry) if entry.isfile() else None
                    if content is None:
                        continue
                    data = content.read()
                    began = time.monotonic()
                    provider_token(decode(data))
                    seconds += time.monotonic() - began
                    done += min(len(data), 4_000_000)
                    room -= len(data)
                    if room <= 0:
                        break
    scaled = seconds * total / max(done, 1)
    print(f"{'provider scan':<16} {scaled:8.1f} s  (timed over {done / 1e6:,.0f} MB)")
    return scaled


def token_search(archive: Path) -> float:
    """Return the seconds of the search for tokens in windows, over every file of every layer."""
    seconds = 0.0
    with tarfile.open(archive) as packed:
        for member in packed:
            stream = packed.extractfile(member) if member.isfile() and "layer" in member.name else None
            if stream is None:
                continue
            with tarfile.open(fileobj=stream, mode="r:*") as layer:
                for entry in layer:
                    content = layer.extractfile(entry) if entry.isfile() else None
                    while content is not None and (window := content.read(WINDOW)):
                        began = time.monotonic()
                        for _ in tokens(window, text=b"\0" not in window[:8000]):
                            pass
                        seconds += time.monotonic() - began
    print(f"{'token search':<16} {seconds:8.1f} s")
    return seconds


def gitleaks(archive: Path, folder: Path) -> None:
    """Run gitleaks over the unpacked layers, where it is installed."""
    if shutil.which("gitleaks") is None:
        print("gitleaks         not on the PATH")
        return
    unpacked = folder / "unpacked"
    unpacked.mkdir()
    with tarfile.open(archive) as packed:
        for member in packed:
            stream = packed.extractfile(member) if member.isfile() and "layer" in member.name else None
            if stream is not None:
                with tarfile.open(fileobj=stream, mode="r:*") as layer:
                    layer.extractall(unpacked, filter="data")
    measured("gitleaks", ["gitleaks", "dir", "--no-banner", "--exit-code=0", str(unpacked)])


if __name__ == "__main__":
    main()
