"""Make the edits of one Dockerfile that turn a flow of a secret into mounts."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from rewriter.documents.dockerfile import Assignment, Instruction, Kind, Word, machine, references, scope
from rewriter.documents.run import Form, RunBody
from rewriter.documents.shell import prints_environment
from rewriter.flow import Definition, Flow, Origin, Use, secret_id
from rewriter.flow.left import left_by_tools
from rewriter.flow.residue import residues
from rewriter.model.plan import Reason
from rewriter.model.text import Edit, Span
from rewriter.project.readers import Reach
from rewriter.record import Record, State, field
from rewriter.settings import SecretStyle, Settings
from rewriter.transforms.contain import Workshop, contain
from rewriter.transforms.dockerfile_edits import remove_assignments
from rewriter.transforms.printed_value import hide_printed
from rewriter.transforms.run_change import CannotChange, RunChange
from rewriter.transforms.variable_mount import is_variable, variable_mount


class Mounting(Record):
    """Hold the edits of the Dockerfile; `mounted` are the roots that some RUN mounts."""

    edits: tuple[Edit, ...]
    mounted: frozenset[str]
    review: bool

    def needs(self, root: str) -> bool:
        """Tell whether the build takes the root as a secret from now on."""
        return root in self.mounted


class _Mounter(State):
    """Build the changes of the RUNs of one flow."""

    flow: Flow
    style: SecretStyle
    settings: Settings
    changes: dict[int, RunChange] = field(default_factory=dict)
    mounted: set[str] = field(default_factory=set)
    review: bool = False

    def change(self, body: RunBody) -> RunChange:
        index = body.instruction.index
        if index not in self.changes:
            self.changes[index] = RunChange(self.flow.build.dockerfile, body)
        return self.changes[index]

    def mount_all(self, body: RunBody) -> None:
        """Mount every name of the flow that the RUN can see."""
        for name in self.flow.names:
            if name in scope(self.flow.build.dockerfile, body.instruction):
                self.mount(body, name)

    def mount(self, body: RunBody, name: str) -> None:
        """Mount one name in one RUN, by way of the variables that its value is made from."""
        definition = _in_force(self.flow, body.instruction, name)
        if definition is None or definition.origin in (Origin.OUTSIDE, Origin.LITERAL, Origin.EMPTY):
            self._mount_root(body, name, name)
            if definition is not None:
                self._keep_default(body, name)
        elif definition.origin is Origin.ALIAS:
            self._mount_root(body, self._resolve(definition), name)
        else:
            self._derive(body, definition)

    def _resolve(self, definition: Definition) -> str:
        """Follow exact aliases to the root."""
        seen: set[str] = set()
        while definition.origin is Origin.ALIAS and definition.sources and definition.name not in seen:
            seen.add(definition.name)
            before = _in_force(self.flow, definition.instruction, definition.sources[0])
            if before is None:
                return definition.sources[0]
            definition = before
        if definition.origin is Origin.DERIVED:
            raise CannotChange(
                f"{definition.name} is made from other variables and passed on under another name",
                Reason.DYNAMIC_VALUE,
            )
        return definition.name

    def _mount_root(self, body: RunBody, root: str, name: str) -> None:
        if not is_variable(name):
            raise CannotChange(
                f"{name} is not a name that a shell can read from its environment", Reason.UNSUPPORTED_FORM
            )
        wanted = variable_mount(
            self.flow.build,
            body.instruction,
            name,
            identity=self.settings.secret_id(root, secret_id(root)),
            required=not _optional(self.flow, root, name),
            style=self.style,
        )
        self.change(body).mount(wanted)
        self.mounted.add(root)

    def _keep_default(self, body: RunBody, name: str) -> None:
        """Keep a default that means "none given" (`ARG TOKEN=none`): an absent secret is an empty variable."""
        for entry in self.flow.defined(name):
            value = entry.binding.assignment.value
            if entry.origin is Origin.EMPTY and entry.binding.kind is Kind.ARG and value is not None and value.value:
                if not re.fullmatch(r"[^$`\"\\\n\r{}]+", value.value):
                    raise CannotChange(f"the default of {name} stands for none given", Reason.DYNAMIC_VALUE)
                self.change(body).prepare(f'export {name}="${{{name}:-{value.value}}}"')
                self.review = True

    def _derive(self, body: RunBody, definition: Definition) -> None:
        """Compute inside the RUN what an ENV or ARG made from the secret."""
        value = definition.binding.assignment.value
        text = None if value is None else _for_shell(value, self.flow.build.dockerfile.escape)
        if text is None:
            raise CannotChange(
                f"the value of {definition.name} is quoted in a way that cannot be moved",
                Reason.DYNAMIC_VALUE,
            )
        visible = scope(self.flow.build.dockerfile, body.instruction)
        for source in definition.sources:
            if source in self.flow.names:
                self.mount(body, source)
            elif source not in visible:
                raise CannotChange(
                    f"{definition.name} is made from {source}, which this RUN does not see",
                    Reason.DYNAMIC_VALUE,
                )
        self.change(body).prepare(f'export {definition.name}="{text}"')
        self.review = True


def _in_force(flow: Flow, instruction: Instruction, name: str) -> Definition | None:
    """Return the definition that an instruction sees under a name (an ARG's, behind an ENV that only repeats it)."""
    binding = scope(flow.build.dockerfile, instruction).get(name)
    if binding is None:
        return None
    span = binding.assignment.span
    found = next((entry for entry in flow.definitions if entry.binding.assignment.span == span), None)
    if found is not None and found.origin in (Origin.ALIAS, Origin.DERIVED) and not found.sources:
        earlier = [entry for entry in flow.defined(name) if entry.origin not in (Origin.ALIAS, Origin.DERIVED)]
        return earlier[-1] if earlier else None
    return found


def _for_shell(value: Word, escape: str) -> str | None:
    """Return a value of ENV as a shell has it between double quotes, None where a dollar sign is not a variable's."""
    used = references(value, escape)
    plain = value.value
    known = all(f"${one.name}" in plain or f"${{{one.name}" in plain for one in used)
    if plain.count("$") != len(used) or not known or "\n" in plain:
        return None
    if any(one.operator and re.search(r"[\\\"`]", one.word.text if one.word is not None else "") for one in used):
        return None
    return re.sub(r"([\\\"`])", r"\\\1", plain)


_GUARDS: Final = frozenset({":-", "-", ":+", "+"})


def _optional(flow: Flow, root: str, name: str) -> bool:
    """Tell whether the build works without the value: an empty default, or a test for it in the command."""
    for entry in flow.defined(root):
        if entry.origin is Origin.EMPTY and entry.binding.kind is Kind.ARG and not flow.literals(root):
            return True
    return any(use.name == name and use.reach is Reach.TEXT and _guarded(use) for use in flow.uses)


def _guarded(use: Use) -> bool:
    for fragment in use.body.fragments:
        for expansion in fragment.uses:
            if expansion.name == use.name and expansion.modifier in _GUARDS:
                return True
    tested = rf"(?:-[nz]|\[)\s+\"?\$\{{?{re.escape(use.name)}\b"
    return re.search(tested, use.body.text) is not None


def mount_flow(flow: Flow, style: SecretStyle, settings: Settings, *, files: Collection[str]) -> Mounting:
    """Return the edits that mount a flow and remove its ARGs and ENVs; `files` are those of the context.

    Raises `CannotChange`.
    """
    mounter = _Mounter(flow, style, settings)
    kept = tuple(one for body in _text_readers(flow) for one in residues(flow.build, body, flow.names))
    kept += tuple(left_by_tools(flow))
    workshop = Workshop(flow.build, mounter.change, mounter.mount_all, kept, frozenset(files))
    for use in flow.uses:
        _check(flow, use, mounter)
        mounter.mount(use.body, use.name)
        mounter.review |= use.reach is Reach.OPAQUE
    for residue in kept:
        contain(workshop, residue)
    _unmount_idle(flow, mounter)
    edits = [edit for change in mounter.changes.values() for edit in change.finish()]
    mounter.review |= any(change.changes_command for change in mounter.changes.values())
    edits += remove_definitions(flow)
    return Mounting(tuple(edits), frozenset(mounter.mounted), mounter.review)


def _unmount_idle(flow: Flow, mounter: _Mounter) -> None:
    """Take the mount from a RUN whose only reader of the secret went to another one."""
    for use in flow.uses:
        change = mounter.changes.get(use.body.instruction.index)
        if change is not None and change.loses_commands and use.reach is Reach.TEXT and not change.reads(use.name):
            change.unmount(use.name)


def _text_readers(flow: Flow) -> tuple[RunBody, ...]:
    bodies = {use.body.instruction.index: use.body for use in flow.uses if use.reach is Reach.TEXT}
    return tuple(bodies[index] for index in sorted(bodies))


def _check(flow: Flow, use: Use, mounter: _Mounter) -> None:
    """Refuse what a mount would not serve, and take out what would print the value."""
    body = use.body
    if body.form is not Form.EXEC and not flow.build.posix_shell(body.instruction):
        shell = machine(flow.build.dockerfile, body.instruction).shell or ("cmd",)
        name = shell[0].replace("\\", "/").rsplit("/", 1)[-1]
        raise CannotChange(
            f"line {body.instruction.line}: the shell is {name}, not a POSIX one: whether a Windows builder mounts "
            "secrets is not known",
            Reason.UNSUPPORTED_SHELL,
        )
    if body.problem is not None and use.reach is Reach.TEXT:
        raise CannotChange(f"line {body.instruction.line}: {body.problem}", Reason.UNREADABLE_SHELL)
    if body.form is not Form.EXEC and (use.reach is Reach.TEXT or mounter.style is SecretStyle.FILE):
        _refuse_tracing_shell(flow, body)
    for fragment in body.fragments:
        for span in prints_environment(fragment.script):
            _silence(fragment.span(span), use, mounter)
    if use.reach is Reach.TEXT:
        hide_printed(body, use.name, mounter.change(body))


_TRACING: Final = re.compile(r"-(?!-)[a-zA-Z]*x[a-zA-Z]*|xtrace")


def _refuse_tracing_shell(flow: Flow, body: RunBody) -> None:
    """Refuse a RUN whose SHELL prints each command with its variables expanded."""
    shell = machine(flow.build.dockerfile, body.instruction).shell or ()
    if any(_TRACING.fullmatch(word) for word in shell[1:]):
        raise CannotChange(
            f"line {body.instruction.line}: SHELL prints every command, and with it the secret: take the x out of it",
            Reason.PRINTS_ENVIRONMENT,
        )


_TRACE: Final = re.compile(r"(set\s+-[a-wyzA-Z]*)x([a-wyzA-Z]*)(\s.*)?", re.DOTALL)


def _silence(place: Span | None, use: Use, mounter: _Mounter) -> None:
    """Take the `x` out of `set -ex`, so that the shell does not print the value."""
    source = mounter.flow.build.dockerfile.source
    line = use.body.instruction.line
    text = place.of(source.text) if place is not None else ""
    match = _TRACE.fullmatch(text)
    listing = _LISTING.fullmatch(text)
    if place is not None and listing is not None:
        span = Span(place.start, place.start + len(listing[1]))
        _leave_out(mounter.change(use.body), span, listing[1], use.name)
        return
    if place is None or match is None:
        raise CannotChange(
            f"line {line}: the command prints the environment, and with it the secret",
            Reason.PRINTS_ENVIRONMENT,
        )
    if use.reach is not Reach.TEXT:
        return
    letters = match[1].rsplit("-", 1)[1] + match[2]
    if not letters:
        change = mounter.change(use.body)
        for fragment, visit in use.body.commands():
            if fragment.span(visit.command.span) == place:
                change.drop(fragment, visit.command)
        return
    offset = place.start + len(match[1])
    edit = Edit(Span(offset, offset + 1), "")
    if edit not in mounter.change(use.body).edits:
        mounter.change(use.body).edits.append(edit)


_LISTING: Final = re.compile(r"(printenv|env(?: -u \w{1,200}){0,50})(?:[ \t]*[12]?>[^\n]{0,1000})?", re.ASCII)


def _leave_out(change: RunChange, place: Span, text: str, name: str) -> None:
    """Make `env` list all variables but the secret; coreutils and BusyBox both know `-u`."""
    known = next((edit for edit in change.edits if edit.span == place), None)
    before = known.text if known is not None else text.replace("printenv", "env")
    change.edits[:] = [*(edit for edit in change.edits if edit.span != place), Edit(place, f"{before} -u {name}")]


def remove_definitions(flow: Flow) -> list[Edit]:
    """Remove every ARG of the flow and every ENV that holds its value."""
    gone: dict[int, list[Assignment]] = {}
    by_index: dict[int, Instruction] = {}
    for entry in flow.definitions:
        if entry.binding.kind is Kind.ENV and entry.origin is Origin.EMPTY:
            continue
        gone.setdefault(entry.instruction.index, []).append(entry.binding.assignment)
        by_index[entry.instruction.index] = entry.instruction
    source = flow.build.dockerfile.source
    return [edit for index in sorted(gone) for edit in remove_assignments(source, by_index[index], gone[index])]
