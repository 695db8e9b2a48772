"""Tell cheaply that a command's text holds no credential, so that it need not be read.

The test errs on one side only: it may suspect a text in which `command_credentials` and its kin then find
nothing, and must never clear one in which they would. A property test holds it to that. It knows three
ways of giving a credential away: a word or sign in the text (`token`, `://...@`), the beginning of a
provider's token, and a tool with an option or place whose value is a secret whatever its name (`curl -u`).
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from rewriter.judgement.pattern import Pattern
from rewriter.judgement.provider_table import SHAPES
from rewriter.judgement.tool_row import Row, Shape
from rewriter.judgement.tool_table import ALIASES, ROWS

_WORDS: Final = (
    "pass", "pasw", "pssw", "pwd", "psw", "pword", "secret", "token", "cred", "jwt", "macaroon", "mnemonic", "salt",
    "securestring", "cookie", "identified", "dsn", "webhook", "licens", "licenc", "private", "signature", "sig=",
    "connstr",
    "datasource", "docker_config", "dockerconfig", "jfrog-art-api", "kubeconfig", "kube_config", "npmrc", "npm_rc",
    "netrc", "id_rsa", "id_ed25519", "_prv", "prv_", "bundle_", "maven_settings", "feed_endpoints", "gpg_priv",
    "ssh_priv", "priv_key", "_priv", "unseal",
)  # fmt: skip
"""Parts of every name that speaks of a credential (`name_words`, `name_table`), in lower case."""

_COMMON: Final = {
    "key": Pattern(
        r"(?<!apt-)(?<!apt_)(?<!recv-)(?<!mon)(?<!hot)(?!(?<=[\s/@])keys\.)key(?!server|ring|board|note|s?\.(?:gpg|asc)\b)"
    ),
    "auth": Pattern(r"auth(?!or(?!i))"),
    "login": Pattern(r"(?<!no)login"),
    "pat": Pattern(r"(?<![a-z])pat(?![a-z])"),
    "pw": Pattern(r"pw(?![a-z])"),
    "uri": Pattern(r"\$[{\w]{0,60}uri|uri\w{0,20}="),
    "index": Pattern(r"\$[{\w]{0,60}index|index\w{0,20}="),
    "conn": Pattern(r"connection[-_]?str|\$[{\w]{0,60}conn|conn\w{0,20}="),
    "proxy": Pattern(r"\$[{\w]{0,60}proxy|proxy\w{0,20}="),
    "registry": Pattern(r"\$[{\w]{0,60}registry|registry\w{0,20}="),
}
"""Parts that other words have too, and how they stand in a name that counts."""

_URL: Final = Pattern(r"\$[{\w]{0,60}url|url\w{0,20}=")
_USER_INFO: Final = Pattern(r"://\S{0,300}?[@]|/t/[A-Za-z0-9$]")
_TOKEN: Final = re.compile(r"[\w.:@+-]+")
_END: Final = re.compile(r"[;&|\n]+")
_BY_NAME: Final = frozenset({Shape.HEADER, Shape.SETTING, Shape.URL})
"""Shapes that want a telling name beside the value; in all others the place alone makes it a secret."""

_PIPED: Final = frozenset({"kinit", "cryptsetup", "pdbedit", "ksu", "su", "glab", "openssl"})
"""Tools that take a password from a pipe without a word that says so; `sudo` does with `-S`."""

_SHORTEST_HINT: Final = 3
_SHORTEST_TOKEN: Final = 30
"""No token whose beginning says little is shorter."""


def may_hold_credential(text: str) -> bool:
    """Tell whether a command's text, continuations joined, may hold a credential; False is certain."""
    lower = text.lower()
    if any(word in lower for word in _WORDS):
        return True
    if any(part in lower and pattern.search(lower) for part, pattern in _COMMON.items()):
        return True
    if lower.count("url") > lower.count("curl") and _URL.search(lower):
        return True
    if "://" in text and ("@" in text or "/t/" in text) and _USER_INFO.search(text):
        return True
    if any(hint in text for hint in _hints()):
        return True
    long = any(len(word) >= _SHORTEST_TOKEN for word in text.split())
    return (long and _short_hints().search(text) is not None) or _by_tool(text, lower)


@cache
def _hints() -> tuple[str, ...]:
    """Return what stands in every token that a provider's shape of a telling beginning finds."""
    told = {hint for shape in SHAPES for hint in shape.hints if min(map(len, shape.hints)) >= _SHORTEST_HINT}
    return (*sorted(told), "PRIVATE KEY", "LS0tLS1CRUdJTi", "eyJ", "ewog", "ewoJ", "eyAi")


@cache
def _short_hints() -> re.Pattern[str]:
    """Return the shapes whose beginning says too little."""
    shapes = [shape.pattern for shape in SHAPES if min(map(len, shape.hints)) < _SHORTEST_HINT]
    return re.compile("|".join(shapes))


@cache
def _rows() -> dict[str, tuple[Row, ...]]:
    """Return the rows of each tool that has a secret place, whatever the names."""
    table: dict[str, list[Row]] = {}
    for row in ROWS:
        if row.shape not in _BY_NAME:
            for tool in row.tools:
                table.setdefault(tool.lower(), []).append(row)
    for alias, tool in ALIASES.items():
        if tool in table:
            table.setdefault(alias, []).extend(table[tool])
    return {tool: tuple(rows) for tool, rows in table.items()}


def _by_tool(text: str, lower: str) -> bool:
    """Look at each command by itself, unless a quote may hide what ends one."""
    if "|" in text and _reads_pipe(text, lower):
        return True
    if _rows().keys().isdisjoint(_stems(frozenset(_TOKEN.findall(lower)))):
        return False
    whole = "'" in text or '"' in text or "`" in text
    parts = (text,) if whole else _END.split(text)
    return any(_command_fits(part) for part in parts)


def _reads_pipe(text: str, lower: str) -> bool:
    stems = _stems(frozenset(_TOKEN.findall(lower)))
    return not _PIPED.isdisjoint(stems) or ("sudo" in stems and "-S" in text)


def _stems(tokens: frozenset[str]) -> frozenset[str]:
    """Return the words, and those with an extension also without it."""
    return tokens | {token.partition(".")[0] for token in tokens if "." in token}


def _command_fits(text: str) -> bool:
    lower = text.lower()
    tokens = frozenset(_TOKEN.findall(lower))
    rows = _rows()
    named = _stems(tokens) & rows.keys()
    short = frozenset(word for word in _TOKEN.findall(text) if word.startswith("-") and not word.startswith("--"))
    return any(_fits(row, lower, tokens, short) for tool in named for row in rows[tool])


def _fits(row: Row, lower: str, tokens: frozenset[str], short: frozenset[str]) -> bool:
    if not all(word.lower() in tokens for word in row.words) or not all(need.lower() in lower for need in row.needs):
        return False
    return bool(row.places) or not row.options or any(_given(option, lower, short) for option in row.options)


def _given(option: str, lower: str, short: frozenset[str]) -> bool:
    bare = option.rstrip("*=:")
    if len(bare) == 2 and bare[0] == "-":
        return any(bare[1] in word[1:] for word in short)
    return bare.lower() in lower
