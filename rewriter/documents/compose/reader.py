"""Build the services of a compose file from its nodes."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from rewriter.documents.compose.interpolation import Variable, assume_defaults, interpolate, single_variable
from rewriter.documents.compose.model import (
    Build,
    BuildArg,
    Compose,
    EntryForm,
    EnvEntry,
    Service,
    TopLevelSecret,
)
from rewriter.documents.yaml import Entry, Mapping, Node, Scalar, Sequence, entries, get
from rewriter.documents.yaml import parse as parse_yaml
from rewriter.errors import ParseError
from rewriter.model.masked import Masked
from rewriter.model.secret import Place
from rewriter.model.text import Source, Span
from rewriter.record import replace

_NAME: Final = re.compile(
    r"(?:docker-)?compose(?:[.-][^/]*)?\.ya?ml$|[^/]*[.-](?:docker-)?compose\.ya?ml$|docker-(?:stack|cloud)[^/]*\.ya?ml$"
)
_REMOTE: Final = re.compile(r"[a-z][a-z0-9+.-]*://|git@|github\.com/")
_EXTENDS_LIMIT: Final = 20


def is_compose_path(path: str) -> bool:
    """Tell from a file's name whether it is a compose file."""
    return _NAME.fullmatch(posixpath.basename(path)) is not None


def parse(source: Source) -> Compose:
    """Return the services of a compose file; raise `ParseError` where it is none."""
    documents = [node for node in parse_yaml(source) if not (isinstance(node, Scalar) and node.is_null)]
    if not documents:
        return Compose(source.path, (), (), None, version_1=False)
    root = documents[0]
    if not isinstance(root, Mapping):
        raise ParseError(source.path, 0, "is not a compose file: its top level is no mapping")
    return _Reader(source, root).compose()


class _Reader:
    def __init__(self, source: Source, root: Mapping) -> None:
        self.source = source
        self.root = root
        self.directory = posixpath.dirname(source.path)
        services = get(root, "services") or get(root, "service")  # misspelt, and in the repository all the same
        self.version_1 = services is None and any(
            isinstance(value, Mapping) and (get(value, "image") or get(value, "build")) for _, value in root.pairs
        )
        top = root if self.version_1 else services
        self.nodes = {
            entry.key.value: entry
            for entry in (entries(top) if isinstance(top, Mapping) else ())
            if isinstance(entry.value, Mapping)
        }
        self.done: dict[str, Service] = {}

    def compose(self) -> Compose:
        services = tuple(self.service(name, 0) for name in self.nodes)
        found = get(self.root, "secrets")
        secrets = entries(found) if isinstance(found, Mapping) else ()
        return Compose(
            self.source.path,
            services,
            tuple(self.secret(entry) for entry in secrets),
            self.root,
            version_1=self.version_1,
        )

    def place(self, span: Span) -> Place:
        source, end = self.source, max(span.start, span.end - 1)
        return Place(source.path, span, source.line(span.start), source.column(span.start), source.line(end))

    def secret(self, entry: Entry) -> TopLevelSecret:
        return TopLevelSecret(
            entry.key.value,
            _text(get(entry.value, "file")),
            _text(get(entry.value, "environment")),
            (_text(get(entry.value, "external")) or "false") not in {"false", "no", "False"},
            self.place(entry.key.place),
        )

    def service(self, name: str, depth: int) -> Service:
        if name in self.done:
            return self.done[name]
        entry = self.nodes[name]
        node = entry.value
        assert isinstance(node, Mapping)
        found = {one.key.value: one for one in entries(node)}
        shared = entry.shared or node.alias is not None
        build = found.get("build")
        service = Service(
            name=name,
            build=self.build(build, shared=shared) if build else None,
            environment=self.environment(found.get("environment"), shared=shared),
            env_file=_paths(get(node, "env_file")),
            command=get(node, "command"),
            image=_text(get(node, "image")),
            secrets=_names(get(node, "secrets")),
            node=node,
            place=self.place(Span(entry.key.place.start, max(entry.key.place.end, node.place.end))),
        )
        base = self.base(get(node, "extends"), depth)
        self.done[name] = _extend(service, base) if base is not None else service
        return self.done[name]

    def base(self, node: Node | None, depth: int) -> Service | None:
        """Return the service of this file that is extended, if there is one."""
        name = _text(node) or _text(get(node, "service"))
        if name is None or name not in self.nodes or get(node, "file") is not None or depth > _EXTENDS_LIMIT:
            return None
        return self.service(name, depth + 1)

    def build(self, entry: Entry, *, shared: bool) -> Build | None:
        node = entry.value
        shared = shared or entry.shared or node.alias is not None
        if isinstance(node, Scalar):
            written, named, inline = node.value, None, False
            if node.is_null:
                return None
        else:
            written, named = _text(get(node, "context")) or ".", _text(get(node, "dockerfile"))
            inline = get(node, "dockerfile_inline") is not None
        context = self.path(self.directory, written)
        dockerfile = None if context is None or inline else self.path(context, named or "Dockerfile")
        return Build(
            context=context,
            dockerfile=dockerfile,
            target=_static(_text(get(node, "target"))),
            args=self.arguments(node, shared=shared),
            secrets=_names(get(node, "secrets")),
            node=node,
            place=self.place(Span(entry.key.place.start, max(entry.key.place.end, node.place.end))),
            shared=shared,
        )

    def path(self, directory: str, written: str) -> str | None:
        path = assume_defaults(written)
        if path is None or _REMOTE.match(path) or path.startswith("~"):
            return None
        clean = posixpath.normpath(posixpath.join(directory, path))
        if clean.startswith(("../", "/")) or clean == "..":
            return None
        return "" if clean == "." else clean

    def arguments(self, node: Node, *, shared: bool) -> tuple[BuildArg, ...]:
        if not isinstance(node, Mapping):
            return ()
        found = next((one for one in entries(node) if one.key.value == "args"), None)
        return tuple(
            BuildArg(
                entry.name,
                entry.value,
                entry.form,
                entry.place,
                entry.literal,
                _variable_name(entry.value),
                entry.container,
                entry.index,
                entry.shared,
            )
            for entry in self.environment(found, shared=shared)
        )

    def environment(self, entry: Entry | None, *, shared: bool) -> tuple[EnvEntry, ...]:
        if entry is None:
            return ()
        node = entry.value
        shared = shared or entry.shared or node.alias is not None
        match node:
            case Mapping():
                return tuple(self.from_pair(one, shared=shared) for one in entries(node))
            case Sequence():
                return tuple(
                    self.from_item(node, item, number, shared=shared)
                    for number, item in enumerate(node.items)
                    if isinstance(item, Scalar) and item.value
                )
            case _:
                return ()

    def from_pair(self, entry: Entry, *, shared: bool) -> EnvEntry:
        value = entry.value
        text = None if not isinstance(value, Scalar) or value.is_null else value.value
        span = Span(entry.key.place.start, max(entry.key.place.end, value.place.end))
        return EnvEntry(
            name=entry.key.value,
            value=text,
            form=EntryForm.MAP,
            span=span,
            place=self.place(span),
            literal=_literal(text),
            container=entry.holder,
            index=entry.number,
            shared=shared or entry.shared or value.alias is not None,
            key=entry.key,
            node=value,
        )

    def from_item(self, node: Sequence, item: Scalar, index: int, *, shared: bool) -> EnvEntry:
        name, equals, value = item.value.partition("=")
        text = value if equals else None
        return EnvEntry(
            name=name.strip(),
            value=text,
            form=EntryForm.LIST,
            span=item.place,
            place=self.place(item.place),
            literal=_literal(text),
            container=node,
            index=index,
            shared=shared or item.alias is not None,
            key=item,
            node=item,
        )


def _extend(service: Service, base: Service) -> Service:
    """Return a service with what it takes from the one that it extends."""
    own = {entry.name for entry in service.environment}
    inherited = tuple(replace(entry, shared=True) for entry in base.environment if entry.name not in own)
    build = service.build
    if build is None and base.build is not None:
        args = tuple(replace(arg, shared=True) for arg in base.build.args)
        build = replace(base.build, shared=True, args=args)
    elif build is not None and base.build is not None:
        named = {arg.name for arg in build.args}
        args = tuple(replace(arg, shared=True) for arg in base.build.args if arg.name not in named)
        build = replace(build, args=(*build.args, *args))
    return replace(
        service,
        build=build,
        environment=(*service.environment, *inherited),
        env_file=service.env_file or base.env_file,
        command=service.command if service.command is not None else base.command,
        image=service.image or base.image,
    )


def _text(node: Node | None) -> str | None:
    return node.value if isinstance(node, Scalar) and not node.is_null else None


def _static(text: str | None) -> str | None:
    return assume_defaults(text) if text else None


def _literal(value: str | None) -> Masked | None:
    if not value or any(isinstance(part, Variable) for part in interpolate(value)):
        return None
    return Masked(assume_defaults(value) or value)


def _variable_name(value: str | None) -> str | None:
    variable = single_variable(value) if value is not None else None
    return variable.name if variable is not None else None


def _paths(node: Node | None) -> tuple[str, ...]:
    match node:
        case Scalar():
            return (node.value,) if not node.is_null else ()
        case Sequence():
            found = [_text(item) or _text(get(item, "path")) for item in node.items]
            return tuple(path for path in found if path)
        case _:
            return ()


def _names(node: Node | None) -> tuple[str, ...]:
    """Return the names in a `secrets:` list; one with a target counts under its target."""
    if not isinstance(node, Sequence):
        return ()
    found = [_text(item) or _text(get(item, "target")) or _text(get(item, "source")) for item in node.items]
    return tuple(name for name in found if name)
