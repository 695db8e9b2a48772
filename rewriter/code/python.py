"""Read and rewrite Python.

libcst says what each name means; the edits are made in the text, so that nothing but the read itself changes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from rewriter.code import guard
from rewriter.code.model import Language, Refuse, Survey
from rewriter.code.python_reach import reach
from rewriter.model.text import Source

_HINT: Final = re.compile(
    r"\b(?:environ[bs]?|getenvb?|read_secret|has_secret|secret_file|decouple|BaseSettings|[dD]ynaconf|from_prefixed_env)\b"
    r"|\bstarlette\.config\b"
)
_SHEBANG: Final = re.compile(r"\ufeff?#![^\n]{0,100}\bpython[0-9.]*\b")


def _matches(path: str, text: str) -> bool:
    return path.endswith((".py", ".pyw")) or ("." not in path.rsplit("/", 1)[-1] and bool(_SHEBANG.match(text)))


def _survey(source: Source, secrets: Mapping[str, str]) -> Survey:
    trouble = guard.trouble(source.text) or guard.python_trouble(source.text)
    if trouble:
        return Survey(source.path, trouble=trouble)
    from rewriter.code.python_module import parse  # noqa: PLC0415 - libcst takes a quarter of a second to load
    from rewriter.code.python_uses import find  # noqa: PLC0415

    module = parse(source)
    if isinstance(module, Refuse):
        return Survey(source.path, trouble=module.detail)
    return find(module, secrets)


LANGUAGE: Final = Language("Python", _matches, _HINT, _survey, reach)
