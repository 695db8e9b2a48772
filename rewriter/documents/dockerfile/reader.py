"""Read a Dockerfile as BuildKit does, and lose nothing of it."""

from __future__ import annotations

import re
from typing import Final

from rewriter.documents.dockerfile.checks import check
from rewriter.documents.dockerfile.instructions import (
    RejectError,
    header,
    heredocs,
    instruction,
    opens_heredocs,
)
from rewriter.documents.dockerfile.lines import Block, Reader
from rewriter.documents.dockerfile.model import Dockerfile, Instruction
from rewriter.documents.dockerfile.stages import stages
from rewriter.errors import ParseError
from rewriter.model.text import Source

_TEMPLATE: Final = re.compile(r"\{\{|\{%|<%")


def parse(source: Source) -> Dockerfile:
    """Return the Dockerfile that a source holds. Raises `ParseError` for what BuildKit would not read either."""
    reader = Reader(source)
    directives = reader.directives()
    instructions: list[Instruction] = []
    stage = -1
    while block := reader.block():
        try:
            item = _instruction(reader, block, len(instructions), stage)
        except RejectError as error:
            raise _error(reader, block, str(error)) from None
        stage = item.stage
        instructions.append(item)
    if not instructions:
        raise reader.fail(0, "holds no instruction; a Dockerfile needs a FROM")
    if stage < 0:
        raise reader.fail(0, "has no FROM, so nothing can be built from it")
    found = tuple(instructions)
    return Dockerfile(
        source,
        directives,
        reader.escape,
        found,
        stages(found, reader.escape),
        tuple(reader.pieces),
        tuple(reader.warnings),
    )


def _instruction(reader: Reader, block: Block, index: int, stage: int) -> Instruction:
    head = header(block.logical, reader.escape)
    check(head)
    if head.keyword == "FROM":
        stage += 1
    elif stage < 0 and head.keyword != "ARG":
        raise RejectError(f"{head.keyword} stands before the first FROM, where only ARG may")
    documents = heredocs(block, reader) if opens_heredocs(head) else ()
    span = reader.close(block)
    return instruction(
        head, block, span=span, lines=(block.line, reader.next), place=(index, stage), documents=documents
    )


def _error(reader: Reader, block: Block, what: str) -> ParseError:
    """Return the error about an instruction; a template is called one."""
    if _TEMPLATE.search(block.logical.text):
        what = f"{what} (it holds template syntax; render the template first)"
    return reader.fail(block.line, what)
