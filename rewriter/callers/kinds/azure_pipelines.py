"""Read Azure pipelines."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from rewriter.callers.embedded import Embedded
from rewriter.callers.invocation import Host
from rewriter.callers.kind import Kind
from rewriter.callers.model import CallerKind, Files, Reading, StepEnvironment, Store
from rewriter.callers.paths import START, Bases, within
from rewriter.callers.pipeline_text import Run, mappings, read_runs, scalars, value_of
from rewriter.callers.script import read_arguments
from rewriter.callers.values import Exports
from rewriter.callers.yaml_text import embed
from rewriter.documents.yaml import Mapping, Node, Scalar, get, parse, walk
from rewriter.model.text import Source
from rewriter.record import replace

_PATH: Final = re.compile(
    r"(?:.*/)?(?:[^/]*[._-])?azure-?pipelines?(?:[._-][^/]*)?\.ya?ml"
    r"|(?:.*/)?\.?(?:azure|azure-?devops|azure-?pipelines|vsts|vsts-ci)/.*\.ya?ml|(?:.*/)?\.vsts-ci\.ya?ml"
)
_EXPRESSION: Final = re.compile(r"\$\{\{[^{}\n]*\}\}|\$\[(?:[^\]\n$]|\$(?!\[))*\]|\$\([A-Za-z_][A-Za-z0-9_.-]*\)")
_COMMANDS: Final = frozenset(
    {"pwd", "date", "whoami", "hostname", "nproc", "id", "ls", "uname", "mktemp", "arch", "env"}
)
_POWERSHELL: Final = "the step runs in PowerShell or cmd, not in a POSIX shell"


def _matches(path: str) -> bool:
    return _PATH.fullmatch(path) is not None


def _plain(match: re.Match[str]) -> str | None:
    """Return the text of a command substitution: `$(pwd)` is no variable of the pipeline."""
    return match.group() if match.group()[2:-1] in _COMMANDS else None


def _prepare(text: Embedded) -> Embedded:
    return text.rewrite(_EXPRESSION, _plain)


def _read(source: Source, files: Files) -> Reading:
    documents = parse(source)
    directory = posixpath.dirname(source.path)
    host = Host(source, CallerKind.AZURE_PIPELINES, files, Bases(("",), directory), store=Store.CI)
    windows = any(
        isinstance(node, Scalar) and node.value.lower().startswith(("windows-", "vs2017", "win1", "vs2019"))
        for document in documents
        for node in walk(document)
    )
    total = Reading()
    known: list[int] = []
    for mapping in mappings(documents):
        arguments = _docker_arguments(mapping)
        if arguments is not None:
            known.append(arguments.span.start)
            total += _docker_task(mapping, arguments, host)
    runs = _runs(documents, host, windows=windows)
    return total + read_runs(documents, runs, host=host, prepare=_prepare, known=known)


def _runs(documents: tuple[Node, ...], host: Host, *, windows: bool) -> Iterator[Run]:
    for mapping in mappings(documents):
        inputs = value_of(mapping, "inputs")
        keys = ("bash",) if windows else ("bash", "script")
        command = value_of(mapping, *keys)
        shells = {"bash"} if windows else {"bash", "cmdline"}
        if command is None and isinstance(inputs, Mapping) and _task(mapping) in shells:
            command = value_of(inputs, "script")
        for scalar in scalars(command):
            yield Run((scalar,), _in_step(host, mapping, scalar))


def _task(mapping: Mapping) -> str:
    task = value_of(mapping, "task")
    return task.value.split("@", 1)[0].lower() if isinstance(task, Scalar) else ""


def _in_step(host: Host, step: Mapping, command: Scalar) -> Host:
    own = value_of(step, "env")
    visible = (
        tuple((key.value, value.value) for key, value in own.pairs if isinstance(value, Scalar))
        if isinstance(own, Mapping)
        else ()
    )
    environment = StepEnvironment(step, "env", visible, command.place, "$({name})")
    host = replace(host, step=environment, exports=Exports(exported=frozenset(dict(visible))))
    directory = value_of(step, "workingDirectory") or get(value_of(step, "inputs"), "workingDirectory")
    cwd = START
    if isinstance(directory, Scalar):
        written = re.sub(r"^\$\((?:Build\.SourcesDirectory|System\.DefaultWorkingDirectory)\)/?", "", directory.value)
        if "$" in written:
            return replace(host, cwd=None)
        cwd = START.join(written or ".")
    return replace(host, cwd=cwd)


def _docker_arguments(step: Mapping) -> Scalar | None:
    """Return the input of the task `Docker@2` that holds options of `docker build`."""
    inputs = value_of(step, "inputs")
    if _task(step) != "docker" or not isinstance(inputs, Mapping) or inputs.alias is not None:
        return None
    arguments = value_of(inputs, "arguments")
    return arguments if isinstance(arguments, Scalar) and arguments.alias is None else None


def _docker_task(step: Mapping, arguments: Scalar, host: Host) -> Reading:
    text = embed(host.source, arguments)
    if text is None:
        return Reading()
    found = read_arguments(_prepare(text), _in_step(host, step, arguments))
    file, context = get(step, "inputs", "Dockerfile"), get(step, "inputs", "buildContext")
    dockerfile = within(file.value) if isinstance(file, Scalar) and not set(file.value) & set("*$") else None
    directory = within(context.value) if isinstance(context, Scalar) and not set(context.value) & set("*$") else None
    if context is None and dockerfile is not None:
        directory = posixpath.dirname(dockerfile)
    callers = tuple(replace(one, dockerfile=dockerfile, context=directory) for one in found.callers)
    return replace(found, callers=callers)


KIND: Final = Kind(_matches, _read)
