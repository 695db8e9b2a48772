"""Say what the judgement found: verdicts on names, values, pairs, URLs, files, commands, tokens.

No verdict holds a secret's value: it tells where the value stands, or wraps it in `Masked`.
"""

from __future__ import annotations

from enum import StrEnum

from rewriter.model.masked import Masked
from rewriter.model.secret import Confidence
from rewriter.model.text import Span
from rewriter.record import Record


class Category(StrEnum):
    """Name the kind of credential."""

    PASSWORD = "password"  # noqa: S105
    TOKEN = "token"  # noqa: S105
    API_KEY = "api-key"
    PRIVATE_KEY = "private-key"
    CLOUD_KEY = "cloud-key"
    DATABASE_URL = "database-url"
    INDEX_URL = "index-url"
    SIGNING_KEY = "signing-key"
    CREDENTIAL_FILE = "credential-file"
    REGISTRY_AUTH = "registry-auth"
    WEBHOOK = "webhook"
    LICENCE = "licence"
    GENERIC = "generic"


class ValueKind(StrEnum):
    """Say what a value is.

    `placeholder`: text to be filled in (`<token>`, `your-key-here`). `dummy`: a word that is no real
    credential although a program may take it (`changeme`, `dummy`). `reference`: only variables or command
    substitutions. `public`: may be known to all (a version, a checksum, a URL without userinfo).
    `literal`: could be a secret, if its name says so. `credential`: is one by its own shape.
    """

    EMPTY = "empty"
    PLACEHOLDER = "placeholder"
    REFERENCE = "reference"
    PATH = "path"
    FLAG = "flag"
    PUBLIC = "public"
    DUMMY = "dummy"
    LITERAL = "literal"
    CREDENTIAL = "credential"


class Assignment(StrEnum):
    """Say how a name gets its value.

    `fixed`: the value is what the program sees (ENV, LABEL, compose). `default`: another value may come from
    outside (ARG). `inline`: in front of one shell command, gone after it.
    """

    FIXED = "fixed"
    DEFAULT = "default"
    INLINE = "inline"


class Certainty(StrEnum):
    """Say whether a file's name settles that it holds a credential."""

    NAME_ALONE = "name-alone"
    NEEDS_CONTENT = "needs-content"


class NameVerdict(Record):
    """Judge a variable's or an option's name.

    `carries_url`: holds a URL, which often but not always has a credential in it. `companion`: a public
    half that travels with its secret (an access key id). `inlined`: copied into a browser bundle by its
    prefix. `ruled_out`: the name says that it is no secret, where a plain `secret=False` says nothing.
    """

    secret: bool
    confidence: Confidence
    category: Category | None
    reason: str
    carries_url: bool = False
    companion: bool = False
    inlined: bool = False
    ruled_out: bool = False


class ValueVerdict(Record):
    """Judge a value; `parts` are the offsets of the secret text inside it, empty when there is none."""

    kind: ValueKind
    confidence: Confidence
    provider: str | None
    category: Category | None
    parts: tuple[tuple[int, int], ...]


class PairVerdict(Record):
    """Judge a name together with its value.

    `literal`: the secret stands in the text. `placeholder`: what stands there is only a stand-in;
    with `secret`, one that works if nobody replaces it (`changeme`).
    """

    secret: bool
    confidence: Confidence
    category: Category | None
    reason: str
    literal: bool
    placeholder: bool = False
    provider: str | None = None
    parts: tuple[tuple[int, int], ...] = ()


class UrlCredential(Record):
    """Locate the userinfo of one URL, or a secret parameter of its query.

    `user`, `password` and `rest` may be empty spans. `secret` is the part that must not be seen.
    `parameter` names the query parameter (or path marker) when the secret stands there.
    """

    url: Span
    scheme: Span
    user: Span
    password: Span
    host: Span
    rest: Span
    secret: Span
    variables: tuple[str, ...]
    literal: bool
    placeholder: bool
    category: Category
    parameter: str = ""


class FileVerdict(Record):
    """Judge a file by its path; `secret_id` is the id that its build secret gets."""

    kind: str
    category: Category
    certainty: Certainty
    secret_id: str


class ContentVerdict(Record):
    """Judge a file by its content; `references` are the variables that the file reads."""

    secret: bool
    references: tuple[str, ...]
    values: tuple[Masked, ...]
    reason: str


class CommandCredential(Record):
    """Locate a credential in one word of a command.

    `start` and `end` are offsets in that word's raw text. A credential that is neither literal nor made of
    variables comes from a command substitution. `persists` is the file that the tool writes it to.
    """

    index: int
    start: int
    end: int
    category: Category
    literal: bool
    variables: tuple[str, ...]
    option: str
    persists: str | None = None
    confidence: Confidence = Confidence.HIGH
    placeholder: bool = False
    companion: bool = False


class ProviderMatch(Record):
    """Locate a token that its provider's documented shape gives away.

    `provider` is the id under which its rotation is described. `dummy`: a documentation example.
    `companion`: a public half, such as an access key id.
    """

    provider: str
    category: Category
    start: int
    end: int
    confidence: Confidence = Confidence.HIGH
    dummy: bool = False
    companion: bool = False
