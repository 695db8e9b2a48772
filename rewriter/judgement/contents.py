"""Judge a file by its content: whether a credential stands in it, or only references to variables."""

from __future__ import annotations

import re
from typing import Final

from rewriter.judgement.files import credential_file
from rewriter.judgement.names import judge_name
from rewriter.judgement.pattern import Pattern
from rewriter.judgement.placeholders import is_dummy, is_template
from rewriter.judgement.providers import provider_token
from rewriter.judgement.references import blank_references, variables
from rewriter.judgement.urls import url_credentials
from rewriter.judgement.values import judge_value, looks_random
from rewriter.judgement.verdicts import ContentVerdict, ValueKind
from rewriter.judgement.wordlist import wordset
from rewriter.model.masked import Masked
from rewriter.model.text import decode

MAX_BYTES: Final = 2_000_000
MAX_LINE: Final = 20_000
MAX_COMPARED: Final = 200

_ASSIGNMENT: Final = Pattern(
    r"""^[ \t]*(?:export[ \t]+|-[ \t]+|:|//[^\s=]{1,200}:)?["']?(?P<key>[A-Za-z_][A-Za-z0-9_.\-/@:]{0,120})["']?"""
    r"""[ \t]*(?:=>|[=:])[ \t]*(?P<value>[^\r\n]*)\r?$""",
    re.MULTILINE,
)
_XML: Final = Pattern(r"<(?P<key>[A-Za-z][A-Za-z0-9_.\-]{0,60})>(?P<value>[^<>]{1,4000})</(?P=key)>")
_XML_ADD: Final = Pattern(r"<add\s+key=\"(?P<key>[^\"]{1,100})\"\s+value=\"(?P<value>[^\"]{1,4000})\"", re.IGNORECASE)
_JSON_FIELD: Final = Pattern(r"\"(?P<key>[A-Za-z0-9_.\-/@:]{1,100})\"\s*:\s*\"(?P<value>(?:[^\"\\\r\n]|\\.){1,8000})\"")
_DEFINE: Final = Pattern(r"define\(\s*['\"](?P<key>[A-Z_]{1,60})['\"]\s*,\s*['\"](?P<value>[^'\"\r\n]{1,500})['\"]")
_NETRC: Final = Pattern(r"\b(?:machine\s+\S+|default)\s+(?:login|user)\s+\S+\s+password\s+(?P<value>\S+)")
_PGPASS: Final = Pattern(r"^[^#:\n]+:[^:\n]*:[^:\n]*:[^:\n]*:(?P<value>[^\r\n]+)\r?$", re.MULTILINE)
_HTPASSWD: Final = Pattern(
    r"^[^:\s]+:(?P<value>\$(?:apr1|2[aby]|5|6)\$\S+|\{SHA\}\S+|[./A-Za-z0-9]{13})\r?$", re.MULTILINE
)
_BRACED: Final = Pattern(
    r"\$\{(?:env[.:])?([A-Za-z_][A-Za-z0-9_]*)(?:[:]?[-=?+][^{}\n]{0,300})?\}|\{\{ *env\.([A-Za-z_][A-Za-z0-9_]*)"
)
_PERCENT: Final = Pattern(r"%([A-Za-z_][A-Za-z0-9_]*)%")
_CALLED: Final = Pattern(
    r"(?:ENV(?:\.fetch\(|\[)|getenv\(|environ(?:\.get\(|\[)|process\.env\[|lookup\(\s*'env'\s*,)\s*[\"']([A-Za-z_][A-Za-z0-9_]*)"
)
_PLAIN_KINDS: Final = frozenset({"dotenv", "envrc", "shell-history"})
"""Files in which a shell-like reader expands `$NAME` without braces too."""
_COMMENT: Final = Pattern(r"^[ \t]*(?:#|;|//(?![^\s=]{1,200}:[^\s=]+=)).*$", re.MULTILINE)
_WHOLE_FILE: Final = frozenset(
    {
        "rails-master-key",
        "vault-token",
        "vault-password",
        "keyfile",
        "token",
        "huggingface-token",
        "erlang-cookie",
        "s3cfg",
    }
)
_BINARY_KINDS: Final = frozenset({"keystore", "password-safe", "keytab", "vnc-password", "xauthority"})
_SURE_KEYS: Final = wordset(
    "_auth _authtoken _password cleartextpassword passphrase npmauthtoken npmauthident auth identitytoken "
    "client-key-data privatekey password secret token rubygems_api_key"
)


def file_content(path: str, data: bytes) -> ContentVerdict:
    """Return whether a file's content is or holds a credential."""
    named = credential_file(path)
    kind = named.kind if named else ""
    if not data.strip():
        return _clean("empty")
    if b"\0" in data[:8000] or kind in _BINARY_KINDS:
        secret = kind in _BINARY_KINDS
        return ContentVerdict(secret, (), (), "a binary key store" if secret else "binary")
    text = decode(data[:MAX_BYTES])
    references = _references(text, kind)
    values = _values(text, kind)
    if values:
        return ContentVerdict(
            True, references, tuple(dict.fromkeys(Masked(each) for each in values)), "holds a credential"
        )
    if references:
        return ContentVerdict(False, references, (), "only refers to variables")
    return _clean("settings only")


def _clean(reason: str) -> ContentVerdict:
    return ContentVerdict(secret=False, references=(), values=(), reason=reason)


def _bare(text: str) -> str:
    """Return the text with blanks in the place of comments; those of XML go over several lines."""
    pieces: list[str] = []
    end = 0
    while (start := text.find("<!--", end)) >= 0:
        close = text.find("-->", start)
        stop = len(text) if close < 0 else close + 3
        pieces += (text[end:start], "".join(char if char == "\n" else " " for char in text[start:stop]))
        end = stop
    pieces.append(text[end:])
    return _COMMENT.sub(lambda hit: " " * len(hit[0]), "".join(pieces))


def _references(text: str, kind: str) -> tuple[str, ...]:
    """Return the variables that the file reads outside its comments, each once, in order."""
    bare = _bare(text)
    if kind in _PLAIN_KINDS:
        return variables(bare)
    patterns = (_BRACED, _CALLED, _PERCENT) if kind == "nuget-config" else (_BRACED, _CALLED)
    hits = sorted((hit for pattern in patterns for hit in pattern.finditer(bare)), key=lambda hit: hit.start())
    return tuple(dict.fromkeys(next(name for name in hit.groups() if name) for hit in hits))


def _values(text: str, kind: str) -> list[str]:
    found = [text[match.start : match.end] for match in provider_token(text) if not match.dummy and not match.companion]
    bare = _bare(text)
    found += [each.secret.of(bare) for each in url_credentials(bare) if each.literal and not each.placeholder]
    found += [hit["value"] for hit in _NETRC.finditer(bare) if _is_real(hit["value"])]
    if kind == "pgpass":
        found += [hit["value"] for hit in _PGPASS.finditer(bare) if _is_real(hit["value"])]
    if kind == "htpasswd":
        found += [hit["value"] for hit in _HTPASSWD.finditer(bare)]
    for pattern in (_ASSIGNMENT, _XML, _XML_ADD, _JSON_FIELD, _DEFINE):
        found += [value for hit in pattern.finditer(bare) if (value := _pair(hit["key"], hit["value"]))]
    if not found and kind in _WHOLE_FILE:
        word = text.strip()
        if "\n" not in word and _is_real(word):
            found.append(word)
    unique = list(dict.fromkeys(found))
    if len(unique) > MAX_COMPARED:
        return unique
    return [each for each in unique if not any(each != other and each in other for other in unique)]


def _pair(key: str, written: str) -> str:
    """Return the value of a setting when it is a literal secret, else nothing."""
    if len(written) > MAX_LINE:
        return ""
    value = written.strip().rstrip(",;").strip()
    if len(value) >= 2 and value[0] in "\"'" and (end := value.find(value[0], 1)) > 0:
        value = value[1:end]
    else:
        value = re.split(r"\s+[#;]", value, maxsplit=1)[0].strip()
    name = key.rsplit(":", 1)[-1].rsplit("/", 1)[-1]
    plain = name.lower()
    named = judge_name(name)
    sure = plain in _SURE_KEYS
    if not value.strip("{[(") or named.carries_url or not (sure or named.secret):
        return ""
    if not sure and named.confidence.value == "low" and not looks_random(value):
        return ""
    return value if _is_real(value) else ""


def _is_real(value: str) -> bool:
    if blank_references(value) != value or is_template(value) or is_dummy(value):
        return False
    return judge_value(value).kind in (ValueKind.LITERAL, ValueKind.CREDENTIAL) or (
        judge_value(value).kind is ValueKind.DUMMY and bool(judge_value(value).parts)
    )
