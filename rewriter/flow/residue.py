"""Find what a RUN leaves behind of a secret: files that it writes and configuration that a tool keeps.

A mount keeps the value out of history and log, but a command that stores it in a file puts it into the layer
all the same (docs/facts.md, "Where a build argument or literal ends up").
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Final

from rewriter.commands.credentials import CommandSecret
from rewriter.documents.dockerfile import Instruction, copied_from, final_stage, successors
from rewriter.documents.run import Fragment, RunBody, bare_words
from rewriter.documents.shell import (
    Command,
    Function,
    Group,
    Loop,
    Pipeline,
    Redirect,
    Subshell,
    Visit,
    Word,
)
from rewriter.flow.copied import image_path
from rewriter.judgement import Word as Argument
from rewriter.judgement import command_credentials, url_credentials
from rewriter.project.build import Build
from rewriter.project.readers import Taker, recipes_called, substitutes
from rewriter.recipes import forgetting_commands, recipes
from rewriter.record import Record


class Kept(StrEnum):
    """Say how a value is kept."""

    WRITTEN = "written"
    """A command writes it to a file by redirection or `tee`."""
    GIT_URL = "git-url"
    """git stores the URL with the credential in `.git/config`."""
    GIT_CONFIG = "git-config"
    """`git config --global` stores a rewriting rule with the credential."""
    EDITED = "edited"
    """A command writes it into a file that is there already: `sed -i`."""
    STORED = "stored"
    """The tool stores it in a file of its own."""
    LEFT = "left"
    """The tool leaves it behind without being asked to."""


class Residue(Record):
    """Hold one command that leaves the value behind.

    `path` is where, as an absolute path in the image when known, `written` as the command has it. `contained`
    tells that the same RUN removes it again.
    """

    body: RunBody
    fragment: Fragment
    visit: Visit
    kind: Kept
    path: str | None
    written: str
    contained: bool
    word: Word | None


def residues(build: Build, body: RunBody, names: Iterable[str], file: str = "") -> tuple[Residue, ...]:
    """Return what one RUN leaves behind of the variables `names`, and of a mounted `file`, in text order.

    What it writes first and puts into another file then is found in both.
    """
    found = list(_direct(build, body, frozenset(names), file))
    seen = {file} | {one.path for one in found}
    for one in found:
        if one.path is not None and one.kind is Kept.WRITTEN:
            passed_on = (
                other for other in _direct(build, body, frozenset(), one.path) if not _comes_before(other, one)
            )
            further = [other for other in passed_on if other.path not in seen]
            seen |= {other.path for other in further}
            found += further
    return tuple(sorted(found, key=lambda one: (body.fragments.index(one.fragment), one.visit.command.span.start)))


def _comes_before(one: Residue, other: Residue) -> bool:
    """Tell whether a command surely runs before another one of the same RUN: neither stands where it may come again."""
    again = any(isinstance(each, (Loop, Function)) for each in (*one.visit.path, *other.visit.path))
    same = one.fragment is other.fragment and not again
    return same and one.visit.command.span.start < other.visit.command.span.start


def _direct(build: Build, body: RunBody, names: frozenset[str], file: str) -> Iterator[Residue]:
    for fragment in body.fragments:
        tainted = _tainted(fragment, names, file)
        users = _users(fragment, tainted)
        written = _written_by(fragment, users)
        for visit in fragment.visits:
            named = bool(file) and _names(visit.command.span.of(fragment.script.text), file)
            if named or visit.command.span in users:
                yield from _of_command(build, body, fragment, visit, tainted, file=file if named else "")
            elif written and _stores_file(visit.command, written):
                yield _stored_by_recipe(body, fragment, visit)
            if named:
                yield from _moved(build, body, fragment, visit, file)


def _names(text: str, file: str) -> bool:
    """Tell whether a text names a file, and not only one whose name goes on: `id_rsa` in `id_rsa.pub`."""
    return re.search(rf"{re.escape(file)}(?![\w-]|\.\w)", text) is not None


def _written_by(fragment: Fragment, users: set[object]) -> frozenset[str]:
    """Return the paths, as written, that the commands of a script with a credential write."""
    commands = (visit for visit in fragment.visits if visit.command.span in users)
    paths = (target.text.strip("\"'") for visit in commands for target in _targets(visit))
    return frozenset(path for path in paths if not path.startswith(_HARMLESS))


def _stores_file(command: Command, written: frozenset[str]) -> bool:
    """Tell whether a command stores the credential of a file: `gcloud auth activate-service-account --key-file F`."""
    words = plain_words(command)
    named = any(word in written or word.partition("=")[2] in written for word in words[1:])
    return named and _is_store(command)


def leavings(body: RunBody, takers: Collection[Taker]) -> tuple[Residue, ...]:
    """Return what the tools that one RUN calls leave behind by themselves; `takers` are calls with a credential."""
    found: list[Residue] = []
    filled_in = {one.words: one.filled_in for one in sorted(takers, key=lambda one: (one.words, one.filled_in))}
    for fragment, visit in body.commands():
        words = plain_words(visit.command)
        called = recipes_called(words) if words in filled_in else ()
        for leaving in (one for recipe in called if (one := recipe.leaving(words)) is not None):
            if leaving.filled_in and not filled_in[words]:
                continue
            gone = bool(leaving.path) and _left_removed(fragment, visit, leaving.path)
            found.append(
                Residue(body, fragment, visit, Kept.LEFT, leaving.path or None, leaving.place, gone, word=None)
            )
    return tuple(found)


def _left_removed(fragment: Fragment, visit: Visit, path: str) -> bool:
    """Tell whether a later command of the same script removes what a tool left."""
    for other in fragment.visits:
        words = bare_words(other.command)
        later = other.command.span.start > visit.command.span.start
        if later and words and words[0].value == "rm" and any(word.text == path for word in words[1:]):
            return True
    return False


_MOVERS: Final = frozenset({"cp", "mv", "install", "ln", "rsync"})


def _moved(build: Build, body: RunBody, fragment: Fragment, visit: Visit, file: str) -> Iterator[Residue]:
    """Yield the place to which a command copies a mounted file."""
    words = [word for word in bare_words(visit.command) if not word.text.startswith("-")]
    linked = any(word.text.startswith("-") and "s" in word.text for word in bare_words(visit.command)[1:])
    if len(words) > 2 and words[0].value in _MOVERS and not (words[0].value == "ln" and linked):
        target = words[-1]
        if any(word.value == file for word in words[1:-1]):
            yield _residue(build, body, fragment, visit, Kept.WRITTEN, target)


def literal_residues(build: Build, secret: CommandSecret) -> tuple[Residue, ...]:
    """Return what the command with a literal credential leaves behind of it."""
    if secret.fragment is None or secret.visit is None:
        return ()
    word = secret.word
    if word is not None and all(word.span != other.span for other in secret.visit.command.words):
        return ()  # in front of the command: the command's output is its own
    return tuple(_of_command(build, secret.body, secret.fragment, secret.visit, frozenset(), literal=secret))


def in_some_image(build: Build, residue: Residue) -> bool:
    """Tell whether an image has what is left: that of the last stage, or of one that a caller's `--target` names.

    A stage that hands over other files only keeps it in the cache of the builder.
    """
    file, stage = build.dockerfile, residue.body.instruction.stage
    wanted = {caller.target.lower() for caller in build.callers if caller.target}
    ends = {final_stage(file)} | {one.index for one in file.stages if one.name in wanted or str(one.index) in wanted}
    if ends & {stage, *successors(file, stage)} or any("$" in name for name in wanted):
        return True
    taken = [entry for source, entry in copied_from(file) if source in (stage, *successors(file, stage))]
    return residue.path is None or any(_takes(entry, residue.path) for entry in taken)


def _takes(entry: Instruction, path: str) -> bool:
    """Tell whether `COPY --from` takes a path along, itself or in a folder; a mount may take anything."""
    if entry.keyword != "COPY":
        return True
    sources = [posixpath.normpath(posixpath.join("/", word.value)) for word in entry.operands[:-1]]
    return any(
        "$" in source or source in ("/", path) or path.startswith(f"{source}/") or fnmatchcase(path, source)
        for source in sources
    )


def _tainted(fragment: Fragment, names: frozenset[str], file: str = "") -> frozenset[str]:
    """Return the names and every shell variable that is made from one of them, or from a file."""
    found = set(names)
    for assigned in fragment.assigned:
        inside = assigned.value is not None and bool(file) and file in assigned.value.text
        if inside or found.intersection(fragment.names_in(assigned.span)):
            found.add(assigned.name)
    return frozenset(found)


def _users(fragment: Fragment, names: frozenset[str]) -> set[object]:
    """Return the spans of the commands that expand one of the names, or have it replaced in a text."""
    found: set[object] = {use.command.span for use in fragment.uses if use.name in names and use.command is not None}
    if names and "envsubst" in fragment.script.text:
        found |= {visit.command.span for visit in fragment.visits if substitutes(visit.command, names)}
    return found


_GIT_NETWORK: Final = frozenset({"clone", "fetch", "pull", "ls-remote", "push", "submodule", "remote", "lfs"})
_FORGETS: Final = frozenset({"--unset", "--unset-all", "--remove-section", "--get", "--get-all", "--list", "-l"})
_ANSWERING: Final = frozenset(
    {
        "curl", "wget", "http", "https", "gh", "glab", "git", "aws", "az", "gcloud", "gsutil", "vault", "npm", "npx",
        "yarn", "pnpm", "pip", "pip3", "composer", "mvn", "gradle", "dotnet", "nuget", "psql", "pg_dump", "mysql",
        "mysqldump", "mongodump", "mongosh", "redis-cli", "kubectl", "helm", "ssh", "svn", "make", "go", "cargo",
    }
)  # fmt: skip
"""Programs that print what they get or do, not what they are given: their output holds no credential."""
_HARMLESS: Final = ("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty")


def _of_command(
    build: Build,
    body: RunBody,
    fragment: Fragment,
    visit: Visit,
    names: frozenset[str],
    *,
    literal: CommandSecret | None = None,
    file: str = "",
) -> Iterator[Residue]:
    words = bare_words(visit.command)
    program = (words[0].value or "").rsplit("/", 1)[-1] if words else ""
    for target in _targets(visit) if program not in _ANSWERING else ():
        if target.value is None or not target.value.startswith(_HARMLESS):
            yield _residue(build, body, fragment, visit, Kept.WRITTEN, target)
    if program == "git":
        yield from _git(build, body, fragment, visit, words=words, names=names)
        return
    if program in _EDITORS and (fragment_names := names & set(fragment.names_in(visit.command.span))):
        yield from _edited(build, body, fragment, visit, words, fragment_names)
    if file:
        yield from _stored_from(body, fragment, visit, words, file)
    known = False
    for secret in build.secrets_in(body):
        mine = (
            secret.visit is not None and secret.visit.command.span == visit.command.span and secret.fragment is fragment
        )
        if mine and secret.persists and (secret is literal or names & set(secret.variables)):
            known = True
            gone = _stored_removed(body, fragment, visit, secret.persists)
            yield Residue(body, fragment, visit, Kept.STORED, None, secret.persists, contained=gone, word=None)
    if not known and (names or file) and literal is None:
        storing = (one for one in _from_here_on(fragment, visit) if _is_store(one.command))
        yield from (_stored_by_recipe(body, fragment, one) for one in storing)


def _from_here_on(fragment: Fragment, visit: Visit) -> Iterator[Visit]:
    """Yield a command, and those that take what it prints."""
    yield visit
    nodes = [node for node in visit.path if isinstance(node, Pipeline)]
    behind = {part.span for node in nodes for part in node.commands if part.span.start > visit.command.span.end}
    if behind:
        yield from (other for other in fragment.visits if other.command.span in behind)


def _is_store(command: Command) -> bool:
    words = plain_words(command)
    return any(one.store(words) for one in recipes())


def plain_words(command: Command) -> tuple[str, ...]:
    """Return the words of a command without quotes; one with an expansion as written."""
    return tuple(word.text if word.value is None else word.value for word in bare_words(command))


def _stored_by_recipe(body: RunBody, fragment: Fragment, visit: Visit) -> Residue:
    """Return what a command stores that a recipe knows, whatever the names of its settings."""
    gone = _stored_removed(body, fragment, visit, "")
    where = f"the configuration of {plain_words(visit.command)[0].rsplit('/', 1)[-1]}"
    return Residue(body, fragment, visit, Kept.STORED, None, where, contained=gone, word=None)


_EDITORS: Final = frozenset({"sed", "gsed", "perl", "yq"})
_IN_PLACE: Final = re.compile(r"-[A-Za-z]{0,8}i\S{0,20}|--(?:in-?place|inplace)(?:=\S{0,20})?")


def _edited(
    build: Build, body: RunBody, fragment: Fragment, visit: Visit, words: tuple[Word, ...], names: frozenset[str]
) -> Iterator[Residue]:
    """Yield the file into which an editor writes the value: `sed -i "s/TOKEN/$TOKEN/" FILE`."""
    if any(_IN_PLACE.fullmatch(word.text) for word in words[1:]) and not names & set(fragment.names_in(words[-1].span)):
        yield _residue(build, body, fragment, visit, Kept.EDITED, words[-1])


def _stored_from(
    body: RunBody, fragment: Fragment, visit: Visit, words: tuple[Word, ...], file: str
) -> Iterator[Residue]:
    """Yield what a tool stores that takes the credential from a mounted file: `npm config set K $(cat FILE)`."""
    arguments = tuple(
        Argument("$TOKEN", None, ("TOKEN",))
        if file in word.text and word.value is None
        else Argument(word.text, word.value)
        for word in words[1:]
    )
    for found in command_credentials(words[0].value or "", arguments) if words else ():
        if found.persists and found.variables:
            gone = _stored_removed(body, fragment, visit, found.persists)
            yield Residue(body, fragment, visit, Kept.STORED, None, found.persists, contained=gone, word=None)


def _git(
    build: Build,
    body: RunBody,
    fragment: Fragment,
    visit: Visit,
    *,
    words: tuple[Word, ...],
    names: frozenset[str],
) -> Iterator[Residue]:
    plain = [word.value or "" for word in words]
    if len(plain) > 1 and plain[1] == "config":
        if _FORGETS & set(plain):
            return
        yield Residue(body, fragment, visit, Kept.GIT_CONFIG, None, "~/.gitconfig", contained=False, word=None)
        return
    if not _GIT_NETWORK & set(plain) or {"fetch", "pull", "ls-remote", "push"} & set(plain):
        return
    kept = [word for before, word in pairwise(words) if before.value not in ("-c", "--config-env")]
    removed = _clone_removed(build, body, words)
    for word in kept:
        if url_credentials(word.text):
            yield Residue(body, fragment, visit, Kept.GIT_URL, None, ".git/config", removed, word)
            return
    used = {name for word in kept for name in fragment.names_in(word.span)}
    if used & names and {"clone", "remote", "submodule"} & set(plain):
        yield Residue(body, fragment, visit, Kept.GIT_URL, None, ".git/config", removed, None)


def _stored_removed(body: RunBody, fragment: Fragment, visit: Visit, path: str) -> bool:
    """Tell whether a later command of the same script removes what a tool stored, or tells the tool to forget it."""
    mine = {word.text.partition("=")[0].rstrip("/") for word in bare_words(visit.command)[1:]} - {"config", "set"}
    forgetting = forgetting_commands(plain_words(visit.command))
    for holder, other in body.commands():
        words = bare_words(other.command)
        later = holder is fragment and other.command.span.start > visit.command.span.start
        texts = {word.text for word in words[1:]}
        if later and words and words[0].value == "rm" and path in texts:
            return True
        keys = {text.rstrip("/") for text in texts}
        if later and keys & {"delete", "--delete", "unset", "--unset"} and keys & mine:
            return True
        if later and " ".join(word.text for word in words) in forgetting:
            return True
    return False


def _clone_removed(build: Build, body: RunBody, words: tuple[Word, ...]) -> bool:
    """Tell whether the folder of a clone is removed in the same RUN."""
    last = words[-1]
    if last.value is None or "://" in last.text:
        name = last.text.strip("\"'").rsplit("/", 1)[-1].removesuffix(".git")
        place: str | None = name
    else:
        place = image_path(build, body.instruction, last)
    for _, visit in body.commands():
        others = bare_words(visit.command)
        if others and others[0].value == "rm" and place:
            for word in others[1:]:
                gone = posixpath.normpath(word.value).removesuffix("/.git") if word.value else ""
                if gone.rsplit("/", 1)[-1] == place.rsplit("/", 1)[-1]:
                    return True
    return False


def _targets(visit: Visit) -> Iterator[Word]:
    """Yield the words that name files which a command's output goes to."""
    yield from (redirect.target for redirect in visit.command.redirects if _stores(redirect))
    for node in visit.path:
        if isinstance(node, (Group, Subshell)):
            yield from (redirect.target for redirect in node.redirects if _stores(redirect))
        if isinstance(node, Pipeline):
            behind = [
                part for part in node.commands if isinstance(part, Command) and part.span.start > visit.command.span.end
            ]
            for part in behind:
                yield from (redirect.target for redirect in part.redirects if _stores(redirect))
                if part.name == "tee":
                    yield from (word for word in part.words[1:] if not word.text.startswith("-"))


def _stores(redirect: Redirect) -> bool:
    return redirect.writes and redirect.fd in (None, 1)


def _residue(build: Build, body: RunBody, fragment: Fragment, visit: Visit, kind: Kept, target: Word) -> Residue:
    path = image_path(build, body.instruction, target)
    contained = any(
        _removes(build, body, other, target, path) and other.command.span.start > visit.command.span.start
        for holder, other in body.commands()
        if holder is fragment
    )
    return Residue(body, fragment, visit, kind, path, target.text, contained, target)


def _removes(build: Build, body: RunBody, visit: Visit, target: Word, path: str | None) -> bool:
    words = bare_words(visit.command)
    name = (words[0].value or "").rsplit("/", 1)[-1] if words else ""
    if name not in ("rm", "shred", "unlink", "mv"):
        return False
    for word in words[-1:] if name == "mv" else words[1:]:
        if word.text == target.text:
            return True
        place = image_path(build, body.instruction, word)
        if place is not None and path is not None and (place == path or path.startswith(f"{place}/")):
            return True
    return False
