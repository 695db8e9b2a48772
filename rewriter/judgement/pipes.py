"""Find the password in `echo ... | reader`, where the reader takes it from its standard input."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from rewriter.judgement.argument import Argument, Use, credential, inner, plain
from rewriter.judgement.commands import tool_name, unwrapped
from rewriter.judgement.texts import Hit, debconf_passwords, login_passwords, sql_passwords, text_secrets
from rewriter.judgement.verdicts import Category, CommandCredential
from rewriter.judgement.wordlist import wordset

_READERS: Final = {
    "passwd": ("", "/etc/shadow"), "smbpasswd": ("", "the Samba account store"), "vncpasswd": ("", "~/.vnc/passwd"),
    "tigervncpasswd": ("", "~/.vnc/passwd"), "kinit": ("", ""), "saslpasswd2": ("", "/etc/sasldb2"),
    "cryptsetup": ("", ""), "htpasswd": ("-i", ""), "sudo": ("-S", ""), "su": ("", ""), "pdbedit": ("", ""),
    "docker": ("--password-stdin", "~/.docker/config.json"), "podman": ("--password-stdin", "~/.docker/config.json"),
    "helm": ("--password-stdin", "~/.docker/config.json"), "oras": ("--password-stdin", "~/.docker/config.json"),
    "crane": ("--password-stdin", "~/.docker/config.json"), "buildah": ("--password-stdin", "~/.docker/config.json"),
    "gh": ("--with-token", "~/.config/gh/hosts.yml"), "glab": ("--stdin", "~/.config/glab-cli/config.yml"),
    "cargo": ("login", "~/.cargo/credentials.toml"), "gpg": ("--passphrase-fd", ""), "openssl": ("stdin -stdin", ""),
    "wrangler": ("secret", ""), "hf": ("login", "~/.cache/huggingface/token"),
    "huggingface-cli": ("login", "~/.cache/huggingface/token"), "wandb": ("login", "~/.netrc"),
    "slappasswd": ("", ""), "ldappasswd": ("", ""), "x11vnc": ("-storepasswd", ""), "ksu": ("", ""),
    "dart": ("token", "~/.config/dart/pub-tokens.json"), "flutter": ("token", "~/.config/dart/pub-tokens.json"),
}  # fmt: skip
"""Readers, the words of which one makes them read a password (none: always), and where they keep it."""

_SQL_READERS: Final = wordset("mysql mariadb psql sqlplus sqlcmd clickhouse-client mysql_secure_installation isql")
_WRITERS: Final = wordset("tee sponge cat")


def piped_password(
    echo_args: Sequence[Argument], reader: str, reader_args: Sequence[Argument] = ()
) -> tuple[CommandCredential, ...]:
    """Return the credentials among the words of `echo` or `printf` that `reader` takes from the pipe."""
    words = tuple(plain(each) for each in reader_args)
    tool = tool_name(reader)
    while tool in ("sudo", "doas", "env") and words and "-S" not in words[:1]:
        skipped = next((at for at, word in enumerate(words) if not word.startswith("-") and "=" not in word), None)
        if skipped is None:
            break
        tool, words = tool_name(words[skipped]), words[skipped + 1 :]
    if tool != "sudo":
        tool, first = unwrapped(tool, reader_args[len(reader_args) - len(words) :])
        words = words[first:]
    if tool == "debconf-set-selections" and len(echo_args) > 1:
        return tuple(_debconf(echo_args))
    found: list[CommandCredential] = []
    for index, argument in enumerate(echo_args):
        if re.fullmatch(r"-[neE]{1,3}", argument.text):
            continue
        found += _read(tool, words, index, argument)
    return tuple(found)


def _read(tool: str, words: tuple[str, ...], index: int, argument: Argument) -> Iterable[CommandCredential]:
    start, end = inner(argument.text, 0, len(argument.text))
    text = argument.text[start:end]
    persists: str | None = None
    hits: tuple[Hit, ...]
    if tool == "chpasswd":
        hits, persists = login_passwords(text), "/etc/shadow"
    elif tool == "debconf-set-selections":
        hits, persists = debconf_passwords(text), _DEBCONF.persists
    elif tool in _SQL_READERS:
        hits = sql_passwords(text)
    elif tool in _WRITERS:
        hits = text_secrets(text)
    else:
        hits, persists = _whole(tool, words, text)
    for hit in hits:
        use = Use(Category.PASSWORD, tool, persists)
        each = credential(index, argument, start + hit.start, start + hit.end, use)
        if each is not None:
            yield each


_DEBCONF: Final = Use(Category.PASSWORD, "debconf-set-selections", "/var/cache/debconf/passwords.dat")


def _debconf(echo_args: Sequence[Argument]) -> Iterable[CommandCredential]:
    """Yield the passwords of selections, whether a word is a whole line or a part of one."""
    words = [plain(each) for each in echo_args]
    for index, argument in enumerate(echo_args):
        if debconf_passwords(words[index]):
            yield from _read(_DEBCONF.option, (), index, argument)
        elif index >= 3 and debconf_passwords(" ".join((*words[index - 3 : index], "x"))):
            each = credential(index, argument, 0, len(argument.text), _DEBCONF)
            if each is not None:
                yield each


def _whole(tool: str, words: tuple[str, ...], text: str) -> tuple[tuple[Hit, ...], str | None]:
    """Return the first line of the text, where the reader takes a password."""
    reader = _READERS.get(tool)
    if reader is None:
        return (), None
    needed, persists = reader
    if needed and not any(word.startswith(tuple(needed.split())) for word in words):
        return (), None
    first = re.match(r"(?:\\n|\s)*(?P<line>.+?)(?:\\n|\n|$)", text)
    if first is None or text in ("%s", "%s\\n"):
        return (), None
    return (Hit(*first.span("line"), tool),), persists or None
