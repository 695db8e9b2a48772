"""Know the languages whose sources are read, and find what one file does with its environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from rewriter.code import golang, guard, java, javascript, php, python, ruby, shell
from rewriter.code.generated import is_generated, is_library, is_test
from rewriter.code.model import Language, Refuse, Survey, Use
from rewriter.model.text import Source

LANGUAGES: Final = (
    python.LANGUAGE, javascript.LANGUAGE, golang.LANGUAGE, ruby.LANGUAGE, php.LANGUAGE, java.LANGUAGE, shell.LANGUAGE,
)  # fmt: skip
_READER: Final = "a secret from its file, or from the environment where there is no file"


def language_of(path: str, text: str) -> Language | None:
    """Return the language of a file whose reads are known, or nothing."""
    return next((one for one in LANGUAGES if one.matches(path, text)), None)


def survey(path: str, text: str, secrets: Mapping[str, str]) -> Survey | None:
    """Return what a file does with its environment; nothing for one that cannot read any, and for the reader module."""
    if is_library(path):
        return None
    language = language_of(path, text)
    if language is None or language.hint.search(text) is None or _READER in text[:400]:
        return None
    trouble = guard.trouble(text)
    if trouble:
        return Survey(path, trouble=trouble)
    found = language.survey(Source(path, text), secrets)
    if is_generated(path, text):
        uses = tuple(Use(use.read, Refuse("the file is generated or bundled"), use.pieces) for use in found.uses)
        return Survey(path, uses, found.mentions, found.trouble, found.trouble_line)
    return found


def matters(path: str) -> bool:
    """Tell whether what a file reads matters to the running service."""
    return not is_test(path)


def named(text: str, name: str) -> int:
    """Return the line on which a text names a variable as a whole word, or 0."""
    if name not in text:
        return 0
    match = re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", text)
    return text.count("\n", 0, match.start()) + 1 if match else 0
