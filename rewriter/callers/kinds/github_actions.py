"""Read workflows and composite actions of GitHub (and of Gitea and Forgejo, which read the same files)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from rewriter.callers.invocation import Host
from rewriter.callers.kind import Kind
from rewriter.callers.model import CallerKind, Files, Reading, StepEnvironment, Store
from rewriter.callers.paths import START, Bases, within
from rewriter.callers.script import mentions, read
from rewriter.callers.step_inputs import EXPRESSION, read_step
from rewriter.callers.values import Exports
from rewriter.callers.yaml_text import embed
from rewriter.documents.yaml import Mapping, Node, Scalar, Sequence, get, parse
from rewriter.model.text import Source
from rewriter.record import Record

_WORKFLOW: Final = re.compile(r"(?:^|/)\.(?:github|gitea|forgejo)/workflows/[^/]+\.ya?ml$")
_ACTION: Final = re.compile(r"(?:^|/)action\.ya?ml$")
_ENVIRONMENT: Final = re.compile(r"\$\{\{\s*env\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_OTHER_SHELLS: Final = ("pwsh", "powershell", "cmd", "python")


def _matches(path: str) -> bool:
    return bool(_WORKFLOW.search(path) or _ACTION.search(path))


class _Around(Record):
    """Hold what a job says about its steps."""

    visible: tuple[tuple[str, str], ...]
    directory: str
    shell: str


def _read(source: Source, files: Files) -> Reading:
    total = Reading()
    for document in parse(source):
        for step, around in _steps(document):
            total += _step(source, step, around, files)
        for job in _called_workflows(document):
            total += Reading(read_step(source, job, files))
    return total


def _called_workflows(document: Node) -> Iterator[Mapping]:
    """Yield the jobs that call another workflow: their inputs may hold build arguments."""
    jobs = get(document, "jobs")
    for _, job in jobs.pairs if isinstance(jobs, Mapping) else ():
        if isinstance(job, Mapping) and job.alias is None and get(job, "uses") is not None:
            yield job


def _steps(document: Node) -> Iterator[tuple[Mapping, _Around]]:
    top = _around(document, _Around((), "", ""))
    jobs = get(document, "jobs")
    groups: list[tuple[Node | None, _Around]] = [(get(document, "runs", "steps"), top)]
    if isinstance(jobs, Mapping):
        groups += [(get(job, "steps"), _around(job, top)) for _, job in jobs.pairs if job.alias is None]
    for steps, around in groups:
        if isinstance(steps, Sequence) and steps.alias is None:
            for step in steps.items:
                if isinstance(step, Mapping) and step.alias is None:
                    yield step, around


def _around(node: Node, outer: _Around) -> _Around:
    shell = text_of(get(node, "defaults", "run", "shell")) or outer.shell
    if not shell and "windows" in (text_of(get(node, "runs-on")) or ""):
        shell = "pwsh"
    directory = text_of(get(node, "defaults", "run", "working-directory"))
    return _Around(_variables(node, outer.visible), outer.directory if directory is None else directory, shell)


def _variables(node: Node, outer: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    own = get(node, "env")
    if not isinstance(own, Mapping):
        return outer
    named = {key.value: value.value for key, value in own.pairs if isinstance(value, Scalar)}
    return tuple((dict(outer) | named).items())


def text_of(node: Node | None) -> str | None:
    """Return the value of a scalar."""
    return node.value if isinstance(node, Scalar) else None


def _exported(expression: str) -> str | None:
    match = _ENVIRONMENT.fullmatch(expression)
    return match[1] if match else None


def _step(source: Source, step: Mapping, around: _Around, files: Files) -> Reading:
    visible = _variables(step, around.visible)
    if get(step, "uses") is not None:
        return Reading(read_step(source, step, files))
    run = get(step, "run")
    if not isinstance(run, Scalar) or run.alias is not None:
        return Reading()
    text = embed(source, run)
    if text is None:
        return Reading()
    text = text.rewrite(EXPRESSION, lambda _: None)
    directory = text_of(get(step, "working-directory"))
    directory = within(around.directory if directory is None else directory)
    where = directory if directory is not None and "$" not in directory else None
    script = posixpath.dirname(source.path)
    notes = (
        ("DOCKER_BUILDKIT is off in this job: remove that, build secrets need BuildKit",)
        if dict(visible).get("DOCKER_BUILDKIT") in {"0", "false"}
        else ()
    )
    host = Host(
        source,
        CallerKind.GITHUB_ACTIONS,
        files,
        Bases((where,) if where is not None else (), script),
        store=Store.GITHUB,
        cwd=START,
        step=StepEnvironment(step, "env", visible, run.place, "${{{{ secrets.{name} }}}}"),
        notes=notes,
        exports=Exports(exported=frozenset(dict(visible)), hosts=_exported),
    )
    shell = text_of(get(step, "shell")) or around.shell
    if shell.startswith(_OTHER_SHELLS):
        return Reading(mentions(text, host, (), f"the step runs in {shell.split()[0]}, not in a POSIX shell"))
    return read(text, host)


KIND: Final = Kind(_matches, _read)
