"""Give the RUNs that read a copied file a mount in its place, and take out what only looked after the copy.

A mount can be neither removed nor changed. A RUN that does more to the file than set its mode gets a copy of its own,
`install /run/secrets/ID FILE`, and removes it at its end if it does not do so itself.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable
from typing import Final

from rewriter.documents.dockerfile import Instruction, machine, successors
from rewriter.documents.run import RunBody, bare_words
from rewriter.documents.shell import Command, Word, remove_element
from rewriter.flow.copied import CopiedFile, Upkeep, image_path
from rewriter.flow.fetched import fetched_files
from rewriter.flow.residue import residues
from rewriter.model.plan import Reason
from rewriter.model.text import Edit, Span
from rewriter.settings import Settings
from rewriter.transforms.image_user import is_root, user_id
from rewriter.transforms.run_change import CannotChange, RunChange
from rewriter.transforms.variable_mount import FOLDER, readable

Changes = Callable[[RunBody], RunChange]


def serve_file(copied: CopiedFile, change: Changes, settings: Settings, *, going: Collection[int] = ()) -> None:
    """Mount a file in each RUN that reads it, and change those that look after it; raises `CannotChange`.

    `going` are the instructions that copy nothing any more.
    """
    reading = {body.instruction.index for body, _ in copied.readers}
    for body, _ in copied.readers:
        mine = [one for one in copied.upkeep if one.body is body]
        _refuse_kept(copied, body)
        if _wants_a_copy(copied, body, mine):
            _refuse_kept_change(copied, body, mine)
            _copy_in(copied, body, change(body), settings, removed=_removes_at_end(body, mine))
            continue
        change(body).mount(mount_options(copied, body, settings))
        for upkeep in mine:
            _take_out(upkeep, change(body))
    for upkeep in copied.upkeep:
        if upkeep.body.instruction.index not in reading and not _changes(copied, upkeep.body):
            _look_after(copied, upkeep, change(upkeep.body))
    _keep_folder(copied, change, reading, frozenset(going))


def identity_of(copied: CopiedFile, settings: Settings) -> str:
    """Return the id of the build secret that stands in for a copied file."""
    return settings.secret_id(copied.source, copied.verdict.secret_id)


def mount_options(copied: CopiedFile, body: RunBody, settings: Settings) -> str:
    """Return the options of the mount that puts a copied file where it was, readable for the RUN's user."""
    if re.search(r"[\s,\"'$\\]", copied.target or ""):
        raise CannotChange(
            f"{copied.source}: its path cannot be written as the target of a mount", Reason.UNSUPPORTED_FORM
        )
    there = machine(copied.build.dockerfile, body.instruction)
    if copied.target is not None and not copied.target.startswith("/") and there.workdir is not None:
        raise CannotChange(
            f"{copied.source} is copied to a folder that only the base image knows, and read from another one",
            Reason.UNKNOWN_HOME,
        )
    owner = readable(copied.build, body.instruction)
    return f"type=secret,id={identity_of(copied, settings)},target={copied.target}{owner},required=true"


def refuse_carried(copied: CopiedFile) -> None:
    """Refuse a file that another stage copies on: it would no longer be there."""
    for fetched in fetched_files(copied.build, (copied,)):
        if fetched.instruction.keyword == "COPY" and fetched.secret == copied.verdict.secret_id:
            raise CannotChange(
                f"line {fetched.instruction.line}: COPY carries {fetched.name} on to another stage; if the running "
                "container needs it, give it to the container under /run/secrets/, otherwise drop that COPY first",
                Reason.SECRET_IN_COPY,
            )


_COPIERS: Final = frozenset({"cp", "mv", "ln", "install", "rsync", "tee", "envsubst"})
_EDITORS: Final = frozenset({"sed", "gsed", "perl"})


def _wants_a_copy(copied: CopiedFile, body: RunBody, upkeep: Iterable[Upkeep]) -> bool:
    """Tell whether a RUN does what a mount does not allow; raises `CannotChange` for what puts the value elsewhere."""
    base = (copied.target or copied.source).rsplit("/", 1)[-1]
    handled = {one.visit.command.span for one in upkeep}
    changes = any(not one.exact and not (one.alone and one.removes) for one in upkeep) or _is_someone_elses(
        copied, body
    )
    for _, visit in body.commands():
        words = bare_words(visit.command)
        name = (words[0].value or "").rsplit("/", 1)[-1] if words else ""
        named = any(base in word.text for word in words[1:])
        if visit.command.span not in handled and name in _COPIERS and named:
            raise CannotChange(
                f"line {body.instruction.line}: {name} moves or changes {copied.source}, which a mount does not allow"
            )
    return changes or _changes(copied, body)


def _changes(copied: CopiedFile, body: RunBody) -> bool:
    """Tell whether a RUN changes what stands in the file."""
    base = (copied.target or copied.source).rsplit("/", 1)[-1]
    for _, visit in body.commands():
        words = bare_words(visit.command)
        name = (words[0].value or "").rsplit("/", 1)[-1] if words else ""
        named = any(base in word.text for word in words[1:])
        if any(redirect.writes and base in redirect.target.text for redirect in visit.command.redirects):
            return True
        if name in _EDITORS and named and any("-i" in word.text for word in words[1:]):
            return True
    return False


def _refuse_kept_change(copied: CopiedFile, body: RunBody, upkeep: Iterable[Upkeep]) -> None:
    """Refuse a change of the file that a later RUN would miss."""
    index = body.instruction.index
    later = any(other.instruction.index > index for other, _ in copied.readers)
    if later and not _removes_at_end(body, upkeep) and _changes(copied, body):
        raise CannotChange(
            f"line {body.instruction.line}: the command changes {copied.source} for RUNs behind it: change it in each"
        )


def _is_someone_elses(copied: CopiedFile, body: RunBody) -> bool:
    """Tell whether ssh would not take the mounted key, since it belongs to root and the RUN's user has no number."""
    there = machine(copied.build.dockerfile, body.instruction)
    unknown = not is_root(there.user) and user_id(copied.build, body.instruction) is None
    return copied.verdict.category == "private-key" and unknown


def _copy_in(copied: CopiedFile, body: RunBody, change: RunChange, settings: Settings, *, removed: bool) -> None:
    target = copied.target or ""
    if re.search(r"[^\w./@+-]", target) or not target.startswith("/"):
        raise CannotChange(f"where {copied.source} lies in the image cannot be told", Reason.UNKNOWN_HOME)
    identity = identity_of(copied, settings)
    change.mount(f"type=secret,id={identity}{readable(copied.build, body.instruction)},required=true")
    change.run_before(f"install -D -m 600 {FOLDER}/{identity} {target}")
    if not removed:
        change.run_after(f"rm -f {target}")


def _removes_at_end(body: RunBody, upkeep: Iterable[Upkeep]) -> bool:
    """Tell whether a RUN removes the file for sure, with nothing behind that could bring it back."""
    return any(
        one.removes and not one.visit.conditional and not one.visit.in_subshell and not one.fragment.nested
        for one in upkeep
        if one.body is body
    )


def _refuse_kept(copied: CopiedFile, body: RunBody) -> None:
    """Refuse a command that puts what it reads from the file into another one."""
    place = copied.target or copied.source
    left = residues(copied.build, body, (), place)
    if any(not one.contained and one.path != place for one in left):
        raise CannotChange(
            f"line {body.instruction.line}: what the command reads from {copied.source} goes to a place that stays"
        )


def _take_out(upkeep: Upkeep, change: RunChange) -> None:
    """Take a command out, or the one word of it."""
    if upkeep.alone:
        change.drop(upkeep.fragment, upkeep.visit.command)
        return
    words = upkeep.visit.command.words
    before = words[words.index(upkeep.word) - 1]
    place = upkeep.fragment.span(Span(before.span.end, upkeep.word.span.end))
    if place is None:
        raise CannotChange(
            f"line {upkeep.body.instruction.line}: one command handles the file and others", Reason.UNSUPPORTED_FORM
        )
    if Edit(place, "") not in change.edits:
        change.edits.append(Edit(place, ""))


def _look_after(copied: CopiedFile, upkeep: Upkeep, change: RunChange) -> None:
    """Change a command that looked after the copy in a RUN that does not read it, where it would fail without."""
    if not upkeep.exact and ("*" not in upkeep.word.text or _others_match(copied, upkeep)):
        return
    script = upkeep.fragment.script
    whole = len(script.items) == 1 and script.items[0].span == upkeep.visit.command.span
    if upkeep.removes and upkeep.alone and not whole and remove_element(script, upkeep.visit.command) is None:
        _force(upkeep, change)
    else:
        _take_out(upkeep, change)


def _force(upkeep: Upkeep, change: RunChange) -> None:
    """Let `rm` find nothing."""
    words = bare_words(upkeep.visit.command)
    if any(re.fullmatch(r"-[a-zA-Z]{0,5}f[a-zA-Z]{0,5}|--force", word.text) for word in words[1:]):
        return
    place = upkeep.fragment.span(words[0].span)
    if place is None or words[0].value != "rm":
        raise CannotChange(f"line {upkeep.body.instruction.line}: the command would fail without the file")
    change.edits.append(Edit(Span(place.end, place.end), " -f"))


def _others_match(copied: CopiedFile, upkeep: Upkeep) -> bool:
    """Tell whether a pattern finds other files: any that an instruction names in that folder."""
    pattern = posixpath.basename(upkeep.word.text.strip("\"'")).replace("*", "")
    here = copied.instruction
    named = (
        word.value.rsplit("/", 1)[-1]
        for entry in copied.build.dockerfile.instructions
        if entry.keyword in ("COPY", "ADD") and entry.index < upkeep.body.instruction.index
        for word in entry.operands
        if entry is not here or word is not copied.word
    )
    own = {copied.source.rsplit("/", 1)[-1], (copied.target or "").rsplit("/", 1)[-1]}
    return any(pattern in name for name in named if name not in own)


_ALWAYS_THERE: Final = frozenset({"/", "/root", "/etc", "/tmp", "/opt", "/home", "/srv", "/var", "/usr", "/usr/local"})  # noqa: S108 - of the image


def _keep_folder(copied: CopiedFile, change: Changes, reading: set[int], going: frozenset[int]) -> None:
    """Make the folder that COPY made for the file in the first RUN that counts on it."""
    folder = posixpath.dirname(copied.target or "")
    file, start = copied.build.dockerfile, copied.instruction
    known = folder in _ALWAYS_THERE or not folder.startswith("/") or start.index not in going
    if known or any(_makes(copied, entry, folder) for entry in file.instructions[: start.index]):
        return
    inheriting = {start.stage, *successors(file, start.stage)}
    for entry in file.instructions[start.index + 1 :]:
        if entry.stage not in inheriting:
            continue
        if entry.keyword != "RUN":
            made = entry.index not in going and _makes(copied, entry, folder)
        else:
            body = copied.build.commands.body(entry)
            named, made = _counts_on(copied, body, folder)
            if named and entry.index not in reading:
                change(body).run_before(f"mkdir -p {folder}")
                return
        if made:
            return


def _makes(copied: CopiedFile, entry: Instruction, folder: str) -> bool:
    """Tell whether a folder is there behind an instruction."""
    file = copied.build.dockerfile
    if entry.keyword == "RUN":
        return any(_counts_on(copied, copied.build.commands.body(entry), folder))
    before = machine(file, entry).workdir or ""
    if entry.keyword == "WORKDIR":
        return posixpath.normpath(posixpath.join(before, entry.words[0].value)) == folder
    if entry.keyword in ("COPY", "ADD") and len(entry.operands) > 1:
        place = posixpath.normpath(posixpath.join(before, entry.operands[-1].value))
        return place == folder or place.startswith(f"{folder}/")
    return before == folder


def _counts_on(copied: CopiedFile, body: RunBody, folder: str) -> tuple[bool, bool]:
    """Tell whether a RUN names something in a folder (but the file), and whether it makes the folder first."""
    kept = {one.visit.command.span for one in copied.upkeep if one.exact and one.alone}
    for _, visit in body.commands():
        command = visit.command
        if command.span in kept:
            continue
        places = [image_path(copied.build, body.instruction, word, pattern=True) for word in _paths(command)]
        if any(place is not None and f"{place}/".startswith(f"{folder}/") for place in places):
            words = bare_words(command)
            makes = bool(words) and words[0].value in ("mkdir", "install", "ssh-keygen")
            return not makes, makes
    return False, False


def _paths(command: Command) -> list[Word]:
    return [*bare_words(command)[1:], *(redirect.target for redirect in command.redirects)]
