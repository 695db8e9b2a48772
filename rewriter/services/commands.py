"""Find credentials in the commands that a compose service is started and checked with.

A literal counts, and a variable that compose puts in (`${PASSWORD}`): the configuration of the container has both. A
variable that the container's own shell expands (`$$PASSWORD`) does not, as its value stands elsewhere.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Final

from rewriter.documents.compose import Compose, Operator, Service, Text, Variable, interpolate
from rewriter.documents.yaml import Node, Scalar, Sequence, get
from rewriter.file_variables import image_name
from rewriter.judgement import (
    Argument,
    CommandCredential,
    Word,
    command_credentials,
    judge_name,
    judge_pair,
    text_credentials,
)
from rewriter.model.masked import Masked
from rewriter.model.secret import Confidence
from rewriter.model.text import Span
from rewriter.record import Record

_LIMIT: Final = 200
_TEXT_LIMIT: Final = 20_000
_CUT: Final = frozenset({"&&", "||", ";", "|", "&"})
_SHELLS: Final = frozenset({"sh", "bash", "ash", "dash"})
_NAME: Final = re.compile(r"[^a-z0-9]+")
_EXPANDED: Final = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")


class Spoken(Record):
    """Hold one credential in a command; `key` says which, `span` is the list item or the whole text.

    `value` is None where it comes from outside; `default` tells that it stands there in case none comes.
    """

    service: str
    key: str
    name: str
    span: Span
    value: Masked | None
    default: bool
    placeholder: bool
    confidence: Confidence

    @property
    def identity(self) -> str:
        """Return the id that a secret for it would have."""
        return _NAME.sub("_", self.name.lower()).strip("_") or "password"


def spoken(compose: Compose) -> Iterator[Spoken]:
    """Yield the credentials in the commands of a file's services, each place once."""
    seen: set[tuple[Span, str]] = set()
    for service in compose.services:
        found = list(_of(service))
        spans = {one.span for one in found}
        found += (one for one in _put_in(service) if one.span not in spans)
        for one in found:
            if (one.span, one.name) not in seen:
                seen.add((one.span, one.name))
                yield one


def _texts(service: Service) -> Iterator[tuple[str, Node | None]]:
    yield "command", service.command
    yield "entrypoint", get(service.node, "entrypoint")
    yield "healthcheck", get(service.node, "healthcheck", "test")


def _of(service: Service) -> Iterator[Spoken]:
    entry = next((words[0][0] for words in _commands(get(service.node, "entrypoint")) if words), "")
    for key, node in _texts(service):
        for words in _commands(node):
            yield from _in_words(service, key, words, entry)


def _put_in(service: Service) -> Iterator[Spoken]:
    """Yield the variables that compose puts into a command, whatever they are there, by their names."""
    for key, node in _texts(service):
        words = node.items[:_LIMIT] if isinstance(node, Sequence) else (node,)
        for word in (word for word in words if isinstance(word, Scalar) and "$" in word.value):
            for part in interpolate(word.value):
                if isinstance(part, Variable) and _is_secret(part.name):
                    yield _variable(service, key, word.place, part)


def _is_secret(name: str) -> bool:
    verdict = judge_name(name)
    return verdict.secret and verdict.confidence is Confidence.HIGH and not verdict.carries_url


def _variable(service: Service, key: str, span: Span, part: Variable) -> Spoken:
    given = part.operator in (Operator.DEFAULT, Operator.DEFAULT_IF_EMPTY) and "$" not in part.word
    verdict = judge_pair(part.name, part.word) if given else None
    literal = verdict is not None and verdict.secret and verdict.literal
    return Spoken(
        service=service.name,
        key=key,
        name=part.name,
        span=span,
        value=Masked(part.word) if literal else None,
        default=literal,
        placeholder=verdict is not None and verdict.placeholder,
        confidence=Confidence.HIGH,
    )


Placed = tuple[str, Scalar]


def _commands(node: Node | None) -> Iterator[list[Placed]]:
    match node:
        case Scalar() if not node.is_null:
            for words in _split(_resolved(node), node):
                yield words
                yield from _inside(words)
        case Sequence():
            items = [item for item in node.items if isinstance(item, Scalar)][:_LIMIT]
            words = [(_resolved(item), item) for item in items]
            if words and words[0][0] in ("CMD", "CMD-SHELL", "NONE"):
                shell, words = words[0][0] == "CMD-SHELL", words[1:]
                if shell and words:
                    yield from _split(*words[0])
                    return
            yield words
            yield from _inside(words)
        case _:
            return


def _inside(words: list[Placed]) -> Iterator[list[Placed]]:
    """Yield the commands of the text that a shell is given: `sh -c TEXT`."""
    if len(words) > 2 and words[0][0].rpartition("/")[2] in _SHELLS and words[1][0].endswith("c"):
        yield from _split(*words[2])


def _resolved(node: Scalar) -> str:
    """Return a value with `$$` resolved, variables at their literal defaults, all others as they are written."""
    return "".join(part.text if isinstance(part, Text) else _default(part) for part in interpolate(node.value))


def _default(variable: Variable) -> str:
    if variable.operator in (Operator.DEFAULT, Operator.DEFAULT_IF_EMPTY) and "$" not in variable.word:
        return variable.word
    return f"${{{variable.name}}}"


def _split(text: str, node: Scalar) -> Iterator[list[Placed]]:
    """Yield the commands of a shell text."""
    if len(text) > _TEXT_LIMIT:
        return
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|")
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[Placed] = []
    try:
        for token in lexer:
            if token in _CUT:
                yield words
                words = []
            elif len(words) < _LIMIT:
                words.append((token, node))
    except ValueError:
        return
    yield words


def _in_words(service: Service, key: str, words: list[Placed], entry: str) -> Iterator[Spoken]:
    if not words:
        return
    program, rest = words[0][0], words[1:]
    if program.startswith("-") and key == "command" and entry:
        program, rest = entry, words
    elif program.startswith("-") and service.image:
        program, rest = image_name(service.image).rpartition("/")[2] or program, words
    elif _ASSIGNMENT.match(program):
        program, rest = "env", words
    arguments: list[Argument] = [_word(text) for text, _ in rest]
    for credential in command_credentials(program, arguments):
        yield from _found(service, key, rest[credential.index], credential)
    if not any(command_credentials(program, arguments)):
        for text, node in rest:
            for credential in text_credentials(text):
                yield from _found(service, key, (text, node), credential)


def _word(text: str) -> Word:
    names = tuple(re.findall(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)", text[:_TEXT_LIMIT]))
    return Word(text, None if "$" in text else text, names)


def _found(service: Service, key: str, word: Placed, credential: CommandCredential) -> Iterator[Spoken]:
    text, node = word
    value = text[credential.start : credential.end]
    given = [part for part in interpolate(node.value) if isinstance(part, Variable)]
    if credential.companion or not value or "`" in value or "$(" in value:
        return
    outside = not credential.literal or "$" in value
    if outside and not {f"${{{part.name}}}" for part in given} & set(_EXPANDED.findall(value)):
        return
    yield Spoken(
        service=service.name,
        key=key,
        name=credential.option or "password",
        span=node.place,
        value=None if outside else Masked(value),
        default=not outside and any(value in part.word for part in given),
        placeholder=credential.placeholder,
        confidence=credential.confidence,
    )
