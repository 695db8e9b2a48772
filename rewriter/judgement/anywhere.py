"""Find what a word of a command holds whatever its tool is: URLs, headers, SQL, tokens, lines of files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rewriter.judgement.argument import Argument, Use, credential
from rewriter.judgement.pattern import Pattern
from rewriter.judgement.providers import provider_token
from rewriter.judgement.texts import Hit, header_secret, setting_secrets, sql_passwords, text_secrets
from rewriter.judgement.urls import url_credentials
from rewriter.judgement.verdicts import Category, CommandCredential
from rewriter.model.secret import Confidence

_NPM_SETTINGS: Final = frozenset({"_auth", "_authtoken", "_password"})
_PRINTERS: Final = frozenset(
    {"echo", "printf", "sed", "perl", "write-output", "add-content", "set-content", "out-file"}
)
_PERSISTS_URL: Final = {
    ("git", "clone"): ".git/config",
    ("git", "remote"): ".git/config",
    ("git", "submodule"): ".git/config",
    ("git", "config"): "~/.gitconfig",
    ("pip", "config"): "~/.config/pip/pip.conf",
    ("conda", "config"): "~/.condarc",
    ("npm", "config"): "~/.npmrc",
    ("helm", "repo"): "~/.config/helm/repositories.yaml",
}
_KEY_BEGIN: Final = Pattern(r"-----BEGIN (?:[A-Z]{2,20} ){0,2}PRIVATE KEY-----(?=[\"']?$)")
"""The first line of a key that is written line by line."""
_SED_SCRIPT: Final = Pattern(r"[\"']?(?:[0-9$]*)?s(.)")
_FORMAT: Final = Pattern(r"%[-0-9.*]{0,8}[sbqd]")


def by_text(tool: str, index: int, args: Sequence[Argument], words: tuple[str, ...]) -> Iterable[CommandCredential]:
    """Yield what a word holds whatever the tool: URLs with a credential, headers, SQL, provider tokens."""
    argument = args[index]
    text = argument.text
    if "://" in text:
        persists = next((_PERSISTS_URL[tool, word] for word in words[:6] if (tool, word) in _PERSISTS_URL), None)
        for url in url_credentials(text):
            use = Use(url.category, url.parameter or "URL", persists)
            if not url.placeholder:
                yield from _at(index, argument, Hit(url.secret.start, url.secret.end, ""), use)
            elif tool == "printf":
                yield from _formatted(index, args, Hit(url.secret.start, url.secret.end, ""), use)
    yield from _named(tool, index, args)
    for match in provider_token(text):
        if not match.dummy:
            use = Use(match.category, match.provider, confidence=match.confidence, companion=match.companion)
            yield from _at(index, argument, Hit(match.start, match.end, ""), use)


def _named(tool: str, index: int, args: Sequence[Argument]) -> Iterable[CommandCredential]:
    """Yield what a name in the word gives away."""
    argument = args[index]
    lower = argument.text.lower()
    if "authorization" in lower and (header := header_secret(argument.text)):
        yield from _at(index, argument, header, Use(Category.TOKEN, header.name))
    if "identified" in lower or "password" in lower:
        for hit in sql_passwords(argument.text):
            yield from _at(index, argument, hit, Use(Category.PASSWORD, hit.name))
    if "_auth" in lower or ":_password" in lower:
        for hit in setting_secrets(argument.text):
            if hit.name.lower() in _NPM_SETTINGS:
                use = Use(Category.REGISTRY_AUTH, hit.name)
                yield from _at(index, argument, hit, use)
                yield from _formatted(index, args, hit, use) if tool == "printf" else ()
    if tool in _PRINTERS and (begin := _KEY_BEGIN.search(argument.text)):
        yield from _at(index, argument, Hit(begin.start(), begin.end(), ""), Use(Category.PRIVATE_KEY, "private key"))
    if tool in _PRINTERS:
        yield from _printed(tool, index, args)


def _printed(tool: str, index: int, args: Sequence[Argument]) -> Iterable[CommandCredential]:
    """Yield the credentials of text that a command writes to a file."""
    argument = args[index]
    start, end = 0, len(argument.text)
    if tool in ("sed", "perl"):
        script = _SED_SCRIPT.match(argument.text)
        middle = argument.text.find(script[1], script.end()) if script else -1
        if script is None or middle < 0:
            return
        start = middle + 1
        last = argument.text.find(script[1], start)
        end = last if last > 0 else end
    for inside in text_secrets(argument.text[start:end]):
        hit = Hit(inside.start + start, inside.end + start, inside.name)
        use = Use(Category.PASSWORD, hit.name, confidence=Confidence.MEDIUM)
        yield from _at(index, argument, hit, use)
        if tool == "printf":
            yield from _formatted(index, args, hit, use)


def _formatted(index: int, args: Sequence[Argument], hit: Hit, use: Use) -> Iterable[CommandCredential]:
    """Yield the word that takes the place of `%s` where a secret stands in printf's format."""
    text = args[index].text
    if _FORMAT.match(text, hit.start) is None:
        return
    target = index + 1 + sum(1 for _ in _FORMAT.finditer(text, 0, hit.start))
    if target < len(args):
        yield from _at(target, args[target], Hit(0, len(args[target].text), ""), use)


def _at(index: int, argument: Argument, hit: Hit, use: Use) -> tuple[CommandCredential, ...]:
    found = credential(index, argument, hit.start, hit.end, use)
    return () if found is None else (found,)
