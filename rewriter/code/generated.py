"""Tell which files are never edited: generated, bundled, vendored, and tests, which do not run in the service."""

from __future__ import annotations

import re
from typing import Final

_FOLDERS: Final = frozenset({"dist", "build", "third_party", ".next", ".nuxt", ".output", "out", "target", "coverage"})
_LIBRARIES: Final = frozenset(
    {"node_modules", "vendor", "site-packages", "dist-packages", ".git", ".venv", "venv", "__pycache__",
     "bower_components", ".tox", ".yarn"}
)  # fmt: skip
_TEST_FOLDERS: Final = frozenset({"test", "tests", "__tests__", "spec", "specs", "e2e", "testdata", "__mocks__"})
_TEST_FILES: Final = re.compile(
    r"(?:test_[^/]*\.py|[^/]*_test\.(?:py|go)|conftest\.py|[^/]*\.(?:test|spec|stories)\.[cm]?[jt]sx?|[^/]*_spec\.rb"
    r"|[^/]*_test\.rb|[^/]*Tests?\.(?:java|php))\Z"
)
_BUNDLED: Final = re.compile(r"(?:[^/]*[.-](?:min|bundle|generated)\.[cm]?js|[^/]*\.pb\.go|[^/]*_pb2(?:_grpc)?\.py"
                             r"|[^/]*\.d\.[cm]?ts|\.pnp\.[cm]?js)\Z")  # fmt: skip
_MARK: Final = re.compile(
    r"(?i)(?:\bcode generated\b.{0,200}\bdo not edit\b|@generated\b|\bauto-?generated\b.{0,80}\bdo not)"
)
_LONG_LINE: Final = 2000


def is_generated(path: str, text: str) -> bool:
    """Tell whether a program wrote the file, or it came from elsewhere."""
    *folders, name = path.split("/")
    if not _FOLDERS.isdisjoint(folders) or _BUNDLED.match(name):
        return True
    return bool(_MARK.search(text[:2000])) or _minified(text)


def is_test(path: str) -> bool:
    """Tell whether the file is a test by its name."""
    *folders, name = path.split("/")
    return not _TEST_FOLDERS.isdisjoint(folders) or bool(_TEST_FILES.match(name))


def _minified(text: str) -> bool:
    """Tell whether most of the text stands in very long lines."""
    if len(text) < _LONG_LINE:
        return False
    return sum(len(line) for line in text.split("\n") if len(line) > _LONG_LINE) * 2 > len(text)


def is_library(path: str) -> bool:
    """Tell whether the file lies among installed libraries, which are never read."""
    return not _LIBRARIES.isdisjoint(path.split("/"))
