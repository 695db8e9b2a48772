"""Move a credential out of a command line into a mounted environment variable.

`curl -u ci:s3cret ...` becomes `curl -u ci:"${CURL_PASSWORD}" ...`; the value goes to an ignored file. What the
command would leave behind of it is contained as for a variable.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rewriter.commands.credentials import CommandSecret, literal_ids
from rewriter.documents.run import RunBody
from rewriter.documents.shell import DoubleQuoted, Literal, SingleQuoted
from rewriter.flow.analysis import Analysis
from rewriter.flow.residue import Kept, literal_residues
from rewriter.model.masked import Masked
from rewriter.model.plan import BuildSecret, FileEdit, Fix, Reason, Refusal
from rewriter.model.secret import Finding, Safety
from rewriter.model.text import Edit, Span
from rewriter.project.build import Build
from rewriter.settings import Settings
from rewriter.transforms.callers import pass_to_callers
from rewriter.transforms.contain import Workshop, contain
from rewriter.transforms.local_values import value_path
from rewriter.transforms.outcome import Proposal, Transform, by_secret
from rewriter.transforms.run_change import CannotChange, RunChange
from rewriter.transforms.syntax import choose_frontend
from rewriter.transforms.variable_mount import variable_mount


def plan(analysis: Analysis, findings: tuple[Finding, ...], settings: Settings) -> Iterable[Proposal]:
    """Propose a fix or a refusal for each literal that the findings speak of."""
    found = by_secret(findings)
    for build in analysis.project.builds:
        groups: dict[str, list[CommandSecret]] = {}
        for secret, identity in literal_ids(build.secrets):
            groups.setdefault(identity, []).append(secret)
        for identity, secrets in groups.items():
            mine = found.get((build.path, identity), ())
            if not mine:
                continue
            try:
                yield _fix(analysis, build, identity, secrets, findings=mine, settings=settings)
            except CannotChange as error:
                yield from (Refusal(finding, error.reason, str(error)) for finding in mine)


def _fix(
    analysis: Analysis,
    build: Build,
    identity: str,
    secrets: list[CommandSecret],
    *,
    findings: tuple[Finding, ...],
    settings: Settings,
) -> Fix:
    name = identity.upper()
    given = settings.secret_id(name, identity)
    changes: dict[int, RunChange] = {}
    chosen = choose_frontend(build.dockerfile, settings)

    def change(body: RunBody) -> RunChange:
        return changes.setdefault(body.instruction.index, RunChange(build.dockerfile, body))

    def mount(body: RunBody) -> None:
        wanted = variable_mount(build, body.instruction, name, identity=given, required=True, style=chosen.style)
        change(body).mount(wanted)

    pairs = tuple((secret.value.reveal(), f"${{{name}}}") for secret in secrets if secret.value is not None)
    left = {id(secret): literal_residues(build, secret) for secret in secrets}
    whole = tuple(residue for found in left.values() for residue in found)
    files = frozenset(analysis.project.context_files(build))
    workshop = Workshop(build, change, mount, whole, files, pairs[:1])
    for secret in secrets:
        _refuse(build, secret)
        mount(secret.body)
        kept = [residue for residue in left[id(secret)] if not residue.contained]
        if not any(residue.kind is Kept.GIT_URL for residue in kept):
            change(secret.body).edits.append(_expand(secret, name))
        for residue in kept:
            contain(workshop, residue)
    edits = [*chosen.edits, *(edit for one in changes.values() for edit in one.finish())]
    built = BuildSecret(
        id=given,
        env=name,
        target="",
        source=f"src={value_path(given)}",
        dockerfile=build.path,
        context=build.context,
    )
    passing = pass_to_callers(analysis, build, names=(), secret=built, value=_value(secrets[0]), needed=True)
    return Fix(
        findings=findings,
        safety=Safety.REVIEW,
        edits=(*(FileEdit(build.path, edit) for edit in edits), *passing.edits),
        values=passing.values,
        secrets=passing.secrets,
        ignores=passing.ignores,
        notes=passing.notes,
    )


_STAYS: Final = frozenset(
    {
        "chpasswd", "htpasswd", "net", "new-localuser", "passwd", "pdbedit", "smbpasswd", "useradd", "usermod",
        "vncpasswd", "x11vnc",
    }
)  # fmt: skip
"""Commands that give the image a password to keep."""


def _refuse(build: Build, secret: CommandSecret) -> None:
    line = secret.body.instruction.line
    if secret.tool in _STAYS:
        raise CannotChange(
            f"line {line}: the image is given this password to keep: a mount would still leave it (or its hash) in the "
            "layer; set it when the container starts, or use keys instead",
            Reason.ONLY_ROTATION_HELPS,
        )
    if secret.span is None or secret.fragment is None or secret.word is None or secret.value is None:
        raise CannotChange(f"line {line}: no shell expands a variable there", Reason.UNSUPPORTED_FORM)
    if not build.posix_shell(secret.body.instruction):
        raise CannotChange(f"line {line}: the shell is not a POSIX one", Reason.UNSUPPORTED_SHELL)
    if secret.body.problem is not None:
        raise CannotChange(f"line {line}: {secret.body.problem}", Reason.UNREADABLE_SHELL)
    if not secret.body.command_lines:
        raise CannotChange(f"line {line}: the command cannot be read", Reason.UNREADABLE_SHELL)
    if secret.value.reveal().startswith("-----BEGIN") and "-----END" not in secret.value.reveal():
        raise CannotChange(f"line {line}: the key is written line by line", Reason.UNSUPPORTED_FORM)
    if any(char in secret.value.reveal() for char in "\\\"'$`\n"):
        raise CannotChange(f"line {line}: the value is quoted in a way that cannot be moved", Reason.UNSUPPORTED_FORM)


def _value(secret: CommandSecret) -> Masked:
    if secret.value is None:
        raise CannotChange("the value is not literal", Reason.DYNAMIC_VALUE)
    return secret.value


def _expand(secret: CommandSecret, name: str) -> Edit:
    """Return the edit that puts `${NAME}` in the place of the value, quoted as its surroundings ask."""
    if secret.span is None or secret.word is None:
        raise CannotChange("the value cannot be located", Reason.UNSUPPORTED_FORM)
    for part in secret.word.parts:
        if part.span.covers(secret.inside):
            match part:
                case SingleQuoted():
                    first, last = (
                        secret.inside.start == part.span.start + 1,
                        secret.inside.end == part.span.end - 1,
                    )
                    span = Span(secret.span.start - first, secret.span.end + last)
                    return _edit(span, f'{"" if first else QUOTE}"${{{name}}}"{"" if last else QUOTE}', secret)
                case DoubleQuoted():
                    return _edit(secret.span, f"${{{name}}}", secret)
                case Literal():
                    return _edit(secret.span, f'"${{{name}}}"', secret)
                case _:
                    break
    raise CannotChange("the value is quoted in a way that cannot be moved", Reason.UNSUPPORTED_FORM)


QUOTE: Final = "'"


def _edit(span: Span, text: str, secret: CommandSecret) -> Edit:
    if secret.fragment is not None and secret.fragment.nested and '"' in text:
        raise CannotChange(
            "the command stands in a quoted script, where the value cannot be replaced",
            Reason.UNSUPPORTED_FORM,
        )
    return Edit(span, text)


TRANSFORM: Final = Transform(name="extract-literal", order=30, rules=frozenset({"no-literal-in-command"}), plan=plan)
