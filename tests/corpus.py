"""Read, run and write corpus cases: `corpus/<topic>/<case>/{before/,after/,case.toml}`.

`after/` is absent where nothing may change. `case.toml` has one line a finding: where, which rule, what became of it.
`settings.toml`, where a case has one, holds its settings, written as in `.unbake.toml`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rewriter.model.patch import Failed, Outcome, Patched, Report
from rewriter.model.plan import LocalValue, Refusal
from rewriter.model.secret import Finding
from rewriter.model.text import encode
from rewriter.pipeline import fix
from rewriter.settings import Settings, from_config_file, merged
from rewriter.tree.repository import DirectoryRepository

ROOT: Final = Path(__file__).parent.parent / "corpus"


@dataclass(frozen=True, slots=True)
class Result:
    """Hold what a case gives: lines about findings, the tree afterwards, where values went."""

    lines: tuple[str, ...]
    secrets: tuple[str, ...]
    values: tuple[str, ...]
    tree: dict[str, bytes] | None


def cases() -> list[Path]:
    return sorted(path.parent for path in ROOT.glob("*/*/case.toml"))


def folders() -> list[Path]:
    return sorted(path.parent for path in ROOT.glob("*/*/before"))


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def settings_of(case: Path) -> Settings:
    file = case / "settings.toml"
    return merged([from_config_file(file.read_text("utf-8"))] if file.exists() else [])[0]


def run(case: Path) -> tuple[Outcome, Result]:
    before = case / "before"
    outcome = fix(DirectoryRepository(before), settings_of(case))
    return outcome, summarise(outcome, tree(before))


def summarise(outcome: Outcome, before: dict[str, bytes]) -> Result:
    if isinstance(outcome, Failed):
        return Result((f"failed {outcome.error}",), (), (), None)
    report = outcome.report
    lines = tuple(_line(report, finding) for finding in report.findings)
    lines += tuple(f"{problem.path}:{problem.line} problem {problem.message}" for problem in report.problems)
    if not isinstance(outcome, Patched):
        return Result(lines, (), (), None)
    after = before | {change.path: encode(change.after) for change in outcome.patch.files}
    secrets = tuple(secret.flag for secret in outcome.patch.secrets)
    return Result(lines, secrets, tuple(value.path for value in outcome.patch.values), after)


def _line(report: Report, finding: Finding) -> str:
    where = f"{finding.place.path}:{finding.place.line}:{finding.place.column} {finding.rule} {finding.secret}"
    if finding in report.fixed:
        return f"{where} fixed"
    return f"{where} {_refused(report, finding)}"


def _refused(report: Report, finding: Finding) -> str:
    found: Refusal | None = next((one for one in report.refusals if one.finding == finding), None)
    return f"refused {found.reason}" if found is not None else "left"


def expected(case: Path) -> Result:
    data = tomllib.loads((case / "case.toml").read_text("utf-8"))
    after = case / "after"
    return Result(
        tuple(data.get("findings", ())),
        tuple(data.get("secrets", ())),
        tuple(data.get("values", ())),
        tree(after) if after.is_dir() else None,
    )


def write(case: Path, result: Result) -> None:
    """Write what a case gives as what it should give."""
    old = case / "case.toml"
    about = ""
    if old.exists():
        about = str(tomllib.loads(old.read_text("utf-8")).get("about", ""))
    parts = [f'about = "{about}"\n'] if about else []
    for key, items in (("findings", result.lines), ("secrets", result.secrets), ("values", result.values)):
        if items:
            body = "".join(f"  {_toml(item)},\n" for item in items)
            parts.append(f"{key} = [\n{body}]\n")
    old.write_text("".join(parts) or "findings = []\n", "utf-8")
    _write_tree(case / "after", result.tree)


def _write_tree(folder: Path, wanted: dict[str, bytes] | None) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file():
            path.unlink()
        else:
            path.rmdir()
    if wanted is None:
        if folder.is_dir():
            folder.rmdir()
        return
    for name, data in wanted.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)


def _toml(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def values_of(outcome: Outcome) -> tuple[LocalValue, ...]:
    return outcome.patch.values if isinstance(outcome, Patched) else ()
