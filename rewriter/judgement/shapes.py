"""Find the secret in an option's value or in the words behind a subcommand, by the row's shape."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from rewriter.judgement.argument import Argument, Use, credential, inner, lone_variable_is_secret
from rewriter.judgement.names import judge_name
from rewriter.judgement.references import blank_references
from rewriter.judgement.texts import extra_header, header_secret, setting_secrets
from rewriter.judgement.tool_row import Row, Shape
from rewriter.judgement.values import looks_random
from rewriter.judgement.verdicts import Category, CommandCredential
from rewriter.model.secret import Confidence

_SEPARATORS: Final = {Shape.AFTER_COLON: ":", Shape.AFTER_COMMA: ",", Shape.AFTER_PERCENT: "%"}
_FILLERS: Final = frozenset({"", "x-oauth-basic", "x", "X"})
_SOURCES: Final = ("env:", "file:", "fd:", "stdin", "prompt", ":env", ":file")
_NEXT_KEYS: Final = (
    "github-oauth.",
    "gitlab-oauth.",
    "gitlab-token.",
    "bearer.",
    "pypi-token.",
    "forgejo-token.",
)
_SECOND_KEYS: Final = ("http-basic.", "bitbucket-oauth.")
_BUNDLE_SETTINGS: Final = ("mirror.", "build.", "local.", "disable", "plugins.", "path.", "gem.")
_SETTING_NAMES: Final = frozenset({"_auth", "_authtoken", "_password", "npmauthident"})


def shaped(shape: Shape, index: int, argument: Argument, start: int, use: Use) -> Iterable[CommandCredential]:
    """Yield the credential of a word whose value starts at `start` of its raw text."""
    text = argument.text
    start, end = inner(text, start, len(text))
    match shape:
        case Shape.HEADER:
            yield from _in_header(index, argument, start, end, use)
        case Shape.SETTING:
            yield from _in_settings(index, argument, start, end, use)
        case Shape.URL:
            if "://" not in text and lone_variable_is_secret(argument):
                least = Confidence.LOW if "index" in argument.text.lower() else Confidence.MEDIUM
                yield from _one(
                    credential(
                        index,
                        argument,
                        start,
                        end,
                        Use(use.category, use.option, use.persists, confidence=least),
                    )
                )
        case Shape.PASS_SOURCE:
            yield from _from_source(index, argument, start, end, use)
        case Shape.AFTER_SLASH:
            yield from _oracle(index, argument, start, end, use)
        case Shape.AFTER_COLON | Shape.AFTER_COMMA | Shape.AFTER_PERCENT:
            yield from _after(_SEPARATORS[shape], index, argument, start, end, use)
        case Shape.WHOLE | Shape.KEYED:
            yield from _one(credential(index, argument, start, end, use))


def _one(found: CommandCredential | None) -> tuple[CommandCredential, ...]:
    return () if found is None else (found,)


def _in_header(index: int, argument: Argument, start: int, end: int, use: Use) -> Iterable[CommandCredential]:
    hit = header_secret(argument.text[start:end])
    if hit is None:
        return
    named = Use(use.category, f"{use.option} {hit.name}", use.persists)
    yield from _one(credential(index, argument, start + hit.start, start + hit.end, named))


def _in_settings(index: int, argument: Argument, start: int, end: int, use: Use) -> Iterable[CommandCredential]:
    text = argument.text[start:end]
    header = extra_header(text)
    if header is not None:
        named = Use(use.category, header.name, use.persists)
        yield from _one(credential(index, argument, start + header.start, start + header.end, named))
        return
    for hit in setting_secrets(text):
        verdict = judge_name(hit.name)
        named = Use(verdict.category or use.category, hit.name, use.persists, confidence=verdict.confidence)
        yield from _one(credential(index, argument, start + hit.start, start + hit.end, named))


def _after(
    separator: str, index: int, argument: Argument, start: int, end: int, use: Use
) -> Iterable[CommandCredential]:
    """Yield the password of `user:password`, or the user where the password is a filler."""
    text = argument.text[start:end]
    place = blank_references(text).find(separator)
    if place < 0:
        if argument.value is None and lone_variable_is_secret(argument):
            yield from _one(credential(index, argument, start, end, use))
        return
    if text[place + 1 :].strip("\"'") in _FILLERS:
        if looks_random(text[:place]) or (argument.value is None and "$" in text[:place]):
            yield from _one(credential(index, argument, start, start + place, use))
        return
    yield from _one(credential(index, argument, start + place + 1, end, use))


def _from_source(index: int, argument: Argument, start: int, end: int, use: Use) -> Iterable[CommandCredential]:
    text = argument.text[start:end]
    if text.startswith("pass:"):
        yield from _one(credential(index, argument, start + 5, end, use))
    elif not text.startswith(_SOURCES) and use.option not in ("-passin", "-passout", "-pass"):
        yield from _one(credential(index, argument, start, end, use))


def _oracle(index: int, argument: Argument, start: int, end: int, use: Use) -> Iterable[CommandCredential]:
    """Yield the password of `user/password@database`."""
    text = blank_references(argument.text[start:end])
    user, slash, rest = text.partition("/")
    password = rest.partition("@")[0]
    if not slash or not user or not password or "/" in password or "." in user or password.endswith(".sql"):
        return
    begin = start + len(user) + 1
    yield from _one(credential(index, argument, begin, begin + len(password), use))


def keyed(
    tool: str, row: Row, places: Sequence[int], args: Sequence[Argument], words: Sequence[str]
) -> Iterable[CommandCredential]:
    """Yield the values of settings that are given as two words, `set KEY VALUE`, or as `KEY=VALUE`."""
    for number, index in enumerate(places):
        word = words[index]
        key, equals, _ = word.partition("=")
        if equals and _telling(tool, key):
            use = Use(row.category, key, row.persists, companion=judge_name(_tail(key)).companion)
            start, end = _value_behind(args[index].text)
            yield from _one(credential(index, args[index], start, end, use))
            continue
        step = _step(tool, key)
        if equals or step == 0 or number + step >= len(places):
            continue
        value = places[number + step]
        yield from _keyed_value(tool, key, value, args[value], row)
        return


def _value_behind(text: str) -> tuple[int, int]:
    return text.index("=") + 1, len(text)


def _keyed_value(tool: str, key: str, index: int, argument: Argument, row: Row) -> Iterable[CommandCredential]:
    start, end = inner(argument.text, 0, len(argument.text))
    use = Use(row.category, key, row.persists, companion=judge_name(_tail(key)).companion)
    if key.lower().endswith("extraheader"):
        yield from _in_header(index, argument, start, end, use)
    elif tool in ("bundle", "bundler"):
        text = argument.text[start:end]
        if ":" in text and "://" not in text:
            yield from _after(":", index, argument, start, end, use)
        elif "://" not in text and (argument.value is None or looks_random(text)):
            yield from _one(credential(index, argument, start, end, use))
    elif _is_url_key(key):
        if "://" not in argument.text and lone_variable_is_secret(argument):
            yield from _one(credential(index, argument, start, end, Use(Category.INDEX_URL, key, row.persists)))
    else:
        yield from _one(credential(index, argument, start, end, use))


def _step(tool: str, key: str) -> int:
    """Return how many words behind the key its secret stands; 0 when the key is of no secret."""
    if key.startswith(_SECOND_KEYS):
        return 2
    if tool in ("bundle", "bundler"):
        host = "." in key and not key.startswith(_BUNDLE_SETTINGS) and "://" not in key
        return 1 if host else 0
    if key.startswith(_NEXT_KEYS) or _is_url_key(key) or _telling(tool, key):
        return 1
    return 1 if key.lower().endswith("extraheader") else 0


def _is_url_key(key: str) -> bool:
    return key.lower().endswith(("index-url", "find-links", "channels", "channel_alias"))


def _tail(key: str) -> str:
    return re.split(r"[:/@]|\.(?=[A-Za-z_]+$)", key)[-1]


def _telling(tool: str, key: str) -> bool:
    tail = _tail(key)
    if tail.lower() in _SETTING_NAMES:
        return True
    verdict = judge_name(tail)
    if tool == "aws" and verdict.companion:
        return True
    return verdict.secret and verdict.confidence is not Confidence.LOW and not verdict.carries_url
