"""Place the reader module in a Python project, and import it where it is needed."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Final

from rewriter.code.model import Reader, Refuse
from rewriter.model.plan import NewFile
from rewriter.model.text import Edit, Source, Span
from rewriter.record import Record
from rewriter.template import render

_MODULE: Final = "run_secrets"
_IMPORT: Final = re.compile(r"^(?:from[ \t]+(\.*)([\w.]*)[ \t]+import\b|import[ \t]+([\w.]+))", re.MULTILINE)
_DEFINITION: Final = re.compile(r"(?:async[ \t]+)?def\b|class\b|@")


class _Place(Record):
    """Say where the reader module lies, and the module name by which a file imports it.

    `either`: nothing shows whether the file is run as a script or imported from its package, so it tries both.
    """

    folder: str
    module: str
    either: bool = False


def reach(source: Source, files: Mapping[str, str], needs: tuple[str, ...]) -> Reader | Refuse:
    """Return the import that a file needs, and the reader module where there is none."""
    place = _place(source, files)
    imported = _imported(source.text)
    missing = [name for name in sorted(set(needs)) if name not in imported]
    clash = next((name for name in missing if re.search(rf"\b{name}\b", source.text)), None)
    if clash is not None:
        return Refuse(f"the file has a name {clash} of its own")
    path = posixpath.join(place.folder, f"{_MODULE}.py")
    text = render("run_secrets.py.j2")
    if path in files and not files[path].startswith(text.split("\n", 1)[0]):
        return Refuse(f"{path} exists and is something else")
    created = () if path in files else (NewFile(path, text),)
    if not missing:
        return Reader((), created)
    names = ", ".join(missing)
    line = f"from {place.module} import {names}"
    if place.either:
        lines = ("try:", f"    {line}", "except ImportError:", f"    from {_MODULE} import {names}")
        line = source.newline.join(lines)
    return Reader((_import(source, line),), created)


def _import(source: Source, line: str) -> Edit:
    """Return the insertion of an import, as a group of its own behind the imports that are there."""
    text, newline = source.text, source.newline
    at = _insertion(text)
    before, after = text[:at], text[at:].split("\n", 1)[0].strip()
    last = before.rstrip("\r\n").rpartition("\n")[2]
    front = "" if not before or before.endswith("\n") else newline
    if last and not last.startswith(f"{line.split(maxsplit=1)[0]} {line.split()[1].split('.', maxsplit=1)[0]}"):
        front += newline
    behind = newline * (3 if _DEFINITION.match(after) else 2 if after else 1)
    return Edit(Span(at, at), f"{front}{line}{behind}")


def _imported(text: str) -> frozenset[str]:
    found = re.findall(rf"^[ \t]*from[ \t]+[\w.]*\b{_MODULE}[ \t]+import[ \t]+([\w, \t]+)$", text, re.MULTILINE)
    return frozenset(name.strip() for line in found for name in line.split(","))


def _place(source: Source, files: Mapping[str, str]) -> _Place:
    """Decide from what the project's own imports show how modules are found at run time."""
    folder = posixpath.dirname(source.path)
    top = folder
    while posixpath.join(top, "__init__.py") in files and top:
        top = posixpath.dirname(top)
    package = folder != top
    relative, root = _evidence(source, files, folder)
    relative = relative or (package and root is None and _imported_relatively(source.path, top, files))
    if relative and package:
        first = folder[len(top) :].lstrip("/").split("/")
        return _Place(posixpath.join(top, first[0]), f"{'.' * len(first)}{_MODULE}")
    if relative:
        return _Place(folder, f".{_MODULE}")
    if root is None:
        root = _imported_from(source.path, files)
    if root is None:
        root = _started(source.path, files)
    if root is None and not folder:
        return _Place(folder, _MODULE)
    if root is None:
        return _Place(folder, f".{_MODULE}", either=True)
    inner = folder[len(root) :].strip("/")
    if not inner:
        return _Place(folder, _MODULE)
    first_folder = inner.split("/", 1)[0]
    return _Place(posixpath.join(root, first_folder), f"{first_folder}.{_MODULE}")


def _evidence(source: Source, files: Mapping[str, str], folder: str) -> tuple[bool, str | None]:
    """Return whether a file imports relatively, and the folder from which its absolute imports count."""
    root: str | None = None
    for dots, named, plain in _IMPORT.findall(source.text):
        if dots:
            return True, None
        if root is None:
            root = _root_of(named or plain, files, folder)
    return False, root


def _root_of(module: str, files: Mapping[str, str], folder: str) -> str | None:
    """Return the folder at or above `folder` that an absolute import counts from, the nearest first."""
    path = module.replace(".", "/")
    if not path or path == _MODULE:
        return None
    at = folder
    while True:
        base = posixpath.join(at, path)
        if f"{base}.py" in files or f"{base}/__init__.py" in files:
            return at
        if not at:
            return None
        at = posixpath.dirname(at)


def _imported_from(path: str, files: Mapping[str, str]) -> str | None:
    """Return the folder from which another file of the project imports this one."""
    stem = path.removesuffix(".py").removesuffix("/__init__")
    parts = stem.split("/")
    for start in range(len(parts)):
        dotted = re.escape(".".join(parts[start:]))
        parent, _, last = ".".join(parts[start:]).rpartition(".")
        forms = rf"from[ \t]+{dotted}[ \t]+import\b|import[ \t]+{dotted}\b"
        if parent:
            forms += rf"|from[ \t]+{re.escape(parent)}[ \t]+import[ \t][^\n]*\b{re.escape(last)}\b"
        quoted = rf"|[\"']{dotted}[\"']" if parent else ""
        pattern = re.compile(rf"^[ \t]*(?:{forms}){quoted}", re.MULTILINE)
        for other, text in sorted(files.items()):
            root = "/".join(parts[:start])
            inside = posixpath.dirname(other)
            near = inside == root or inside.startswith(f"{root}/") or not root
            if other != path and other.endswith(".py") and near and parts[-1] in text and pattern.search(text):
                return root
    return None


def _imported_relatively(path: str, top: str, files: Mapping[str, str]) -> bool:
    """Tell whether another file of the same package imports this one by a relative import."""
    package = posixpath.join(top, path[len(top) :].lstrip("/").split("/", 1)[0])
    stem = re.escape(path.rsplit("/", 1)[-1].removesuffix(".py"))
    named = rf"[\w.]*\b{stem}[ \t]+import\b|[\w.]*[ \t]+import\b[^\n]*\b{stem}\b"
    pattern = re.compile(rf"^[ \t]*from[ \t]+\.(?:{named})", re.MULTILINE)
    return any(
        other != path and other.startswith(f"{package}/") and other.endswith(".py") and pattern.search(text)
        for other, text in files.items()
    )


def _started(path: str, files: Mapping[str, str]) -> str | None:
    """Return the folder from which modules are found, as files that are no Python start this one."""
    parts = path.removesuffix(".py").split("/")
    script = re.compile(rf"\bpython[0-9.]*[\"', \t]+(?:-u[\"', \t]+)?[^\s\"']{{0,200}}\b{re.escape(parts[-1])}\.py\b")
    for other, text in sorted(files.items()):
        if other.endswith(".py") or parts[-1] not in text:
            continue
        for start in range(len(parts)):
            dotted = re.escape(".".join(parts[start:]))
            if re.search(rf"-m[\"', \t]+{dotted}(?![\w.])|(?<![\w./]){dotted}:\w", text):
                return "/".join(parts[:start])
        if script.search(text):
            return "/".join(parts[:-1])
    return None


_STRING: Final = re.compile(
    r"[rRuU]?(\"\"\"(?:[^\"\\]|\\.|\"(?!\"\"))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r"|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')[ \t]*(?:#[^\n]*)?\r?\n",
    re.DOTALL,
)
_BLANK: Final = re.compile(r"[ \t\f]*(?:#[^\n]*)?\r?\n|[ \t\f]*#[^\n]*\Z")


def _insertion(text: str) -> int:
    """Return the offset behind the first run of imports, or behind docstring and comments where there is none."""
    at = 1 if text.startswith("\ufeff") else 0
    behind = at
    seen_code = False
    while at < len(text):
        blank = _BLANK.match(text, at)
        if blank is not None and blank.end() > at:
            at = blank.end()
            if not seen_code and text[blank.start() : blank.end()].strip():
                behind = at
            continue
        string = None if seen_code else _STRING.match(text, at)
        if string is not None:
            at = behind = string.end()
            seen_code = True
            continue
        statement = _import_end(text, at)
        if statement is None:
            break
        at = behind = statement
        seen_code = True
    return behind


_STATEMENT: Final = re.compile(r"[ \t]*(?:(?:import|from)[ \t]|#|\r?\n|\Z)")


def _import_end(text: str, at: int) -> int | None:
    """Return where a line of imports ends, its line end included; nothing for a line that does anything else."""
    if not text.startswith(("import ", "import\t", "from ", "from\t"), at):
        return None
    depth = 0
    while at < len(text):
        character = text[at]
        if character == "#":
            at = text.find("\n", at)
            if at < 0:
                return len(text)
            continue
        if character == ";" and depth <= 0 and not _STATEMENT.match(text, at + 1):
            return None
        depth += (character == "(") - (character == ")")
        if character == "\\" and text[at + 1 : at + 3].lstrip("\r")[:1] == "\n":
            at = text.find("\n", at) + 1
            continue
        if character == "\n" and depth <= 0:
            return at + 1
        at += 1
    return len(text)
