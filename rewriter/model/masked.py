"""Hold a secret's value so that it cannot be printed by accident."""

from __future__ import annotations

from typing import Final, NoReturn

MASK: Final = "****"


class Masked:
    """Wrap one secret value; every way to show it gives `****`, only `reveal` gives the value.

    Two are equal when their values are. Pickling is refused, since a pickle is a copy in clear.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value. Call this only to write the secret to its ignored file, or to redact it."""
        return self._value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Masked):
            return NotImplemented
        from hmac import compare_digest  # noqa: PLC0415 (start-up time)

        return compare_digest(
            self._value.encode("utf-8", "surrogateescape"), other._value.encode("utf-8", "surrogateescape")
        )

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret value is not pickled")
