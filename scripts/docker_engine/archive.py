"""Write an image archive that `docker load` reads, and the layers in it."""

import gzip
import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PATH: Final = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Image:
    """Describe one image: its name, how many of the archive's layers it has, and its default command."""

    name: str
    layers: int
    command: str


def write_archive(
    archive: Path, layers: Sequence[Path], images: Sequence[Image], *, architecture: str, origin: str
) -> None:
    """Pack layers, and images that stand on the first ones of them."""
    ids = ["sha256:" + _digest(layer) for layer in layers]
    files = [f"layer{number}.tar.gz" for number in range(len(layers))]
    manifest = []
    with tarfile.open(archive, "w") as packed:
        for layer, file in zip(layers, files, strict=True):
            compressed = _compressed(layer)
            packed.add(compressed, file, filter=_plain)
            compressed.unlink()
        for image in images:
            config = {
                "architecture": architecture,
                "os": "linux",
                "config": {"Env": [_PATH], "Cmd": [image.command], "WorkingDir": "/"},
                "rootfs": {"type": "layers", "diff_ids": ids[: image.layers]},
                "history": [{"created": "1970-01-01T00:00:00Z", "created_by": origin}] * image.layers,
            }
            text = json.dumps(config).encode()
            config_name = hashlib.sha256(text).hexdigest() + ".json"
            _add(packed, config_name, text)
            manifest.append({"Config": config_name, "RepoTags": [image.name], "Layers": files[: image.layers]})
        _add(packed, "manifest.json", json.dumps(manifest).encode())


def write_difference(layer: Path, *, base: Path, full: Path) -> None:
    """Pack a layer of what is new or changed in a file tree, devices apart; nothing of the base may be gone."""
    with tarfile.open(base) as packed:
        before = {_state(entry) for entry in packed}
    with tarfile.open(full) as packed, tarfile.open(layer, "w") as added:
        for entry in packed:
            if _state(entry) not in before and not entry.name.startswith("./dev/"):
                added.addfile(entry, packed.extractfile(entry) if entry.isreg() else None)


def _state(entry: tarfile.TarInfo) -> tuple[str, bytes, int, int, str, int, int, int]:
    name = entry.name.removeprefix("./")
    return name, entry.type, entry.size, entry.mode, entry.linkname, entry.uid, entry.gid, int(entry.mtime)


def write_layer(layer: Path, *, files: Mapping[str, bytes | str], folders: Mapping[str, int]) -> None:
    """Pack a layer of programs, of links (a target as text) and of folders with their modes."""
    with tarfile.open(layer, "w") as packed:
        for name, mode in folders.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            packed.addfile(entry)
        for name, content in files.items():
            if isinstance(content, bytes):
                _add(packed, name, content, mode=0o755 if name.startswith("bin/") else 0o644)
            else:
                entry = tarfile.TarInfo(name)
                entry.type, entry.linkname = tarfile.SYMTYPE, content
                packed.addfile(entry)


def _add(packed: tarfile.TarFile, name: str, content: bytes, *, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    packed.addfile(entry, io.BytesIO(content))


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry


def _compressed(layer: Path) -> Path:
    """Compress a layer: the engine keeps it as it comes, and is slow to save large ones."""
    compressed = layer.with_suffix(".tar.gz")
    with layer.open("rb") as plain, gzip.GzipFile(compressed, "wb", compresslevel=5, mtime=0) as stream:
        shutil.copyfileobj(plain, stream, _CHUNK)
    return compressed


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
