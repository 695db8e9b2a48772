"""Decide which variables of a Dockerfile carry secrets, and which belong together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from rewriter.callers import from_secret_store, from_variables
from rewriter.documents.dockerfile import Binding, Kind, references
from rewriter.flow.model import Origin
from rewriter.judgement import (
    Assignment,
    PairVerdict,
    ValueKind,
    judge_name,
    judge_pair,
    judge_value,
    may_hold_credential,
    spells_name,
    url_credentials,
)
from rewriter.model.secret import Confidence
from rewriter.project.build import Build

_NONE_GIVEN: Final = frozenset(
    {"none", "null", "nil", "undefined", "unset", "unknown", "empty", "no", "false", "n/a", "-", "not-set", "notset"}
)
"""Defaults that stand for no value at all."""


def bindings_of(build: Build) -> Iterable[Binding]:
    """Yield every assignment of ARG and ENV in a Dockerfile, in order."""
    file = build.dockerfile
    for outer in file.instructions:
        entry = outer.trigger or outer
        for assignment in entry.assignments if entry.keyword in ("ARG", "ENV") else ():
            kind = Kind.ARG if entry.keyword == "ARG" else Kind.ENV
            yield Binding(
                name=assignment.name,
                kind=kind,
                instruction=entry,
                assignment=assignment,
                stage=entry.stage,
                inherited_from_global=False,
                default=assignment.value,
                value=None,
            )


def suspect(binding: Binding) -> bool:
    """Tell cheaply whether an assignment may be a secret's: by its name, or by what its value holds."""
    named = judge_name(binding.name)
    value = binding.assignment.value
    return named.secret or named.carries_url or (value is not None and may_hold_credential(value.value))


class Tracer:
    """Decide which names of a Dockerfile carry secrets, and which belong together."""

    def __init__(self, build: Build, bindings: tuple[Binding, ...]) -> None:
        self.build = build
        self.escape = build.dockerfile.escape
        self.by_name: dict[str, list[Binding]] = {}
        for binding in bindings:
            self.by_name.setdefault(binding.name, []).append(binding)
        self.sources = {id(binding): self._read_sources(binding) for binding in bindings}
        self.bindings = bindings
        self.passed = frozenset(
            argument.name for caller in build.callers for argument in caller.arguments if not argument.is_empty
        )

    def _read_sources(self, binding: Binding) -> tuple[str, ...]:
        value = binding.assignment.value
        if value is None:
            return ()
        used = [entry.name for entry in references(value, self.escape) if entry.operator not in ("+", ":+")]
        return tuple(dict.fromkeys(used))

    def secret_names(self) -> frozenset[str]:
        """Return every name that carries a secret: by name, by value, by use, or from one that does."""
        secret = {binding.name for binding in self.bindings if suspect(binding) and self._named(binding)}
        secret |= self._by_use()
        secret |= self._by_callers()
        changed = True
        while changed:
            before = len(secret)
            for binding in self.bindings:
                self._spread(binding, secret)
            changed = len(secret) != before
        return frozenset(secret & self.by_name.keys())

    def _spread(self, binding: Binding, secret: set[str]) -> None:
        sources = self.sources[id(binding)]
        value = binding.assignment.value
        if value is None or not sources:
            return
        if any(name in secret for name in sources):
            secret.add(binding.name)
        for credential in url_credentials(value.value):
            for name in credential.variables:
                part = credential.secret.of(value.value)
                known = name in self.by_name and not judge_name(name).ruled_out
                if known and (f"${name}" in part or f"${{{name}" in part):
                    secret |= {name, binding.name}
        if self.origin(binding) is Origin.ALIAS and judge_name(binding.name).secret:
            secret |= {name for name in sources if name in self.by_name and not judge_name(name).ruled_out}
            if any(name in secret for name in sources):
                secret.add(binding.name)

    def _named(self, binding: Binding) -> bool:
        """Tell whether name and value speak of a secret; a weak name does not where callers give a plain variable."""
        verdict = self.verdict(binding)
        if not verdict.secret or verdict.literal or verdict.confidence is not Confidence.LOW:
            return verdict.secret
        given = [one for caller in self.build.callers for one in caller.arguments if one.name == binding.name]
        return not given or not all(map(from_variables, given))

    def _by_use(self) -> set[str]:
        """Return neutral names that a RUN uses where a credential stands."""
        found: set[str] = set()
        for use in self.build.secrets:
            found |= {
                name
                for name in use.variables
                if name in self.by_name and not judge_name(name).ruled_out and not judge_name(name).companion
                if not any(_is_plain_url(binding) for binding in self.by_name[name])
            }
        return found

    def _by_callers(self) -> set[str]:
        """Return neutral names of build arguments that a pipeline fills with one of its secrets."""
        arguments = [argument for caller in self.build.callers for argument in caller.arguments]
        return {
            argument.name for argument in arguments if argument.name in self.by_name and from_secret_store(argument)
        }

    def verdict(self, binding: Binding) -> PairVerdict:
        """Judge one assignment."""
        value = binding.assignment.value
        how = Assignment.DEFAULT if binding.kind is Kind.ARG else Assignment.FIXED
        return judge_pair(binding.name, None if value is None else value.value, assignment=how)

    def origin(self, binding: Binding) -> Origin:
        """Say what one assignment gives."""
        value = binding.assignment.value
        if value is None:
            return Origin.OUTSIDE
        used = references(value, self.escape)
        declared = any(entry.name in self.by_name and entry.name != binding.name for entry in used)
        if used and binding.kind is Kind.ARG and not declared:
            return Origin.OUTSIDE  # `ARG TOKEN=$TOKEN`: the default is empty
        if used:
            whole = value.value in (f"${used[0].name}", f"${{{used[0].name}}}")
            return Origin.ALIAS if len(used) == 1 and whole else Origin.DERIVED
        if binding.kind is Kind.ARG and (value.value.lower() in _NONE_GIVEN or self._stands_for_none(binding)):
            return Origin.EMPTY
        if self._is_dummy_default(binding):
            return Origin.EMPTY
        verdict = self.verdict(binding)
        return Origin.LITERAL if value.value and (verdict.secret or verdict.literal) else Origin.EMPTY

    def _is_dummy_default(self, binding: Binding) -> bool:
        """Tell whether a default says of itself that it is no credential: `ARG TOKEN=fake`, `ARG TOKEN=<token>`."""
        value = binding.assignment.value
        if binding.kind is not Kind.ARG or value is None or self.verdict(binding).literal:
            return False
        kind = judge_value(value.value, name=binding.name).kind
        return kind in (ValueKind.PLACEHOLDER, ValueKind.DUMMY) or spells_name(binding.name, value.value)

    def _stands_for_none(self, binding: Binding) -> bool:
        """Tell whether a command compares the argument with its own default: `[ "$TOKEN" = "test" ]`."""
        default = binding.assignment.value
        if default is None or not re.fullmatch(r"[A-Za-z][\w.-]{0,40}", default.value, re.ASCII):
            return False
        name, value = re.escape(binding.name), re.escape(default.value)
        compared = re.compile(rf"\[ +\"?\$\{{?{name}\}}?\"? +!?==? +[\"']?{value}[\"']? +\]")
        return any(compared.search(body.text) for body in self.build.runs if binding.name in body.text)

    def groups(self, secret: frozenset[str]) -> tuple[tuple[str, ...], ...]:
        """Return the secret names that belong together, in the order of the file."""
        parent = {name: name for name in secret}

        def find(name: str) -> str:
            while parent[name] != name:
                parent[name] = parent[parent[name]]
                name = parent[name]
            return name

        for binding in self.bindings:
            for source in self.sources[id(binding)]:
                if binding.name in parent and source in parent:
                    parent[find(source)] = find(binding.name)
        ordered: dict[str, list[str]] = {}
        for binding in self.bindings:
            if binding.name in parent:
                names = ordered.setdefault(find(binding.name), [])
                if binding.name not in names:
                    names.append(binding.name)
        return tuple(tuple(names) for names in ordered.values() if self._leaks(names))

    def _leaks(self, names: Iterable[str]) -> bool:
        """Tell whether a group holds a value at all: not only empty or undeclared ones."""
        for name in names:
            for binding in self.by_name[name]:
                origin = self.origin(binding)
                if origin in (Origin.OUTSIDE, Origin.LITERAL):
                    return True
                if binding.kind is Kind.ARG and origin is Origin.EMPTY and not self._stays_dummy(binding):
                    return True
        return False

    def _stays_dummy(self, binding: Binding) -> bool:
        """Tell whether nothing is known to replace a default that is no credential."""
        return self._is_dummy_default(binding) and binding.name not in self.passed


def _is_plain_url(binding: Binding) -> bool:
    """Tell whether an assignment gives a URL without a credential: `ARG INDEX=https://pypi.example.com/simple`."""
    value = binding.assignment.value
    return value is not None and judge_value(value.value).kind is ValueKind.PUBLIC and "://" in value.value
