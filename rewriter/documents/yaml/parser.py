"""Build located nodes from PyYAML's events (libyaml where it is present), without recursion."""

from __future__ import annotations

import re
from typing import Final, Protocol

import yaml

from rewriter.documents.yaml.blank import skip_blank
from rewriter.documents.yaml.node import MERGE_KEY, Alias, Mapping, Node, Scalar, Sequence, Style
from rewriter.errors import ParseError
from rewriter.model.text import Source, Span
from rewriter.record import State, field, replace

SIZE_LIMIT: Final = 2_000_000
DEPTH_LIMIT: Final = 100
ALIAS_LIMIT: Final = 1_000

_LOADER: Final = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_FOREIGN_BREAKS: Final = re.compile("[\x85\u2028\u2029\ud800-\udfff]")
_LONE_RETURN: Final = re.compile("\r(?!\n)")
_PROPERTY: Final = re.compile(r"[&!][^\s,\[\]{}]*|!<[^>\s]*>")


class _Mark(Protocol):
    """A position, of the C reader or of the Python one."""

    @property
    def index(self) -> int: ...


class _Open(State):
    event: yaml.MappingStartEvent | yaml.SequenceStartEvent
    start: int
    nodes: list[Node] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)


def parse(source: Source) -> tuple[Node, ...]:
    """Return the documents of a YAML text; raise `ParseError` where it is none."""
    if len(source.text) > SIZE_LIMIT:
        raise ParseError(source.path, 0, f"is longer than {SIZE_LIMIT} characters")
    lone = _LONE_RETURN.search(source.text)
    if lone:
        raise ParseError(source.path, source.line(lone.start()), "ends a line with a lone carriage return")
    try:
        return _Builder(source).documents()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise ParseError(source.path, line, _explain(source, error.problem or "is not YAML")) from None
    except yaml.YAMLError:
        raise ParseError(source.path, 0, "holds characters that YAML forbids") from None


def _explain(source: Source, problem: str) -> str:
    if "{{" in source.text or "{%" in source.text:
        return f"is a template, not plain YAML: {problem}"
    return f"is not YAML: {problem}"


class _Builder:
    """Turn events into nodes without recursion."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.shift = 1 if source.text.startswith("\ufeff") else 0
        self.anchors: dict[str, Node] = {}
        self.aliases = 0
        self.stack: list[_Open] = []
        self.roots: list[Node] = []

    def documents(self) -> tuple[Node, ...]:
        text = _FOREIGN_BREAKS.sub("\ufffd", self.source.text[self.shift :])
        for event in yaml.parse(text, Loader=_LOADER):
            match event:
                case yaml.DocumentStartEvent():
                    self.anchors = {}
                case yaml.AliasEvent():
                    self.add(self.alias(event))
                case yaml.ScalarEvent():
                    self.add(self.scalar(event))
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    self.open(event)
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    self.add(self.close(event))
        return tuple(self.roots)

    def fail(self, offset: int, what: str) -> ParseError:
        return ParseError(self.source.path, self.source.line(offset), what)

    def at(self, mark: _Mark | None) -> int:
        return (mark.index if mark else 0) + self.shift

    def open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        start = self.at(event.start_mark)
        if len(self.stack) >= DEPTH_LIMIT:
            raise self.fail(start, f"nests deeper than {DEPTH_LIMIT}")
        self.stack.append(_Open(event, start))

    def add(self, node: Node) -> None:
        if not self.stack:
            self.roots.append(node)
            return
        top = self.stack[-1]
        if isinstance(top.event, yaml.MappingStartEvent) and len(top.nodes) % 2 == 0:
            self.check_key(top, node)
        top.nodes.append(node)

    def check_key(self, top: _Open, node: Node) -> None:
        offset = node.place.start
        if not isinstance(node, Scalar):
            raise self.fail(offset, _explain(self.source, "a key is not a plain value"))
        before = node.outer - 1
        while before >= 0 and self.source.text[before] in " \t":
            before -= 1
        mark = self.source.text[before - 1 : before + 1] if before else self.source.text[:1]
        if mark.endswith("?") and before < node.outer - 1 and not mark[:-1].strip(" \t\r\n-{,"):
            raise self.fail(offset, "has an explicit key (`? key`), which is not supported")
        if node.value in top.keys and node.value != MERGE_KEY:
            raise self.fail(offset, f"has the key {node.value!r} twice")
        top.keys.add(node.value)

    def alias(self, event: yaml.AliasEvent) -> Node:
        start, end = self.at(event.start_mark), self.at(event.end_mark)
        self.aliases += 1
        if self.aliases > ALIAS_LIMIT:
            raise self.fail(start, f"has more than {ALIAS_LIMIT} aliases")
        name = event.anchor or ""
        target = self.anchors.get(name)
        if target is None:
            raise self.fail(start, f"has an alias of an unknown or unfinished anchor {name!r}")
        return replace(target, alias=Alias(name, Span(start, end)), outer=start)

    def remember(self, node: Node) -> Node:
        if node.anchor is not None:
            self.anchors[node.anchor] = node
        return node

    def scalar(self, event: yaml.ScalarEvent) -> Node:
        outer, end = self.at(event.start_mark), self.at(event.end_mark)
        text = self.source.text
        start = min(self.behind_properties(outer, event), end)
        style = Style(event.style) if event.style else Style.PLAIN
        if style in {Style.LITERAL, Style.FOLDED}:
            end = _block_end(text, start, end)
        in_flow = bool(self.stack) and bool(self.stack[-1].event.flow_style)
        scalar = Scalar(event.value, Span(start, end), style, event.tag, event.anchor, outer, in_flow=in_flow)
        return self.remember(scalar)

    def behind_properties(self, start: int, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> int:
        if event.anchor is None and event.tag is None:
            return start
        text, position = self.source.text, start
        while True:
            found = _PROPERTY.match(text, position)
            if not found:
                return position
            position = skip_blank(text, found.end())

    def close(self, event: yaml.MappingEndEvent | yaml.SequenceEndEvent) -> Node:
        top = self.stack.pop()
        opened, nodes, end = top.event, top.nodes, self.at(event.end_mark)
        flow = bool(opened.flow_style)
        start = min(self.behind_properties(top.start, opened), end)
        if not flow:
            end = nodes[-1].place.end if nodes else start
        span = Span(start, max(start, end))
        if isinstance(opened, yaml.SequenceStartEvent):
            return self.remember(Sequence(tuple(nodes), span, flow, opened.tag, opened.anchor, top.start))
        keys = [node for node in nodes[::2] if isinstance(node, Scalar)]
        pairs = tuple(zip(keys, nodes[1::2], strict=True))
        return self.remember(Mapping(pairs, span, flow, opened.tag, opened.anchor, top.start))


def _block_end(text: str, start: int, end: int) -> int:
    header_end = text.find("\n", start, end)
    header = text[start : header_end if header_end >= 0 else end]
    if "+" in header.split("#", 1)[0]:
        return end - 1 if text[end - 1 : end] == "\n" else end
    return start + len(text[start:end].rstrip())
