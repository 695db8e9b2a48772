"""Make inert credentials in the shapes of real ones, from a fixed seed, so that none stands in a file."""

from __future__ import annotations

import base64
import random
import re
import string
from collections.abc import Callable
from typing import Final

_ALPHANUMERIC: Final = string.ascii_letters + string.digits
_HEX: Final = "0123456789abcdef"
_NAME: Final = re.compile(r"@\{([a-z0-9_]+)\}")


def fill(text: str) -> str:
    """Return the text with every `@{kind}` replaced by an invented credential of that kind."""
    return _NAME.sub(lambda hit: token(hit[1]), text)


def token(kind: str) -> str:
    """Return the credential of a kind; the same at every call."""
    return _KINDS[kind](random.Random(kind))


def _drawn(size: int, alphabet: str = _ALPHANUMERIC, before: str = "") -> Callable[[random.Random], str]:
    return lambda source: before + "".join(source.choice(alphabet) for _ in range(size))


def _key(source: random.Random) -> list[str]:
    kind = "RSA PRIVATE " + "KEY"
    lines = ["MII" + "".join(source.choice(_ALPHANUMERIC + "+/") for _ in range(61)) for _ in range(24)]
    return [f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----"]


_KINDS: Final[dict[str, Callable[[random.Random], str]]] = {
    "github": _drawn(36, before="gh" + "p_"),
    "gitlab": _drawn(20, before="gl" + "pat-"),
    "npm": _drawn(36, before="npm" + "_"),
    "pypi": _drawn(80, before="py" + "pi-AgEIcHlwaS5vcmc"),
    "rubygems": _drawn(48, _HEX, before="ruby" + "gems_"),
    "aws_id": _drawn(16, string.ascii_uppercase + "234567", before="AK" + "IA"),
    "aws_secret": _drawn(40, _ALPHANUMERIC + "+/"),
    "openai": _drawn(48, before="s" + "k-proj-"),
    "huggingface": _drawn(34, string.ascii_letters, before="h" + "f_"),
    "stripe": _drawn(24, before="sk" + "_live_"),
    "slack": lambda source: "xo" + "xb-" + _drawn(12, string.digits)(source) + "-" + _drawn(24)(source),
    "slack_hook": lambda source: f"T{_drawn(8)(source).upper()}/B{_drawn(8)(source).upper()}/{_drawn(24)(source)}",
    "artifactory": _drawn(69, before="AK" + "Cp8"),
    "sonar": _drawn(40, _HEX, before="sq" + "p_"),
    "vault": _drawn(24, before="hv" + "s."),
    "terraform": lambda source: _drawn(14)(source) + ".atlas" + "v1." + _drawn(64)(source),
    "hex32": _drawn(32, _HEX),
    "hex40": _drawn(40, _HEX),
    "hex64": _drawn(64, _HEX),
    "b64_43": lambda source: _drawn(43)(source) + "=",
    "b64_64": lambda source: _drawn(86)(source) + "==",
    "django": _drawn(50, _ALPHANUMERIC + "@#%^&*-_=+"),
    "pem": lambda source: "\n".join(_key(source)),
    "pem_line": lambda source: "\\n".join(_key(source)),
    "pem_b64": lambda source: base64.b64encode("\n".join(_key(source)).encode()).decode(),
}
