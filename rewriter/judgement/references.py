"""Find what a text takes from elsewhere: variables, command substitutions, template expressions."""

from __future__ import annotations

import re
from typing import Final

from rewriter.judgement.pattern import Pattern

MAX_DEPTH: Final = 20

_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
VARIABLE: Final = Pattern(
    rf"""
    \$\{{\{{[^{{}}\n]{{0,200}}\}}\}}               # ${{{{ secrets.NAME }}}}
    | \$\{{env[.:](?P<env>{_NAME})\}}              # Maven, PowerShell
    | \$env:(?P<power>{_NAME})
    | \$\$?\{{!?(?P<brace>{_NAME})(?:[:]?[-=?+][^{{}}\n]{{0,500}}|[%#/^,@:][^{{}}\n]{{0,200}})?\}}
    | \$\$?(?P<plain>{_NAME})
    | \$[0-9@*\#]
    | %(?![0-9A-Fa-f]{{2}}%)(?P<percent>{_NAME})%
    | %[a-z_]{{1,40}}\.[a-z_.]{{1,60}}%                # Symfony
    | \{{\{{-?[^{{}}\n]{{0,200}}\}}\}}             # {{{{ template }}}}
    | <%=?[^%\n]{{0,200}}%>
    | \#\{{[^{{}}\n]{{0,200}}\}}                   # Ruby
    """,
    re.VERBOSE,
)
_MARK: Final = Pattern(r"[$`%{#<]")
_SECRETS_CONTEXT: Final = Pattern(rf"(?:secrets|env|vars|inputs|var)\.({_NAME})")
DEFAULT: Final = Pattern(rf"\$\$?\{{({_NAME}):?[-=]([^{{}}$`\n]{{1,500}})\}}")


def match_reference(text: str, at: int) -> int:
    """Return where the variable, substitution or template that starts at `at` ends, or `at` if none does."""
    if text.startswith("$(", at) or text.startswith("$$(", at):
        return _closing(text, text.index("(", at))
    if text[at : at + 1] == "`":
        end = text.find("`", at + 1, at + 500)
        return end + 1 if end > 0 else at
    found = VARIABLE.match(text, at)
    return found.end() if found else at


def _closing(text: str, opening: int) -> int:
    """Return the offset behind the bracket that closes the one at `opening`, or behind the opening's text."""
    depth = 0
    limit = min(len(text), opening + 1000)
    for at in range(opening, limit):
        if text[at] == "(":
            depth += 1
            if depth > MAX_DEPTH:
                break
        elif text[at] == ")":
            depth -= 1
            if depth == 0:
                return at + 1
    return opening + 1


def variables(text: str) -> tuple[str, ...]:
    """Return the names of the variables that stand in a text, each once, in order."""
    if "$" not in text and "%" not in text and "{" not in text:
        return ()
    names: dict[str, None] = {}
    for found in VARIABLE.finditer(text):
        name = found["env"] or found["power"] or found["brace"] or found["plain"] or found["percent"]
        if name is None:
            inner = _SECRETS_CONTEXT.search(found[0])
            name = inner[1] if inner else None
        if name is not None:
            names.setdefault(name)
    return tuple(names)


def blank_references(text: str) -> str:
    """Return the text with each reference replaced by as many blanks, so that offsets stay."""
    if not any(mark in text for mark in ("$", "`", "%", "{{", "#{", "<%")):
        return text
    pieces: list[str] = []
    at = 0
    while mark := _MARK.search(text, at):
        end = match_reference(text, mark.start())
        pieces.append(text[at : mark.start()])
        pieces.append(" " * (end - mark.start()) if end > mark.start() else mark[0])
        at = max(end, mark.end())
    pieces.append(text[at:])
    return "".join(pieces)


def has_reference(text: str) -> bool:
    """Tell whether any variable, substitution or template stands in the text."""
    return blank_references(text) != text
