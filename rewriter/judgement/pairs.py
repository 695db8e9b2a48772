"""Judge a name together with its value."""

from __future__ import annotations

import re
from typing import Final

from rewriter.judgement.names import judge_name, split_words
from rewriter.judgement.pattern import Pattern
from rewriter.judgement.references import variables
from rewriter.judgement.texts import setting_secrets
from rewriter.judgement.values import inner_range, judge_value, looks_random
from rewriter.judgement.verdicts import (
    Assignment,
    Category,
    NameVerdict,
    PairVerdict,
    ValueKind,
    ValueVerdict,
)
from rewriter.model.secret import Confidence

_READ_FROM_MOUNT: Final = Pattern(r"(?:\$\(|`)\s*(?:cat\s+|<\s*)[\"']?/(?:run|var/run)/secrets/")
_THIS_MACHINE: Final = Pattern(r"://[^/\s@]{0,200}@(?:localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0)(?=[:/?]|[\"']?$)")
_YAML_KEY: Final = Pattern(r"[ \t-]*[\"']?[\w.-]{1,100}[\"']?[ \t]*:[ \t]+[\"']?")
"""What stands in front of a value that a line of YAML gives to a key."""
_SLUG: Final = Pattern(r"[a-z0-9]+(?:[-_.][a-z0-9]+)+")
_ENCODED: Final = Pattern(r"[A-Za-z0-9+/_\-]{20,}={0,2}")
_PROGRAM_MADE: Final = frozenset(
    {
        Category.API_KEY,
        Category.TOKEN,
        Category.CLOUD_KEY,
        Category.PRIVATE_KEY,
        Category.WEBHOOK,
        Category.REGISTRY_AUTH,
    }
)
_TEXTS: Final = frozenset({ValueKind.LITERAL, ValueKind.REFERENCE, ValueKind.DUMMY})
"""Kinds of value that may be a text with settings in it; the address of an example is no dummy of the whole."""


def judge_pair(name: str, value: str | None, *, assignment: Assignment = Assignment.FIXED) -> PairVerdict:
    """Return whether a name with its value is a secret; no value at all is a value that comes from outside.

    With `Assignment.DEFAULT` the value may be replaced from outside, so that the name decides where the value
    says nothing. With `Assignment.INLINE` a stand-in is harmless, since it does not outlive its command.
    """
    named = judge_name(name)
    if value is None:
        return _from_outside(named, named.reason)
    verdict = judge_value(value, name=name)
    if assignment is Assignment.INLINE and "://" in value and _THIS_MACHINE.search(value):
        return _no("reaches nothing but this machine, for one command", verdict, placeholder=True)
    if verdict.kind is ValueKind.CREDENTIAL:
        return _credential(named, verdict)
    if ("=" in value or "\n" in value) and not named.secret and verdict.kind in _TEXTS:
        parts = _settings(value)
        if parts:
            return _found(named, Confidence.MEDIUM, verdict, parts, reason="holds settings with a secret among them")
    if verdict.kind is ValueKind.REFERENCE and not named.inlined:
        return _reference(named, value, verdict)
    if named.ruled_out:
        return _no(named.reason, verdict)
    decided = _by_value(name, value, named, verdict, assignment)
    if assignment is Assignment.DEFAULT and not decided.secret and _open(verdict, named):
        outside = _from_outside(named, named.reason)
        return PairVerdict(
            outside.secret, outside.confidence, outside.category, outside.reason, literal=False,
            placeholder=decided.placeholder,
        )  # fmt: skip
    return decided


def _settings(value: str) -> tuple[tuple[int, int], ...]:
    """Return the places of literal secrets in text such as `-Duser=u -Dpassword=p` or `A_PASSWORD=x,B=y`."""
    found: list[tuple[int, int]] = []
    for hit in setting_secrets(value):
        start, end = hit.start, hit.end
        inner = judge_value(value[start:end], name=hit.name)
        sure = judge_name(hit.name).confidence is Confidence.HIGH
        line = value[value.rfind("\n", 0, start) + 1 : start]
        assigned = "=" in line[-4:] or ("\n" in value and _YAML_KEY.fullmatch(line) is not None)
        if sure and inner.kind in (ValueKind.LITERAL, ValueKind.CREDENTIAL) and assigned:
            found += ((start + left, start + right) for left, right in inner.parts)
    return tuple(found)


def _open(verdict: ValueVerdict, named: NameVerdict) -> bool:
    """Tell whether a default leaves open that the real value comes from outside."""
    if verdict.kind in (ValueKind.EMPTY, ValueKind.PLACEHOLDER, ValueKind.DUMMY):
        return True
    return verdict.kind is not ValueKind.PATH and not named.carries_url and named.confidence is Confidence.HIGH


def _from_outside(named: NameVerdict, reason: str) -> PairVerdict:
    return PairVerdict(named.secret, named.confidence, named.category, reason, literal=False)


def _credential(named: NameVerdict, verdict: ValueVerdict) -> PairVerdict:
    confidence = verdict.confidence
    if named.inlined and confidence is Confidence.HIGH:
        confidence = Confidence.MEDIUM
    category = named.category if named.category and verdict.category is Category.PASSWORD else verdict.category
    return PairVerdict(
        secret=True,
        confidence=confidence,
        category=category,
        reason="the value is a credential by its shape",
        literal=True,
        provider=verdict.provider,
        parts=verdict.parts,
    )


def _reference(named: NameVerdict, value: str, verdict: ValueVerdict) -> PairVerdict:
    if _READ_FROM_MOUNT.search(value):
        return _no("read from a mounted secret", verdict)
    if verdict.category is not None:
        return PairVerdict(
            secret=True, confidence=Confidence.HIGH, category=verdict.category,
            reason="a URL with a credential from a variable", literal=False,
        )  # fmt: skip
    if named.secret:
        return _from_outside(named, named.reason)
    names = variables(value)
    if named.companion or named.inlined or (named.ruled_out and len(names) < 2):
        return _no(named.reason, verdict)
    for each in names:
        inner = judge_name(each)
        if inner.secret and not inner.carries_url and inner.confidence is Confidence.HIGH:
            reason = f"made from {each}"
            return PairVerdict(
                secret=True, confidence=Confidence.MEDIUM, category=inner.category, reason=reason, literal=False
            )
    return _no("only references", verdict)


def _by_value(name: str, value: str, named: NameVerdict, verdict: ValueVerdict, assignment: Assignment) -> PairVerdict:
    text = value.strip().strip("\"'")
    if len(verdict.parts) == 1 and verdict.kind in (ValueKind.LITERAL, ValueKind.DUMMY):
        text = value[slice(*verdict.parts[0])]
    if verdict.kind is ValueKind.EMPTY:
        return _no("empty value", verdict)
    if not named.secret:
        return _no(named.reason, verdict)
    if verdict.kind is ValueKind.PLACEHOLDER:
        return _no("a placeholder", verdict, placeholder=True)
    if verdict.kind is ValueKind.DUMMY:
        return _stand_in(named, verdict, assignment)
    if verdict.kind in (ValueKind.PATH, ValueKind.PUBLIC, ValueKind.FLAG):
        return _harmless(value, text, named, verdict, assignment)
    return _literal(name, text, named, verdict, assignment)


def _stand_in(named: NameVerdict, verdict: ValueVerdict, assignment: Assignment) -> PairVerdict:
    """Judge a value that stands in for the real one: it counts only where a program would take it."""
    works = bool(verdict.parts) and assignment is not Assignment.INLINE
    if not works or (named.category in _PROGRAM_MADE and named.category is not Category.TOKEN):
        return _no("a dummy", verdict, placeholder=True)
    return PairVerdict(
        secret=True,
        confidence=Confidence.LOW,
        category=named.category,
        reason="a stand-in that works until somebody changes it",
        literal=True,
        placeholder=True,
        parts=verdict.parts,
    )


def _harmless(value: str, text: str, named: NameVerdict, verdict: ValueVerdict, assignment: Assignment) -> PairVerdict:
    """Judge paths, flags and public values; a person's password may look like one of them."""
    password = named.category is Category.PASSWORD and named.confidence is Confidence.HIGH
    odd = verdict.kind is ValueKind.FLAG and text.lower() in (
        "login",
        "session",
        "cookie",
        "private",
        "internal",
    )
    mail = verdict.kind is ValueKind.PUBLIC and "@" in text and "://" not in text
    if password and (odd or mail) and assignment is not Assignment.INLINE:
        return _found(named, Confidence.MEDIUM, verdict, (inner_range(value),))
    reasons = {ValueKind.PATH: "the value is a path", ValueKind.FLAG: "the value is a flag"}
    return _no(reasons.get(verdict.kind, "the value is public"), verdict)


def _literal(name: str, text: str, named: NameVerdict, verdict: ValueVerdict, assignment: Assignment) -> PairVerdict:
    random = looks_random(text)
    if named.carries_url:
        encoded = random and _ENCODED.fullmatch(text) is not None
        return _found(named, named.confidence, verdict) if encoded else _no("no URL with a credential", verdict)
    if named.confidence is Confidence.LOW:
        return _found(named, Confidence.MEDIUM, verdict) if random else _no("the value looks like none", verdict)
    if ("_" in text and text == name.strip(" ,;")) or spells_name(name, text):
        return _no("the value is the name itself", verdict, placeholder=True)
    if _names_a_secret(name, text):
        return _no("the value names a secret", verdict)
    if assignment is Assignment.INLINE and named.category is Category.SIGNING_KEY and not random:
        return _no("a dummy for one command", verdict, placeholder=True)
    if named.category in _PROGRAM_MADE and not random and not _could_be_drawn(text, named):
        return _no("the value looks like none", verdict, placeholder=True)
    both = named.confidence is Confidence.HIGH and (random or named.category not in _PROGRAM_MADE)
    return _found(named, Confidence.HIGH if both else Confidence.MEDIUM, verdict)


def spells_name(name: str, text: str) -> bool:
    """Tell whether a value is only the name again: FACEBOOK_APP_SECRET=facebook_app_secret. A password may be that."""
    spelled = "_" in name and text.lower().replace("-", "_") == name.lower()
    return spelled and judge_name(name).category is not Category.PASSWORD


def _names_a_secret(name: str, text: str) -> bool:
    """Tell whether the value is the name of a secret in a store: LDAP_PASSWD_SECRET=ldap-ro-password."""
    words = split_words(name)
    if not _SLUG.fullmatch(text.lower()) or text.lower() == name.lower():
        return False
    if words[-1:] in (("credentials",), ("creds",)):
        return text.lower().endswith(("creds", "credentials"))
    if words[-1:] != ("secret",):
        return False
    return len(words) > 1 and words[-2] in ("passwd", "password", "token", "key") and judge_name(text).secret


def _could_be_drawn(text: str, named: NameVerdict) -> bool:
    """Tell whether a short or wordy text could still be a token that a person made up."""
    if named.category is Category.REGISTRY_AUTH:
        return ":" in text or "/" in text
    if named.category is Category.PRIVATE_KEY:
        return len(text) > 40
    if len(re.findall(r"[A-Za-z]{2,}", text)) >= 5:
        return False
    if " " in text:
        return len(text.split()) == 2 and looks_random(text.split()[1])
    return len(text) >= 6


def _found(
    named: NameVerdict,
    confidence: Confidence,
    verdict: ValueVerdict,
    parts: tuple[tuple[int, int], ...] = (),
    *,
    reason: str = "",
) -> PairVerdict:
    return PairVerdict(
        secret=True,
        confidence=confidence,
        category=named.category or Category.GENERIC,
        reason=reason or named.reason,
        literal=True,
        provider=verdict.provider,
        parts=parts or verdict.parts,
    )


def _no(reason: str, verdict: ValueVerdict, *, placeholder: bool = False) -> PairVerdict:
    stands_in = placeholder or verdict.kind in (ValueKind.PLACEHOLDER, ValueKind.DUMMY)
    return PairVerdict(
        secret=False,
        confidence=Confidence.HIGH,
        category=None,
        reason=reason,
        literal=False,
        placeholder=stands_in,
    )
