"""Define what almost every type of the project is: an immutable record that is compared by what it holds.

A record is written like a frozen dataclass and checked like one. It is a `msgspec.Struct`, whose class is made some
fifty times as fast (330 classes: 9 ms against 435) and whose instances ten times, since no source text is compiled for
it: a scan makes hundreds of thousands of them, and a command that ends within half a second makes all the classes.
"""

from __future__ import annotations

from typing import ClassVar, TypeVar, dataclass_transform

from msgspec import Struct, field
from msgspec.structs import replace as _replaced

__all__ = ["Keyed", "Record", "State", "field", "fields", "replace"]


def _shown(record: Record | State) -> str:
    names = (name for name in record.__struct_fields__ if name not in record._hidden)  # noqa: SLF001 (of the two below)
    return f"{type(record).__name__}({', '.join(f'{name}={getattr(record, name)!r}' for name in names)})"


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Record(Struct, frozen=True):
    """Hold named values; a subclass annotates them. `eq=False` compares by identity, `order=True` gives an order.

    `_hidden` names the fields that `repr` leaves out: what is large, what repeats another field, and, since a
    traceback or an assertion shows it, what can hold a secret outside `Masked`.
    """

    _hidden: ClassVar[tuple[str, ...]] = ()

    __repr__ = _shown


@dataclass_transform(field_specifiers=(field,))
class State(Struct):
    """Hold named values that change while something is under way; `_hidden` as of a record."""

    _hidden: ClassVar[tuple[str, ...]] = ()

    __repr__ = _shown


class Keyed(Record, eq=False):
    """Be a record that is compared by part of its fields: `_aside` names those that say where it stands, or how."""

    _aside: ClassVar[tuple[str, ...]] = ()

    def _key(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__struct_fields__ if name not in self._aside)

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, type(self)) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())


R = TypeVar("R", bound=Record)


def replace(record: R, /, **changes: object) -> R:
    """Return a record with some fields changed; raises `TypeError` for one that it does not have."""
    return _replaced(record, **changes)


def fields(kind: type[Record]) -> tuple[str, ...]:
    """Return the names of the fields of a type of records."""
    return kind.__struct_fields__
