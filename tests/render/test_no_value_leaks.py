"""The law: no secret value in any output, of any format, whatever field it got into and however it is written there."""

from __future__ import annotations

import base64
import json
import shlex
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from rewriter.model.masked import Masked
from rewriter.model.patch import Change, FileChange, Ignored, Patch, Patched, Problem, Report, Silence, Unchanged
from rewriter.model.plan import BuildSecret, FileEdit, Fix, LocalValue, Reason, Refusal
from rewriter.model.secret import Finding, Safety
from rewriter.model.text import Edit, Span
from rewriter.record import replace
from rewriter.render import github, junit, sarif, text
from rewriter.render import json as as_json
from rewriter.render.next_steps import Run
from rewriter.render.paint import Paint
from rewriter.rotation import exposure
from tests.render.sample import finding

canaries = st.builds(
    "{}{}{}".format,
    st.text(st.sampled_from("ghjkqvwxz"), min_size=3, max_size=8),
    st.sampled_from("0123456789"),
    st.text(st.sampled_from("GHJKQVWXZ0123456789-_.!@%&+=/:"), min_size=4, max_size=30),
)
FORMS = ("raw", "json", "url", "shell", "base64", "continued")
sources = st.sampled_from(["src=", "env="])
around = st.text(st.sampled_from("ab /:=\"'$\\\n\t\x1b{}"), max_size=6)


def written(value: str, form: str) -> str:
    match form:
        case "json":
            return json.dumps(value)[1:-1]
        case "url":
            return quote(value, safe="")
        case "shell":
            return shlex.quote(value)
        case "base64":
            return base64.b64encode(f"user:{value}".encode()).decode()
        case "continued":
            return f"{value[:4]}\\\n   {value[4:]}"
        case _:
            return value


@st.composite
def stained(draw: st.DrawFn, value: str) -> str:
    return draw(around) + written(value, draw(st.sampled_from(FORMS))) + draw(around)


@st.composite
def findings(draw: st.DrawFn, value: str, line: int) -> Finding:
    dirty = stained(value)
    base = finding(
        draw(dirty), line, text="FROM x\nARG Y\nENV Z\n", values=[value], fixable=draw(st.sampled_from(Safety))
    )
    place = replace(base.place, path=draw(dirty))
    return replace(
        base, place=place, message=draw(dirty), secret=draw(dirty), scope=draw(dirty), fingerprint=f"{line:020}"
    )


@st.composite
def outcomes(draw: st.DrawFn) -> tuple[str, Report, Patch]:
    value = draw(canaries)
    dirty = stained(value)
    first, second = draw(findings(value, 2)), draw(findings(value, 3))
    build = BuildSecret(
        id=draw(dirty),
        env=draw(dirty),
        target=draw(dirty),
        source=f"{draw(sources)}{draw(dirty)}",
        dockerfile=draw(dirty),
        context=draw(dirty),
    )
    local = LocalValue(draw(dirty), Masked(value))
    fix = Fix((first,), Safety.REVIEW, (), values=(local,), secrets=(build,), notes=(draw(dirty),))
    before = draw(dirty) + "\n" + draw(dirty)
    change = FileChange(first.place.path, draw(st.sampled_from(Change)), before, before + draw(dirty))
    refusal = Refusal(second, Reason.DYNAMIC_VALUE, draw(dirty))
    problem = Problem(draw(dirty), 1, draw(dirty))
    exposures = tuple(map(exposure, (first, second)))
    ignored = (Ignored(second, Silence.PRAGMA, draw(dirty)),)
    notices = (Problem(draw(dirty), 2, draw(dirty)),)
    report = Report((first, second), (first,), (refusal,), (problem,), exposures, 2, ignored, notices)
    return value, report, Patch((change,), (local,), (build,), (fix,), ("lossless",))


@given(outcomes(), st.booleans(), st.booleans())
def test_no_value_in_any_output(made: tuple[str, Report, Patch], on: bool, quiet: bool) -> None:  # noqa: FBT001
    value, report, patch = made
    texts = {entry.place.path: change.before for entry in report.findings for change in patch.files}
    put_in = {"FROM y\n", *(change.after for change in patch.files), value}
    paths = [change.path for change in patch.files]
    proposed = {
        entry.fingerprint: Fix((entry,), Safety.SAFE, tuple(FileEdit(path, Edit(Span(0, 1), one)) for path in paths))
        for entry, one in zip(report.findings, sorted(put_in, key=len), strict=False)
    }
    run = Run(root=value, argument=value, written=on, quiet=quiet)
    shown = [
        text.scan(report, Paint(on=on), texts=texts, quiet=quiet),
        text.outcome(Patched(report, patch), Paint(on=on), run),
        text.outcome(Unchanged(report), Paint(on=on), run),
        as_json.scan(report),
        sarif.scan(report, texts, proposed),
        github.scan(report, texts),
        junit.scan(report),
        as_json.outcome(Patched(report, patch)),
        as_json.outcome(Unchanged(report)),
    ]
    encoded = base64.b64encode(f"user:{value}".encode()).decode()[7:-4]
    for output in shown:
        for form in (value, quote(value, safe=""), json.dumps(value)[1:-1], encoded):
            assert form not in output
            assert form not in output.replace("\\\\", "\\")
