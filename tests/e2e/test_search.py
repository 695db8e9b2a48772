"""Show that the search finds a canary in each form and place, and says so when it searched nothing."""

import base64
import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest

from rewriter.inspect.needles import Scanner, forms
from tests.e2e.search import Channel, Evidence, Leak, leaks

CANARY = b'cnry/"+&\xc3\xbc8f2d1c'


def scan(data: bytes, *, piece: int = 7) -> frozenset[str]:
    scanner = Scanner(forms(CANARY))
    for start in range(0, len(data), piece):
        scanner.feed(data[start : start + piece])
    return scanner.close()


def zipped(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner", data)
    return buffer.getvalue()


@pytest.mark.parametrize("before", range(6))
@pytest.mark.parametrize("after", range(4))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode], ids=["base64", "urlsafe"])
def test_base64_is_found_at_every_offset(before: int, after: int, encode: Callable[[bytes], bytes]) -> None:
    assert scan(encode(b"x" * before + CANARY + b"y" * after))


def test_wrapped_base64_is_found() -> None:
    text = base64.encodebytes(b"x" * 50 + CANARY + b"y" * 50)
    assert b"\n" in text.strip()
    assert scan(text)


@pytest.mark.parametrize(
    "data",
    [
        b"a" + CANARY,
        quote(CANARY, safe="").encode(),
        quote(CANARY, safe="").lower().encode(),
        CANARY.hex().encode(),
        json.dumps(CANARY.decode(), ensure_ascii=False).encode(),
        gzip.compress(b"a" * 5000 + CANARY),
        gzip.compress(b"a") + gzip.compress(CANARY),
        gzip.compress(gzip.compress(CANARY)),
        lzma.compress(CANARY),
        bz2.compress(CANARY),
        zipped(CANARY),
    ],
    ids=["plain", "url", "url-lower", "hex", "json", "gzip", "gzip-twice", "nested", "xz", "bzip2", "zip"],
)
def test_form_is_found(data: bytes) -> None:
    assert scan(data)


def test_other_text_is_not_found() -> None:
    assert not scan(b"cnry" * 100 + gzip.compress(b"nothing") + base64.b64encode(b"cnry/8f2d1c"))
    assert not scan(b"\x1f\x8b\x08broken" * 10)
    assert not scan(b"PK\x03\x04broken" * 10)


def test_a_short_canary_is_refused() -> None:
    with pytest.raises(ValueError, match="needs 8 bytes"):
        forms(b"short")


def add(packed: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    packed.addfile(entry, io.BytesIO(data))


def packed(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in members.items():
            add(archive, name, data)
    return buffer.getvalue()


def saved(folder: Path, config: Mapping[str, object], layers: list[bytes]) -> Path:
    """Write what `docker save` gives: manifest, configuration, layers named by number."""
    names = [f"layer{number}" for number in range(len(layers))]
    rootfs = {"rootfs": {"diff_ids": [f"sha256:{name}" for name in names]}}
    manifest = [{"Config": "config.json", "Layers": names}]
    with tarfile.open(folder / "image.tar", "w") as archive:
        add(archive, "manifest.json", json.dumps(manifest).encode())
        add(archive, "config.json", json.dumps({**rootfs, **config}).encode())
        for name, layer in zip(names, layers, strict=True):
            add(archive, name, layer)
    return folder / "image.tar"


def test_each_place_of_an_image_is_named(tmp_path: Path) -> None:
    secret = CANARY.decode()
    config = {
        "config": {
            "Env": ["PATH=/bin", f"TOKEN={secret}"],
            "Labels": {"note": secret},
            "Cmd": ["run", secret],
        },
        "history": [{"created_by": "COPY"}, {"created_by": f"RUN |1 T={secret}"}],
    }
    layers = [packed(a=b"-" + CANARY), gzip.compress(packed(**{secret: b""})), b"{not a tar " + CANARY]
    found = leaks(CANARY, Evidence(saved(tmp_path, config, layers), log=f"fine\nthen {secret}\n"))
    assert found == (
        Leak(Channel.CONFIG, "config.Cmd[1]"),
        Leak(Channel.CONFIG, "config.Labels.note"),
        Leak(Channel.ENV, "TOKEN"),
        Leak(Channel.HISTORY, "history[1].created_by"),
        Leak(Channel.LAYER, "layer0:/a"),
        Leak(Channel.LAYER, f"layer1:/{secret} (entry)"),
        Leak(Channel.LAYER, "layer2"),
        Leak(Channel.LOG, "line 2"),
    )


def test_known_layers_are_skipped(tmp_path: Path) -> None:
    archive = saved(tmp_path, {"config": {}}, [packed(a=CANARY), packed(b=CANARY)])
    found = leaks(CANARY, Evidence(archive, known_layers=frozenset({"sha256:layer0"})))
    assert found == (Leak(Channel.LAYER, "layer1:/b"),)


def test_a_search_of_nothing_is_an_error(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "empty.tar", "w") as archive:
        add(archive, "manifest.json", b"[]")
    with pytest.raises(ValueError, match="nothing was searched"):
        leaks(CANARY, Evidence(tmp_path / "empty.tar"))
    (tmp_path / "cache").mkdir()
    with pytest.raises(ValueError, match="nothing was searched"):
        leaks(CANARY, Evidence(cache=tmp_path / "cache"))
    zstandard = saved(tmp_path, {"config": {}}, [b"\x28\xb5\x2f\xfd...."])
    with pytest.raises(ValueError, match="zstd"):
        leaks(CANARY, Evidence(zstandard))
