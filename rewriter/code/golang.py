"""Read and rewrite Go."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final

from rewriter.code import tree
from rewriter.code.model import Keep, Language, Mention, Reader, ReadKind, Refuse, Rewrite, Survey, Use
from rewriter.code.tree import Node
from rewriter.model.plan import NewFile
from rewriter.model.text import Edit, Source, Span
from rewriter.template import render

_HINT: Final = re.compile(r"[eE]nv|RunSecret")
_READS: Final = {"os.Getenv": "readRunSecret", "os.LookupEnv": "lookupRunSecret"}
_IMPORT: Final = re.compile(r'^[ \t]*(?:import[ \t]+)?"os"[ \t]*(?://[^\n]*)?\r?$', re.MULTILINE)
_TAG: Final = re.compile(r'\b(?:env|envconfig|split_words|config)[:=]"?([A-Za-z0-9_]{1,80})')
_ONE_FILE: Final = re.compile(r"\bgo[ \t]+(?:run|build)[ \t][^\n;&|]{0,300}\.go\b")
_STRINGS: Final = ("interpreted_string_literal", "raw_string_literal")


def _matches(path: str, text: str) -> bool:
    return path.endswith(".go") and bool(text)


def _survey(source: Source, secrets: Mapping[str, str]) -> Survey:
    root = tree.parse(source, "go")
    if isinstance(root, Refuse):
        return Survey(source.path, trouble=root.detail)
    plain = bool(_IMPORT.search(source.text)) and not re.search(r"\bos[ \t]*(?::=|,[ \t]*\w+[ \t]*:=)", source.text)
    uses: list[Use] = []
    mentions: list[Mention] = []
    settled: set[Span] = set()
    for node in tree.walk(root):
        if node.kind() == "call_expression":
            for use, argument in _call(source, node, plain=plain):
                uses.append(use)
                settled |= {tree.span(argument)} if argument is not None else set()
        elif node.kind() in _STRINGS:
            uses += _tagged(source, node)
            text = tree.constant(node) or ""
            spelled = re.sub(r"[.-]", "_", text).upper()
            if spelled in secrets and tree.span(node) not in settled:
                mentions.append(Mention(spelled, source.line(tree.span(node).start)))
    return Survey(source.path, tuple(uses), tuple(mentions))


def _call(source: Source, node: Node, *, plain: bool) -> Iterator[tuple[Use, Node | None]]:
    function = node.field("function")
    text = function.text() if function is not None else ""
    given = tree.arguments(node.field("arguments"))
    name = tree.constant(given[0]) if given else None
    if text.endswith(".AutomaticEnv"):
        yield tree.use(source, node, "", ReadKind.DYNAMIC, Refuse("viper reads every variable by itself")), None
    elif text in ("os.Environ", "os.ExpandEnv", "syscall.Environ"):
        yield tree.use(source, node, "", ReadKind.WHOLE, Keep()), None
    elif text in ("readRunSecret", "lookupRunSecret") and name is not None:
        yield tree.use(source, node, name, ReadKind.PLAIN, Keep()), given[0]
    elif text not in _READS or function is None or not given:
        return
    elif name is None:
        detail = Refuse("the variable's name is built at run time")
        yield tree.use(source, node, "", ReadKind.DYNAMIC, detail, tree.pieces(node)), None
    elif not plain:
        yield (
            tree.use(source, node, name, ReadKind.PLAIN, Refuse("os may be something else than the standard package")),
            given[0],
        )
    else:
        end = tree.span(given[0]).end
        edits = (Edit(tree.span(function), _READS[text]), Edit(Span(end, end), f", {text}"))
        yield tree.use(source, node, name, ReadKind.PLAIN, Rewrite(edits, (_READS[text],))), given[0]


def _tagged(source: Source, node: Node) -> Iterator[Use]:
    """Read the tags by which envconfig and its like fill a structure."""
    around = node.parent()
    if around is None or around.kind() != "field_declaration":
        return
    for match in _TAG.finditer(node.text()):
        yield tree.use(source, node, match[1], ReadKind.WRAPPER, Refuse("a library fills it from the environment"))


def _reach(source: Source, files: Mapping[str, str], needs: tuple[str, ...]) -> Reader | Refuse:
    """Put the reader into the package of the file: Go needs no import for it."""
    folder = posixpath.dirname(source.path)
    package = re.search(r"^package[ \t]+(\w{1,100})", source.text, re.MULTILINE)
    if package is None:
        return Refuse("the file names no package")
    path = posixpath.join(folder, "run_secrets.go")
    text = render("run_secrets.go.j2", package=package[1])
    if path in files:
        return Reader() if files[path] == text else Refuse(f"{path} exists and is something else")
    for other, held in sorted(files.items()):
        version = re.search(r"^go[ \t]+1\.(\d{1,3})\b", held, re.MULTILINE) if other.endswith("go.mod") else None
        if version is not None and int(version[1]) < 16:
            return Refuse("the reader needs Go 1.16")
        if posixpath.dirname(other) == folder and other.endswith(".go"):
            if re.search(r"\b(?:readRunSecret|lookupRunSecret|runSecret)\b", held):
                return Refuse("the package has a function of the reader's name")
        elif package[1] == "main" and not other.endswith(".go") and _ONE_FILE.search(held):
            return Refuse(f"{other} builds single files, which leaves the reader out")
    return Reader((), (NewFile(path, text),) if needs else ())


LANGUAGE: Final = Language("Go", _matches, _HINT, _survey, _reach)
