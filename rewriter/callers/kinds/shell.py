"""Read shell scripts."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from rewriter.callers.embedded import identity
from rewriter.callers.invocation import Host
from rewriter.callers.kind import Kind
from rewriter.callers.model import CallerKind, Files, Reading
from rewriter.callers.paths import Bases
from rewriter.callers.script import read
from rewriter.model.text import Source, Span

_SUFFIXES: Final = (".sh", ".bash", ".zsh", ".ksh", ".sh.in", ".envrc")
_SHEBANG: Final = re.compile(r"\ufeff?#!.*\b(?:ba|da|z|k|a)?sh\b")
_OTHER: Final = frozenset(
    {"dockerfile", "containerfile", "makefile", "gnumakefile", "license", "licence", "copying", "notice",
     "readme", "changelog", "authors", "codeowners", "jenkinsfile", "tiltfile", "justfile", "rakefile",
     "gemfile", "procfile", "vagrantfile", "version", "owners", "brewfile", "podfile", "pipfile", "news",
     "contributors", "todo", "install", "earthfile", "gradlew", "mvnw"}
)  # fmt: skip


def _matches(path: str) -> bool:
    name = posixpath.basename(path)
    return name.endswith(_SUFFIXES) or ("." not in name and name.lower() not in _OTHER)


def _read(source: Source, files: Files) -> Reading:
    if not source.path.endswith(_SUFFIXES) and not _SHEBANG.match(source.text):
        return Reading()
    text = identity(source.text, Span(source.text.startswith("\ufeff"), len(source.text)))
    directory = posixpath.dirname(source.path)
    bases = Bases(tuple(dict.fromkeys(("", directory))), directory)
    return read(text, Host(source, CallerKind.SHELL, files, bases))


KIND: Final = Kind(_matches, _read)
