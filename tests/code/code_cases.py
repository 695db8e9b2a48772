"""Read and write the cases of `corpus/code`: a line `%% title`, the source, and what becomes of it.

    %% a title
    source before
    %% becomes
    source after (absent where nothing changes)
    %% refused 3 DB_PASSWORD: part of the reason

A case is added by its title and source; `--update` writes the rest, and a person reads the diff. `\\r`, `\\f` and
`\\ufeff` stand for these characters, a backslash at the very end for a missing final line end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rewriter.code import CodePlan, rewrite
from rewriter.model.text import apply

CORPUS: Final = Path(__file__).resolve().parents[2] / "corpus" / "code"
SECRETS: Final = {"DB_PASSWORD": "db_password", "API_TOKEN": "api_token"}
_SIGNS: Final = {"\r": "\\r", "\ufeff": "\\ufeff", "\f": "\\f"}


@dataclass(frozen=True, slots=True)
class Case:
    """Hold one case and what is expected of it."""

    topic: str
    title: str
    before: str
    after: str
    refused: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.topic}: {self.title}"


def cases(language: str) -> tuple[Case, ...]:
    """Return every case of a language, in order."""
    found: list[Case] = []
    for path in sorted((CORPUS / language).glob("*.txt")):
        found += [_case(path.stem, block) for block in _blocks(path.read_text(encoding="utf-8"))]
    return tuple(found)


def run(case: Case, path: str) -> tuple[CodePlan, str]:
    """Return the plan for a case, and its source afterwards."""
    plan = rewrite({path: case.before}, SECRETS)
    return plan, apply(case.before, [one.edit for one in plan.edits])


def refused(plan: CodePlan) -> tuple[str, ...]:
    """Return the refusals as they are written in a case."""
    return tuple(f"{one.line} {one.name or '-'}: {one.detail}" for one in plan.refusals)


def update(language: str, result: Callable[[Case], tuple[str, tuple[str, ...]]]) -> None:
    """Write what becomes of every case of a language."""
    for path in sorted((CORPUS / language).glob("*.txt")):
        blocks = [_case(path.stem, block) for block in _blocks(path.read_text(encoding="utf-8"))]
        texts = [_written(case, *result(case)) for case in blocks]
        path.write_text("\n".join(texts), encoding="utf-8")


def _written(case: Case, after: str, refusals: Iterable[str]) -> str:
    text = f"%% {case.title}\n{_signed(case.before)}"
    if after != case.before:
        text += f"%% becomes\n{_signed(after)}"
    return text + "".join(f"%% refused {line}\n" for line in refusals)


def _blocks(text: str) -> list[list[str]]:
    blocks: list[list[str]] = []
    for line in text.splitlines(keepends=True):
        if line.startswith("%% ") and line.rstrip("\n") != "%% becomes" and not line.startswith("%% refused "):
            blocks.append([])
        blocks[-1].append(line)
    return blocks


def _case(topic: str, lines: list[str]) -> Case:
    title = lines[0][3:].rstrip("\n")
    parts: list[list[str]] = [[]]
    refusals: list[str] = []
    for line in lines[1:]:
        if line == "%% becomes\n":
            parts.append([])
        elif line.startswith("%% refused "):
            refusals.append(line[len("%% refused ") :].rstrip("\n"))
        else:
            parts[-1].append(line)
    before, *rest = [_text("".join(part)) for part in parts]
    return Case(topic, title, before, rest[0] if rest else before, tuple(refusals))


def _text(written: str) -> str:
    text = written.rstrip("\n") + "\n" if written.strip("\n") else ""
    text = text.removesuffix("\\\n") if text.endswith("\\\n") else text
    for character, sign in _SIGNS.items():
        text = text.replace(sign, character)
    return text


def _signed(text: str) -> str:
    for character, sign in _SIGNS.items():
        text = text.replace(character, sign)
    return text if text.endswith("\n") else f"{text}\\\n"
