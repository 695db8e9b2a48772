"""Judge what a build leaves behind outside of its image: its log, and a cache that was exported."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from rewriter.documents.dockerfile import Dockerfile
from rewriter.errors import InspectionError
from rewriter.inspect.archive import blobs_of_folder, gather, opened
from rewriter.inspect.commands import in_shell, in_text
from rewriter.inspect.history import Pair, read_step
from rewriter.inspect.image import short
from rewriter.inspect.look import judged
from rewriter.inspect.metadata import pair_leak, spoken_leak
from rewriter.inspect.streams import Source
from rewriter.model.inspection import Leak, Part
from rewriter.model.secret import Confidence, Severity
from rewriter.model.text import decode
from rewriter.record import replace

LINE_LIMIT: Final = 20_000
LOG_LIMIT: Final = 1 << 28

_PREFIX: Final = re.compile(r"#(\d{1,6}) (?:\d{1,7}\.\d{1,4} )?")
_TITLE: Final = re.compile(r"\[[^\]\n]{1,200}\] (?=[A-Z]{3,12} )")
_PRINTED: Final = re.compile(r"(?:export |declare -x )?([A-Za-z_][A-Za-z0-9_]{0,100})=(.+)")


def read_log(path: Path) -> Iterator[str]:
    """Yield the lines of a log; a line of absurd length is cut, and so is the log."""
    with opened(path) as reader:
        source = Source(reader)
        rest = b""
        while source.taken < LOG_LIMIT and (data := source.read(1 << 16)):
            *lines, rest = (rest + data).split(b"\n")
            yield from (decode(line[:LINE_LIMIT]) for line in lines)
            rest = rest[:LINE_LIMIT]
        if rest:
            yield decode(rest)


def judge_log(lines: Iterable[str]) -> tuple[Leak, ...]:
    """Return the secrets in the log of a build, each with the step that printed it."""
    titles: dict[str, str] = {}
    found: dict[object, Leak] = {}
    for number, line in enumerate(lines, start=1):
        prefix = _PREFIX.match(line)
        step = prefix[1] if prefix else ""
        said = line[prefix.end() :].strip() if prefix else line.strip()
        title = _TITLE.match(said)
        if title:
            said = titles[step] = said[title.end() :]
        for leak in _in_line(said, title=title is not None):
            located = replace(leak, where=f"line {number}", instruction=titles.get(step, ""))
            found.setdefault(leak.values, located)
    return tuple(found.values())


def _in_line(said: str, *, title: bool) -> Iterator[Leak]:
    if title:
        step = read_step(said)
        spoken = in_shell(step.text) if step.keyword == "RUN" else in_text(step.text)
    else:
        pair = _PRINTED.fullmatch(said)
        leak = pair_leak(Part.LOG, Pair(pair[1], pair[2])) if pair else None
        if leak is not None and leak.severity is not Severity.LOW:
            yield leak
            return
        spoken = in_text(said)
    for each in spoken:
        if not each.placeholder and (title or each.confidence is Confidence.HIGH):
            yield spoken_leak(Part.LOG, "", each)


def judge_cache(folder: Path, file: Dockerfile | None = None) -> tuple[Leak, ...]:
    """Return the secrets in an exported cache, whose layers are those of every stage.

    It does not record what made a layer; with the Dockerfile, the instruction that names the file is told.
    """
    if not folder.is_dir():
        raise InspectionError(f"{folder}: no such folder; name what `--cache-to type=local,dest=DIR` wrote")
    gathered = gather(blobs_of_folder(folder), judged)
    if not gathered.layers:
        raise InspectionError(f"{folder}: holds no layer of a cache")
    found: list[Leak] = []
    for name, scan in gathered.layers.items():
        for path, hits in scan.hits.items():
            line, instruction = _cause(path, file)
            layer = f"layer {short(name)}"
            for hit in hits:
                inside = f"!{hit.inside}" if hit.inside else ""
                found.append(
                    Leak(
                        Part.CACHE,
                        f"/{path}{inside}",
                        hit.kind,
                        form=hit.form,
                        confidence=hit.confidence,
                        instruction=f"{instruction} ({layer})" if instruction else layer,
                        line=line,
                        values=hit.values,
                    )
                )
    return tuple(found)


def _cause(path: str, file: Dockerfile | None) -> tuple[int, str]:
    """Return the line and the text of the first instruction that names a file, by its path or by its name."""
    for name in (f"/{path}", path.rsplit("/", 1)[-1]):
        for entry in file.instructions if file is not None else ():
            body = entry.span.of(file.source.text) if file is not None else ""
            if entry.keyword in ("COPY", "ADD", "RUN") and re.search(rf"(?<![\w.\-]){re.escape(name)}(?![\w\-])", body):
                return entry.line, " ".join(body.split())
    return 0, ""
