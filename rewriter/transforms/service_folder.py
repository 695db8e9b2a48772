"""Work out what becomes of the variables of one folder of compose files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from rewriter.analysis import Analysis
from rewriter.documents import compose as compose_reader
from rewriter.documents.compose import Compose, EntryForm, EnvEntry
from rewriter.documents.env_file import EnvLine, remove
from rewriter.documents.yaml import Scalar, Style, get
from rewriter.errors import ParseError
from rewriter.model.plan import FileEdit, Fix, Ignore, LocalValue, NewFile, Reason, RuntimeSecret, SecretSource
from rewriter.model.secret import Finding, Safety
from rewriter.model.text import Edit, OverlapError, Source, apply
from rewriter.repository import Kind
from rewriter.services import Gift, Ref
from rewriter.services.readings import ByVariable, Member, Unreadable, by_variable, is_shared, members
from rewriter.settings import Settings
from rewriter.template import render
from rewriter.transforms.compose_text import Grant, declare, grant, mentions, name_file, refuse
from rewriter.transforms.local_values import FOLDER
from rewriter.transforms.run_change import CannotChange
from rewriter.transforms.secret_names import Named, name_secrets, secrets_folder

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
_RETYPED: Final = re.compile(
    r"[-+.]?[0-9][-+0-9a-fA-FxXoO_.:eTtZz ]*|[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)|True|TRUE|False|FALSE"
)
_DECIMAL: Final = re.compile(r"0|-?[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Hold how each of a gift's services takes the variable from now on, by the name of the service."""

    readings: dict[str, ByVariable]

    @property
    def file_variable(self) -> str:
        """Return the variable that names the file."""
        return next(iter(self.readings.values())).name


class Folder:
    """Change the compose files of one folder together."""

    def __init__(
        self,
        analysis: Analysis,
        directory: str,
        composes: tuple[Compose, ...],
        *,
        gifts: tuple[Gift, ...],
        settings: Settings,
    ) -> None:
        self.analysis = analysis
        self.project = analysis.project
        self.directory = directory
        self.composes = composes
        self.settings = settings
        self.reaching: dict[tuple[str, str], list[Gift]] = {}
        for gift in gifts:
            for user in gift.users:
                if posixpath.dirname(user.compose.path) == directory:
                    self.reaching.setdefault((user.service.name, gift.name), []).append(gift)
        self.members = members(composes)
        self.chosen: dict[Gift, _Chosen] = {}

    def settle(self, gifts: tuple[Gift, ...]) -> tuple[tuple[Gift, ...], dict[Gift, CannotChange]]:
        """Return the gifts that can be taken away, and why the others cannot."""
        refused: dict[Gift, CannotChange] = {}
        waiting = list(gifts)
        while waiting:
            gift = waiting.pop()
            if gift in self.chosen or gift in refused:
                continue
            try:
                self.chosen[gift] = self._choose(gift)
                waiting += tuple(self._companions(gift))
            except CannotChange as error:
                refused[gift] = error
        while rivals := {gift: rival for gift in self.chosen if (rival := self._rival(gift)) is not None}:
            for gift in rivals:
                del self.chosen[gift]
            refused |= rivals
        order = sorted(self.chosen, key=lambda gift: (gift.path, gift.span))
        try:
            self._changes(tuple(order))
        except (CannotChange, OverlapError, ParseError) as error:
            why = error if isinstance(error, CannotChange) else None
            for gift in order:
                refused[gift] = why or refuse(gift.source, gift.span.start, "the entries stand too close together")
            return (), refused
        return tuple(order), refused

    def _choose(self, gift: Gift) -> _Chosen:
        """Return how the services take the variable, or refuse."""
        at = gift.span.start
        _refuse_value(gift)
        readings: dict[str, ByVariable] = {}
        for user in gift.users:
            name = user.service.name
            if posixpath.dirname(user.compose.path) != self.directory:
                raise refuse(gift.source, at, "services of compose files in several folders take this file")
            if user.compose.version_1:
                raise refuse(gift.source, at, "a compose file of version 1 (without `services:`) knows no secrets")
            reading = by_variable(self.members[name], gift.name)
            if isinstance(reading, Unreadable):
                raise refuse(gift.source, at, f"the service {name} reads {gift.name}: {reading.detail}")
            readings[name] = reading
        if len({reading.name for reading in readings.values()}) > 1:
            raise refuse(gift.source, at, "its services want differently named variables for the file")
        chosen = _Chosen(readings)
        self.chosen[gift] = chosen
        try:
            self._changes((gift,))
        finally:
            del self.chosen[gift]
        return chosen

    def _companions(self, gift: Gift) -> Iterator[Gift]:
        """Yield what an image takes as a file only together with this one."""
        for name, reading in self.chosen[gift].readings.items():
            for other in reading.form.group:
                found = [one for one in self._reaching(name, other) if _is_movable(one)]
                if not found:
                    del self.chosen[gift]
                    names = ", ".join(reading.form.group)
                    raise refuse(gift.source, gift.span.start, f"{reading.table.title} takes {names} as files together")
                yield from found

    def _reaching(self, service: str, name: str) -> list[Gift]:
        return self.reaching.get((service, name), [])

    def _rival(self, gift: Gift) -> CannotChange | None:
        """Return why a variable cannot go while another place that stays gives it to the same service."""
        for name, reading in self.chosen[gift].readings.items():
            for other in self._reaching(name, gift.name):
                empty = isinstance(other.entry, EnvEntry) and other.entry.value == ""
                if other is not gift and other not in self.chosen and not empty:
                    return refuse(
                        gift.source,
                        gift.span.start,
                        f"{other.path}:{other.line} gives {gift.name} to the service {name} too and cannot move",
                    )
            keys = self._keys(name)
            for file, users in self.analysis.env_files().values():
                if not file.kept and any(user.key in keys for user in users):
                    line = next((line for line in file.lines if line.name == gift.name), None)
                    if line is not None:
                        where = f"{file.source.path}:{file.source.line(line.span.start)}"
                        title = reading.table.title
                        return refuse(
                            gift.source, gift.span.start, f"{where} sets {gift.name} too: {title} would have both"
                        )
            missing = [
                one for one in reading.form.group if not any(g in self.chosen for g in self._reaching(name, one))
            ]
            if missing:
                return refuse(gift.source, gift.span.start, f"{missing[0]} has to come as a file too and cannot move")
        return None

    def _keys(self, name: str) -> frozenset[tuple[str, str]]:
        return frozenset(ref.key for ref in self.members[name].refs)

    def _named(self, gifts: Iterable[Gift]) -> dict[Gift, Named]:
        return name_secrets(self.project, self.directory, self.composes, gifts, self.settings.secret_source)

    def _changes(self, gifts: tuple[Gift, ...]) -> tuple[FileEdit, ...]:
        """Return the edits that move gifts to files; raises when the result is no compose file any more."""
        named = self._named(gifts)
        edits: dict[str, list[Edit]] = {}
        sources: dict[str, Source] = {}
        for gift in gifts:
            sources[gift.path] = gift.source
        for compose in self.composes:
            mine = [gift for gift in gifts if any(user.compose is compose for user in gift.users)]
            if mine:
                source = sources.setdefault(compose.path, self.project.source(compose.path))
                edits.setdefault(compose.path, []).extend(self._in_compose(source, compose, mine, named))
        for gift in gifts:
            if isinstance(gift.entry, EnvLine):
                edits.setdefault(gift.path, []).append(self._in_file(gift, gift.entry, named[gift]))
        for path, made in edits.items():
            text = apply(sources[path].text, made)
            if any(compose.path == path for compose in self.composes):
                compose_reader.parse(Source(path, text))
        return tuple(FileEdit(path, edit) for path, made in edits.items() for edit in made)

    def _in_file(self, gift: Gift, line: EnvLine, named: Named) -> Edit:
        chosen = self.chosen[gift]
        if chosen.readings:
            return Edit(line.span, f"{chosen.file_variable}={_inside(named)}")
        return remove(line)

    def _in_compose(
        self, source: Source, compose: Compose, gifts: list[Gift], named: dict[Gift, Named]
    ) -> Iterator[Edit]:
        assert compose.root is not None
        for gift in gifts:
            if isinstance(gift.entry, EnvEntry) and gift.path == compose.path:
                yield from name_file(source, gift.entry, self.chosen[gift].file_variable, _inside(named[gift]))
        granted: set[str] = set()
        for service in compose.services:
            got = [gift for gift in gifts if any(user.service is service for user in gift.users)]
            for gift in got:
                yield from mentions(source, service, gift.name, _inside(named[gift]))
            base = get(service.node, "extends")
            name = base.value if isinstance(base, Scalar) else _text(get(base, "service"))
            if got and not (name in granted and get(base, "file") is None):
                granted.add(service.name)
                grants = dict.fromkeys(Grant(named[gift].identity, named[gift].identity) for gift in got)
                yield from grant(source, compose.root, service, tuple(grants))
        declarations = dict.fromkeys(named[gift].declaration(self.directory) for gift in gifts)
        yield from declare(source, compose.root, tuple(declarations))

    def fix(self, gifts: tuple[Gift, ...], findings: tuple[Finding, ...]) -> Fix:
        """Return the fix that moves the gifts."""
        named = self._named(gifts)
        secrets = tuple(dict.fromkeys(named.values()))
        values = tuple(
            self._value(one, [gift for gift in gifts if named[gift] == one]) for one in secrets if one.literal
        )
        return Fix(
            findings=findings,
            safety=Safety.REVIEW,
            edits=self._changes(gifts),
            new_files=tuple(self._examples(secrets)),
            values=values,
            ignores=tuple(self._ignores()) if values else (),
            notes=tuple(dict.fromkeys(self._notes(gifts, named))),
            mounts=tuple(self._mount(one, gifts, named) for one in secrets),
        )

    def _value(self, named: Named, gifts: list[Gift]) -> LocalValue:
        assert named.literal is not None
        shared = any(
            is_shared(self.members[name], reading)
            for gift in gifts
            for name, reading in self.chosen[gift].readings.items()
        )
        return LocalValue(named.path, named.literal, shared)

    def _examples(self, secrets: Iterable[Named]) -> Iterator[NewFile]:
        for one in secrets:
            path = f"{one.path}.example"
            if one.literal is not None and self.project.repository.kind(path) is Kind.MISSING:
                yield NewFile(path, render("secret-example.j2", name=one.env, file=posixpath.basename(one.path)))

    def _ignores(self) -> Iterator[Ignore]:
        folder = secrets_folder(self.directory)
        yield Ignore("", "", "", f"/{folder}/*", required=True)
        yield Ignore("", "", "", f"!/{folder}/*.example")
        for build in self.project.builds:
            prefix = f"{build.context}/" if build.context else ""
            if folder.startswith(prefix) or folder == build.context:
                pattern = folder.removeprefix(prefix)
                yield Ignore(build.path, build.context, f"{pattern}/" if pattern else "*.txt", required=True)

    def _notes(self, gifts: Iterable[Gift], named: dict[Gift, Named]) -> Iterator[str]:
        for gift in gifts:
            one = named[gift]
            where = f"{gift.path}:{gift.line}"
            match one.source:
                case SecretSource.ENVIRONMENT:
                    yield f"{where}: `docker compose up` takes {one.variable} from its own environment"
                case SecretSource.EXTERNAL:
                    yield f"{where}: `docker secret create {one.identity} {one.path}` has to come before the start"
                case SecretSource.FILE:
                    pass
            for reading in self.chosen[gift].readings.values():
                if reading.table.note:
                    yield f"{where}: {reading.table.note}"

    def _mount(self, named: Named, gifts: Iterable[Gift], by_gift: dict[Gift, Named]) -> RuntimeSecret:
        users: list[Ref] = [user for gift in gifts if by_gift[gift] == named for user in gift.users]
        match named.source:
            case SecretSource.FILE:
                source = f"src={named.path}"
            case SecretSource.ENVIRONMENT:
                source = f"env={named.variable}"
            case SecretSource.EXTERNAL:
                source = "external"
        return RuntimeSecret(
            id=named.identity,
            env=named.env,
            target=_inside(named),
            source=source,
            file=users[0].compose.path,
            services=tuple(dict.fromkeys(user.service.name for user in users)),
        )


def _text(node: object) -> str:
    return node.value if isinstance(node, Scalar) else ""


def _inside(named: Named) -> str:
    return f"/run/secrets/{named.identity}"


def _is_movable(gift: Gift) -> bool:
    return not gift.default and (gift.literal is not None or gift.variable is not None)


def _refuse_value(gift: Gift) -> None:
    """Refuse a value that no file can hold as it is."""
    at = gift.span.start
    if not _NAME.fullmatch(gift.name):
        raise refuse(gift.source, at, "no file can be named after this variable")
    if gift.default:
        raise refuse(gift.source, at, f"{gift.name} has a default here, which compose does not know for a secret")
    if gift.literal is None and gift.variable is None:
        raise CannotChange(
            f"{gift.path}:{gift.line}: the value is put together from several parts, "
            "which compose does not do for a secret",
            Reason.DYNAMIC_VALUE,
        )
    entry = gift.entry
    if not isinstance(entry, EnvEntry) or entry.form is not EntryForm.MAP or gift.literal is None:
        return
    node = entry.node
    if isinstance(node, Scalar) and node.style is Style.PLAIN and _retyped(node.value):
        raise CannotChange(
            f"{gift.path}:{gift.line}: YAML reads this value as a number, a date or a truth value and may write it "
            "anew: put it in quotes",
            Reason.DYNAMIC_VALUE,
        )


def _retyped(value: str) -> bool:
    """Tell whether compose may give the container another text than stands there."""
    return _RETYPED.fullmatch(value) is not None and _DECIMAL.fullmatch(value) is None


__all__ = ["FOLDER", "Folder", "Member"]
