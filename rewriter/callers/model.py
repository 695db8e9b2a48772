"""Describe what runs a build: callers, the build arguments that they pass, and how each is written."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from rewriter.callers.embedded import Embedded
from rewriter.documents.yaml import Mapping, Node, Scalar, Sequence
from rewriter.model.masked import Masked
from rewriter.model.secret import Place
from rewriter.model.text import Edit, Source, Span
from rewriter.record import Keyed, Record

Files = Callable[[str], bool]


class CallerKind(StrEnum):
    """Name the kind of file, or of place in a file, that runs a build."""

    SHELL = "shell"
    MAKEFILE = "makefile"
    GITHUB_ACTIONS = "github-actions"
    GITLAB_CI = "gitlab-ci"
    CIRCLECI = "circleci"
    AZURE_PIPELINES = "azure-pipelines"
    JENKINS = "jenkins"
    BITBUCKET = "bitbucket"
    CLOUD_BUILD = "cloud-build"
    CODEBUILD = "codebuild"
    CI_OTHER = "ci-other"
    PACKAGE_JSON = "package-json"
    COMPOSE = "compose"
    BAKE_HCL = "bake-hcl"
    BAKE_JSON = "bake-json"
    TASKFILE = "taskfile"
    JUSTFILE = "justfile"
    SKAFFOLD = "skaffold"
    TILTFILE = "tiltfile"
    DEVCONTAINER = "devcontainer"
    MARKDOWN = "markdown"
    KANIKO = "kaniko"
    FLY = "fly"
    POWERSHELL = "powershell"
    PROGRAM = "program"


class Builder(StrEnum):
    """Name the tool that builds."""

    DOCKER = "docker"
    BUILDX = "buildx"
    PODMAN = "podman"
    BUILDAH = "buildah"
    COMPOSE = "compose"
    BAKE = "bake"
    KANIKO = "kaniko"
    OTHER = "other"


class Store(StrEnum):
    """Say where a literal goes that a caller holds: to a file of this machine, or to the settings of a CI."""

    FILE = "file"
    GITHUB = "secret of the repository (Settings, Secrets and variables, Actions)"
    CI = "masked variable of the CI"


class Inherited(Record):
    """The value comes from the caller's environment, as in `--build-arg NAME`."""


class FromVariable(Record):
    """The value is exactly one variable that is (or is not) in the environment of the build."""

    name: str
    exported: bool
    text: str


class FromFile(Record):
    """The value is the content of a file, as in `$(cat path)`; `path` is written as an option takes it."""

    path: str
    text: str


class FromHost(Record):
    """The value is exactly one expression of the host, such as `${{ secrets.X }}` or `$(MAKE_VARIABLE)`."""

    expression: str
    text: str


class FromShell(Record):
    """The value is made by the shell; `text` can stand behind `NAME=` in front of the command."""

    text: str


class FromLiteral(Record):
    """The value stands in the file."""


class Unreadable(Record):
    """The value or the way in which it is passed cannot be rewritten; `why` says it in plain words."""

    why: str


Value = Inherited | FromVariable | FromFile | FromHost | FromShell | FromLiteral | Unreadable


class OptionForm(Record):
    """Locate `--build-arg NAME=value` in a command's logical text.

    `flag` is the word `--build-arg` (with the `=` of the joined form left out), `word` what follows it.
    """

    flag: Span
    word: Span
    value: Value


class LineForm(Record):
    """Locate `NAME=value` as a line of a step's input."""

    line: int
    value: Value


class EntryForm(Record):
    """Locate an entry of a mapping or list: the number of the pair or item."""

    index: int
    value: Value


class ItemForm(Record):
    """Locate an option in a list of words: the items of its name and of its value (the same if joined)."""

    flag: int
    word: int
    value: Value


class SpanForm(Record):
    """Locate text that is replaced as a whole."""

    span: Span
    value: Value


ArgumentForm = OptionForm | LineForm | EntryForm | ItemForm | SpanForm | Unreadable


class BuildArgument(Keyed):
    """Hold one build argument.

    `value` is as written (masked if the whole is a literal), `None` if taken from the caller's environment.
    `variable` is the name, where the value is exactly one variable or CI secret.
    """

    _hidden = ("value", "form")
    _aside = ("form",)

    name: str
    value: str | None
    place: Place
    literal: Masked | None
    variable: str | None
    form: ArgumentForm

    @property
    def is_empty(self) -> bool:
        """Tell whether the argument is given an empty literal: `--build-arg TOKEN=`."""
        written = None if isinstance(self.form, Unreadable) else self.form.value
        return isinstance(written, FromLiteral) and not (self.value or "").strip("\"'")


class StepEnvironment(Record):
    """Show the step of a pipeline whose `env:` a command sees.

    `key` is how the step calls its environment, `visible` are the names and values set there or above,
    `command` is where the step's command stands. `secret` is how the pipeline names one of its secrets, with
    `{name}` for the name.
    """

    step: Mapping
    key: str
    visible: tuple[tuple[str, str], ...]
    command: Span
    secret: str


class CommandForm(Record):
    """Locate a build command in logical text.

    `start` is where an assignment in front of it may stand, `behind` where an option may be added (behind the
    word `build`). `sudo` is the place behind the word `sudo`, if it stands in front. `taken` are names that
    the command's own assignments set. `assigns` tells whether the shell knows `NAME=value command`.
    """

    _hidden = ("text", "step")

    text: Embedded
    start: int
    behind: int
    sudo: int | None
    taken: frozenset[str]
    assigns: bool
    cwd: str | None
    store: Store
    step: StepEnvironment | None = None


class ArgumentListForm(Record):
    """Locate a build command that is written as a list of words, without a shell (Cloud Build).

    `behind` is the number of the item behind which an option may stand.
    """

    _hidden = ("step", "items")

    step: Mapping
    items: Sequence
    behind: int
    cwd: str | None


class StepForm(Record):
    """Locate a step of a workflow that builds through an action with inputs."""

    _hidden = ("step", "inputs", "arguments")

    step: Mapping
    inputs: Mapping
    arguments: Scalar | Sequence | None
    arguments_key: str
    envs: bool


class ComposeForm(Record):
    """Locate the `build:` of a compose service; `args` is written in this very service, or `None`."""

    _hidden = ("root", "service", "build", "args")

    root: Mapping
    service: Mapping
    build: Node
    args: Mapping | Sequence | None
    directory: str


class TreeStyle(StrEnum):
    """Name how a document with a mapping of arguments lists its secrets: under which key."""

    BAKE_JSON = "secret"
    DEVCONTAINER = "options"
    SKAFFOLD = "secrets"


class TreeForm(Record):
    """Locate a mapping that holds build arguments under a key: a bake target, an artifact, a devcontainer.

    `indented` tells whether the document indents lists below their keys.
    """

    _hidden = ("target",)

    style: TreeStyle
    target: Mapping
    arguments_key: str
    cwd: str
    indented: bool = False


class BlockForm(Record):
    """Locate a target of a bake file in HCL by its name, and the directory that its paths start from."""

    name: str
    cwd: str


class LexicalForm(Record):
    """Locate a command in prose or in a language that is not read: its options are replaced as they stand."""

    behind: int | None


CallerForm = CommandForm | ArgumentListForm | StepForm | ComposeForm | TreeForm | BlockForm | LexicalForm | Unreadable


class Caller(Keyed):
    """Hold one place that builds an image.

    `context` is a directory of the repository (`""`: its root), `dockerfile` a file of it; each is `None`
    when it is dynamic, remote or unknown. `dynamic` tells that words of the command could not be read, so
    that it may pass more arguments than are listed.
    """

    _hidden = ("form",)
    _aside = ("form",)

    path: str
    kind: CallerKind
    place: Place
    context: str | None
    dockerfile: str | None
    target: str | None
    arguments: tuple[BuildArgument, ...]
    secrets: tuple[str, ...]
    builder: Builder
    form: CallerForm
    dynamic: bool = False
    notes: tuple[str, ...] = ()


class RunEnvironment(Record):
    """Hold `-e NAME=value` of a command that runs a container."""

    _hidden = ("value",)

    name: str
    value: str | None
    literal: Masked | None
    place: Place


class Problem(Record):
    """Report a piece of a file that could not be read; what it calls is unknown."""

    path: str
    line: int
    what: str


class Reading(Record):
    """Gather what one file, or one piece of it, runs."""

    callers: tuple[Caller, ...] = ()
    environments: tuple[RunEnvironment, ...] = ()
    problems: tuple[Problem, ...] = ()

    def __add__(self, other: Reading) -> Reading:
        return Reading(
            self.callers + other.callers,
            self.environments + other.environments,
            self.problems + other.problems,
        )


class CallerChange(Record):
    """Pass one secret as a build secret; `literal` has to be written to `literal_path` (if that is set)."""

    edits: tuple[Edit, ...]
    note: str
    literal: Masked | None = None
    literal_path: str | None = None


class CallerRefusal(Record):
    """Leave a caller as it is, and say why in words that a person can act on."""

    detail: str


def place(source: Source, span: Span) -> Place:
    """Return a span of a file with its lines."""
    end = max(span.start, span.end - 1)
    return Place(source.path, span, source.line(span.start), source.column(span.start), source.line(end))
