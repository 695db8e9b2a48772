"""Decide which variables of one folder's compose files can become files, and change everything that they touch."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from rewriter.documents.compose import Compose, EntryForm, EnvEntry
from rewriter.documents.yaml import Scalar, Style
from rewriter.errors import ParseError
from rewriter.flow.analysis import Analysis
from rewriter.model.plan import Fix, Reason, SecretSource
from rewriter.model.secret import Finding
from rewriter.model.text import OverlapError
from rewriter.project.build import Build
from rewriter.services import Gift, ImageEnv
from rewriter.services.readings import ByCode, ByVariable, Member, Reading, Unreadable, by_variable, members
from rewriter.services.swarm import Swarm
from rewriter.settings import Settings
from rewriter.transforms.compose_text import refuse
from rewriter.transforms.run_change import CannotChange
from rewriter.transforms.service_change import Change, Choice
from rewriter.transforms.service_code import Sources, base_image, keeps_entry_point

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
_RETYPED: Final = re.compile(
    r"[-+.]?[0-9][-+0-9a-fA-FxXoO_.:eTtZz ]*|[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)|True|TRUE|False|FALSE"
)
_DECIMAL: Final = re.compile(r"0|-?[1-9][0-9]{0,17}")


class Folder:
    """Settle the gifts of one folder's compose files together, since the files lie over each other."""

    def __init__(
        self,
        analysis: Analysis,
        directory: str,
        composes: tuple[Compose, ...],
        *,
        gifts: tuple[Gift, ...],
        sources: Sources,
        swarm: Swarm,
        settings: Settings,
    ) -> None:
        self.analysis = analysis
        self.project = analysis.project
        self.directory = directory
        self.composes = composes
        self.sources = sources
        self.swarm = swarm
        self.settings = settings
        self.members = members(composes)
        self.chosen: dict[Gift, Choice] = {}
        self.reaching: dict[tuple[str, str], list[Gift]] = {}
        for gift in gifts:
            for name in {user.service.name for user in gift.users if _is_here(user.compose, directory)}:
                self.reaching.setdefault((name, gift.name), []).append(gift)

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
                self.chosen.pop(gift, None)
        while rivals := {gift: rival for gift in self.chosen if (rival := self._rival(gift)) is not None}:
            for gift in rivals:
                del self.chosen[gift]
            refused |= rivals
        order = tuple(sorted(self.chosen, key=lambda gift: (gift.path, gift.span)))
        try:
            self._change(order).edits()
        except (OverlapError, ParseError):
            return (), refused | {gift: _too_close(gift) for gift in order}
        except CannotChange as error:
            return (), refused | dict.fromkeys(order, error)
        return order, refused

    def fix(self, gifts: tuple[Gift, ...], findings: tuple[Finding, ...]) -> Fix:
        """Return the fix that moves settled gifts."""
        return self._change(gifts).fix(findings)

    def _change(self, gifts: tuple[Gift, ...]) -> Change:
        return Change(
            project=self.project,
            directory=self.directory,
            composes=self.composes,
            members=self.members,
            sources=self.sources,
            settings=self.settings,
            choices={gift: self.chosen[gift] for gift in gifts},
            weaker=frozenset(
                (gift, name) for gift in gifts for name in self.chosen[gift].readings if self._is_overruled(gift, name)
            ),
        )

    def _choose(self, gift: Gift) -> Choice:
        """Return how the services take the variable, or refuse."""
        at = gift.span.start
        _refuse_value(gift)
        self._refuse_swarm(gift)
        readings: dict[str, Reading] = {}
        for user in gift.users:
            name = user.service.name
            if not _is_here(user.compose, self.directory):
                raise refuse(gift.source, at, "services of compose files in several folders take it")
            if user.compose.version_1:
                raise refuse(gift.source, at, "a compose file of version 1 (without `services:`) knows no secrets")
            reading = self._reading(self.members[name], gift.name)
            if isinstance(reading, Unreadable):
                raise refuse(gift.source, at, f"the service {name} reads {gift.name}: {reading.detail}")
            readings[name] = reading
        if isinstance(gift.entry, ImageEnv) and not readings:
            readings[""] = self._of_build(gift.entry.flow.build, gift)
        choice = Choice(readings)
        if len(choice.file_variables) > 1:
            raise refuse(gift.source, at, "its services want differently named variables for the file")
        self.chosen[gift] = choice
        try:
            self._change((gift,)).edits()
        except (OverlapError, ParseError):
            raise _too_close(gift) from None
        finally:
            del self.chosen[gift]
        return choice

    def _refuse_swarm(self, gift: Gift) -> None:
        """Refuse a value from outside for a swarm, which cannot take a secret from a variable."""
        wanted = self.settings.secret_source
        if wanted is SecretSource.EXTERNAL or (gift.literal is not None and wanted is SecretSource.FILE):
            return
        for compose in dict.fromkeys(user.compose for user in gift.users):
            shown = self.swarm.evidence(compose)
            if shown is not None:
                raise refuse(
                    gift.source, gift.span.start,
                    f"{compose.path} goes to a swarm ({shown}), which takes no secret from a variable: make it there "
                    "with `docker secret create`, then fix with --secret-source external",
                )  # fmt: skip

    def _reading(self, member: Member, name: str) -> Reading | Unreadable:
        if member.build is None:
            return by_variable(member.image, name)
        build = self.project.build_at(member.build.dockerfile)
        if build is None:
            return Unreadable("its Dockerfile is not here")
        return self._in_build(build, name)

    def _in_build(self, build: Build, name: str) -> Reading | Unreadable:
        base = base_image(build)
        if base and keeps_entry_point(build) and not isinstance(found := by_variable(base, name), Unreadable):
            return found
        why = self.sources.refusal(build, name)
        return ByCode(build) if why is None else Unreadable(why)

    def _of_build(self, build: Build, gift: Gift) -> Reading:
        found = self._in_build(build, gift.name)
        if isinstance(found, Unreadable):
            raise refuse(gift.source, gift.span.start, f"the container reads {gift.name}: {found.detail}")
        return found

    def _companions(self, gift: Gift) -> Iterator[Gift]:
        """Yield what an image takes as a file only together with this one."""
        for name, reading in self.chosen[gift].readings.items():
            for other in reading.form.group if isinstance(reading, ByVariable) else ():
                found = [one for one in self._reaching(name, other) if _is_movable(one)]
                if not found and isinstance(reading, ByVariable):
                    names = ", ".join(reading.form.group)
                    raise refuse(gift.source, gift.span.start, f"{reading.table.title} takes {names} as files together")
                yield from found

    def _reaching(self, service: str, name: str) -> list[Gift]:
        return self.reaching.get((service, name), [])

    def _is_overruled(self, gift: Gift, service: str) -> bool:
        """Tell whether something stronger gives the variable to the service, so that this value never arrives."""
        return any(other.strength > gift.strength for other in self._reaching(service, gift.name))

    def _rival(self, gift: Gift) -> CannotChange | None:
        """Return why a variable cannot go while another place that stays gives it to the same service."""
        at = gift.span.start
        for name, reading in self.chosen[gift].readings.items():
            for other in self._reaching(name, gift.name):
                empty = isinstance(other.entry, EnvEntry) and other.entry.value == ""
                if other in self.chosen or other is gift or empty or _gets_along(gift, other, reading):
                    continue
                why = f"{other.path}:{other.line} gives {gift.name} to the service {name} too and cannot move"
                return refuse(gift.source, at, why)
            if isinstance(reading, ByVariable):
                if (where := self._in_private_file(gift, name)) is not None:
                    return refuse(gift.source, at, f"{where} sets {gift.name} too: {reading.table.title} has both then")
                for one in reading.form.group:
                    if not any(other in self.chosen for other in self._reaching(name, one)):
                        return refuse(gift.source, at, f"{one} has to come as a file too and cannot move")
        return None

    def _in_private_file(self, gift: Gift, service: str) -> str | None:
        """Return the line of a file that git ignores and that gives the variable to a service."""
        keys = {ref.key for ref in self.members[service].refs} if service else set()
        for file, users in self.analysis.env_files().values():
            if not file.kept and any(user.key in keys for user in users):
                line = next((line for line in file.lines if line.name == gift.name), None)
                if line is not None:
                    return f"{file.source.path}:{file.source.line(line.span.start)}"
        return None


def _is_here(compose: Compose, directory: str) -> bool:
    return posixpath.dirname(compose.path) == directory


def _gets_along(gift: Gift, other: Gift, reading: Reading) -> bool:
    """Tell whether another gift that stays does no harm: code takes the file, and the stronger of two still wins."""
    return isinstance(reading, ByCode) and other.strength != gift.strength


def _too_close(gift: Gift) -> CannotChange:
    return refuse(gift.source, gift.span.start, "what has to change stands too close together")


def _is_movable(gift: Gift) -> bool:
    return not gift.default and (gift.literal is not None or gift.variable is not None)


def _refuse_value(gift: Gift) -> None:
    """Refuse a value that no file can hold as it is."""
    at = gift.span.start
    if not _NAME.fullmatch(gift.name):
        raise refuse(gift.source, at, "no file can be named after this variable")
    if gift.default:
        raise refuse(gift.source, at, f"{gift.name} has a default here, which compose does not know for a secret")
    if gift.optional:
        why = f"{gift.name} may stay unset here, and compose starts no service without the value of its secret"
        raise refuse(gift.source, at, f"{why}: take the empty default away where it has to be set")
    if gift.literal is None and gift.variable is None:
        why = "the value is put together from several parts, which compose does not do for a secret"
        raise CannotChange(f"{gift.path}:{gift.line}: {why}", Reason.DYNAMIC_VALUE)
    entry = gift.entry
    if not isinstance(entry, EnvEntry) or entry.form is not EntryForm.MAP or gift.literal is None:
        return
    node = entry.node
    if isinstance(node, Scalar) and node.style is Style.PLAIN and _is_retyped(node.value):
        why = "YAML reads this as a number, a date or a truth value and may write it anew: put it in quotes"
        raise CannotChange(f"{gift.path}:{gift.line}: {why}", Reason.DYNAMIC_VALUE)


def _is_retyped(value: str) -> bool:
    """Tell whether compose may give the container another text than stands there."""
    return _RETYPED.fullmatch(value) is not None and _DECIMAL.fullmatch(value) is None
