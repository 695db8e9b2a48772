"""Read Jenkins pipelines: the commands of `sh` steps, and `docker.build`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import Final

from rewriter.callers.embedded import Embedded, Quoting, identity
from rewriter.callers.groovy import GroovyString, strings
from rewriter.callers.invocation import Host
from rewriter.callers.kind import Kind
from rewriter.callers.model import CallerKind, Files, Reading, Store
from rewriter.callers.paths import Bases
from rewriter.callers.script import mentions, read, read_arguments
from rewriter.callers.values import Exports
from rewriter.model.text import Source

_PATH: Final = re.compile(
    r"(?:.*/)?(?:[^/]*[.-])?Jenkinsfile(?:[.-][^/]*)?|.*\.(?:jenkinsfile|groovy|gvy)", re.IGNORECASE
)
_SHELL: Final = re.compile(r"\bsh\b\s*\(?\s*(?:script\s*:\s*)?$|\bscript\s*:\s*$")
_OTHER_SHELL: Final = re.compile(r"\b(?:bat|powershell|pwsh)\b\s*\(?\s*(?:script\s*:\s*)?$")
_BUILD: Final = re.compile(r"\b(?:docker|[A-Za-z_]\w*)\.build\s*\(\s*$")
_NEXT_ARGUMENT: Final = re.compile(r"\s*,\s*$")
_ADDITIONAL: Final = re.compile(r"\badditionalBuildArgs\b\s*\(?\s*$")
_ESCAPE: Final = re.compile(r"\\(?P<char>[\s\S])")
_ESCAPE_OR_VALUE: Final = re.compile(r"\\(?P<char>[\s\S])|\$\{[^{}\n]*\}|\$[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_]\w*)*")
_CONTROL: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_BOUND: Final = re.compile(r"\b(?:variable|passwordVariable|usernameVariable|tokenVariable)\s*:\s*['\"](\w+)['\"]")
_CREDENTIAL: Final = re.compile(r"\b(\w+)[ \t]*=[ \t]*credentials\s*\(")
_REFERENCE: Final = re.compile(r"\$\{?(?:env\.)?([A-Za-z_]\w*)\}?")


def _matches(path: str) -> bool:
    return _PATH.fullmatch(path) is not None


def _read(source: Source, files: Files) -> Reading:
    host = Host(
        source, CallerKind.JENKINS, files, Bases(("",), posixpath.dirname(source.path)), store=Store.CI,
        exports=Exports(hosts=_hosts(source.text)),
    )  # fmt: skip
    total = Reading()
    building = -2
    for string in strings(source.text):
        text = _embed(source, string)
        if _BUILD.search(string.before):
            building = string.index
        elif building == string.index - 1 and _NEXT_ARGUMENT.search(string.before):
            total += read_arguments(text, host)
        elif _SHELL.search(string.before):
            total += read(text, host)
        elif "--build-arg" in text.text:
            total += Reading(mentions(text, host, (), _why(string.before)))
    return total


def _why(before: str) -> str:
    if _OTHER_SHELL.search(before):
        return "the step does not run in a POSIX shell"
    if _ADDITIONAL.search(before):
        return "the agent's Dockerfile is built by Jenkins itself, which hands it no secret"
    return "the option is held in a string of the pipeline, not in an `sh` step"


def _embed(source: Source, string: GroovyString) -> Embedded:
    inner = Quoting.GROOVY_DOUBLE if string.interpolates else Quoting.GROOVY_SINGLE
    pattern = _ESCAPE_OR_VALUE if string.interpolates else _ESCAPE
    return identity(source.text, string.span).rewrite(pattern, _resolve, inner=inner)


def _resolve(match: re.Match[str]) -> str | None:
    char = match["char"]
    if char is None:
        return None
    return "" if char == "\n" else _CONTROL.get(char, char)


def _hosts(text: str) -> Callable[[str], str | None]:
    """Return which expressions are variables of the environment: bound credentials."""
    bound = frozenset(_BOUND.findall(text)) | frozenset(_CREDENTIAL.findall(text))

    def exported(expression: str) -> str | None:
        match = _REFERENCE.fullmatch(expression)
        known = match is not None and (match[1] in bound or "env." in expression)
        return match[1] if match is not None and known else None

    return exported


KIND: Final = Kind(_matches, _read)
