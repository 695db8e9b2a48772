"""Build reports and patches by hand, for tests of what is shown."""

from __future__ import annotations

from collections.abc import Sequence

from rewriter.model.masked import Masked
from rewriter.model.patch import Change, FileChange, Patch, Patched, Problem, Report
from rewriter.model.plan import BuildSecret, Fix, LocalValue, Reason, Refusal
from rewriter.model.secret import Channel, Confidence, Finding, Phase, Place, Safety, Severity
from rewriter.model.text import Source
from rewriter.rotation import exposure

BEFORE = """\
FROM python:3.12-slim
ARG NPM_TOKEN
ENV API_KEY=abcSecret9 PIN=ab
RUN npm ci
RUN make
CMD ["python"]
"""
AFTER = """\
FROM python:3.12-slim
ENV PIN=ab
RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true npm ci
RUN --mount=type=secret,id=api_key,env=API_KEY,required=true make
CMD ["python"]
"""


def finding(
    name: str,
    line: int,
    *,
    path: str = "app/Dockerfile",
    text: str = BEFORE,
    rule: str = "no-secret-in-arg",
    values: Sequence[str] = (),
    severity: Severity = Severity.HIGH,
    message: str | None = None,
    fixable: Safety = Safety.REVIEW,
    phase: Phase = Phase.BUILD,
    channel: Channel = Channel.BUILD_ARG,
    secret: str | None = None,
) -> Finding:
    source = Source(path, text)
    return Finding(
        rule=rule,
        place=Place(path, source.line_span(line), line, 5, line),
        name=name,
        secret=name.lower() if secret is None else secret,
        scope=path,
        channel=channel,
        phase=phase,
        severity=severity,
        confidence=Confidence.HIGH,
        message=f"{name} carries a secret" if message is None else message,
        fixable=fixable,
        fingerprint=f"{rule}:{line}:{name.lower()}",
        values=tuple(map(Masked, values)),
    )


NPM = finding("NPM_TOKEN", 2)
API = finding("API_KEY", 3, rule="no-secret-in-env", values=["abcSecret9"], severity=Severity.CRITICAL)
PIN = finding(
    "PIN", 3, rule="no-secret-in-env", values=["ab"], severity=Severity.LOW, fixable=Safety.MANUAL, phase=Phase.RUNTIME
)


def report(
    findings: Sequence[Finding] = (NPM, API, PIN),
    *,
    fixed: Sequence[Finding] = (),
    refusals: Sequence[Refusal] = (),
    problems: Sequence[Problem] = (),
    documents: int = 4,
) -> Report:
    exposures = tuple(map(exposure, findings))
    return Report(tuple(findings), tuple(fixed), tuple(refusals), tuple(problems), exposures, documents)


CLEAN = report((), documents=7)


def change(before: str = BEFORE, after: str = AFTER, path: str = "app/Dockerfile") -> FileChange:
    return FileChange(path, Change.MODIFIED, before, after)


def created(text: str, path: str = ".gitignore") -> FileChange:
    return FileChange(path, Change.CREATED, "", text)


def secret(
    name: str = "NPM_TOKEN", *, source: str = "", dockerfile: str = "app/Dockerfile", context: str = "app"
) -> BuildSecret:
    return BuildSecret(name.lower(), name, "", source or f"env={name}", dockerfile, context)


MOVED = LocalValue("secrets/api_key.txt", Masked("abcSecret9"))
NPM_FIX = Fix((NPM,), Safety.SAFE, (), secrets=(secret(),), notes=("npm reads the variable by itself",))
API_FIX = Fix(
    (API,), Safety.REVIEW, (), values=(MOVED,), secrets=(secret("API_KEY", source="src=secrets/api_key.txt"),)
)
REFUSAL = Refusal(PIN, Reason.RUNTIME_SECRET, "the application reads it when it runs")
PATCH = Patch(
    files=(change(), created("secrets/\n")),
    values=(MOVED,),
    secrets=(*NPM_FIX.secrets, *API_FIX.secrets),
    fixes=(NPM_FIX, API_FIX),
    checks=("lossless", "findings-gone"),
)
PATCHED = Patched(report(fixed=(NPM, API), refusals=(REFUSAL,)), PATCH)
