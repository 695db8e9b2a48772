"""Bring patterns into effect in `.dockerignore` and `.gitignore`, behind the user's own lines.

The last pattern that matches wins, so what is added stands at the end. A pattern that is in effect already is
not added. One that would hide what a COPY, ADD or bind mount names is left out, since the build would stop.
Example files (`.env.example`) that a broad pattern would hide are taken back.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from typing import Final

from rewriter.documents import dockerignore
from rewriter.model.plan import FileEdit, NewFile
from rewriter.model.text import Edit, Source, Span, decode
from rewriter.record import Record
from rewriter.template import render
from rewriter.transforms.copy_needs import Needs
from rewriter.tree import gitignore
from rewriter.tree.gitignore import GitIgnore
from rewriter.tree.repository import Kind, Repository, git_rules

Match = Callable[[str], bool]

_EXAMPLE_WORDS: Final = frozenset({"dist", "example", "examples", "sample", "template", "tmpl"})
_KEY: Final = re.compile(r"\.(?:pem|key|p12|pfx|jks|ppk|keystore|asc|gpg)\b|(?:^|[/*])id_(?:rsa|dsa|ecdsa|ed25519)")
_TITLES: Final = ("Environment files", "Keys and certificates", "Other secrets")


class IgnoreChange(Record):
    """Hold the change of one ignore file, and each pattern left out with the source that it would hide."""

    edits: tuple[FileEdit | NewFile, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()


class _Group(Record):
    """Hold lines that stand together in the file under a comment."""

    title: str
    lines: tuple[str, ...]


def ignore_for_docker(
    repository: Repository, *, context: str, dockerfile: str, patterns: Sequence[str], needed: Sequence[str]
) -> IgnoreChange:
    """Return what brings patterns (relative to the context) into effect for the builds of one Dockerfile.

    `needed` are the sources that the context's Dockerfiles copy or mount, as written.
    """
    prefix = "" if context in ("", ".") else f"{posixpath.normpath(context)}/"
    found = dockerignore.ignore_file_for(repository, context, dockerfile)
    path = prefix + dockerignore.NAME if found is None else found
    files = tuple(one.removeprefix(prefix) for one in repository.paths() if one.startswith(prefix))

    def match(text: str) -> Match:
        return dockerignore.matcher(dockerignore.parse(Source(path, text)))

    # What this writes itself is no source, or the second run would find one more than the first.
    needs = Needs(needed, tuple(file for file in files if file != path.removeprefix(prefix)))
    return _change(repository, path, patterns, files=files, whole=match, alone=match, needs=needs)


def ignore_for_git(repository: Repository, *, patterns: Sequence[str]) -> IgnoreChange:
    """Return what brings patterns into effect in the `.gitignore` of the repository's root."""
    files = repository.paths()
    rules = git_rules(repository, files)

    def whole(text: str) -> Match:
        return GitIgnore({**rules, "": text}).ignored

    def alone(text: str) -> Match:
        return GitIgnore({"": text}).ignored

    needs = Needs((), files)
    return _change(repository, gitignore.NAME, patterns, files=files, whole=whole, alone=alone, needs=needs)


def _change(
    repository: Repository,
    path: str,
    patterns: Sequence[str],
    *,
    files: Sequence[str],
    whole: Callable[[str], Match],
    alone: Callable[[str], Match],
    needs: Needs,
) -> IgnoreChange:
    kind = repository.kind(path)
    if kind not in (Kind.FILE, Kind.LINK, Kind.MISSING):
        return IgnoreChange(left_out=tuple((pattern, path) for pattern in patterns))
    text = "" if kind is Kind.MISSING else decode(repository.read(path))
    reach = alone("\n".join(patterns))
    near = tuple(file for file in files if reach(file))
    draft = _Draft(text, near, whole, alone, needs)
    for pattern in dict.fromkeys(patterns):
        draft.consider(pattern)
    groups = _groups(draft.added)
    if not groups:
        return IgnoreChange(left_out=tuple(draft.left_out))
    template = "dockerignore.j2" if path.endswith(dockerignore.NAME) else "gitignore.j2"
    block = render(template, groups=groups)
    heading, _, rest = block.partition("\n")
    if any(line.strip() == heading for line in text.split("\n")):
        block = rest
    edit = NewFile(path, block) if kind is Kind.MISSING else FileEdit(path, _appended(Source(path, text), block))
    return IgnoreChange((edit,), tuple(draft.left_out))


def _appended(source: Source, block: str) -> Edit:
    """Insert a block at the end as the file is written: its line ends, and no final one where it has none."""
    text = source.text
    end = Span(len(text), len(text))
    block = block.replace("\n", source.newline)
    if not text.strip():
        return Edit(end, block)
    if text.endswith("\n"):
        return Edit(end, source.newline + block)
    return Edit(end, source.newline * 2 + block.removesuffix(source.newline))


class _Draft:
    """Take in patterns one after the other, each judged with those before it in place."""

    def __init__(
        self,
        text: str,
        near: tuple[str, ...],
        whole: Callable[[str], Match],
        alone: Callable[[str], Match],
        needs: Needs,
    ) -> None:
        self.added: Final[list[tuple[str, ...]]] = []
        self.left_out: Final[list[tuple[str, str]]] = []
        self._text: Final = text
        self._near: Final = near
        self._whole: Final = whole
        self._alone: Final = alone
        self._needs: Final = needs
        self._before: Final = whole(text)
        self._bare: Final = not any(line.strip() and line[0] not in "#!" for line in text.split("\n"))

    def consider(self, pattern: str) -> None:
        """Add a pattern where it is not in effect and breaks nothing."""
        reach = self._alone(pattern)
        hit = [file for file in self._near if reach(file)]
        examples = {file for file in hit if _is_broad(pattern) and _is_example(file) and not reach(_folder(file))}
        hidden = [file for file in hit if file not in examples]
        targets = [*hidden, *(sample for sample in _samples(pattern) if reach(sample))]
        now = self._with(())
        if all(map(now, targets)) and (targets or self._written(pattern)):
            return
        back = self._taken_back(pattern, sorted(examples))
        lines = (pattern, *back)
        if not all(map(self._with(lines), targets)):
            # Docker asks a pattern about a folder only if no earlier one has hidden it: ask about what is inside.
            lines = (pattern, f"{pattern.rstrip('/')}/**", *back)
            if not all(map(self._with(lines), targets)):
                lines = () if self._written(pattern) else (pattern, *back)
        broken = self._needs.broken(self._before, self._with(lines))
        if broken is not None:
            self.left_out.append((pattern, broken))
        elif lines:
            self.added.append(lines)

    def _with(self, lines: tuple[str, ...]) -> Match:
        return self._whole("\n".join((self._text, *(line for unit in self.added for line in unit), *lines)))

    def _written(self, pattern: str) -> bool:
        return pattern in (line.strip() for line in self._text.split("\n"))

    def _taken_back(self, pattern: str, examples: Sequence[str]) -> tuple[str, ...]:
        """Return the lines that show the example files again, none that the user hides.

        A file that has patterns already gets full paths, as Docker would search even the ignored folders for
        the name; so does a name under which the user hides another file.
        """
        folders, _, last = pattern.rpartition("/")
        folders = f"{folders}/" if folders else ""
        shown = [file for file in examples if not self._before(file)]
        names = {file.rpartition("/")[2] for file in shown}
        if self._bare and last.endswith("*") and last[:-1].rstrip("."):
            names.add(f"{last[:-1].rstrip('.')}.example")
        lines: list[str] = []
        for name in sorted(names):
            mine = [file for file in examples if file.rpartition("/")[2] == name]
            if self._bare and not any(map(self._before, mine)):
                lines.append(f"!{folders}{dockerignore.literal(name)}")
            else:
                lines += (f"!/{dockerignore.literal(file)}" for file in mine if file in shown)
        return tuple(lines)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _is_broad(pattern: str) -> bool:
    return "*" in pattern.rpartition("/")[2]


def _is_example(path: str) -> bool:
    return not _EXAMPLE_WORDS.isdisjoint(re.split(r"[._-]", path.rpartition("/")[2].lower()))


def _samples(pattern: str) -> tuple[str, ...]:
    """Return paths of the kind that a pattern is meant for; the caller drops those that it does not match."""
    inside = "/probe" if pattern.endswith("/") else ""
    filled = re.sub(r"\*+", "probe", pattern.strip("/").replace("**/", ""))
    filled = re.sub(r"\\(.)", r"\1", re.sub(r"\[[^\]]*\]|\?", "x", filled))
    return filled + inside, f"probe/{filled}{inside}"


def _groups(units: Sequence[tuple[str, ...]]) -> tuple[_Group, ...]:
    """Sort the lines under their titles; of equal lines the last stays, as it is the one that counts."""
    lines: dict[str, list[str]] = {title: [] for title in _TITLES}
    for unit in units:
        same = lines[_title(unit[0])]
        same += unit
    return tuple(_Group(title, tuple(reversed(dict.fromkeys(reversed(same))))) for title, same in lines.items() if same)


def _title(pattern: str) -> str:
    if ".env" in pattern:
        return _TITLES[0]
    return _TITLES[1] if _KEY.search(pattern) else _TITLES[2]
