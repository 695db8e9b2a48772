"""Make every caller of a build pass a secret as a secret, in the same fix that takes the argument away."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain
from typing import Final

from rewriter.callers import Caller, CallerChange, CallerKind, CallerRefusal
from rewriter.flow.analysis import Analysis
from rewriter.model.masked import Masked
from rewriter.model.plan import BuildSecret, FileEdit, Ignore, LocalValue, Reason
from rewriter.model.secret import Place
from rewriter.project.build import Build
from rewriter.record import Record, replace
from rewriter.transforms.build_callers import add_secret, drop_argument, pass_as_secret
from rewriter.transforms.local_values import keep, value_path
from rewriter.transforms.run_change import CannotChange


class Passing(Record):
    """Hold what it takes to pass one secret to a build; `left` are arguments that a person has to change, and why."""

    edits: tuple[FileEdit, ...] = ()
    notes: tuple[str, ...] = ()
    values: tuple[LocalValue, ...] = ()
    secrets: tuple[BuildSecret, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    left: tuple[tuple[Place, str], ...] = ()

    @property
    def review(self) -> bool:
        """Tell whether a caller needs a person."""
        return bool(self.left)


def _join(parts: Iterable[Passing]) -> Passing:
    every = tuple(parts)
    return Passing(
        edits=tuple(chain.from_iterable(part.edits for part in every)),
        notes=tuple(chain.from_iterable(part.notes for part in every)),
        values=tuple(chain.from_iterable(part.values for part in every)),
        left=tuple(chain.from_iterable(part.left for part in every)),
    )


def pass_to_callers(
    analysis: Analysis,
    build: Build,
    *,
    names: Collection[str],
    secret: BuildSecret,
    value: Masked | None,
    needed: bool,
) -> Passing:
    """Change the callers of a build that pass one of `names`; one that passes nothing gets the secret added.

    `needed` is false when no RUN mounts the secret: then the argument only goes.
    """
    done = _join(_caller(analysis, caller, names=names, secret=secret, needed=needed) for caller in build.callers)
    literals = dict.fromkeys([*([value] if value else []), *(one.value for one in done.values)])
    if len(literals) > 1:
        raise CannotChange(
            f"different values of {secret.env} stand in the Dockerfile and its callers: give each a name of its own",
            Reason.UNSUPPORTED_FORM,
        )
    literal = next(iter(literals), None)
    values: tuple[LocalValue, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    if literal is not None and needed:
        kept, ignore = keep(build, secret.id, literal)
        values, ignores = (kept,), (ignore,)
        secret = replace(secret, source=f"src={value_path(secret.id)}")
    return replace(done, values=values, secrets=(secret,) if needed else (), ignores=ignores)


def _caller(
    analysis: Analysis, caller: Caller, *, names: Collection[str], secret: BuildSecret, needed: bool
) -> Passing:
    source = analysis.project.source(caller.path)
    passed = [argument for argument in caller.arguments if argument.name in names]
    if not passed:
        if not needed or secret.id in caller.secrets:
            return Passing()
        kind, _, place = _source_for(caller, secret).partition("=")
        change = add_secret(
            caller,
            secret_id=secret.id,
            source=source,
            env=place if kind == "env" else None,
            path=place if kind == "src" else None,
        )
        return _outcome(caller, caller.place, change, secret)
    parts: list[Passing] = []
    for number, argument in enumerate(passed):
        if needed and number == 0 and secret.id not in caller.secrets:
            change = pass_as_secret(caller, argument, secret_id=secret.id, source=source)
        else:
            change = drop_argument(caller, argument, source=source)
        parts.append(_outcome(caller, argument.place, change, secret))
    return _join(parts)


_ON_A_HOST: Final = frozenset(
    {
        CallerKind.GITHUB_ACTIONS,
        CallerKind.GITLAB_CI,
        CallerKind.CIRCLECI,
        CallerKind.AZURE_PIPELINES,
        CallerKind.JENKINS,
        CallerKind.BITBUCKET,
        CallerKind.CLOUD_BUILD,
        CallerKind.CODEBUILD,
        CallerKind.CI_OTHER,
    }
)


def _source_for(caller: Caller, secret: BuildSecret) -> str:
    """Return where a caller takes a secret from: a CI has no ignored file of this machine, but variables of its own."""
    moved = secret.env and secret.source == f"src={value_path(secret.id)}"
    return f"env={secret.env}" if moved and caller.kind in _ON_A_HOST else secret.source


def _outcome(caller: Caller, place: Place, change: CallerChange | CallerRefusal, secret: BuildSecret) -> Passing:
    where = f"{caller.path}:{caller.place.line}"
    if isinstance(change, CallerRefusal):
        detail = f"{change.detail}; pass {secret.flag} there yourself"
        return Passing(
            notes=(detail if detail.startswith(caller.path) else f"{where}: {detail}",), left=((place, detail),)
        )
    values = (LocalValue(value_path(secret.id), change.literal),) if change.literal is not None else ()
    return Passing(
        edits=tuple(FileEdit(caller.path, edit) for edit in change.edits),
        notes=(f"{where}: {change.note}",) if change.note else (),
        values=values,
    )
