"""Discover the rules: every module of this package that defines `RULE` is one.

A rule takes what is known of a repository and yields findings. Its module docstring is its user page.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from inspect import cleandoc
from pkgutil import iter_modules

from rewriter.rules.rule import Rule


@cache
def rules() -> tuple[Rule, ...]:
    """Return every rule, sorted by name."""
    modules = [import_module(f"{__name__}.{info.name}") for info in iter_modules(__path__) if info.name != "rule"]
    found = [module.RULE for module in modules if isinstance(getattr(module, "RULE", None), Rule)]
    return tuple(sorted(found, key=lambda rule: rule.name))


@cache
def names() -> dict[str, str]:
    """Return the name of every rule under its name and under its code."""
    return {word: rule.name for rule in rules() for word in (rule.name, rule.code)}


def explanation(rule: Rule) -> str:
    """Return the user page of a rule: what is wanted, why it matters, what is refused."""
    return cleandoc(import_module(rule.check.__module__).__doc__ or rule.summary)
