"""Read JSON, with comments and trailing commas, as located nodes: YAML reads it once the comments are blanked."""

from __future__ import annotations

import re
from typing import Final

from rewriter.documents.yaml import Node
from rewriter.documents.yaml import parse as parse_yaml
from rewriter.model.text import Source

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\[\s\S])*(?:"|\Z)|//[^\n]*|/\*[\s\S]*?(?:\*/|\Z)|\t')
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def parse(source: Source) -> Node | None:
    """Return the root of a JSON text; its offsets are those of the text. Raise `ParseError` where it is none."""
    documents = parse_yaml(masked(source))
    return documents[0] if documents else None


def masked(source: Source) -> Source:
    """Return the text with comments and tabs blanked, offset for offset: edits of JSON are made from it."""
    return Source(source.path, _TOKEN.sub(_mask, source.text))


def _mask(match: re.Match[str]) -> str:
    token = match.group()
    if token.startswith('"'):
        return _SURROGATE.sub("\\\\ufffd", token)
    return re.sub(r"[^\r\n]", " ", token)
