"""Read shell text with shfmt, and say what it and our reader see in one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rewriter.documents import shell

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COMMANDS = frozenset({"CallExpr", "DeclClause", "LetClause", "TestDecl"})
_ARITHMETIC = frozenset({"ArithmExp", "ArithmCmd", "BinaryArithm", "UnaryArithm", "ParenArithm", "CStyleLoop"})


@dataclass(frozen=True, slots=True)
class Reading:
    """Hold what a reader sees: how many simple commands, and the name and byte offset of every use."""

    commands: int
    uses: frozenset[tuple[str, int]]


def shfmt_path() -> str | None:
    """Return where the binary of shfmt-py lies, or None where the platform has none."""
    beside = Path(sysconfig.get_path("scripts")) / "shfmt"
    return str(beside) if beside.exists() else shutil.which("shfmt")


def read_with_shfmt(text: str, *, dialect: str = "bash") -> Reading | None:
    """Return what shfmt sees in `text`, or None if it rejects it."""
    path = shfmt_path()
    if path is None:
        raise FileNotFoundError("shfmt")
    done = subprocess.run(
        [path, "--to-json", "-ln", dialect],
        input=text.encode("utf-8", "surrogateescape"),
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        return None
    tree: Json = json.loads(done.stdout)
    found = list(_walk(tree, arithmetic=False))
    uses = frozenset((name, offset) for name, offset in found if offset >= 0)
    return Reading(sum(1 for _, offset in found if offset < 0), uses)


def read_with_ours(text: str) -> Reading:
    """Return what our reader sees in `text`."""
    script = shell.parse(text)
    return Reading(
        sum(1 for _ in shell.commands(script)),
        frozenset((use.name, _byte(text, use.span.start)) for use in shell.variables(script)),
    )


def _byte(text: str, offset: int) -> int:
    return len(text[:offset].encode("utf-8", "surrogateescape"))


def _offset(node: dict[str, Json], key: str = "Pos") -> int:
    match node.get(key):
        case {"Offset": int(offset)}:
            return offset
        case _:
            return 0


def _walk(node: Json, *, arithmetic: bool) -> Iterator[tuple[str, int]]:
    """Yield every use with its offset, and every simple command with the offset -1."""
    if isinstance(node, list):
        for one in node:
            yield from _walk(one, arithmetic=arithmetic)
    if not isinstance(node, dict):
        return
    kind = node.get("Type")
    if kind in _COMMANDS or ("Redirs" in node and "Cmd" not in node):
        yield "", -1
    match node:
        case {"Type": "ParamExp", "Param": {"Value": str(name)}}:
            yield name, _offset(node)
        case {"Parts": [{"Type": "Lit", "Value": str(name)}]} if arithmetic and _NAME.fullmatch(name):
            yield name, _offset(node)
        case _:
            pass
    for key, value in node.items():
        inside = key in ("Index", "Slice") or kind in _ARITHMETIC
        if kind == "LetClause":
            continue
        keeps = arithmetic and kind not in ("CmdSubst", "DblQuoted", "ParamExp")
        yield from _walk(value, arithmetic=inside or (keeps and key != "Parts"))
