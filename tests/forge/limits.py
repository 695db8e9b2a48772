"""Count what a forge would punish: every request past a limit, and every one while the forge asked to wait."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock


@dataclass
class Limits:
    """Judge requests by a clock. A refused one is a violation where the client could have known."""

    now: Callable[[], float]
    hourly: int = 5_000
    creations_a_minute: int = 80
    creations_an_hour: int = 500
    points_a_minute: int = 900
    at_once: int = 100
    violations: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._lock = Lock()
        self._active = 0
        self._blocked = 0.0
        self._reset = 0.0
        self._used = 0
        self._creations: deque[float] = deque()
        self._points: deque[tuple[float, int]] = deque()

    def enter(self, verb: str, *, creates: bool) -> tuple[int, Mapping[str, str]] | None:
        """Return the refusal of a request, or None."""
        with self._lock:
            now = self.now()
            self._active += 1
            if now >= self._reset:
                self._reset, self._used = now + 3600, 0
            while self._creations and self._creations[0] <= now - 3600:
                self._creations.popleft()
            while self._points and self._points[0][0] <= now - 60:
                self._points.popleft()
            if now < self._blocked:
                self.violations["while blocked"] += 1
                return 403, {"retry-after": str(int(self._blocked - now) + 1)}
            if self._active > self.at_once:
                self.violations["at once"] += 1
                return 403, {"retry-after": "60"}
            if self._used >= self.hourly:
                self.violations["primary"] += 1
                return 403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(self._reset))}
            self._points.append((now, 1 if verb == "GET" else 5))
            minute = sum(1 for moment in self._creations if moment > now - 60)
            past_points = sum(points for _, points in self._points) > self.points_a_minute
            past = creates and (minute >= self.creations_a_minute or len(self._creations) >= self.creations_an_hour)
            if past or past_points:
                self.violations["points" if past_points else "creations"] += 1
                self._blocked = now + 60
                return 403, {"retry-after": "60"}
            if creates:
                self._creations.append(now)
            return None

    def leave(self, *, counts: bool) -> Mapping[str, str]:
        """End a request; return the headers that tell of the hour. A 304 is free."""
        with self._lock:
            self._active -= 1
            self._used += counts
            left = max(0, self.hourly - self._used)
            return {
                "X-RateLimit-Limit": str(self.hourly),
                "X-RateLimit-Remaining": str(left),
                "X-RateLimit-Reset": str(int(self._reset) + 1),
            }
