"""Judge one file of a layer as it streams by: its name, its content, tokens in it, what it holds packed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from rewriter.errors import InspectionError
from rewriter.inspect import tar
from rewriter.inspect.distribution import is_distribution, is_package, is_program
from rewriter.inspect.streams import CHUNK, Bounds, GrowthError, Reader, Source, compression, unpacked
from rewriter.inspect.tokens import OVERLAP, WINDOW, Found, tokens
from rewriter.judgement import Category, FileVerdict, credential_file, file_content, url_credentials
from rewriter.model.masked import Masked
from rewriter.model.secret import Confidence
from rewriter.model.text import decode
from rewriter.record import Record, replace

DEPTH: Final = 2
"""An archive in an archive is looked into, one inside of that is not."""
PACKED: Final = Bounds(ratio=120, free=1 << 24, largest=1 << 28)
"""What is packed inside a layer unpacks to this much at most, or is read that far only."""
NAMED_LIMIT: Final = 2 * WINDOW
URL_LIMIT: Final = 1 << 18
HITS: Final = 50
"""More findings in one file than this say nothing new."""

_TESTED_WITH: Final = frozenset({"private-key", "jwt"})
"""A library that signs brings keys of its own for its tests; they are published with it."""
_USERINFO: Final = re.compile(rb"[A-Za-z][A-Za-z0-9+.\-]{1,20}://[^/\s@:'\"<>]{0,100}:[^/\s@'\"<>]{3,300}@")


class Hit(Record):
    """Say what a file holds: `kind` names it, `inside` is the path in an archive that the file is."""

    kind: str
    category: Category
    confidence: Confidence
    values: tuple[Masked, ...]
    form: str = ""
    inside: str = ""


def examine(
    path: str, size: int, content: Reader, depth: int = DEPTH, *, cut: Callable[[str, str], None] | None = None
) -> tuple[Hit, ...]:
    """Return what the file at a path (relative to the image's root) holds; its bytes are read once.

    `cut` is told the path of a packed file that is not read to its end because it grows too large, and why.
    """
    if is_distribution(path):
        return ()
    named = None if is_package(path) else credential_file(path)
    source = Source(content)
    head = source.peek(tar.BLOCK)
    if depth and named is None and _is_packed(head):
        return _unique(_packed(path, source, depth, cut))
    return _unique(_windows(path, size, source, named))


def _unique(hits: Iterator[Hit]) -> tuple[Hit, ...]:
    """Return the hits without those that only repeat a value, or a part of one, that an earlier one has."""
    kept: list[Hit] = []
    for hit in hits:
        if not any(_repeats(hit, other) for other in kept):
            kept.append(hit)
        if len(kept) >= HITS:
            break
    return tuple(kept)


def _repeats(hit: Hit, other: Hit) -> bool:
    if hit.inside != other.inside:
        return False
    known = [value.reveal() for value in other.values]
    return bool(hit.values) and all(any(value.reveal() in one for one in known) for value in hit.values)


def _windows(path: str, size: int, source: Source, named: FileVerdict | None) -> Iterator[Hit]:
    """Look through the bytes in windows that overlap, so that memory is bounded and no border hides a token."""
    window = source.exactly(WINDOW)
    text = b"\0" not in window[:8000]
    if named is not None:
        if size > len(window):
            window += source.exactly(NAMED_LIMIT - WINDOW)
        yield from _by_name(path, window, named)
    elif text and size <= URL_LIMIT and not is_package(path):
        yield from _urls(window)
    published = is_package(path) or (not text and is_program(path))
    while window:
        for found in tokens(window, text=text and not published):
            if not published or found.match.provider not in _TESTED_WITH:
                yield _token(found)
        more = source.exactly(WINDOW - OVERLAP)
        window = window[-OVERLAP:] + more if more else b""


def _by_name(path: str, data: bytes, named: FileVerdict) -> Iterator[Hit]:
    verdict = file_content(path, data)
    if verdict.secret:
        yield Hit(named.kind, named.category, Confidence.HIGH, verdict.values)


def _urls(data: bytes) -> Iterator[Hit]:
    if not _USERINFO.search(data):
        return
    text = decode(data)
    for url in url_credentials(text):
        if url.literal and not url.placeholder:
            yield Hit("url-credential", url.category, Confidence.MEDIUM, (Masked(url.secret.of(text)),))


def _token(found: Found) -> Hit:
    match = found.match
    form = "base64" if found.encoded else ""
    return Hit(match.provider, match.category, match.confidence, (Masked(found.text),), form)


def _is_packed(head: bytes) -> bool:
    return bool(compression(head)) or tar.is_tar(head)


def _packed(path: str, source: Source, depth: int, cut: Callable[[str, str], None] | None) -> Iterator[Hit]:
    """Look into a compressed file or an archive; what is broken or grows too large is read as far as it goes."""
    form = compression(source.peek(tar.BLOCK)) or "tar"
    plain = unpacked(source, PACKED)
    name = re.sub(r"\.(?:gz|tgz|zst|xz|bz2|tar)$", "", path.rsplit("/", 1)[-1])
    try:
        if tar.is_tar(plain.peek(tar.BLOCK)):
            for entry, content in tar.entries(plain):
                if entry.type is tar.Type.FILE:
                    inside = entry.name.removeprefix("./").lstrip("/")
                    for hit in examine(inside, entry.size, content, depth - 1, cut=cut):
                        yield replace(hit, form=form, inside=inside)
        else:
            folder = path.rpartition("/")[0]
            for hit in examine(f"{folder}/{name}".lstrip("/"), CHUNK, plain, depth - 1, cut=cut):
                yield replace(hit, form=form)
    except GrowthError as error:
        if cut is not None:
            cut(path, str(error))
    except InspectionError:
        return
