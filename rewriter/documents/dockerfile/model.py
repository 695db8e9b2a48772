"""Hold a Dockerfile as values: every piece knows where it stands in the source."""

from __future__ import annotations

from enum import StrEnum

from rewriter.documents.dockerfile import split
from rewriter.documents.dockerfile.logical import Logical
from rewriter.model.text import Source, Span
from rewriter.record import Record


class Word(Record):
    """Hold one word of an instruction.

    `raw` is the word as written, `value` the word without quotes and escapes (variables are not expanded).
    `quote` is the quote that encloses the whole word, or empty. `json`: it is a string of a JSON array,
    which may be empty or hold blanks; its quotes are in `raw` and `span`, its value is decoded.
    """

    raw: Logical
    value: str
    quote: str
    json: bool = False

    @property
    def span(self) -> Span:
        """Return where the word stands, quotes included."""
        return self.raw.extent


class Flag(Record):
    """Hold one `--name=value` of an instruction; `raw` is the whole word, `value` is None without `=`."""

    name: str
    value: str | None
    raw: Logical
    value_raw: Logical

    @property
    def span(self) -> Span:
        """Return where the whole word stands."""
        return self.raw.extent


class Assignment(Record):
    """Hold one `NAME=value` of ENV, ARG or LABEL; `value` is None for `ARG NAME`.

    `legacy`: the form `ENV NAME some value`, whose value spans the rest of the instruction.
    """

    name: str
    name_raw: Logical
    value: Word | None
    raw: Logical
    legacy: bool

    @property
    def name_span(self) -> Span:
        """Return where the name stands."""
        return self.name_raw.extent

    @property
    def span(self) -> Span:
        """Return where the whole assignment stands."""
        return self.raw.extent


class Heredoc(Record):
    """Hold one here-document of RUN, COPY or ADD.

    `opener` is the word (`<<-"EOF"`), `body` the lines below it, `terminator` the name that ends them, without
    tabs before and the line end after it. `expand` is false when the name is quoted; `strip_tabs` is `<<-`.
    """

    name: str
    expand: bool
    strip_tabs: bool
    fd: int
    opener: Span
    body: Span
    terminator: Span


class Instruction(Record):
    """Hold one instruction.

    `span` goes from the first character of its first line through its last line end, heredocs included;
    `comments` are the comment lines inside of it. `arguments` is what follows the flags, without heredoc bodies.
    `words` is empty for RUN, CMD, ENTRYPOINT, for the JSON form, and for what has `assignments`; for HEALTHCHECK
    it holds the type alone. USER, WORKDIR, STOPSIGNAL and MAINTAINER have one word, blanks included.
    For ONBUILD, `trigger` is the inner instruction; it has the index of the outer one and shares its heredocs.
    """

    index: int
    keyword: str
    keyword_span: Span
    span: Span
    line: int
    end_line: int
    logical: Logical
    arguments: Logical
    flags: tuple[Flag, ...]
    words: tuple[Word, ...]
    json: tuple[Word, ...] | None
    assignments: tuple[Assignment, ...]
    heredocs: tuple[Heredoc, ...]
    trigger: Instruction | None
    comments: tuple[Span, ...]
    stage: int

    @property
    def operands(self) -> tuple[Word, ...]:
        """Return the words, be they plain or in JSON form."""
        return self.words if self.json is None else self.json

    @property
    def command(self) -> Logical:
        """Return the text that a shell runs: the arguments, for HEALTHCHECK without its `CMD`."""
        if self.keyword != "HEALTHCHECK" or not self.words:
            return self.arguments
        text = self.arguments.text
        size = len(self.words[0].raw.text)
        start = size + len(text[size:]) - len(text[size:].lstrip(split.BLANKS))
        return self.arguments.slice(start, len(text))

    def flag(self, name: str) -> Flag | None:
        """Return the last flag of that name (lower case, without `--`)."""
        return next((flag for flag in reversed(self.flags) if flag.name == name), None)


class Directive(Record):
    """Hold one parser directive: `# name=value`; `span` is its line without the line end."""

    name: str
    value: str
    span: Span
    value_span: Span


class Stage(Record):
    """Hold one build stage.

    `name` is in lower case. `base_stage` is the earlier stage that FROM names; where FROM holds variables it
    is found by their defaults, which a build may override, and `base_certain` is false.
    """

    index: int
    name: str | None
    base: Word
    base_stage: int | None
    base_certain: bool
    platform: str | None
    instructions: tuple[Instruction, ...]
    span: Span


class PieceKind(StrEnum):
    """Name what a piece of a Dockerfile is."""

    BOM = "bom"
    DIRECTIVE = "directive"
    COMMENT = "comment"
    BLANK = "blank"
    INSTRUCTION = "instruction"


class Piece(Record):
    """Hold one of the pieces that tile the text: whole lines, line ends included."""

    kind: PieceKind
    span: Span

    def of(self, text: str) -> str:
        """Return the characters of `text` in this piece."""
        return text[self.span.start : self.span.end]


class ParseWarning(Record):
    """Hold something that BuildKit reads today and warns of."""

    line: int
    what: str


class Dockerfile(Record, eq=False):
    """Hold a whole Dockerfile. Two are equal only if they are one: a Dockerfile is the key of what is known of it."""

    _hidden = ("pieces",)

    source: Source
    directives: tuple[Directive, ...]
    escape: str
    instructions: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    pieces: tuple[Piece, ...]
    warnings: tuple[ParseWarning, ...]

    @property
    def global_args(self) -> tuple[Instruction, ...]:
        """Return the ARG instructions before the first FROM."""
        return self.instructions[: self.stages[0].instructions[0].index]

    @property
    def comments(self) -> tuple[Span, ...]:
        """Return every comment line, those inside of instructions too, in order."""
        spans = [piece.span for piece in self.pieces if piece.kind is PieceKind.COMMENT]
        spans += [span for instruction in self.instructions for span in instruction.comments]
        return tuple(sorted(spans))
