"""Keep lines short where several fixes give mounts to one RUN: each fix knows its own mounts alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rewriter.documents.dockerfile import Dockerfile
from rewriter.model.plan import FileEdit, Fix
from rewriter.model.text import Edit
from rewriter.project.project import Project
from rewriter.record import replace

_WIDTH: Final = 120
_FLAG: Final = " --mount="


def break_lines(fixes: Iterable[Fix], project: Project) -> tuple[Fix, ...]:
    """Put each mount on a line of its own where a RUN gets so many that one line would be long."""
    chosen = tuple(fixes)
    together: dict[tuple[str, int], list[Edit]] = {}
    for one in dict.fromkeys(edit for fix in chosen for edit in fix.edits):
        if one.edit.span.start == one.edit.span.end and one.edit.text.startswith(_FLAG):
            together.setdefault((one.path, one.edit.span.start), []).append(one.edit)
    broken: dict[FileEdit, FileEdit] = {}
    for (path, _), edits in together.items():
        build = project.build_at(path) if len(edits) > 1 else None
        for edit, other in _broken(build.dockerfile, edits) if build is not None else ():
            broken[FileEdit(path, edit)] = FileEdit(path, other)
    return tuple(replace(fix, edits=tuple(broken.get(edit, edit) for edit in fix.edits)) for fix in chosen)


def _broken(file: Dockerfile, edits: list[Edit]) -> Iterator[tuple[Edit, Edit]]:
    source, place = file.source, edits[0].span.start
    line = source.line_span(source.line(place)).of(source.text).rstrip()
    entry = next((one for one in file.instructions if one.span.start <= place < one.span.end), None)
    if entry is None or entry.heredocs or len(line) + sum(len(edit.text) for edit in edits) <= _WIDTH:
        return
    below = source.text[place : source.line_span(source.line(place)).end].strip() == file.escape
    for edit in edits[: -1 if below else None]:
        if "\n" not in edit.text:
            gap = "   " if edit.text == edit.text.rstrip() else "    "
            yield edit, Edit(edit.span, f"{edit.text.rstrip()} {file.escape}{source.newline}{gap}")
