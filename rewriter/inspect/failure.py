"""Explain a build that failed: the step, the secret that it missed, and the way forward."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from rewriter.documents.dockerfile import Dockerfile, Instruction
from rewriter.model.plan import BuildSecret
from rewriter.record import Record

_PLACE: Final = re.compile(r"^[^\s:][^\n:]{0,300}:(\d{1,6})\s*\n-{10,}", re.MULTILINE)
_STEP: Final = re.compile(r"^ > \[([^\]\n]{1,200})\] ([^\n]{1,2000}):\s*$", re.MULTILINE)
_SECTION: Final = "\n > ["
_RULE: Final = "\n------"
_TIMED: Final = re.compile(r"\d{1,7}\.\d{1,4} ")
_PRINTED: Final = 2
_PODMAN_STEP: Final = re.compile(r'building at STEP "([^\n]{1,2000}?)": ([^\n]{1,1000})')
_NO_ENV: Final = re.compile(r"secret should have syntax id=id\[,target=path")
_ERROR: Final = re.compile(r"^(?:ERROR|error): ([^\n]{1,1000})", re.MULTILINE | re.IGNORECASE)
_MISSING: Final = re.compile(r"secret ([\w.\-]{1,200}): not found")
_NO_AGENT: Final = re.compile(r"no SSH key \"?[\w.\-]{1,200}\"? forwarded|unset ssh forward key|could not find ssh key")
_NO_KEY: Final = re.compile(r"(?i)permission denied \(publickey")
_REFUSED: Final = re.compile(
    r"(?i)\b(?:401|403)\b[^\n]{0,80}|unauthori[sz]ed|forbidden|authentication failed|could not read (?:username"
    r"|password)|access denied|invalid credentials|E401|E403|permission denied \(publickey"
)
_HOME: Final = re.compile(r"(?i)permission denied|no such file or directory[^\n]{0,100}|not found: [~/]")


class Failure(Record):
    """Say where a build failed (line 0 where that is not told), why, what the step printed last, and what to do."""

    line: int
    step: str
    error: str
    advice: tuple[str, ...]
    printed: tuple[str, ...] = ()


def explain(log: str, file: Dockerfile, secrets: Sequence[BuildSecret], *, invented: bool, above: int = 0) -> Failure:
    """Return why a build of a Dockerfile failed.

    `invented`: it was given values that no server knows. `above`: the builder got the file without so many lines.
    """
    place, podman, step = _PLACE.search(log), _PODMAN_STEP.search(log), _STEP.search(log)
    line = int(place[1]) + above if place else 0
    entry = next((one for one in file.instructions if one.line <= line <= one.end_line), None)
    if entry is None and podman is not None:
        entry = next((one for one in file.instructions if _same(_body(file, one), podman[1])), None)
    errors = [*((podman[2],) if podman else ()), *_ERROR.findall(log)]
    return Failure(
        line=entry.line if entry is not None else 0,
        step=_body(file, entry) if entry is not None else podman[1] if podman else step[2] if step else "",
        error=errors[0 if podman else -1] if errors else "the builder says no more",
        advice=tuple(_advice(log, entry, secrets, invented=invented)),
        printed=_printed(log),
    )


def _printed(log: str) -> tuple[str, ...]:
    """Return what the step that failed printed last, as BuildKit repeats it at the end."""
    begin = log.rfind(_SECTION)
    if begin < 0:
        return ()
    begin = log.find("\n", begin + 1)
    end = log.find(_RULE, begin) if begin >= 0 else -1
    if end < 0:
        return ()
    lines = (_TIMED.sub("", line, count=1).strip() for line in log[begin:end].splitlines())
    return tuple(line[:300] for line in lines if line)[-_PRINTED:]


def _body(file: Dockerfile, entry: Instruction) -> str:
    return " ".join(re.sub(r"[\\`][ \t]*\r?\n", " ", entry.span.of(file.source.text)).split())


def _same(body: str, step: str) -> bool:
    """Tell whether podman's step is an instruction, which it writes without continuations and with single spaces."""
    return body == " ".join(step.split())


def _advice(log: str, entry: Instruction | None, secrets: Sequence[BuildSecret], *, invented: bool) -> Iterator[str]:
    if _NO_ENV.search(log):
        yield "this builder hands over no secret as a variable: take a newer one, or have files by --secret-style=file"
        return
    missing = _MISSING.search(log)
    if missing:
        yield f"the caller hands over no secret {missing[1]}: add `--secret id={missing[1]},...` to what runs the build"
    if entry is not None and entry.keyword == "RUN":
        mounts = " ".join(flag.value or "" for flag in entry.flags if flag.name == "mount")
        for secret in secrets:
            if secret.source == "ssh":
                if "type=ssh" not in mounts:
                    yield "if the step needs ssh's agent, mount it there: --mount=type=ssh"
            elif not re.search(rf"(?:^|,|\s)(?:id|source|src)={re.escape(secret.id)}(?:,|\s|$)", mounts):
                place = f"env={secret.env}" if secret.env else f"target={secret.target}"
                yield f"if the step needs {secret.id}, mount it there: --mount=type=secret,id={secret.id},{place}"
        if "target=/root/" in mounts and _HOME.search(log):
            yield "the step may run with another home folder: set `target` to that of its user, and `uid`"
    if _NO_AGENT.search(log):
        yield "the caller hands over no key: add `--ssh default` to what runs the build, with the key in ssh's agent"
    if any(secret.source == "ssh" for secret in secrets) and _NO_KEY.search(log):
        yield "a server refuses the key: hand over the one that it knows by --ssh default=KEY"
    elif _REFUSED.search(log):
        if invented:
            yield "a server refuses the invented value: give a real one by --secret id=ID,env=NAME or --from-env"
        else:
            yield "a server refuses the value: check that it still holds, and that its user may do this"


def described(failure: Failure) -> Iterator[str]:
    """Yield a failure in words."""
    if failure.step:
        place = f"line {failure.line}: " if failure.line else ""
        yield f"{place}{failure.step[:300]}"
    yield failure.error
    yield from (f"it printed: {line}" for line in failure.printed)
    yield from failure.advice
