"""Read YAML as located nodes, and edit it line by line without ever writing it anew.

Comments, quotes, indentation, key order and line ends stay, because an edit touches the lines of one
entry only.
"""

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
from rewriter.documents.yaml.parser import parse, skip_blank

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
