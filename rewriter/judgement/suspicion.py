"""Tell cheaply that a command's text holds no credential, so that it need not be read.

The test errs on one side only: it may suspect a text in which `command_credentials` and its kin then find
nothing, and must never clear one in which they would. A property test holds it to that. It knows three
ways of giving a credential away: a word or sign in the text (`token`, `://...@`), the beginning of a
provider's token, and a tool with an option or place whose value is a secret whatever its name (`curl -u`).

The first two stand in one word each, and files say the same words again and again. So each word is judged once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import Final, NamedTuple

from rewriter.judgement import file_table
from rewriter.judgement.names import judge_name
from rewriter.judgement.pattern import Pattern
from rewriter.judgement.provider_table import SHAPES
from rewriter.judgement.provider_table import Shape as ProviderShape
from rewriter.judgement.tool_row import Row, Shape
from rewriter.judgement.tool_table import ALIASES, ROWS
from rewriter.judgement.verdicts import Certainty

_WORDS: Final = (
    "pass", "pasw", "pssw", "pwd", "psw", "pword", "secret", "token", "cred", "jwt", "macaroon", "mnemonic", "salt",
    "securestring", "cookie", "identified", "dsn", "webhook", "licens", "licenc", "private", "signature", "sig=",
    "connstr",
    "datasource", "docker_config", "dockerconfig", "jfrog-art-api", "kubeconfig", "kube_config", "npmrc", "npm_rc",
    "netrc", "id_rsa", "id_ed25519", "_prv", "prv_", "maven_settings", "feed_endpoints", "gpg_priv",
    "ssh_priv", "priv_key", "_priv", "unseal", "service-account", "service_account", "serviceaccount", ".kube/config",
    ".docker/config", ".p12", ".pfx", ".jks",
)  # fmt: skip
"""Parts of every name that speaks of a credential (`name_words`, `name_table`, `file_table`), in lower case."""

_COMMON: Final = {
    "key": Pattern(
        r"(?<!apt-)(?<!apt_)(?<!recv-)(?<!mon)(?<!hot)(?!(?<=[\s/@])keys\.)key(?!server|ring|board|note|scan\b|s?\.(?:gpg|asc)\b|s?/)"
    ),
    "bundle_": Pattern(r"bundle_\w{0,200}__"),
    "auth": Pattern(r"auth(?!or(?!i))"),
    "login": Pattern(r"(?<!no)login"),
    "pat": Pattern(r"(?<![a-z])pat(?![a-z])"),
    "pw": Pattern(r"pw(?![a-z])"),
    "conn": Pattern(r"connection[-_]?str"),
}
"""Parts that other words have too, and how they stand in a name that counts."""

_PLACE: Final = r"[\w.-]{0,60}(?:ur[il]|index|conn|proxy|registry)[\w.-]{0,60}"
_PLACES: Final = Pattern(rf"\$\{{?({_PLACE})|({_PLACE})=", re.IGNORECASE)
"""A variable that is called like an address: its name says whether that may hold a credential."""
_LONG_NAME: Final = 60

_VARIABLE: Final = Pattern(r"[\"'(]{0,3}\$\{?([A-Za-z_]\w{0,60})\}?[\"');,]{0,3}")
"""A word that is one variable: its name alone tells."""

_HARMLESS: Final = Pattern(
    r"--disabled-(?:password|login)|--with-password-argon2|[\"']?NOPASSWD:(?:ALL)?[\"';]?"
    r"|[\"']?(?!-)[\w./-]{0,200}licen[sc]es?(?:\.(?:txt|md|rst|py|sh))?[\"';,)]{0,3}|(?!-)[\w./-]{0,100}tokenizers?",
    re.IGNORECASE,
)
"""Words that only look as if: options of adduser and PHP, a rule of sudo, a licence, a library."""

_USER_INFO: Final = Pattern(r"://(?:[^\s/]{0,300}?@|[^\s/@]{1,300}?:\S{0,300}?@)|/t/[A-Za-z0-9$]")
_TOKEN: Final = re.compile(r"[\w.:@+-]+")
_SHORT: Final = re.compile(r"(?<![\w.:@+}/-])-(?!-)([\w.:@+-]+)")
_QUOTED: Final = r"""\\.|'[^']*+'|"(?:[^"`\\$]++|\\.|\$\([^()"'`\\;&|\n]*+\)|\$(?!\())*+\""""
_END: Final = re.compile(r"[;&|\n]+")
_COMMAND: Final = re.compile(rf"(?:[^;&|\n\"'\\]++|{_QUOTED})++", re.DOTALL)
_PLAINLY_QUOTED: Final = re.compile(rf"(?:[^\"'`\\#$]++|\$(?!')|{_QUOTED})*+", re.DOTALL)
_SUBSTITUTED: Final = re.compile(r"[$<>]\((?![^();&|\n]*\))")
"""A substitution that may hold the end of a command."""

_BY_NAME: Final = frozenset({Shape.HEADER, Shape.SETTING, Shape.URL})
"""Shapes that want a telling name beside the value; in all others the place alone makes it a secret."""

_PIPED: Final = Pattern(
    r"(?<![\w.:@+-])(?:kinit|cryptsetup|pdbedit|ksu|su|glab|openssl)(?:\.|(?![\w.:@+-]))",
)
"""Tools that take a password from a pipe without a word that says so."""

_SUDO: Final = Pattern(r"(?<![\w.:@+-])sudo(?:\.|(?![\w.:@+-]))")
"""The one that does so with `-S`."""

_SHORTEST_HINT: Final = 3
_VAGUE: Final = frozenset({"-us", "cio"})
"""Hints that stand in plain words too: a region of a cloud, the status of an RPC."""

_SHORTEST_TOKEN: Final = 30
"""No token whose beginning says little is shorter."""

_MEMORY: Final = 20_000
"""How many words are remembered; then it begins anew."""


class _Words:
    """Judge words, and remember them."""

    def __init__(self) -> None:
        self._plain: set[str] = set()
        self._tools: set[str] = set()
        self._telling: set[str] = set()

    def judge(self, text: str) -> tuple[bool, bool]:
        """Tell whether a word of a text speaks of a credential, and whether one names a tool that may be given one."""
        rest = set(text.split()) - self._plain
        if not rest:
            return False, False
        if not self._telling.isdisjoint(rest):
            return True, True
        new = rest - self._tools
        if new:
            self.learn(new)
        return not self._telling.isdisjoint(new), not self._tools.isdisjoint(rest)

    def may_name_tool(self, text: str) -> bool:
        """Tell whether a word of a text names a tool, or was not judged; False is certain."""
        return not self._plain.issuperset(text.split())

    def learn(self, words: set[str]) -> None:
        """Judge words and remember them; many at once are cheaper."""
        if len(self._plain) + len(self._telling) + len(self._tools) > _MEMORY:
            for known in (self._plain, self._telling, self._tools):
                known.clear()
        new = words - self._plain - self._tools - self._telling
        named = {word: name for word in new if "$" in word and (name := _variable(word))}
        telling = {word for word, name in named.items() if _tells(name)}
        open_ = {word for word in new - named.keys() if not _HARMLESS.fullmatch(word)}
        telling |= set(_guilty(sorted(open_), _speaks))
        tools = set(_guilty(sorted(new - telling), _names_tool))
        self._telling |= telling
        self._tools |= tools
        self._plain |= new - telling - tools


def _guilty(words: list[str], test: Callable[[str], bool]) -> list[str]:
    """Return the words of which a test holds, which holds of many on a line each where it holds of one.

    Most words are harmless, so halves are tried before single words.
    """
    if not words or not test("\n".join(words)):
        return []
    if len(words) == 1:
        return words
    half = len(words) // 2
    return _guilty(words[:half], test) + _guilty(words[half:], test)


_KNOWN: Final = _Words()


def acquaint(texts: Iterable[str]) -> None:
    """Judge the words of many texts at once, of which each will be asked for by itself."""
    _KNOWN.learn({word for text in texts for word in text.split()})


def may_hold_credential(text: str) -> bool:
    """Tell whether a command's text, continuations joined, may hold a credential; False is certain."""
    telling, tools = _KNOWN.judge(text)
    return telling or (tools and _by_tool(text))


def _speaks(words: str) -> bool:
    """Tell whether some of the words, each on a line, speak of a credential."""
    text = f"\n{words}\n"
    lower = text.lower()
    if any(word in lower for word in _WORDS):
        return True
    if any(name in lower for name in _file_names()):
        return True
    if _speaks_commonly(lower):
        return True
    if any(len(name) >= _LONG_NAME or _tells(name) for hit in _PLACES.finditer(text) if (name := hit[1] or hit[2])):
        return True
    if "://" in text and ("@" in text or "/t/" in text) and _USER_INFO.search(text):
        return True
    if any(hint in text for hint in _hints()):
        return True
    long = any(len(word) >= _SHORTEST_TOKEN for word in text.split())
    return long and _short_hints().search(text) is not None


def _speaks_commonly(lower: str) -> bool:
    return any(part in lower and pattern.search(lower) for part, pattern in _COMMON.items())


def _variable(word: str) -> str:
    """Return the name of the variable that a word is; empty for any other word."""
    found = _VARIABLE.fullmatch(word)
    return found[1] if found else ""


def _tells(name: str) -> bool:
    """Tell whether a name says that its value is a credential or a URL that may hold one."""
    verdict = judge_name(name)
    return verdict.secret or verdict.carries_url


def _names_tool(words: str) -> bool:
    """Tell whether some of the words, each on a line, name a tool that may be given a secret."""
    lower = words.lower()
    named = not _ways().keys().isdisjoint(_stems(frozenset(_TOKEN.findall(lower))))
    return named or _PIPED.search(lower) is not None or _SUDO.search(lower) is not None


def _says_little(shape: ProviderShape) -> bool:
    return min(map(len, shape.hints)) < _SHORTEST_HINT or not _VAGUE.isdisjoint(shape.hints)


@cache
def _file_names() -> tuple[str, ...]:
    """Return what stands in the path of every file that is a credential by its name alone, where no word tells."""
    rows = [*file_table.NAMES.items(), *file_table.IN_FOLDERS.items()]
    rows += [(ending, (row,)) for ending, row in file_table.ENDINGS.items()]
    found = {
        f"{folder}{name}".lower()
        for name, kinds in rows
        for kind in kinds
        if kind.certainty is Certainty.NAME_ALONE
        for folder in ([f"{one}/" for one in kind.folders] or [""])
    }
    told = (name for name in found if any(word in name for word in _WORDS) or _speaks_commonly(f"/{name}\n"))
    return tuple(sorted(found - set(told)))


@cache
def _hints() -> tuple[str, ...]:
    """Return what stands in every token that a provider's shape of a telling beginning finds."""
    told = {hint for shape in SHAPES if not _says_little(shape) for hint in shape.hints}
    return (*sorted(told), "LS0tLS1CRUdJTi", "eyJ", "ewog", "ewoJ", "eyAi")


@cache
def _short_hints() -> re.Pattern[str]:
    """Return the shapes whose beginning says too little."""
    return re.compile("|".join(shape.pattern for shape in SHAPES if _says_little(shape)))


class _Way(NamedTuple):
    """Hold what a command must have for a tool to be given a secret: in lower case, but for the short options."""

    words: frozenset[str]
    needs: tuple[str, ...]
    always: bool
    letters: frozenset[str]
    options: tuple[str, ...]

    @classmethod
    def of(cls, row: Row) -> _Way:
        """Return the way that a row describes."""
        bare = [option.rstrip("*=:") for option in row.options]
        short = [option for option in bare if len(option) == 2 and option[0] == "-"]
        return cls(
            words=frozenset(word.lower() for word in row.words),
            needs=tuple(need.lower() for need in row.needs),
            always=bool(row.places) or not row.options,
            letters=frozenset(option[1] for option in short),
            options=tuple(option.lower() for option in bare if option not in short),
        )

    def fits(self, lower: str, tokens: frozenset[str], letters: frozenset[str]) -> bool:
        """Tell whether a command has it all; `letters` are those of its short options."""
        if not self.words <= tokens or not all(need in lower for need in self.needs):
            return False
        return self.always or not self.letters.isdisjoint(letters) or any(option in lower for option in self.options)


@cache
def _ways() -> dict[str, tuple[_Way, ...]]:
    """Return the ways of each tool that has a secret place, whatever the names."""
    table: dict[str, list[_Way]] = {}
    for row in ROWS:
        if row.shape not in _BY_NAME:
            for tool in row.tools:
                table.setdefault(tool.lower(), []).append(_Way.of(row))
    for alias, tool in ALIASES.items():
        if tool in table:
            table.setdefault(alias, []).extend(table[tool])
    return {tool: tuple(ways) for tool, ways in table.items()}


def _by_tool(text: str) -> bool:
    """Look at each command by itself, unless a quote may hide what ends one."""
    if "|" in text and (_PIPED.search(text.lower()) or ("-S" in text and _SUDO.search(text.lower()))):
        return True
    return any(_command_fits(part) for part in _commands(text) if _KNOWN.may_name_tool(part))


def _commands(text: str) -> list[str]:
    """Split a text where commands end; one whose quotes or substitutions are not plain stays whole."""
    if _SUBSTITUTED.search(text):
        return [text]
    if "'" not in text and '"' not in text and "`" not in text:
        return _END.split(text)
    return _COMMAND.findall(text) if _PLAINLY_QUOTED.fullmatch(text) else [text]


def _stems(tokens: frozenset[str]) -> frozenset[str]:
    """Return the words, and those with an extension also without it."""
    return tokens | {token.partition(".")[0] for token in tokens if "." in token}


@lru_cache(maxsize=4096)
def _command_fits(text: str) -> bool:
    """Tell whether a tool in a command has an option or place whose value may be a secret."""
    lower = text.lower()
    tokens = frozenset(_TOKEN.findall(lower))
    ways = _ways()
    named = _stems(tokens) & ways.keys()
    if not named:
        return False
    letters = frozenset().union(*_SHORT.findall(text))
    return any(way.fits(lower, tokens, letters) for tool in named for way in ways[tool])
