"""Read YAML as located nodes, and edit it line by line without ever writing it anew.

Comments, quotes, indentation, key order and line ends stay, because an edit touches the lines of one
entry only.
"""

from __future__ import annotations

from rewriter.documents.yaml.blank import skip_blank
from rewriter.documents.yaml.edit import append_key, insert_entry, insert_key, remove_entry
from rewriter.documents.yaml.node import (
    Alias,
    Entry,
    Mapping,
    Node,
    Scalar,
    Sequence,
    Style,
    defines_anchor,
    entries,
    get,
    index_of,
    walk,
)
from rewriter.model.text import Source

__all__ = [
    "Alias",
    "Entry",
    "Mapping",
    "Node",
    "Scalar",
    "Sequence",
    "Style",
    "append_key",
    "defines_anchor",
    "entries",
    "get",
    "index_of",
    "insert_entry",
    "insert_key",
    "parse",
    "remove_entry",
    "skip_blank",
    "walk",
]


def parse(source: Source) -> tuple[Node, ...]:
    """Return the documents of a YAML text; raise `ParseError` where it is none."""
    from rewriter.documents.yaml import parser  # noqa: PLC0415 (PyYAML is a tenth of the start-up time)

    return parser.parse(source)
