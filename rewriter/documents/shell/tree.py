"""Represent shell text as a tree of frozen values, each with its span.

Every span is one of the outermost text, inside backquotes with escapes too. The words follow the grammar in
POSIX.1-2024, "Shell Command Language" (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html).
"""

from __future__ import annotations

from enum import StrEnum

from rewriter.model.text import Span
from rewriter.record import Record


class Dialect(StrEnum):
    """Name what the reader takes for shell."""

    POSIX = "posix"
    """Only what POSIX gives a meaning: a form that bash reads in another way is an error."""
    POSIX_OR_BASH = "posix-or-bash"
    """What POSIX or bash gives a meaning; where the two differ, as bash reads it."""


class Operator(StrEnum):
    """Name what ends an element of a list."""

    AND = "&&"
    OR = "||"
    SEMICOLON = ";"
    BACKGROUND = "&"
    NEWLINE = "\n"
    BREAK = ";;"
    FALL_THROUGH = ";&"
    TEST_NEXT = ";;&"


class Literal(Record):
    """Hold unquoted text, or text between expansions in double quotes; `text` has its escapes removed."""

    text: str
    span: Span


class SingleQuoted(Record):
    """Hold `'...'`; `text` is what stands between the quotes."""

    text: str
    span: Span


class AnsiQuoted(Record):
    r"""Hold `$'...'`; `text` has the escapes resolved as bash does (dash takes the dollar literally)."""

    text: str
    span: Span


class DoubleQuoted(Record):
    """Hold `"..."`, or bash's `$"..."`."""

    parts: tuple[Part, ...]
    span: Span


class Variable(Record):
    """Hold an expansion: `$NAME`, `${NAME}`, `${NAME:-word}`, or a bare NAME in arithmetic.

    `operator` is `""` or what follows the name (`:-`, `?`, `#`, `%%`, `//`, `:`, `^^`, `@Q`), `argument`
    what follows that. `index` is the subscript of an array element. `special` marks `$1`, `$@`, `$?` and so on.
    """

    name: str
    span: Span
    operator: str = ""
    argument: tuple[Part, ...] = ()
    index: tuple[Part, ...] = ()
    indirect: bool = False
    special: bool = False
    length: bool = False
    bare: bool = False


class CommandSubstitution(Record):
    """Hold `$(...)` or backquotes."""

    script: Script
    span: Span
    backtick: bool = False


class ProcessSubstitution(Record):
    """Hold bash's `<(...)` or `>(...)`; `operator` is `<` or `>`."""

    script: Script
    span: Span
    operator: str


class Arithmetic(Record):
    """Hold `$((...))`, or the expression of a `((...))` command; `text` stands between the parentheses."""

    span: Span
    text: str
    parts: tuple[Part, ...]

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Return the variables that stand directly in the expression, bare or with a dollar."""
        return tuple(part for part in self.parts if isinstance(part, Variable))


class Array(Record):
    """Hold the parenthesised elements of `NAME=(...)`."""

    words: tuple[Word, ...]
    span: Span


Part = (
    Literal
    | SingleQuoted
    | AnsiQuoted
    | DoubleQuoted
    | Variable
    | CommandSubstitution
    | ProcessSubstitution
    | Arithmetic
    | Array
)


class Word(Record):
    """Hold one word: `text` as written, and `value` with quotes removed if nothing in it is expanded.

    Globs, braces and a tilde count as literal text. `$'...'` has no value, because not every shell knows it.
    """

    span: Span
    parts: tuple[Part, ...]
    value: str | None
    text: str


class ShellAssignment(Record):
    """Hold `NAME=word`; `index` is the subscript as written, brackets included, of `NAME[...]=word`."""

    name: str
    value: Word
    span: Span
    append: bool = False
    index: tuple[Part, ...] = ()


class Heredoc(Record):
    """Hold the body of `<<`: its span ends before the line of the delimiter, `end` covers that line.

    `parts` are the expansions and the text between them; a body that is not expanded is one literal.
    """

    delimiter: str
    expand: bool
    body: Span
    end: Span
    parts: tuple[Part, ...]


class Redirect(Record):
    """Hold a redirection; `fd` is the number in front of it, `fd_name` the NAME of bash's `{NAME}>`."""

    operator: str
    target: Word
    span: Span
    fd: int | None = None
    fd_name: str | None = None
    heredoc: Heredoc | None = None

    @property
    def writes(self) -> bool:
        """Tell whether the target is opened for writing."""
        return self.operator in {">", ">>", ">|", "<>", "&>", "&>>"} or (
            self.operator == ">&" and not (self.target.value or "").rstrip("-").isdecimal()
        )


class Command(Record):
    """Hold a simple command: assignments, words and redirections, each kind in the order of the text."""

    assignments: tuple[ShellAssignment, ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]
    span: Span

    @property
    def name(self) -> str | None:
        """Return the command's name as written (without quotes), or None if it is dynamic or absent."""
        return self.words[0].value if self.words else None


class Pipeline(Record):
    """Hold commands joined by `|` or `|&`, or one command after `!` or bash's `time`."""

    commands: tuple[Node, ...]
    span: Span
    negated: bool = False
    timed: bool = False
    operators: tuple[str, ...] = ()


class Group(Record):
    """Hold `{ list; }`."""

    body: Script
    span: Span
    redirects: tuple[Redirect, ...] = ()


class Subshell(Record):
    """Hold `( list )`."""

    body: Script
    span: Span
    redirects: tuple[Redirect, ...] = ()


class Branch(Record):
    """Hold one `if` or `elif` with what follows its `then`."""

    condition: Script
    body: Script


class If(Record):
    """Hold `if ... fi`; `otherwise` is what follows `else`."""

    branches: tuple[Branch, ...]
    otherwise: Script | None
    span: Span
    redirects: tuple[Redirect, ...] = ()


class Loop(Record):
    """Hold `for`, `select`, `while` or `until` (in `keyword`).

    `variable` and `words` belong to `for` and `select` (`for ((...))` has one arithmetic word), `condition`
    to the other two.
    """

    keyword: str
    variable: str | None
    words: tuple[Word, ...]
    condition: Script | None
    body: Script
    span: Span
    redirects: tuple[Redirect, ...] = ()


class Clause(Record):
    """Hold one `pattern) list ;;` of a case."""

    patterns: tuple[Word, ...]
    body: Script
    terminator: Operator | None
    span: Span


class Case(Record):
    """Hold `case word in ... esac`."""

    subject: Word
    clauses: tuple[Clause, ...]
    span: Span
    redirects: tuple[Redirect, ...] = ()


class Function(Record):
    """Hold the definition of a function; redirections after the body belong to the body."""

    name: str
    body: Node
    span: Span


class Test(Record):
    """Hold bash's `[[ ... ]]` (`words` are its operands and operators) or `((...))` (one arithmetic word)."""

    words: tuple[Word, ...]
    span: Span
    arithmetic: bool = False
    redirects: tuple[Redirect, ...] = ()


Compound = Group | Subshell | If | Loop | Case | Test
Node = Command | Pipeline | Function | Compound


class Item(Record):
    """Hold one element of a list with the operator that follows it."""

    node: Node
    span: Span
    operator: Operator | None = None
    operator_span: Span | None = None


class Script(Record):
    """Hold a list. `text` is always the outermost text, into which every span points."""

    _hidden = ("text",)

    text: str
    items: tuple[Item, ...]
    span: Span
    comments: tuple[Span, ...] = ()
