"""Compare unbake with every other scanner that is installed, on the hand-written cases.

    python -m benchmarks.detection [--missed]

One table: how many of the leaks each finds, how many of its findings are right, how many look-alikes it reports, and
how many files it reads in a second, start of the process included. Peers are looked for on PATH; absent ones are named.
With `--missed`, what unbake misses follows, and what only a peer finds: each line of that is a bug.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.detection import peers
from benchmarks.detection.cases import Case, read_all
from benchmarks.detection.measure import Score, score, unbake


def main() -> None:
    """Print the table."""
    cases = read_all()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        files = peers.write(root, cases)
        mine = score(cases, {case.name: unbake(case) for case in cases})
        rows = [("unbake", mine, _whole_process(root))]
        for peer in peers.PEERS:
            if peers.installed(peer):
                try:
                    done = peers.run(peer, root, cases)
                except peers.PeerError as error:
                    print(error)
                    continue
                rows.append((peer.name, score(cases, done.hits), done.seconds))
    absent = [peer.name for peer in peers.PEERS if not peers.installed(peer)]
    print(f"{len(cases)} cases, {files} files, {mine.leaks} leaks, {mine.look_alikes} look-alikes")
    print(f"{'':16}{'recall':>8}{'precision':>11}{'false alarms':>14}{'files/s':>9}")
    for name, result, seconds in rows:
        print(f"{name:16}{_figures(result)}{files / seconds:>9.0f}")
    print(f"not installed: {', '.join(absent) or 'none'}")
    if "--missed" in sys.argv:
        _print_missed(cases, rows)


def _whole_process(root: Path) -> float:
    """Return how long unbake's own command takes over all cases as one folder, as the peers see them."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "rewriter", "scan", str(root), "--format=json"], capture_output=True, check=False
    )
    return time.perf_counter() - start


def _figures(result: Score) -> str:
    alarms = f"{len(result.false_alarms)} ({result.false_alarm_rate:.1%})"
    return f"{result.recall:>8.1%}{result.precision:>11.1%}{alarms:>14}"


def _print_missed(cases: tuple[Case, ...], rows: list[tuple[str, Score, float]]) -> None:
    _, mine, _ = rows[0]
    for line in (*mine.missed, *mine.false_alarms):
        print(f"wrong: {line}")
    everything = {f"{case.name} {path}:{line}" for case in cases for path, line in case.leaks}
    for name, result, _ in rows[1:]:
        for line in sorted((everything - set(result.missed)) & set(mine.missed)):
            print(f"only {name}: {line}")


if __name__ == "__main__":
    main()
