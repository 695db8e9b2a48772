"""Describe one credential in a command."""

from __future__ import annotations

from rewriter.documents.run import Fragment, RunBody
from rewriter.documents.shell import Visit
from rewriter.documents.shell import Word as ShellWord
from rewriter.judgement import Category
from rewriter.model.masked import Masked
from rewriter.model.secret import Confidence
from rewriter.model.text import Span
from rewriter.record import Record


class CommandSecret(Record):
    """Hold one credential in a command.

    `span` is its place in the file (None inside text that cannot be mapped back). `word` is the word that
    holds it, `inside` the credential's offsets in the script's text. A literal has a `value`; otherwise it
    is made of `variables`. `persists` names the file a tool writes.
    """

    body: RunBody
    fragment: Fragment | None
    visit: Visit | None
    tool: str
    option: str
    category: Category
    confidence: Confidence
    span: Span | None
    word: ShellWord | None
    inside: Span
    value: Masked | None
    variables: tuple[str, ...]
    persists: str | None
    placeholder: bool
    companion: bool
