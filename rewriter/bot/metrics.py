"""Count what a worker does, for Prometheus. Nothing of a repository is in a label, so their number is bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from rewriter.bot.store import Known, Store
from rewriter.errors import UsageError
from rewriter.scm.gate import Budget, Kind

try:
    from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
    from prometheus_client.core import GaugeMetricFamily
    from prometheus_client.registry import Collector
except ImportError as error:
    raise UsageError("metrics need more: pip install 'unbake[fleet]'") from error

LOOPBACK: Final = "127.0.0.1"
_SECONDS: Final = (0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000)


class Metrics:
    """Be the figures of one worker; as a `Watch` it is told by the gate."""

    def __init__(self) -> None:
        self.registry: Final = CollectorRegistry()
        self._visits: Final = Counter(
            "unbake_visits",
            "Visits that came to an end, by how the repository is left",
            ["state"],
            registry=self.registry,
        )
        self._put_back: Final = Counter(
            "unbake_visits_put_back", "Visits that are done again later, by why", ["why"], registry=self.registry
        )
        self._seconds: Final = Histogram(
            "unbake_visit_seconds", "How long visits take", registry=self.registry, buckets=_SECONDS
        )
        self._requests: Final = Counter(
            "unbake_requests", "Requests to the forge, by kind", ["kind"], registry=self.registry
        )
        self._answers: Final = Counter(
            "unbake_answers", "Answers of the forge, by status", ["status"], registry=self.registry
        )
        self._waits: Final = Counter(
            "unbake_waits",
            "Requests that were held back so as to keep a limit, by kind",
            ["kind"],
            registry=self.registry,
        )

        self._taken_over: Final = Counter(
            "unbake_jobs_taken_over", "Jobs of workers that died, put back by this one", registry=self.registry
        )

    def visited(self, known: Known, seconds: float) -> None:
        """Count a visit that came to an end."""
        self._visits.labels(known.state).inc()
        self._seconds.observe(seconds)

    def put_back(self, why: str) -> None:
        """Count a visit that is done again later."""
        self._put_back.labels(why).inc()

    def admitted(self, kind: Kind) -> None:
        """Count a request."""
        self._requests.labels(kind.value).inc()

    def answered(self, status: int) -> None:
        """Count an answer."""
        self._answers.labels(str(status)).inc()

    def waits(self, kind: Kind, until: float) -> None:  # noqa: ARG002 (a moment is no figure)
        """Count a request that is held back."""
        self._waits.labels(kind.value).inc()

    def taken_over(self, number: int) -> None:
        """Count jobs that dead workers left."""
        self._taken_over.inc(number)

    def share(self, store: Store, budget: Budget, jobs: Callable[[], Mapping[str, int]]) -> None:
        """Add the figures that all workers share, read when somebody asks for them."""
        self.registry.register(_Shared(store, budget, jobs))


class _Shared(Collector):
    """Read what lies in the database."""

    def __init__(self, store: Store, budget: Budget, jobs: Callable[[], Mapping[str, int]]) -> None:
        self._store: Final = store
        self._budget: Final = budget
        self._jobs: Final = jobs

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the figures."""
        yield _gauge("unbake_jobs", "Jobs of the queue, by state", "state", self._jobs())
        repositories = self._store.counted("repo")
        yield _gauge("unbake_repositories", "Repositories, by how they were left", "state", repositories)
        yield _gauge("unbake_pull_requests", "Pull requests, by state", "state", self._store.counted("pull"))
        yield _gauge("unbake_credentials", "Exposed credentials, by state", "state", self._store.counted("secret"))
        blocked = GaugeMetricFamily(
            "unbake_blocked_until_seconds", "The moment until which the forge asked to wait, in seconds since 1970"
        )
        blocked.add_metric([], self._budget.blocked())
        yield blocked

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Yield nothing, so that the database is not asked before somebody asks."""
        return iter(())


@contextmanager
def served(metrics: Metrics, port: int, address: str = LOOPBACK) -> Iterator[int]:
    """Answer Prometheus at a port, 0 for any that is free; give the port."""
    try:
        server, thread = start_http_server(port, addr=address, registry=metrics.registry)
    except OSError as error:
        raise UsageError(f"--metrics-port {port}: {error.strerror or 'cannot be listened at'}") from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _gauge(name: str, words: str, label: str, figures: Mapping[str, int]) -> GaugeMetricFamily:
    made = GaugeMetricFamily(name, words, labels=[label])
    for key, number in sorted(figures.items()):
        made.add_metric([key], number)
    return made
