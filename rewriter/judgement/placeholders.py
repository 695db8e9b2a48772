"""Tell a stand-in from a value: text to be filled in, dummies, words that somebody should change."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from rewriter.judgement.pattern import Pattern
from rewriter.judgement.wordlist import wordset

MAX_SENTENCE: Final = 200

_FORMS: Final = Pattern(
    r"<[^<>\n]{0,200}>"
    r"|\[[^\[\]\n]{1,100}\]"
    r"|\{(?:[A-Za-z_ ]{0,60}|[0-9]{1,2})\}"
    r"|\*\*[A-Za-z_ ]+\*\*"
    r"|[xX]{3,}(?:[-_.][xX]{2,})*"
    r"|[*.\-_#?]+"
    r"|(?:xox[a-z]-|sk-|pk_|sk_|ghp_|glpat-|AKIA)[xX*.\-]{3,}"
    r"|@[A-Z][A-Z0-9_]*@"
    r"|__[A-Za-z0-9_]+__"
    r"|%[A-Z][A-Z0-9_]*%"
    r"|%[-0-9.*]{0,8}[sdbq](?:\\n)?"
)
"""Forms that templates write: `<token>`, `**NULL**`, `xxxx`, `@TOKEN@`."""

_GAP: Final = Pattern(r"[-_ .]+")
_POSSESSIVE: Final = Pattern(r"your[a-z0-9]*(?:password|passwd|token|secret|key)[a-z0-9]*")
_ORDERS: Final = wordset("your yours insert replace")
_WEAK_ORDERS: Final = wordset("enter put paste fill add set provide use type configure")
_ORDER_OBJECTS: Final = wordset("your me with in the this real actual own new it here")
_OPEN_ENDS: Final = wordset("todo tbd fixme")
_LATER: Final = wordset("set replaced changed filled provided defined done added configured")
_WHOLE: Final = wordset(
    "redacted masked hidden omitted replaceme replacethis fillmein setme userprovided tobedefined tobereplaced tobeset"
)

_DUMMIES: Final = wordset(
    "dummy fake mock mocked stub bogus foo bar baz foobar foobarbaz qux notused unused notneeded notset notasecret "
    "notreal nothing noop na n/a tmp temp blah asdf placeholder buildtime buildonly precompile precompiling assets "
    "ignore ignored ignoreme nosecret notsecret unknown anything whatever any irrelevant doesntmatter "
    "doesnotmatter skip nope"
)
_DUMMY_WORDS: Final = wordset("dummy fake mock bogus placeholder unused notasecret precompile nonsense")
_DUMMY_PHRASES: Final = (
    "notreal", "notarealsecret", "notarealkey", "notarealtoken", "forbuild", "buildonly", "buildtime", "notused",
    "notneeded", "doesnotmatter", "doesntmatter", "notasecret", "notinuse",
)  # fmt: skip
_DUMMY_COMPOUND: Final = Pattern(
    r"(?:dummy|fake|mock)(?:token|key|password|passwd|secret|pass|value|user|pwd|pw|apikey|credential|db|url)s?"
    r"|[a-z]{0,20}dummy"
)

_CHANGE: Final = (
    "changeme",
    "changethis",
    "changeit",
    "replaceme",
    "tobechanged",
    "pleasechange",
    "changepassword",
    "changedefault",
    "chooseyour",
    "choosea",
    "yourown",
    "randomstring",
    "randomalphanumeric",
    "longrandom",
    "longandrandom",
    "randomsecret",
    "randomlygenerated",
)
_EXAMPLES: Final = wordset("example sample default insecure unsafe unsecure examplepass examplepassword")
_WEAK: Final = wordset(
    "secret mysecret asecret supersecret secretkey mysecretkey topsecret verysecret supersecretkey mysupersecret token "
    "mytoken key mykey apikey myapikey default string test testing change changed changethis example sample"
)


def is_template(value: str) -> bool:
    """Tell whether a value is text to be filled in: `<token>`, `your-key-here`, `xxxx`, `****`."""
    if len(value) > MAX_SENTENCE:
        return False
    if _FORMS.fullmatch(value) is not None:
        return True
    lower = value.lower()
    words = _GAP.split(lower)
    if not all(word.isalnum() for word in words):
        return False
    return "".join(words) in _WHOLE or _POSSESSIVE.fullmatch(lower) is not None or _is_order(words)


def _is_order(words: list[str]) -> bool:
    """Tell whether words order the reader to write something else: `insert-token-here`, `to be set later`."""
    first = words[0]
    if first in _OPEN_ENDS or (first == "your" and len(words) > 1):
        return True
    if len(words) < 2:
        return False
    if words[-1] == "here" or first in _ORDERS:
        return True
    if first in _WEAK_ORDERS:
        return not _ORDER_OBJECTS.isdisjoint(words[1:])
    return first == "to" and words[1] == "be" and not _LATER.isdisjoint(words[2:])


def is_dummy(value: str) -> bool:
    """Tell whether a value says of itself that it is no credential: `dummy`, `fake-key`, `foo`."""
    lower = value.lower().strip(" .!")
    if len(lower) > MAX_SENTENCE:
        return False
    words = [word for word in _GAP.split(lower) if word]
    joined = "".join(words)
    if joined in _DUMMIES or _DUMMY_COMPOUND.fullmatch(joined) is not None:
        return True
    if not _DUMMY_WORDS.isdisjoint(word.strip("0123456789!?:/@") for word in words):
        return True
    return len(words) > 1 and any(phrase in joined for phrase in _DUMMY_PHRASES)


def is_stand_in(value: str) -> bool:
    """Tell whether a value works but waits to be changed: `changeme`, `default`, `my-secret`, `example`."""
    lower = value.lower().strip(" .!")
    if len(lower) > MAX_SENTENCE:
        return False
    words = [word.strip("0123456789!?") for word in _GAP.split(lower)]
    if "".join(words) in _WEAK or not _EXAMPLES.isdisjoint(words):
        return True
    letters = "".join(char for char in lower.replace("3", "e").replace("4", "a") if char.isalpha())
    if any(phrase in letters for phrase in _CHANGE):
        return True
    return "change" in letters and ("should" in letters or "must" in letters)


def is_repetitive(value: str) -> bool:
    """Tell whether a long value is made of hardly any characters: `0000000000`, `abababab`, `1x00000000000000AA`."""
    if len(value) < 8:
        return False
    lower = value.lower()
    return len(set(lower)) <= 2 or (len(value) >= 16 and max(map(lower.count, set(lower))) >= len(value) * 0.75)


def is_sequence(value: str) -> bool:
    """Tell whether a value walks along the alphabet or the digits: `abcdefghij`, `0123456789abcdef`."""
    lower = value.lower()
    if len(lower) < 10:
        return False
    steps = sum(1 for left, right in pairwise(lower) if ord(right) - ord(left) == 1)
    return steps >= (len(lower) - 1) * 0.8
