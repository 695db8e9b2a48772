"""Make the edits that move chosen variables of one folder's compose files to files under /run/secrets/."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from rewriter.documents import compose as compose_reader
from rewriter.documents.compose import Compose, EnvEntry, Service
from rewriter.documents.dockerfile import Assignment, Instruction
from rewriter.documents.env_file import EnvLine, remove
from rewriter.documents.yaml import Scalar, get
from rewriter.model.plan import FileEdit, Fix, Ignore, LocalValue, NewFile, RuntimeSecret, SecretSource
from rewriter.model.secret import Finding, Safety
from rewriter.model.text import Edit, Source, apply
from rewriter.project.build import Build
from rewriter.project.project import Project
from rewriter.record import Record
from rewriter.services import Gift, ImageEnv
from rewriter.services.readings import ByCode, ByVariable, Member, Reading, is_shared
from rewriter.settings import Settings
from rewriter.template import render
from rewriter.transforms.compose_text import Grant, declare, drop, grant, mentions, name_file
from rewriter.transforms.dockerfile_edits import remove_assignments
from rewriter.transforms.new_compose import proposal
from rewriter.transforms.secret_names import Named, identity, name_secrets, secrets_folder
from rewriter.transforms.service_code import Sources, starts_as_root
from rewriter.tree.repository import Kind


class Choice(Record):
    """Hold how each of a gift's services takes the variable from now on, by the name of the service.

    An image that no service is built from has the empty name.
    """

    readings: Mapping[str, Reading]

    @property
    def file_variables(self) -> frozenset[str]:
        """Return the variables that name the file."""
        return frozenset(one.name for one in self.readings.values() if isinstance(one, ByVariable))

    @property
    def file_variable(self) -> str:
        """Return the variable that names the file, empty where code alone reads it."""
        return next(iter(self.file_variables), "")


class Change(Record, eq=False, dict=True):
    """Hold what is to change; `weaker` are gifts whose value never reaches a service, as a stronger one does."""

    project: Project
    directory: str
    composes: tuple[Compose, ...]
    members: Mapping[str, Member]
    sources: Sources
    settings: Settings
    choices: Mapping[Gift, Choice]
    weaker: frozenset[tuple[Gift, str]]

    @cached_property
    def named(self) -> dict[Gift, Named]:
        """Return the secret of each gift."""
        return name_secrets(self.project, self.directory, self.composes, self.choices, self.settings.secret_source)

    def edits(self) -> tuple[FileEdit, ...]:
        """Return every edit; raises when the result is no compose file any more, or edits overlap."""
        made: dict[str, list[Edit]] = {}
        texts: dict[str, Source] = {gift.path: gift.source for gift in self.choices}
        for compose in self.composes:
            mine = [gift for gift in self.choices if any(user.compose is compose for user in gift.users)]
            if mine:
                source = texts.setdefault(compose.path, self.project.source(compose.path))
                made.setdefault(compose.path, []).extend(self._in_compose(source, compose, mine))
        for gift in self.choices:
            if isinstance(gift.entry, EnvLine):
                made.setdefault(gift.path, []).append(self._in_file(gift, gift.entry))
        for path, edit in self._in_images():
            made.setdefault(path, []).append(edit)
        for path, found in made.items():
            text = apply(texts[path].text, found)
            if any(compose.path == path for compose in self.composes):
                compose_reader.parse(Source(path, text))
        written = tuple(FileEdit(path, edit) for path, found in made.items() for edit in found)
        return (*written, *self._in_code())

    def _in_compose(self, source: Source, compose: Compose, gifts: list[Gift]) -> Iterator[Edit]:
        assert compose.root is not None
        dropped: dict[int, list[EnvEntry]] = {}
        for gift in gifts:
            if isinstance(gift.entry, EnvEntry) and gift.path == compose.path:
                if variable := self.choices[gift].file_variable:
                    yield from name_file(source, gift.entry, variable, _inside(self.named[gift]))
                else:
                    dropped.setdefault(gift.entry.container.outer, []).append(gift.entry)
        for entries in dropped.values():
            yield from drop(source, _holder(compose, entries[0]), entries)
        granted: set[str] = set()
        declared: dict[Named, None] = {}
        for service in compose.services:
            got = [gift for gift in gifts if self._arrives(gift, service)]
            for gift in got:
                yield from mentions(source, service, gift.name, f"/run/secrets/{self._grant(gift, service).target}")
            base = get(service.node, "extends")
            name = base.value if isinstance(base, Scalar) else _text(get(base, "service"))
            if not got:
                continue
            declared |= dict.fromkeys(self.named[gift] for gift in got)
            if name not in granted or get(base, "file") is not None:
                granted.add(service.name)
                grants = dict.fromkeys(self._grant(gift, service) for gift in got)
                yield from grant(source, compose.root, service, tuple(grants))
        if declared:
            yield from declare(source, compose.root, tuple(one.declaration(self.directory) for one in declared))

    def _arrives(self, gift: Gift, service: Service) -> bool:
        return (gift, service.name) not in self.weaker and any(user.service is service for user in gift.users)

    def _grant(self, gift: Gift, service: Service) -> Grant:
        """Return what a service gets: code looks for its own variable's name, whatever the secret is called."""
        named = self.named[gift]
        coded = isinstance(self.choices[gift].readings.get(service.name), ByCode)
        return Grant(named.identity, identity(gift.name) if coded else named.identity)

    def _in_file(self, gift: Gift, line: EnvLine) -> Edit:
        variable = self.choices[gift].file_variable
        return Edit(line.span, f"{variable}={_inside(self.named[gift])}") if variable else remove(line)

    def _in_images(self) -> Iterator[tuple[str, Edit]]:
        gone: dict[tuple[str, int], tuple[Source, Instruction, list[Assignment]]] = {}
        for gift, choice in self.choices.items():
            if not isinstance(gift.entry, ImageEnv):
                continue
            definition = gift.entry.definition
            if variable := choice.file_variable:
                path = _inside(self.named[gift])
                word = f"{variable}={path}" if "=" in gift.span.of(gift.source.text) else f"{variable} {path}"
                yield gift.path, Edit(gift.span, word)
                continue
            instruction = definition.instruction
            key = gift.path, instruction.index
            gone.setdefault(key, (gift.source, instruction, []))[2].append(definition.binding.assignment)
        for (path, _), (source, instruction, assignments) in gone.items():
            yield from ((path, edit) for edit in remove_assignments(source, instruction, assignments))

    @cached_property
    def coded(self) -> tuple[tuple[Build, frozenset[str]], ...]:
        """Return the builds whose sources change, one for each context, with the variables."""
        found: dict[str, tuple[Build, set[str]]] = {}
        for gift, choice in self.choices.items():
            for reading in choice.readings.values():
                if isinstance(reading, ByCode):
                    found.setdefault(reading.build.context, (reading.build, set()))[1].add(gift.name)
        return tuple((build, frozenset(names)) for build, names in found.values())

    def _in_code(self) -> Iterator[FileEdit]:
        seen: dict[FileEdit, None] = {}
        for build, names in self.coded:
            plan = self.sources.plan(build, names)
            seen |= dict.fromkeys(plan.edits)
            for other in self._builds(build.context):
                seen |= dict.fromkeys(self.sources.copies(other, plan))
        yield from seen

    def _builds(self, context: str) -> Iterable[Build]:
        """Return every build of a context: each has to copy what the sources need from now on."""
        return (build for build in self.project.builds if build.context == context)

    def fix(self, findings: tuple[Finding, ...]) -> Fix:
        """Return the fix."""
        secrets = tuple(dict.fromkeys(self.named.values()))
        code = [self.sources.plan(build, names) for build, names in self.coded]
        new = [*self._examples(secrets), *(file for plan in code for file in plan.new_files)]
        proposed = proposal(self.project, self.directory, self._homeless(), self.settings.runtime)
        notes = [*self._notes(), *(note for plan in code for note in plan.notes), *proposed.notes]
        values = tuple(self._value(one) for one in secrets if one.literal is not None)
        return Fix(
            findings=findings,
            safety=Safety.REVIEW,
            edits=self.edits(),
            new_files=tuple(dict.fromkeys((*new, *proposed.files))),
            values=values,
            ignores=tuple(self._ignores()) if values else (),
            notes=tuple(dict.fromkeys(notes)),
            mounts=tuple(self._mount(one) for one in secrets),
        )

    def _homeless(self) -> tuple[tuple[Build, Named, str], ...]:
        """Return the secrets of images that no compose service is built from, each with its name in the container."""
        return tuple(
            (
                gift.entry.flow.build,
                self.named[gift],
                self.named[gift].identity if choice.file_variable else identity(gift.name),
            )
            for gift, choice in self.choices.items()
            if isinstance(gift.entry, ImageEnv) and "" in choice.readings
        )

    def _value(self, named: Named) -> LocalValue:
        assert named.literal is not None
        mine = [gift for gift in self.choices if self.named[gift] == named]
        shared = any(
            self._needs_sharing(name, reading) for gift in mine for name, reading in self.choices[gift].readings.items()
        )
        return LocalValue(named.path, named.literal, shared)

    def _needs_sharing(self, service: str, reading: Reading) -> bool:
        member = self.members.get(service)
        match reading:
            case ByVariable():
                return member is not None and is_shared(member, reading)
            case ByCode(build):
                given = member is not None and bool(member.user)
                return not (member.as_root if given and member is not None else starts_as_root(build))

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
                pattern = folder.removeprefix(prefix) if folder != build.context else ""
                yield Ignore(build.path, build.context, f"{pattern}/" if pattern else "*.txt", required=True)

    def _notes(self) -> Iterator[str]:
        for gift, choice in self.choices.items():
            one, where = self.named[gift], f"{gift.path}:{gift.line}"
            match one.source:
                case SecretSource.ENVIRONMENT:
                    yield (
                        f"{where}: `docker compose up` takes {one.variable} from its own environment, and stops where "
                        "it is not set"
                    )
                case SecretSource.EXTERNAL:
                    yield f"{where}: `docker secret create {one.identity} {one.path}` has to come before the start"
                case SecretSource.FILE:
                    pass
            for reading in choice.readings.values():
                if isinstance(reading, ByVariable) and reading.table.note:
                    yield f"{where}: {reading.table.note}"

    def _mount(self, named: Named) -> RuntimeSecret:
        users = [user for gift in self.choices if self.named[gift] == named for user in gift.users]
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
            file=users[0].compose.path if users else "",
            services=tuple(dict.fromkeys(user.service.name for user in users)),
        )


def _holder(compose: Compose, entry: EnvEntry) -> Service:
    """Return the service in which an entry is written, or the first that has it."""
    having = [service for service in compose.services if any(one.key is entry.key for one in service.environment)]
    own = [service for service in having if any(one.key is entry.key and not one.shared for one in service.environment)]
    return (own or having)[0]


def _text(node: object) -> str:
    return node.value if isinstance(node, Scalar) else ""


def _inside(named: Named) -> str:
    return f"/run/secrets/{named.identity}"
