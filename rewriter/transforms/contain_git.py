"""Keep a credential out of what git stores.

A URL loses its credential, which git gets by `-c url...insteadOf` for the one command; a rewriting rule comes by
environment variables (git 2.31) and not by a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rewriter.documents.run import Fragment, RunBody, bare_words
from rewriter.documents.shell import Command
from rewriter.flow.residue import Kept, Residue
from rewriter.judgement import url_credentials
from rewriter.model.text import Edit, Span
from rewriter.project.readers import recipes_called
from rewriter.recipes import inert_commands
from rewriter.transforms.run_change import CannotChange, RunChange
from rewriter.transforms.unit import Unit, take_out, unit_of
from rewriter.transforms.workshop import Workshop, after, later, plain

_NETWORK: Final = frozenset({"fetch", "pull", "push", "submodule", "lfs", "ls-remote"})


def take_from_url(workshop: Workshop, residue: Residue) -> None:
    """Give git the credential for the one command, and for the later ones that go out; the URL stays plain."""
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
        if after(residue, fragment, visit.command) and _goes_out(visit.command):
            _add_option(change, fragment, visit.command, option)
    for body in later(workshop, residue):
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


def take_from_config(workshop: Workshop, residue: Residue) -> None:
    """Give a rewriting rule by environment variables, in this RUN and in the later ones that may call git."""
    words = bare_words(residue.visit.command)
    rest = [word for word in words[2:] if not word.text.startswith("--")]
    options = {word.text for word in words[2:] if word.text.startswith("--")}
    if len(rest) != 2 or not options <= {"--global", "--system", "--add", "--replace-all"} or options <= {"--add"}:
        raise CannotChange("git config keeps the value in a file, and this form of it has no counterpart without one")
    rules = [one for one in workshop.kept if one.kind is Kept.GIT_CONFIG and not one.contained]
    number = next((rank for rank, one in enumerate(rules) if one.visit.command is residue.visit.command), 0)
    export = (
        f"export GIT_CONFIG_COUNT={number + 1} GIT_CONFIG_KEY_{number}={rest[0].text} "
        f"GIT_CONFIG_VALUE_{number}={rest[1].text}"
    )
    for literal, expansion in workshop.literals:
        export = export.replace(literal, expansion)
    place = residue.fragment.span(residue.visit.command.span)
    mine = {id(one.visit.command) for one in rules}
    unit = _rule(residue, mine)
    if place is None or unit is None or "GIT_CONFIG_COUNT" in residue.body.text:
        raise CannotChange("git config keeps the value in a file, and the command stands where it cannot be replaced")
    change = workshop.change(residue.body)
    change.edits[:] = [*(edit for edit in change.edits if not place.covers(edit.span)), Edit(place, export)]
    text = unit.text(change)
    if not _others_follow(residue, mine):
        take_out(change, (unit,))
    for body in later(workshop, residue):
        if any(_may_call_git(words) for words in _lasting(body, mine)):
            workshop.mount(body)
            other = workshop.change(body)
            other.run_before(f"{{ {text}; }}" if unit.chained and other.first else text)
    _drop_unset(workshop, residue)


def _rule(residue: Residue, rules: set[int]) -> Unit | None:
    """Return what sets the rule, with the condition under which it is set."""
    if residue.visit.in_subshell:
        return None
    return unit_of(residue.body, residue.fragment, residue.visit, mine=lambda command: id(command) in rules)


_NO_GIT: Final = frozenset({"aws", "curl", "huggingface", "sentry", "ssh", "wget"})


def _may_call_git(words: tuple[str, ...]) -> bool:
    called = {recipe.name for recipe in recipes_called(words)}
    return words[0].rsplit("/", 1)[-1] not in inert_commands() and not (called and called <= _NO_GIT)


def _lasting(body: RunBody, rules: set[int]) -> Iterator[tuple[str, ...]]:
    """Yield the commands of a RUN but those that only set a rule or take it back."""
    gone = [
        plain(visit.command) for _, visit in body.commands() if _unsets(visit.command) or id(visit.command) in rules
    ]
    return (words for words in body.command_lines if words not in gone)


def _others_follow(residue: Residue, rules: set[int]) -> bool:
    """Tell whether a command behind the rule, in its RUN, may need it."""
    for fragment, visit in residue.body.commands():
        if after(residue, fragment, visit.command):
            words = bare_words(visit.command)
            name = (words[0].value or "$").rsplit("/", 1)[-1] if words else ""
            if name and name not in inert_commands() and not _unsets(visit.command) and id(visit.command) not in rules:
                return True
    return False


def _unsets(command: Command) -> bool:
    words = [word.value or "" for word in bare_words(command)]
    if words[:2] == ["git", "config"] and {"--unset", "--unset-all", "--remove-section"} & set(words):
        return True
    return words[:1] == ["rm"] and any(word.endswith(".gitconfig") for word in words)


def _drop_unset(workshop: Workshop, residue: Residue) -> None:
    for body in (residue.body, *later(workshop, residue)):
        for fragment, visit in body.commands():
            if _unsets(visit.command):
                workshop.change(body).drop(fragment, visit.command)
