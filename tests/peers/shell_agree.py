"""Compare our shell reader with shfmt and bash over the RUN bodies of real Dockerfiles, and over scripts.

python -m tests.peers.shell_agree FILE_OR_DIR [LIMIT]
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rewriter.documents import shell
from tests.peers.shfmt_reading import Reading, read_with_ours, read_with_shfmt

_CONTINUED = re.compile(r"\\[ \t]*\r?$")
_HEREDOC = re.compile(r"<<-?(?P<quote>['\"]?)(?P<word>[A-Za-z0-9_.-]+)(?P=quote)")
_FLAGS = re.compile(r"(?:--[a-z]+=\S+\s+)+")
_SHEBANG = re.compile(r"#! ?/(?:usr/)?bin/(?:env )?(?:ba|da|a)?sh\b")
_ESCAPE = re.compile(r"^#\s*escape\s*=\s*`", re.MULTILINE | re.IGNORECASE)


def run_bodies(text: str) -> Iterator[str]:
    """Yield the shell form of every RUN, continuations joined; good enough for a comparison."""
    if _ESCAPE.search(text):
        return
    lines = iter(text.split("\n"))
    for line in lines:
        if not re.match(r"\s*RUN\s", line, re.IGNORECASE):
            continue
        logical = line.rstrip("\r")
        while _CONTINUED.search(logical):
            logical = _CONTINUED.sub("", logical)
            following = next((one for one in lines if one.strip() and not one.lstrip().startswith("#")), None)
            if following is None:
                break
            logical += following.rstrip("\r")
        body = _FLAGS.sub("", re.sub(r"^\s*RUN\s+", "", logical, flags=re.IGNORECASE), count=1)
        heredocs = [match["word"] for match in _HEREDOC.finditer(body)]
        for word in heredocs:
            for one in lines:
                body += "\n" + one
                if one.strip() == word:
                    break
        if not body.lstrip().startswith("["):
            yield body


def bodies_of(path: Path) -> Iterator[str]:
    """Yield the RUN bodies of a Dockerfile, or the text of a script."""
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    if path.suffix in (".sh", ".bash") or _SHEBANG.match(text):
        yield text
    else:
        yield from run_bodies(text)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Hold what the three readers say about one body."""

    body: str
    theirs: Reading | None
    ours: Reading | None
    fault: str
    bash: bool


def judge(body: str) -> Verdict:
    """Read one body with all of them."""
    theirs = read_with_shfmt(body)
    try:
        ours, fault = read_with_ours(body), ""
    except shell.ShellError as error:
        ours, fault = None, str(error)
    data = body.encode("utf-8", "surrogateescape")
    bash = subprocess.run(["bash", "-n"], input=data, capture_output=True, check=False)
    return Verdict(body, theirs, ours, fault, bash.returncode == 0)


def measure(bodies: list[str]) -> list[float]:
    """Return the milliseconds that each body takes us."""
    taken: list[float] = []
    for body in bodies:
        started = time.perf_counter()
        try:
            shell.parse(body)
        except shell.ShellError:
            continue
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def report(verdicts: list[Verdict]) -> None:
    """Print what differs, then the figures."""
    accepted = [one for one in verdicts if one.theirs is not None or one.bash]
    refused = [one for one in accepted if one.ours is None]
    both = [one for one in verdicts if one.theirs is not None and one.ours is not None]
    uses = [one for one in both if one.theirs and one.ours and one.theirs.uses != one.ours.uses]
    counts = [one for one in both if one.theirs and one.ours and one.theirs.commands != one.ours.commands]
    lenient = [one for one in verdicts if one.ours is not None and one.theirs is None and not one.bash]
    lines: list[str] = []
    for title, some in (("refused", refused), ("uses", uses), ("commands", counts), ("lenient", lenient)):
        for one in some:
            lines += [f"--- {title}: {one.fault}", one.body]
            if one.theirs and one.ours:
                lines.append(f"    theirs: {one.theirs.commands} {sorted(one.theirs.uses - one.ours.uses)}")
                lines.append(f"    ours:   {one.ours.commands} {sorted(one.ours.uses - one.theirs.uses)}")
    taken = measure([one.body for one in verdicts])
    uses_read = sum(len(one.ours.uses) for one in both if one.ours)
    commands_read = sum(one.ours.commands for one in both if one.ours)
    lines += [
        f"{len(verdicts)} bodies; bash or shfmt accept {len(accepted)}, we of these {len(accepted) - len(refused)}",
        f"bodies that we alone accept: {len(lenient)}",
        f"bodies read by shfmt and us: {len(both)} with {uses_read} uses and {commands_read} commands",
        f"of these, uses differ in {len(uses)}, commands in {len(counts)}",
        f"ms a body: median {statistics.median(taken):.3f}, mean {statistics.fmean(taken):.3f}, max {max(taken):.2f}",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def main(arguments: list[str]) -> int:
    """Compare over a file or a directory."""
    root = Path(arguments[0])
    files = [root] if root.is_file() else sorted(path for path in root.rglob("*") if path.is_file())
    limit = int(arguments[1]) if len(arguments) > 1 else len(files)
    bodies = dict.fromkeys(body for path in files[:limit] for body in bodies_of(path))
    with ThreadPoolExecutor() as pool:
        report(list(pool.map(judge, bodies)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
