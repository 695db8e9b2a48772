"""Keep the value out of the log where a command does nothing but print it: `echo $TOKEN`.

BuildKit shows whatever a command prints, that of a mounted secret too. The command goes where it stands alone in its
list; elsewhere it prints stars in place of the value.
"""

from __future__ import annotations

from typing import Final

from rewriter.documents.run import Fragment, RunBody, bare_words
from rewriter.documents.shell import (
    Case,
    CommandSubstitution,
    Function,
    Group,
    If,
    Loop,
    Pipeline,
    ProcessSubstitution,
    Quoted,
    Subshell,
    VariableUse,
    Visit,
    remove_element,
)
from rewriter.model.text import Edit
from rewriter.transforms.run_change import CannotChange, RunChange

_TO_THE_LOG: Final = frozenset({"/dev/stdout", "/dev/stderr", "/dev/tty", "/proc/self/fd/1", "/proc/self/fd/2"})
_NOT_THE_VALUE: Final = frozenset({"+", ":+"})


def hide_printed(body: RunBody, name: str, change: RunChange) -> None:
    """Change the commands of a RUN that only print a variable; raises `CannotChange`."""
    for fragment, visit in body.commands():
        shown = tuple(_shown(fragment, visit, name))
        if not shown or not _prints(visit):
            continue
        if _stands_alone(fragment, visit):
            if all(command is not visit.command for _, command in change.dropped):
                change.drop(fragment, visit.command)
            continue
        for use in shown:
            place = fragment.span(use.span)
            if place is None:
                raise CannotChange(f"line {body.instruction.line}: the command prints the secret")
            edit = Edit(place, "***" if use.quoted is Quoted.DOUBLE else "'***'")
            if edit not in change.edits:
                change.edits.append(edit)


def _shown(fragment: Fragment, visit: Visit, name: str) -> list[VariableUse]:
    return [
        use
        for use in fragment.uses
        if use.command is visit.command
        if use.name == name and use.modifier not in _NOT_THE_VALUE and not use.variable.length
    ]


def _prints(visit: Visit) -> bool:
    """Tell whether a command prints its words to the log and does nothing else."""
    words = bare_words(visit.command)
    program = (words[0].value or "").rsplit("/", 1)[-1] if words else ""
    if program not in ("echo", "printf") or any(word.text == "-v" for word in words[1:2]):
        return False
    compound = [one for one in visit.path if isinstance(one, (Case, Group, If, Loop, Subshell))]
    redirects = [*visit.command.redirects, *(redirect for one in compound for redirect in one.redirects)]
    kept = any(redirect.writes and redirect.target.value not in _TO_THE_LOG for redirect in redirects)
    read = any(isinstance(one, (CommandSubstitution, Function, Pipeline, ProcessSubstitution)) for one in visit.path)
    return not kept and not read and not visit.in_substitution and visit.piped_to is None


def _stands_alone(fragment: Fragment, visit: Visit) -> bool:
    """Tell whether a command is an element of the whole script's list that can go."""
    items = fragment.script.items
    if fragment.nested or visit.conditional or all(item.node.span != visit.command.span for item in items):
        return False
    return len(items) == 1 or remove_element(fragment.script, visit.command) is not None
