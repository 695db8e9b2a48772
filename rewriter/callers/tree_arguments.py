"""Read the build arguments of a mapping, and the ids in a list of secrets."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from rewriter.callers.model import BuildArgument, EntryForm, FromLiteral, FromVariable, Unreadable, Value, place
from rewriter.documents.yaml import Mapping, Node, Scalar, Sequence, get
from rewriter.model.masked import MASK, Masked
from rewriter.model.text import Source, Span

_ID: Final = re.compile(r"(?:^|,|=)id=([^,]+)")


def arguments_of(
    source: Source, node: Node | None, value_of: Callable[[str, Node], Value], *, why: str | None = None
) -> tuple[BuildArgument, ...]:
    """Return the arguments in a mapping; `why` says what forbids to rewrite any of them."""
    if not isinstance(node, Mapping):
        return ()
    shared = "the arguments are shared through an alias" if node.alias is not None else why
    found: list[BuildArgument] = []
    for index, (key, item) in enumerate(node.pairs):
        value = value_of(key.value, item)
        text = item.value if isinstance(item, Scalar) and not item.is_null else None
        literal = Masked(text) if isinstance(value, FromLiteral) and text else None
        span = Span(key.place.start, max(key.place.end, item.place.end))
        found.append(
            BuildArgument(
                name=key.value,
                value=MASK if literal else text,
                place=place(source, span),
                literal=literal,
                variable=value.name if isinstance(value, FromVariable) else None,
                form=Unreadable(shared) if shared else EntryForm(index, value),
            )
        )
    return tuple(found)


def secret_ids(node: Node | None) -> tuple[str, ...]:
    """Return the ids in a list of `id=...` texts, options with them, or mappings with an `id`."""
    found: list[str] = []
    for item in node.items if isinstance(node, Sequence) else ():
        match item:
            case Scalar():
                match = _ID.search(item.value)
                found += [match[1]] if match else []
            case Mapping():
                known = get(item, "id")
                found += [known.value] if isinstance(known, Scalar) else []
            case Sequence():
                pass
    return tuple(found)
