"""Place the reader module in a Node project, and import it in the way the project imports."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Final

from rewriter.code.model import Reader, Refuse
from rewriter.model.plan import NewFile
from rewriter.model.text import Edit, Source, Span
from rewriter.template import render

_IMPORT: Final = re.compile(r"^(?:import\b(?!\s{0,9}\()|export\b)", re.MULTILINE)
_RELATIVE: Final = re.compile(r"\b(?:from|require\()[ \t]{0,9}[\"'](\.{1,2}/[^\"'\n]{1,200})[\"']")
_PUBLIC: Final = ("REACT_APP_", "NEXT_PUBLIC_", "VITE_", "VUE_APP_", "GATSBY_", "NUXT_PUBLIC_", "EXPO_PUBLIC_")
_BROWSER: Final = re.compile(
    r"[\"'](?:react|react-dom|vue|svelte|@angular/core|preact|solid-js|jquery)[\"']"
    r"|^[\"']use client[\"']|\bwindow\.|\bdocument\.|\bruntime\s{0,9}=\s{0,9}[\"'](?:edge|experimental-edge)[\"']",
    re.MULTILINE,
)
_HEAD: Final = re.compile(
    r"(?:\ufeff)?(?:#![^\n]*\n)?(?:[ \t]*(?://[^\n]*)?\r?\n|/\*(?:[^*]|\*(?!/))*\*/[ \t]*\r?\n?"
    r"|[ \t]*[\"']use [a-z]+[\"'];?[ \t]*\r?\n)*"
)
_STATEMENT: Final = re.compile(
    r"(?:import\s[^;\"'`(]{0,2000}[\"'][^\"'\n]{1,300}[\"'];?|import\s{0,9}[\"'][^\"'\n]{1,300}[\"'];?"
    r"|(?:const|let|var)\s[^=;(\n]{1,300}=\s{0,9}require\([\"'][^\"'\n]{1,300}[\"']\)[\w.]{0,80};?)[ \t]*(?://[^\n]*)?(?:\r?\n|\Z)"
)
_BLANK: Final = re.compile(r"[ \t]*(?://[^\n]*)?\r?\n")


def browser(source: Source) -> str:
    """Return why a file may be bundled for a browser, where there are no files, or nothing."""
    if source.path.endswith((".jsx", ".tsx")) or _BROWSER.search(source.text):
        return "the file may be bundled for a browser, where there are no files"
    return ""


def is_public(name: str) -> bool:
    """Tell whether a bundler writes the variable into what it sends to browsers."""
    return name.startswith(_PUBLIC)


def reach(source: Source, files: Mapping[str, str], needs: tuple[str, ...]) -> Reader | Refuse:
    """Return the import that a file needs, and the reader module where there is none."""
    if not needs or re.search(
        r"\bimport\s[^;]{0,300}\breadSecret\b|\breadSecret\b[^\n]{0,300}\brequire\(", source.text
    ):
        return Reader()
    if re.search(r"\breadSecret\b", source.text):
        return Refuse("the file has a name readSecret of its own")
    folder, package = _package(source.path, files)
    if any(
        f'"{bundler}"' in files.get(package, "") for bundler in ("react-scripts", "@vue/cli-service", "@angular/core")
    ):
        return Refuse("the file may be bundled for a browser, where there are no files")
    inner = source.path[len(folder) :].lstrip("/")
    base = posixpath.join(folder, inner.split("/", 1)[0]) if "/" in inner else folder
    declared = bool(re.search(r'"type"\s*:\s*"module"', files.get(package, "")))
    ending = source.path.rpartition(".")[2] if "." in source.path.rsplit("/", 1)[-1] else "js"
    modules = bool(_IMPORT.search(source.text)) or ending in ("mjs", "mts") or (ending == "js" and declared)
    typed = ending in ("ts", "mts", "cts")
    if ending == "cts" or (typed and not modules and "require(" in source.text):
        return Refuse("a TypeScript file that calls require() is not rewritten")
    made = "ts" if typed else "mjs" if modules else "cjs"
    compiled = made == "mjs" and ending == "js" and not declared
    path = posixpath.join(base, "run-secrets.js" if compiled else f"run-secrets.{made}")
    text = render(f"run-secrets.{made}.j2")
    if path in files and not files[path].startswith(text.split("\n", 1)[0]):
        return Refuse(f"{path} exists and is something else")
    created = () if path in files else (NewFile(path, text),)
    near = posixpath.relpath(path, posixpath.dirname(source.path) or ".")
    near = near if near.startswith(".") else f"./{near}"
    if typed or compiled:
        near = near.removesuffix(".ts").removesuffix(".js") + _ending(source, files)
    return Reader((_import(source, near, modules=modules),), created)


def _package(path: str, files: Mapping[str, str]) -> tuple[str, str]:
    """Return the folder of the nearest package.json, and that file."""
    folder = posixpath.dirname(path)
    while True:
        package = posixpath.join(folder, "package.json")
        if package in files or not folder:
            return folder, package
        folder = posixpath.dirname(folder)


def _ending(source: Source, files: Mapping[str, str]) -> str:
    """Return the ending by which compiled files of the project name each other in imports."""
    texts = [
        source.text,
        *(text for path, text in sorted(files.items()) if path.endswith((".ts", ".mts", source.path[-3:]))),
    ]
    for text in texts:
        for named in _RELATIVE.findall(text):
            if named.endswith((".js", ".ts")):
                return str(named[-3:])
            if "." not in named.rsplit("/", 1)[-1]:
                return ""
    settings = " ".join(text for path, text in sorted(files.items()) if path.rsplit("/", 1)[-1].startswith("tsconfig"))
    return ".js" if re.search(r'(?i)"module(?:resolution)?"\s*:\s*"node(?:16|18|20|next)"', settings) else ""


def _import(source: Source, near: str, *, modules: bool) -> Edit:
    text, newline = source.text, source.newline
    quote = "'" if text.count("'") > text.count('"') else '"'
    end = ";" if ";" in text else ""
    line = f"import {{ readSecret }} from {quote}{near}{quote}{end}"
    if not modules:
        line = f"const {{ readSecret }} = require({quote}{near}{quote}){end}"
    head = _HEAD.match(text)
    at = behind = head.end() if head is not None else 0
    while at < len(text):
        statement = _STATEMENT.match(text, at)
        if statement is not None:
            at = behind = statement.end()
            continue
        blank = _BLANK.match(text, at)
        if blank is None or blank.end() == at:
            break
        at = blank.end()
    front = newline if behind and not text[:behind].endswith("\n") else ""
    return Edit(Span(behind, behind), f"{front}{line}{newline}")
