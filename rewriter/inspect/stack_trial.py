"""Start the containers of a compose project as it is and as it will be, and answer point by point."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from rewriter.documents import dockerfile
from rewriter.errors import InspectionError, ParseError
from rewriter.inspect.building import BuildResult
from rewriter.inspect.container import process_list
from rewriter.inspect.engine import Ran, first_line
from rewriter.inspect.hunt import Hunter, Trace
from rewriter.inspect.oci import at, text, texts
from rewriter.inspect.stack import Container, Stack
from rewriter.inspect.trial import SHOWN, Given, Say, bases, parts, places
from rewriter.inspect.workshop import Workshop
from rewriter.model.inspection import Answer, Check, Part
from rewriter.model.plan import RuntimeSecret
from rewriter.model.text import Source, decode
from rewriter.record import Record, State, field

_WIDTH: Final = 60


class StackPair(Record):
    """Hold a project that is started twice.

    `files` are its compose files, as paths in both trees; `was` tells whether the first tree has it. `mounts` are the
    secrets that its containers get now, `values` what each holds, by id. `variables` are given to the client, `wanted`
    is what to search for, `external` are files that stand for secrets of the machine, `proven` are Dockerfiles whose
    images were searched already.
    """

    _hidden = ("values", "variables", "wanted")

    files: tuple[str, ...]
    was: bool
    before: Path
    after: Path
    mounts: tuple[RuntimeSecret, ...]
    values: Mapping[str, bytes]
    variables: Mapping[str, str]
    wanted: Mapping[str, bytes]
    external: Mapping[str, str]
    given: Given
    proven: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Return what the project is called in answers."""
        return self.files[-1]


class _Run(State):
    """Hold what one of the two did; `error` says why it could not be started."""

    _hidden = ("answers",)

    containers: tuple[Container, ...] = ()
    error: str = ""
    notes: tuple[str, ...] = ()
    traces: tuple[Trace, ...] = ()
    built: tuple[Trace, ...] = ()
    own: tuple[Trace, ...] = ()
    unread: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    arrived: int = 0
    answers: Mapping[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def states(self) -> dict[str, str]:
        """Return what became of each service."""
        found: dict[str, list[str]] = {}
        for one in self.containers:
            found.setdefault(one.service, []).append(one.state)
        return {service: ", ".join(states) for service, states in found.items()}

    @property
    def well(self) -> bool:
        """Tell whether every service does what it is to do."""
        return not self.error and bool(self.containers) and all(one.well for one in self.containers)

    def described(self) -> tuple[str, ...]:
        """Return what became of the services, in words."""
        told = tuple(f"{service}: {state}" for service, state in sorted(self.states.items()))
        return (*((self.error,) if self.error else ()), *told)


class StackTrial:
    """Start one project before and after, and answer."""

    def __init__(self, workshop: Workshop, pair: StackPair, say: Say) -> None:
        self._workshop = workshop
        self._pair = pair
        self._say = say
        self._hunter = Hunter(pair.wanted) if pair.wanted else None
        self._asked = frozenset(service for service, _ in pair.given.asks)

    def checks(self) -> Iterator[Check]:
        """Yield the answers in the order in which they are found."""
        pair = self._pair
        if why := missing_compose(self._workshop):
            yield Check("the containers", Answer.UNKNOWN, why)
            return
        before: _Run | None = None
        if pair.was:
            self._say(f"{pair.name}: starting the containers as they are")
            before = self._run(pair.before, rewritten=False)
            yield _started("the original containers start", before, Answer.UNKNOWN)
            if before.containers:
                yield self._shows(before)
        self._say(f"{pair.name}: starting the containers with secrets as files")
        after = self._run(pair.after, rewritten=True)
        bad = Answer.BAD if before is None or before.well else Answer.UNKNOWN
        yield _started("the rewritten containers start", after, bad)
        if not after.containers:
            return
        yield self._gone(after)
        yield self._arrived(after)
        if before is not None and before.containers:
            yield _same(before, after)
            yield from self._answered(before, after)

    def _run(self, root: Path, *, rewritten: bool) -> _Run:
        pair = self._pair
        files = [root / file for file in pair.files if (root / file).is_file()]
        stack = Stack(self._workshop, files, root, pair.variables, pair.external)
        run = _Run()
        try:
            run.notes = stack.project.notes
            ran = stack.up()
            run.containers = stack.settled(self._asked, started=ran.ok)
            run.error = "" if ran.ok else _why(ran)
            run.answers = dict(self._ask(stack, run.containers))
            run.containers = stack.containers()
            self._look(stack, run, rewritten=rewritten)
        except InspectionError as error:
            run.error = str(error)
        finally:
            stack.down()
        return run

    def _ask(self, stack: Stack, containers: tuple[Container, ...]) -> Iterator[tuple[str, tuple[int, str]]]:
        for service, command in self._pair.given.asks:
            one = next((one for one in containers if one.service == service and one.runs), None)
            if one is not None:
                self._say(f"{self._pair.name}: asking {service}")
                ran = stack.ask(one, command)
                yield service, (ran.status, ran.output)

    def _look(self, stack: Stack, run: _Run, *, rewritten: bool) -> None:
        """Search the containers, and after the rewrite the images that were built for them as well."""
        if self._hunter is None:
            return
        found = [trace for one in run.containers for trace in self._traces(self._hunter, one)]
        own: list[Trace] = []
        unread: list[str] = []
        for one in run.containers:
            if one.runs:
                mine, told = self._processes(self._hunter, one)
                unread += told
                copied = (
                    rewritten
                    and one.service not in stack.project.images
                    and not any(trace.where.startswith(f"{one.service}:") for trace in found)
                )
                (own if copied else found).extend(mine)
        run.traces, run.own, run.unread = tuple(found), tuple(own), tuple(unread)
        if rewritten:
            done = stack.built_elsewhere(self._pair.proven)
            images = [image for service, image in stack.project.images.items() if service not in done]
            run.built = tuple(trace for image in images for trace in self._image(image))
            run.variables = tuple(self._variables(run.containers))
            run.missing, run.arrived = self._files(stack, run.containers)

    def _traces(self, hunter: Hunter, one: Container) -> Iterator[Trace]:
        """Yield where the configuration of a container, and of its image, shows a value."""
        image = self._workshop.engine.inspect("image", text(one.found, "Image"))
        for what, document in (("container", one.found), ("image", image)):
            for path, secret, form in hunter.texts(document):
                yield Trace(secret, _part(path), f"{one.service}: {what} {path}", form)

    def _processes(self, hunter: Hunter, one: Container) -> tuple[list[Trace], list[str]]:
        notes: list[str] = []
        found: list[Trace] = []
        for process in process_list(one.id, one.id, self._workshop.engine, notes):
            who = f"{one.service}: pid {process.number} {process.command[:60]}".rstrip()
            for pair in process.environment:
                found += (
                    Trace(secret, Part.PROCESS, f"{who} {pair.name}", form) for secret, form in hunter.text(pair.value)
                )
            found += (Trace(secret, Part.PROCESS, who, form) for secret, form in hunter.text(process.command))
        return found, [f"{one.service}: {note}" for note in notes]

    def _image(self, image: str) -> Iterator[Trace]:
        hunter = self._hunter
        if hunter is None or self._workshop.engine.inspect("image", image) is None:
            return
        archive = self._workshop.save(image)
        try:
            below = self._workshop.layers_below(tuple(self._bases()))
            traces, _ = hunter.build(BuildResult(ok=True, log="", image=image), archive, below)
        finally:
            archive.unlink()
        yield from traces

    def _bases(self) -> Iterator[str]:
        """Yield the images on which those of the project stand, as far as its Dockerfiles can be read."""
        for path in self._pair.after.rglob("*ockerfile*"):
            try:
                yield from bases(dockerfile.parse(Source(path.name, decode(path.read_bytes()))))
            except (OSError, ParseError):
                continue

    def _variables(self, containers: Iterable[Container]) -> Iterator[str]:
        """Yield the variables that were to go, and that a container is still given; a short value needs this."""
        gone = {(service, mount.env) for mount in self._pair.mounts for service in mount.services if mount.env}
        for one in containers:
            names = {entry.partition("=")[0] for entry in texts(at(one.found, "Config", "Env"))}
            yield from (f"{one.service}: {name}" for name in sorted(names) if (one.service, name) in gone)

    def _files(self, stack: Stack, containers: tuple[Container, ...]) -> tuple[tuple[str, ...], int]:
        missing: list[str] = []
        arrived = 0
        for mount in self._pair.mounts:
            for one in containers:
                if one.service not in mount.services:
                    continue
                data = stack.read(one, mount.target)
                if data is None:
                    missing.append(f"{one.service}: {mount.target} is not there")
                elif data != self._pair.values[mount.id]:
                    missing.append(f"{one.service}: {mount.target} does not hold the value, byte for byte")
                else:
                    arrived += 1
        return tuple(missing), arrived

    def _shows(self, run: _Run) -> Check:
        name = "the original containers show the secrets"
        if run.traces:
            return Check(name, Answer.GOOD, f"as was found: {parts(run.traces)}", tuple(places(run.traces)))
        message = "the search finds no value in them, so it proves nothing about the rewritten ones"
        return Check(name, Answer.UNKNOWN if self._pair.wanted else Answer.GOOD, message)

    def _gone(self, run: _Run) -> Check:
        name = "no container shows a secret"
        found = (*run.traces, *run.built)
        if found or run.variables:
            names = tuple(f"{variable} is still given" for variable in run.variables)
            message = f"still in {parts(found)}" if found else "still in the environment"
            return Check(name, Answer.BAD, message, (*places(found), *names)[: SHOWN + 1])
        if run.unread:
            return Check(name, Answer.UNKNOWN, "not everything could be looked at", run.unread[:SHOWN])
        where = "configuration, processes and images that were built"
        message = f"none of {len(self._pair.wanted)} values in {where}"
        if run.own:
            message += "; what an image from elsewhere reads from the file and hands to its own processes is not ours"
        return Check(name, Answer.GOOD, message, tuple(places(run.own)))

    def _arrived(self, run: _Run) -> Check:
        name = "secrets arrive as files"
        if run.missing:
            return Check(name, Answer.BAD, "not all of them", run.missing[:SHOWN])
        if not run.arrived:
            return Check(name, Answer.UNKNOWN, "no container that was to get one could be looked into")
        targets = sorted({mount.target for mount in self._pair.mounts})
        return Check(name, Answer.GOOD, f"{run.arrived} in the containers, byte for byte", tuple(targets[:SHOWN]))

    def _answered(self, before: _Run, after: _Run) -> Iterator[Check]:
        for service, command in self._pair.given.asks:
            name, said = f"{service} answers the same", _short(command)
            was, now = before.answers.get(service), after.answers.get(service)
            if was is None or was[0] != 0:
                told = "it does not run" if was is None else f"exit status {was[0]}"
                yield Check(name, Answer.UNKNOWN, f"the original has no answer to `{said}`: {told}")
            elif now is None or now[0] != 0:
                told = "it does not run" if now is None else f"exit status {now[0]}"
                yield Check(name, Answer.BAD, f"the rewritten one has no answer to `{said}`: {told}")
            elif was != now:
                yield Check(name, Answer.BAD, f"it answers something else to `{said}`")
            else:
                yield Check(name, Answer.GOOD, f"yes, to `{said}`")


def missing_compose(workshop: Workshop) -> str:
    """Return why no project can be started, nothing where one can."""
    if workshop.is_buildah:
        return f"{workshop.engine.name} starts no compose project here; prove the containers by --engine docker"
    if not workshop.engine.run("compose", "version").ok:
        return "the client has no compose, so the containers could not be started; install its compose plug-in"
    return ""


def _part(path: str) -> Part:
    """Return which part of a configuration a path in it is about."""
    if path.startswith("Config.Labels"):
        return Part.LABEL
    return Part.ENV if path.startswith("Config.Env") else Part.COMMAND


def _started(name: str, run: _Run, otherwise: Answer) -> Check:
    told = (*run.described(), *run.notes)
    if run.well:
        return Check(name, Answer.GOOD, "yes", told[:SHOWN])
    return Check(name, otherwise, "no" if run.containers or run.error else "there are none", told[:SHOWN])


def _same(before: _Run, after: _Run) -> Check:
    name = "the services do the same"
    was, now = before.states, after.states
    found = [
        f"{service}: {now.get(service, 'is not there')} instead of {was.get(service, 'not being there')}"
        for service in sorted(was.keys() | now.keys())
        if was.get(service) != now.get(service)
    ]
    if found:
        return Check(name, Answer.BAD, f"{len(found)} do not", tuple(found[:SHOWN]))
    return Check(name, Answer.GOOD, f"{len(was)} of {len(was)}")


def _short(command: str) -> str:
    """Return a command on one line, cut where it is long."""
    line = " ".join(command.split())
    return line if len(line) <= _WIDTH else f"{line[:_WIDTH]}..."


def _why(ran: Ran) -> str:
    """Return the line that says why a client failed: the last one that speaks of an error, else the last."""
    lines = [line.strip() for line in f"{ran.output}\n{ran.errors}".splitlines() if line.strip()]
    told = [line for line in lines if "error" in line.lower() or "failed" in line.lower()]
    return first_line((told or lines or ["it could not be started"])[-1])
