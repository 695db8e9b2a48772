"""Make the callers of a build pass a secret as a build secret instead of a build argument.

The caller and the Dockerfile change together: a caller that goes on passing `--build-arg` leaks the value
into provenance although the Dockerfile is clean, and a Dockerfile without its caller gets an empty secret.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from rewriter import callers
from rewriter.callers.model import (
    ArgumentListForm,
    BlockForm,
    BuildArgument,
    Caller,
    CallerChange,
    CallerRefusal,
    CommandForm,
    ComposeForm,
    EntryForm,
    Files,
    ItemForm,
    LexicalForm,
    LineForm,
    OptionForm,
    SpanForm,
    StepForm,
    TreeForm,
    Unreadable,
)
from rewriter.callers.rebase import Rebase
from rewriter.callers.task import KNOWN_NOTE, Addition, Task
from rewriter.errors import ParseError
from rewriter.model.masked import Masked
from rewriter.model.text import Edit, OverlapError, Source, apply
from rewriter.record import Record, replace

__all__ = [
    "CallerChange",
    "CallerRefusal",
    "Rewritten",
    "add_secret",
    "agent_for_key",
    "drop_argument",
    "pass_all",
    "pass_as_secret",
    "verify_gone",
]

_DIFFER: Final = "{name} has different values in this file: which one is the secret's cannot be told"
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def pass_as_secret(
    caller: Caller, argument: BuildArgument, *, secret_id: str, source: Source
) -> CallerChange | CallerRefusal:
    """Return the edits after which the caller passes the argument's value as the secret `secret_id`.

    The edits belong to `source`, the text in which the caller was found. The result is read again: a change
    after which the argument is still passed, or the file cannot be read, is refused.
    """
    if not _ID.fullmatch(secret_id):
        raise ValueError(f"not the id of a secret: {secret_id!r}")
    task = Task(caller, argument, secret_id, source)
    found = _pass(task)
    match found:
        case CallerChange():
            before = callers.read(source.path, source, files=_no_file)
            fault = _fault(source, found.edits, (task,), before)
            return found if fault is None else task.refuse(fault)
        case CallerRefusal():
            return found


def _pass(task: Task) -> CallerChange | CallerRefusal:
    from rewriter.callers import (  # noqa: PLC0415 (start-up time: most builds have no caller)
        edit_block,
        edit_command,
        edit_compose,
        edit_lexical,
        edit_list,
        edit_step,
        edit_tree,
    )

    match task.caller.form, task.argument.form:
        case (Unreadable(why), _) | (_, Unreadable(why)):
            return task.refuse(why)
        case CommandForm() as form, OptionForm() as option:
            return edit_command.pass_as_secret(task, form, option)
        case StepForm() as form, LineForm() as line:
            return edit_step.pass_as_secret(task, form, line)
        case ComposeForm() as form, EntryForm() as entry:
            return edit_compose.pass_as_secret(task, form, entry)
        case TreeForm() as form, EntryForm() as entry:
            return edit_tree.pass_as_secret(task, form, entry)
        case ArgumentListForm() as form, ItemForm() as item:
            return edit_list.pass_as_secret(task, form, item)
        case BlockForm() as form, SpanForm() as span:
            return edit_block.pass_as_secret(task, form, span)
        case LexicalForm(), SpanForm() as span:
            return edit_lexical.pass_as_secret(task, span)
        case _:
            return task.refuse(f"a {task.caller.kind.value} caller is not rewritten")


def _fault(
    source: Source, edits: Iterable[Edit], tasks: Sequence[Task], before: callers.Reading, *, dropped: bool = False
) -> str | None:
    """Return what is wrong with the text after the edits for some tasks, if anything is.

    Every caller must pass what it passed before, but for the arguments of the tasks; one that no longer passes
    such an argument (itself, or because it shares the text) must pass the secret.
    """
    try:
        after = callers.read(source.path, Source(source.path, apply(source.text, edits)), files=_no_file)
    except (ParseError, OverlapError) as error:
        return f"the file cannot be read after the change ({error})"
    if len(after.callers) != len(before.callers) or len(after.problems) > len(before.problems):
        return "the change would alter what the file calls"
    ids = {task.argument.name: task.secret_id for task in tasks}
    lost: Counter[str] = Counter()
    for old, new in zip(before.callers, after.callers, strict=True):
        was, now = Counter(one.name for one in old.arguments), Counter(one.name for one in new.arguments)
        if now - was:
            return "the change would alter what the file calls"
        for name, count in (was - now).items():
            if not dropped and ids.get(name) not in new.secrets:
                return f"a caller would lose {name} and get no secret"
            lost[name] += count
    if any(lost[name] < count for name, count in Counter(task.argument.name for task in tasks).items()):
        return "the change would not stop the argument from being passed"
    return None


def _no_file(path: str) -> bool:  # noqa: ARG001
    return False


def add_secret(
    caller: Caller, *, secret_id: str, source: Source, env: str | None = None, path: str | None = None
) -> CallerChange | CallerRefusal:
    """Return the edits after which a caller passes a secret that it did not pass in any form.

    The value comes from the environment variable `env`, or from the file `path` of the repository.
    """
    from rewriter.callers import (  # noqa: PLC0415 (start-up time: most builds have no caller)
        edit_block,
        edit_command,
        edit_compose,
        edit_lexical,
        edit_list,
        edit_step,
        edit_tree,
    )

    if (env is None) == (path is None):
        raise ValueError("a secret comes from either a variable or a file")
    task = Addition(caller, secret_id, env or "", path, source)
    if secret_id in caller.secrets:
        return CallerChange((), KNOWN_NOTE)
    match caller.form:
        case CommandForm() as form:
            return edit_command.add_secret(task, form)
        case StepForm() as form:
            return edit_step.add_secret(task, form)
        case ComposeForm() as form:
            return edit_compose.add_secret(task, form)
        case TreeForm() as form:
            return edit_tree.add_secret(task, form)
        case ArgumentListForm() as form:
            return edit_list.add_secret(task, form)
        case BlockForm() as form:
            return edit_block.add_secret(task, form)
        case LexicalForm() as form:
            return edit_lexical.add_secret(task, form)
        case Unreadable(why):
            return task.refuse(why)


def agent_for_key(caller: Caller, name: str, *, source: Source) -> CallerChange | None:
    """Return the edits after which a caller gives ssh's agent the key that it passed in an argument.

    None where it does not pass exactly one such argument, or has the key otherwise than in a file.
    """
    from rewriter.callers import edit_command  # noqa: PLC0415

    mine = [argument for argument in caller.arguments if argument.name == name]
    if len(mine) != 1 or not isinstance(caller.form, CommandForm) or not isinstance(mine[0].form, OptionForm):
        return None
    change = edit_command.pass_to_agent(caller.form, mine[0].form)
    if change is None:
        return None
    task = Task(caller, mine[0], "default", source)
    before = callers.read(source.path, source, files=_no_file)
    return change if _fault(source, change.edits, (task,), before, dropped=True) is None else None


def drop_argument(caller: Caller, argument: BuildArgument, *, source: Source) -> CallerChange | CallerRefusal:
    """Return the edits after which the caller passes the argument no more, in no form: nothing needs it."""
    nothing = "dropped"
    task = Task(replace(caller, secrets=(*caller.secrets, nothing)), argument, nothing, source)
    found = _pass(task)
    match found:
        case CallerChange(edits):
            fault = _fault(source, edits, (task,), callers.read(source.path, source, files=_no_file), dropped=True)
            return CallerChange(edits, "") if fault is None else task.refuse(fault)
        case CallerRefusal():
            return found


class Moved(Record):
    """Hold a literal that left a file; without a path it belongs into the settings of a CI, as a note says."""

    secret_id: str
    value: Masked
    path: str | None


class Rewritten(Record):
    """Gather what becomes of one file: edits of its text, notes, literals that left it, refusals."""

    edits: tuple[Edit, ...]
    notes: tuple[str, ...]
    literals: tuple[Moved, ...]
    refusals: tuple[str, ...]


def pass_all(
    path: str,
    source: Source,
    *,
    secrets: Mapping[str, str],
    files: Files,
    wanted: Callable[[Caller], bool] = lambda _: True,
) -> Rewritten:
    """Pass every argument named in `secrets` (name to id) as a secret, in every wanted caller of a file.

    Changes that touch each other are made one after the other, with the text read anew in between, so that
    two of them can share a new `secrets:` key; the edits belong to `source`. Raises `ParseError` where the
    file cannot be read.
    """
    run = _Run(path, source, secrets, files, wanted)
    while run.step():
        pass
    return run.result()


class _Run:
    """Change the callers of one file step by step."""

    def __init__(
        self,
        path: str,
        source: Source,
        secrets: Mapping[str, str],
        files: Files,
        wanted: Callable[[Caller], bool],
    ) -> None:
        self.path, self.files, self.wanted = path, files, wanted
        self.secrets = secrets
        self.state = Rebase.start(source.text)
        self.notes: list[str] = []
        self.moved: dict[str, Moved] = {}
        self.refused: dict[int, str] = {}
        self.faulty: dict[int, str] = {}
        self.different: set[str] = set()
        self.left: tuple[int, ...] = ()

    def result(self) -> Rewritten:
        details = self.refused | self.faulty
        refusals = tuple(details[key] for key in sorted(details) if key in self.left)
        notes = tuple(dict.fromkeys(self.notes))
        return Rewritten(self.state.edits(), notes, tuple(self.moved.values()), refusals)

    def tasks(self, source: Source, reading: callers.Reading) -> dict[int, Task]:
        """Return what is to do, under the places of the arguments in the first text."""
        found = [
            Task(caller, argument, self.secrets[argument.name], source)
            for caller in reading.callers
            if self.wanted(caller)
            for argument in caller.arguments
            if argument.name in self.secrets
        ]
        placed: dict[int, Task] = {}
        for task in sorted(found, key=_is_unreadable):
            placed.setdefault(self.state.origin(task.argument.place.span.start), task)
        return placed

    def changes(self, tasks: Mapping[int, Task]) -> dict[int, CallerChange]:
        found: dict[int, CallerChange] = {}
        literals: dict[str, set[Masked]] = {}
        for key, task in tasks.items():
            if key in self.refused or key in self.faulty:
                continue
            outcome = _pass(task)
            match outcome:
                case CallerChange():
                    found[key] = outcome
                case CallerRefusal(detail):
                    self.refused[key] = detail
            if isinstance(outcome, CallerChange) and outcome.literal is not None:
                literals.setdefault(task.secret_id, set()).add(outcome.literal)
        self.different |= {secret_id for secret_id, values in literals.items() if len(values) > 1}
        for key, change in tuple(found.items()):
            if change.literal is not None and tasks[key].secret_id in self.different:
                self.refused[key] = tasks[key].refuse(_DIFFER.format(name=tasks[key].argument.name)).detail
                del found[key]
        return found

    def step(self) -> bool:
        """Make the changes that do not touch each other; tell whether there may be more to do."""
        source = Source(self.path, self.state.text)
        reading = callers.read(self.path, source, files=self.files)
        tasks = self.tasks(source, reading)
        self.left = tuple(tasks)
        changes = self.changes(tasks)
        chosen = _compatible(changes)
        if not chosen:
            return False
        fault = _fault(source, _edits(changes, chosen), [tasks[key] for key in chosen], reading)
        if fault is not None and len(chosen) > 1:
            chosen = chosen[:1]
            fault = _fault(source, _edits(changes, chosen), [tasks[chosen[0]]], reading)
        if fault is not None:
            self.faulty[chosen[0]] = tasks[chosen[0]].refuse(fault).detail
            return True
        self.faulty.clear()  # what could not be done may be possible in the changed text
        self.state = self.state.then(_edits(changes, chosen))
        for key in chosen:
            self.notes += [note for note in changes[key].note.split("; ") if note]
            literal, secret_id = changes[key].literal, tasks[key].secret_id
            if literal is not None:
                self.moved[secret_id] = Moved(secret_id, literal, changes[key].literal_path)
        return True


def _is_unreadable(task: Task) -> bool:
    return isinstance(task.argument.form, Unreadable) or isinstance(task.caller.form, Unreadable)


def _edits(changes: Mapping[int, CallerChange], chosen: Iterable[int]) -> tuple[Edit, ...]:
    return tuple(dict.fromkeys(edit for key in chosen for edit in changes[key].edits))


def _compatible(changes: Mapping[int, CallerChange]) -> tuple[int, ...]:
    """Return changes, first come first served, whose edits do not touch each other (or are the same edit)."""
    chosen: list[int] = []
    taken: dict[int, Edit] = {}
    for key, change in changes.items():
        offsets = {offset: edit for edit in change.edits for offset in range(edit.span.start, edit.span.end + 1)}
        if all(taken.get(offset, edit) == edit for offset, edit in offsets.items()):
            chosen.append(key)
            taken.update(offsets)
    return tuple(chosen)


def verify_gone(path: str, text: str, names: Iterable[str], *, files: Files = _no_file) -> tuple[BuildArgument, ...]:
    """Return the build arguments of these names that a file (as it reads after the edits) still passes."""
    unwanted = frozenset(names)
    found = callers.find(path, Source(path, text), files=files)
    return tuple(argument for caller in found for argument in caller.arguments if argument.name in unwanted)
