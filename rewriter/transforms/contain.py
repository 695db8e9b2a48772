"""Keep what a command stores of a secret inside the step that needs it.

Four ways, by what stores it: git gets the credential for one command and never as part of a URL that it keeps; a
rewriting rule of git comes by environment variables and not by a file; a file that only this RUN needs is removed at
its end; one that later RUNs read is written, read and removed in each of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from rewriter.copied import image_path
from rewriter.documents.dockerfile import machine, successors
from rewriter.documents.run import Form, Fragment, RunBody, bare_words
from rewriter.documents.shell import Command, Visit, Word
from rewriter.judgement import url_credentials
from rewriter.model.text import Edit, Span
from rewriter.project import Build
from rewriter.readers import Reach, file_reach, tool_file_reach
from rewriter.recipes import inert_commands, recipes
from rewriter.residue import Kept, Residue
from rewriter.transforms.run_change import CannotChange, RunChange


@dataclass(frozen=True, slots=True)
class Workshop:
    """Give a containment what it works on: the change of each RUN, and a way to mount the secret there."""

    build: Build
    change: Callable[[RunBody], RunChange]
    mount: Callable[[RunBody], None]
    literals: tuple[tuple[str, str], ...] = ()


def contain(workshop: Workshop, residue: Residue) -> None:
    """Make the changes that keep one residue out of the layers; raises `CannotChange`."""
    if residue.contained:
        return
    match residue.kind:
        case Kept.GIT_URL:
            _git_url(workshop, residue)
        case Kept.GIT_CONFIG:
            _git_config(workshop, residue)
        case Kept.WRITTEN:
            _written(workshop, residue)
        case Kept.STORED:
            _stored(workshop, residue)


def _later(workshop: Workshop, residue: Residue) -> Iterator[RunBody]:
    file = workshop.build.dockerfile
    start = residue.body.instruction
    inheriting = {start.stage, *successors(file, start.stage)}
    for body in workshop.build.runs:
        if body.instruction.index > start.index and body.instruction.stage in inheriting:
            yield body


# git: the credential out of the URL


_NETWORK: Final = frozenset({"fetch", "pull", "push", "submodule", "lfs", "ls-remote"})


def _git_url(workshop: Workshop, residue: Residue) -> None:
    word = residue.word
    if word is None:
        raise CannotChange("git keeps the URL, and the URL is put together in a variable: write it out in the command")
    urls = url_credentials(word.text)
    url = urls[0]
    begin = url.scheme.end + len("://")
    scheme, host = Span(url.scheme.start, begin).of(word.text), url.host.of(word.text)
    user = Span(begin, url.host.start).of(word.text)
    for literal, expansion in workshop.literals:
        user = user.replace(literal, expansion)
    if any(char in user for char in "\"'`\\") or not scheme.startswith("http"):
        raise CannotChange("the URL is quoted in a way that cannot be taken apart")
    option = f'-c "url.{scheme}{user}{host}/.insteadOf={scheme}{host}/"'
    change = workshop.change(residue.body)
    place = residue.fragment.span(Span(word.span.start + begin, word.span.start + url.host.start))
    if place is None:
        raise CannotChange("the command stands in a quoted script that cannot be edited in place")
    change.edits.append(Edit(place, ""))
    _add_option(change, residue.fragment, residue.visit.command, option)
    for fragment, visit in residue.body.commands():
        later = visit.command.span.start > residue.visit.command.span.start and fragment is residue.fragment
        if later and _goes_out(visit.command):
            _add_option(change, fragment, visit.command, option)
    for body in _later(workshop, residue):
        for fragment, visit in body.commands():
            if _goes_out(visit.command) and not any(url_credentials(word.text) for word in visit.command.words):
                workshop.mount(body)
                _add_option(workshop.change(body), fragment, visit.command, option)


def _goes_out(command: Command) -> bool:
    words = [word.value or "" for word in bare_words(command)]
    return bool(words) and words[0].rsplit("/", 1)[-1] == "git" and bool(_NETWORK & set(words[1:4]))


def _add_option(change: RunChange, fragment: Fragment, command: Command, option: str) -> None:
    end = bare_words(command)[0].span.end
    place = fragment.span(Span(end - 1, end))
    if place is None or (fragment.nested and "'" not in option and fragment.locate is None):
        raise CannotChange("the command stands in a quoted script that cannot be edited in place")
    change.edits.append(Edit(Span(place.end, place.end), f" {option}"))


# git: the rewriting rule by environment


def _git_config(workshop: Workshop, residue: Residue) -> None:
    words = bare_words(residue.visit.command)
    rest = [word for word in words[2:] if not word.text.startswith("--")]
    options = {word.text for word in words[2:] if word.text.startswith("--")}
    if len(rest) != 2 or not options <= {"--global", "--system", "--add", "--replace-all"} or options <= {"--add"}:
        raise CannotChange("git config keeps the value in a file, and this form of it has no counterpart without one")
    change = workshop.change(residue.body)
    number = sum("GIT_CONFIG_KEY_" in edit.text for edit in change.edits)
    export = (
        f"export GIT_CONFIG_COUNT={number + 1} GIT_CONFIG_KEY_{number}={rest[0].text} "
        f"GIT_CONFIG_VALUE_{number}={rest[1].text}"
    )
    place = residue.fragment.span(residue.visit.command.span)
    if place is None or residue.visit.in_subshell or residue.visit.conditional or residue.fragment.nested:
        raise CannotChange("git config keeps the value in a file, and the command stands where it cannot be replaced")
    if _others_follow(residue):
        change.edits.append(Edit(place, export))
    else:
        change.drop(residue.fragment, residue.visit.command)
    for body in _later(workshop, residue):
        if any(words[0].rsplit("/", 1)[-1] not in inert_commands() for words in _lasting(body)):
            workshop.mount(body)
            workshop.change(body).run_before(export)
    _drop_unset(workshop, residue)


def _lasting(body: RunBody) -> Iterator[tuple[str, ...]]:
    """Yield the commands of a RUN but those that only take the rule back."""
    gone = [_plain(visit.command) for _, visit in body.commands() if _unsets(visit.command)]
    return (words for words in body.command_lines if words not in gone)


def _others_follow(residue: Residue) -> bool:
    for fragment, visit in residue.body.commands():
        if fragment is residue.fragment and visit.command.span.start > residue.visit.command.span.start:
            words = bare_words(visit.command)
            name = (words[0].value or "$").rsplit("/", 1)[-1] if words else ""
            if name and name not in inert_commands() and not _unsets(visit.command):
                return True
    return False


def _unsets(command: Command) -> bool:
    words = [word.value or "" for word in bare_words(command)]
    if words[:2] == ["git", "config"] and {"--unset", "--unset-all", "--remove-section"} & set(words):
        return True
    return words[:1] == ["rm"] and any(word.endswith(".gitconfig") for word in words)


def _drop_unset(workshop: Workshop, residue: Residue) -> None:
    for body in (residue.body, *_later(workshop, residue)):
        for fragment, visit in body.commands():
            if _unsets(visit.command):
                workshop.change(body).drop(fragment, visit.command)


# files


def _written(workshop: Workshop, residue: Residue) -> None:
    path = residue.path
    base = residue.written.strip("\"'").rsplit("/", 1)[-1]
    known = [recipe for recipe in recipes() if recipe.reads_file(path or f"/root/{base}")]
    if not known:
        raise CannotChange(
            f"the value is written to {residue.written}, which is not a file that a known build tool reads; "
            "if the running container needs it, give it to the container under /run/secrets/"
        )
    if residue.visit.in_subshell or residue.visit.conditional or residue.fragment.nested:
        raise CannotChange(f"the value is written to {residue.written} in a branch or a script inside the command")
    readers = [body for body in _later(workshop, residue) if _reads(body, path, base)]
    _settle(workshop, residue, readers, f"rm -f {residue.written}", base)


def _reads(body: RunBody, path: str | None, base: str) -> bool:
    place = path or f"/root/{base}"
    reach = file_reach(body, place)
    if reach is Reach.TEXT:
        only = all(
            _is_upkeep(visit, base) for _, visit in body.commands() if base in visit.command.span.of(_text(body))
        )
        return tool_file_reach(body, place) is Reach.TOOL if only else True
    return reach is Reach.TOOL


def _text(body: RunBody) -> str:
    return body.fragments[0].script.text if body.fragments else body.text


def _is_upkeep(visit: Visit, base: str) -> bool:
    words = bare_words(visit.command)
    name = (words[0].value or "").rsplit("/", 1)[-1] if words else ""
    return name in ("rm", "chmod", "chown", "unlink", "shred") and any(base in word.text for word in words)


def _stored(workshop: Workshop, residue: Residue) -> None:
    tool = [recipe for recipe in recipes() if recipe.called_by(_plain(residue.visit.command))]
    if not tool or not re.fullmatch(r"~?[\w./*-]+", residue.written):
        raise CannotChange(f"the tool keeps the value in {residue.written}")
    if residue.visit.in_subshell or residue.visit.conditional or residue.fragment.nested:
        raise CannotChange(f"the tool keeps the value in {residue.written}, in a branch or a script inside the command")
    base = residue.written.rsplit("/", 1)[-1]
    readers = [
        body
        for body in _later(workshop, residue)
        if any(recipe.called_by(words) for recipe in tool for words in body.command_lines)
    ]
    cleanup = f"rm -f {residue.written}"
    if any(recipe.name == "npm" for recipe in tool):
        cleanup += " && rm -rf ~/.npm/_logs"
    _settle(workshop, residue, readers, cleanup, base)


def _plain(command: Command) -> tuple[str, ...]:
    return tuple(word.text if word.value is None else word.value for word in bare_words(command))


def _settle(workshop: Workshop, residue: Residue, readers: list[RunBody], cleanup: str, base: str) -> None:
    """Remove the file at the end of its RUN, or write it anew in each RUN that reads it."""
    change = workshop.change(residue.body)
    if not readers:
        change.run_after(cleanup)
        _drop_removals(workshop, residue, base)
        return
    setup = [residue.visit.command.span.of(residue.fragment.script.text)]
    moved = [(residue.fragment, residue.visit.command)]
    for fragment, visit in residue.body.commands():
        later = fragment is residue.fragment and visit.command.span.start > residue.visit.command.span.start
        if later and _is_upkeep(visit, base):
            setup.append(visit.command.span.of(fragment.script.text))
            moved.append((fragment, visit.command))
    if any("\n" in text or "<<" in text for text in setup):
        raise CannotChange(f"{residue.written} is written by a heredoc and read by another RUN")
    _same_place(workshop.build, residue, readers)
    if _read_here(residue, base):
        change.run_after(cleanup)
    else:
        for fragment, command in moved:
            change.drop(fragment, command)
    _drop_removals(workshop, residue, base)
    for body in readers:
        workshop.mount(body)
        other = workshop.change(body)
        for text in setup:
            other.run_before(text)
        other.run_after(cleanup)


def _same_place(build: Build, residue: Residue, readers: list[RunBody]) -> None:
    file = build.dockerfile
    here = machine(file, residue.body.instruction)
    for body in readers:
        there = machine(file, body.instruction)
        relative = not residue.written.strip("\"'").startswith(("/", "~", "$HOME", "${HOME}"))
        if (relative and here.workdir != there.workdir) or here.user != there.user:
            raise CannotChange(f"{residue.written} is written and read by RUNs with different folders or users")
        if body.form is Form.EXEC:
            raise CannotChange(f"{residue.written} is read by a RUN in exec form")


def _read_here(residue: Residue, base: str) -> bool:
    """Tell whether a command after the one that writes, in the same RUN, may read the file."""
    for fragment, visit in residue.body.commands():
        if fragment is residue.fragment and visit.command.span.start > residue.visit.command.span.start:
            name = (_plain(visit.command) or ("",))[0].rsplit("/", 1)[-1]
            if name and name not in inert_commands() and not _is_upkeep(visit, base):
                return True
    return False


def _drop_removals(workshop: Workshop, residue: Residue, base: str) -> None:
    """Drop the commands of later RUNs that remove the file: it is gone by then."""
    for body in _later(workshop, residue):
        for fragment, visit in body.commands():
            words = bare_words(visit.command)
            if not words or words[0].value != "rm":
                continue
            names = [word for word in words[1:] if not word.text.startswith("-")]
            if any(_names(workshop.build, body, word, residue, base) for word in names):
                if len(names) == 1:
                    workshop.change(body).drop(fragment, visit.command)
                elif not any(word.text.startswith("-") and "f" in word.text for word in words):
                    raise CannotChange(f"a later rm of several files would fail without {residue.written}")


def _names(build: Build, body: RunBody, word: Word, residue: Residue, base: str) -> bool:
    place = image_path(build, body.instruction, word)
    if place is None or residue.path is None:
        return word.text.strip("\"'").rsplit("/", 1)[-1] == base
    return place == residue.path
