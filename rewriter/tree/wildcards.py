"""Match names against patterns with wildcards, of which most have none or do not come near."""

from __future__ import annotations

from fnmatch import fnmatchcase


def fits(name: str, pattern: str) -> bool:
    """Tell what `fnmatchcase` tells; a pattern is only compiled when all its pieces stand in the name."""
    if "?" in pattern or "[" in pattern:
        return fnmatchcase(name, pattern)
    if "*" not in pattern:
        return name == pattern
    return all(piece in name for piece in pattern.split("*")) and fnmatchcase(name, pattern)
