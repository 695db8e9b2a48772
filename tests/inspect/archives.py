"""Write images as archives and folders, by hand, so that each piece of them can be wrong."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rewriter.inspect.engine import Engine
from rewriter.inspect.image import Known
from rewriter.inspect.look import look
from rewriter.inspect.target import Named, Sort
from rewriter.model.inspection import Inspection

TOKEN = "ghp_" + "A1b2C3d4E5" * 3 + "f6G7h8"
"""An inert token in a provider's shape."""

NPMRC = f"//registry.example.com/:_authToken={TOKEN}\n".encode()


@dataclass(frozen=True, slots=True)
class Link:
    """Be a link in a layer."""

    target: str
    hard: bool = True


def layer(files: Mapping[str, bytes | Link | None]) -> bytes:
    """Return a layer; None makes a folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files.items():
            add(archive, name, content)
    return buffer.getvalue()


def add(archive: tarfile.TarFile, name: str, content: bytes | Link | None) -> None:
    """Add one entry."""
    info = tarfile.TarInfo(name)
    match content:
        case bytes():
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        case Link(target=target, hard=hard):
            info.type, info.linkname = (tarfile.LNKTYPE if hard else tarfile.SYMTYPE), target
            archive.addfile(info)
        case None:
            info.type = tarfile.DIRTYPE
            archive.addfile(info)


def config(
    layers: Sequence[bytes], history: Sequence[Mapping[str, object]] = (), own: Mapping[str, object] | None = None
) -> bytes:
    """Return a configuration; without a history, one COPY a layer."""
    entries = list(history) or [{"created_by": f"COPY {number} / # buildkit"} for number in range(len(layers))]
    ids = [f"sha256:{hashlib.sha256(each).hexdigest()}" for each in layers]
    document = {"os": "linux", "architecture": "amd64", "config": own or {}, "history": entries}
    return json.dumps({**document, "rootfs": {"type": "layers", "diff_ids": ids}}).encode()


def docker_archive(layers: Sequence[bytes], configuration: bytes | None = None) -> dict[str, bytes | Link | None]:
    """Return the members of what the classic `docker save` writes."""
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    manifest = [{"Config": "config.json", "RepoTags": ["app:1"], "Layers": names}]
    return {
        **dict(zip(names, layers, strict=True)),
        "config.json": configuration or config(layers),
        "manifest.json": json.dumps(manifest).encode(),
    }


def oci_layout(blobs: Sequence[bytes], configuration: bytes, extra: Sequence[bytes] = ()) -> dict[str, bytes]:
    """Return the files of an OCI layout whose layers are blobs as given; `extra` are statements attested of it."""
    stored: dict[str, bytes] = {}

    def store(data: bytes) -> dict[str, object]:
        digest = hashlib.sha256(data).hexdigest()
        stored[f"blobs/sha256/{digest}"] = data
        return {"digest": f"sha256:{digest}", "size": len(data)}

    manifest = store(json.dumps({"config": store(configuration), "layers": [store(each) for each in blobs]}).encode())
    manifests: list[dict[str, object]] = [manifest]
    if extra:
        attested = {"config": store(b"{}"), "layers": [store(each) for each in extra]}
        notes = {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": str(manifest["digest"]),
        }
        manifests.append({**store(json.dumps(attested).encode()), "annotations": notes})
    index = json.dumps({"schemaVersion": 2, "manifests": manifests}).encode()
    return {**stored, "index.json": index, "oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}


def write(path: Path, members: Mapping[str, bytes | Link | None], *, compress: bool = False) -> Path:
    """Write an archive."""
    data = layer(members)
    path.write_bytes(gzip.compress(data) if compress else data)
    return path


def lay_out(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write a layout as a folder."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def looked(path: Path, known: Known | None = None) -> Inspection:
    """Look into an archive or a folder."""
    sort = Sort.LAYOUT if path.is_dir() else Sort.ARCHIVE
    return look(Named(sort, str(path)), Engine(), known or Known())
