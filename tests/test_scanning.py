"""A scan holds a few documents at a time, however many there are."""

from __future__ import annotations

import gc

from rewriter.documents.dockerfile import Dockerfile
from rewriter.scan.scanning import scan
from rewriter.scan.survey import LOT
from rewriter.settings import Settings
from rewriter.tree.repository import READ_LIMIT, MemoryRepository

REMEMBERED = 64
"""Of so many Dockerfiles what is known of their variables is kept for whoever asks again."""


class _Watched(MemoryRepository):
    """Count, while files are read, the Dockerfiles that are alive."""

    alive = 0
    reads = 0

    def read(self, path: str, limit: int = READ_LIMIT) -> bytes:
        self.reads += 1
        if self.reads % 25 == 0:
            self.alive = max(self.alive, sum(isinstance(one, Dockerfile) for one in gc.get_objects()))
        return super().read(path, limit)


def test_documents_are_let_go_of() -> None:
    number = 3 * (LOT + REMEMBERED)
    text = b"FROM debian:12-slim\nARG NPM_TOKEN\nRUN npm ci\n"
    repository = _Watched({f"s{each}/Dockerfile": text for each in range(number)})
    before = sum(isinstance(one, Dockerfile) for one in gc.get_objects())
    report = scan(repository, Settings(), processes=1)
    assert report.documents == number
    assert len(report.findings) == 2 * number
    assert repository.reads >= number
    assert 0 < repository.alive - before <= 2 * LOT + REMEMBERED
