"""Laws of callers: any text is read or refused, and a rewrite touches its own lines only and is done once."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewriter import callers
from rewriter.documents import compose, yaml
from rewriter.errors import ParseError
from rewriter.model.text import Source, apply
from rewriter.transforms.build_callers import Rewritten, pass_all, verify_gone

PATHS = (
    ".circleci/config.yml", ".devcontainer/devcontainer.json", ".github/workflows/ci.yml", ".gitlab-ci.yml",
    ".travis.yml", "Jenkinsfile", "Makefile", "README.md", "Rakefile", "Taskfile.yml", "Tiltfile", "action.yml",
    "azure-pipelines.yml", "bitbucket-pipelines.yml", "build.cmd", "build.ps1", "build.sh", "buildspec.yml",
    "cloudbuild.yaml", "compose.yaml", "docker-bake.hcl", "docker-bake.json", "fly.toml", "justfile",
    "package.json", "skaffold.yaml",
)  # fmt: skip

_WORDS = st.sampled_from(
    [
        "docker build",
        "docker run -e A=$A",
        "--build-arg",
        "--build-arg=A=$A",
        "A=$B",
        "A",
        '"A=$(cat f)"',
        "'",
        '"',
        "\\",
        "\n",
        "\r\n",
        "\t",
        " ",
        "  ",
        "$",
        "$$",
        "${",
        "}",
        "${{ secrets.A }}",
        "{{",
        "}}",
        "<<",
        ">>",
        "$(",
        ")",
        "(",
        "[",
        "]",
        "{",
        ",",
        ":",
        ": ",
        "- ",
        "#",
        "&a ",
        "*a",
        "!t ",
        "|",
        ">",
        "? ",
        "---",
        "\ufeff",
        "\udc80",
        "\U000f0000",
        "services:",
        "build:",
        "args:",
        "secrets:",
        "steps:",
        "run:",
        "script:",
        "with:",
        "uses:",
        "jobs:",
        "target",
        "sh '''",
        'sh "',
        "```",
        "cd app",
        "sudo ",
        "<<EOF",
        "EOF",
        "export A",
        "A=1",
        "=",
        "\x85",
        "\0",
        "é",
    ]
)
_TEXT = st.one_of(
    st.text(max_size=80), st.lists(_WORDS, max_size=40).map("".join), st.lists(_WORDS, max_size=40).map(" ".join)
)


def _no_file(path: str) -> bool:
    return False


@settings(deadline=None)
@given(text=_TEXT)
@pytest.mark.parametrize("path", PATHS)
def test_any_text_is_read_or_refused(path: str, text: str) -> None:
    assert callers.is_candidate(path)
    source = Source(path, text)
    try:
        reading = callers.read(path, source, files=_no_file)
    except ParseError:
        return
    names = {one.name: "secret-id" for caller in reading.callers for one in caller.arguments}
    for caller in reading.callers:
        assert caller.place.span.end <= len(text)
        for one in caller.arguments:
            assert one.name in one.place.span.of(text) or one.place.span.of(text).startswith("*")
    done = pass_all(path, source, secrets=names, files=_no_file)
    after = apply(text, done.edits)
    again = pass_all(path, Source(path, after), secrets=names, files=_no_file)
    assert again.edits == ()


@settings(deadline=None)
@given(text=_TEXT)
def test_any_text_is_yaml_or_refused(text: str) -> None:
    source = Source("a.yml", text)
    try:
        documents = yaml.parse(source)
        compose.parse(source)
    except ParseError:
        return
    for document in documents:
        for node in yaml.walk(document):
            assert 0 <= node.place.start <= node.place.end <= len(text)


_COMMENT = st.sampled_from(["", "  # why", ' # it\'s "so"', "   #"])
_NEWLINE = st.sampled_from(["\n", "\r\n"])
_VALUE = st.sampled_from(["$A", "${A}", '"$A"', '"$(cat f)"', "$1", "$B$C", "s3cr3t", "'s3cr3t'"])
_SCALAR = st.sampled_from(
    ["1", "'x: y'", '"q\\n"', "[a, 'b']", "{k: v}", "|\n{indent}  one\n\n{indent}  two", "&anchor x", "*anchor"]
)


@dataclass(frozen=True)
class Sample:
    """A file; `own` are words of the lines that may change."""

    path: str
    text: str
    own: tuple[str, ...]


@st.composite
def _script(draw: st.DrawFn) -> Sample:
    newline, comment, value = draw(_NEWLINE), draw(_COMMENT), draw(_VALUE)
    others = draw(st.lists(st.sampled_from(["--pull", "--build-arg V=1", "-t x:y"]), max_size=3))
    body = " \\\n  ".join(["docker build", *others, f"--build-arg SECRET_A={value}", "."])
    lines = ["#!/bin/sh", f"set -e{comment}", "", body + comment, "echo 'done'"]
    return Sample(
        "build.sh",
        "\n".join(lines).replace("\n", newline) + draw(st.sampled_from(["", newline])),
        ("SECRET_A", "docker build"),
    )


@st.composite
def _compose_file(draw: st.DrawFn) -> Sample:
    newline, comment = draw(_NEWLINE), draw(_COMMENT)
    as_list = draw(st.booleans())
    value = draw(st.sampled_from(["${A}", "$A", '"${A:-}"', "s3cr3t"]))
    before = draw(st.booleans())
    bare = value.strip('"')
    entry = f"- SECRET_A={bare}" if as_list else f"SECRET_A: {value}"
    other = "- V=1" if as_list else "V: 1"
    entries = [entry + comment, *([f"{other} # keep", "# and this"] if before else [])]
    scalar = draw(_SCALAR).replace("{indent}", "    ").replace("*anchor", "x")
    lines = [
        "# head",
        "services:",
        "  web:",
        f"    labels: {scalar}",
        "    build:",
        "      context: ." + comment,
        "      args:",
        *(f"        {line}" for line in entries),
        "    image: x" + comment,
        "",
        "  db:",
        "    image: y",
    ]
    text = "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\nvolumes:\n  v:\n"]))
    return Sample("compose.yaml", text.replace("\n", newline), ("SECRET_A", "args:"))


@st.composite
def _workflow(draw: st.DrawFn) -> Sample:
    newline, comment = draw(_NEWLINE), draw(_COMMENT)
    inner = draw(
        st.sampled_from([["SECRET_A=${{ secrets.A }}"], ["V=1", "SECRET_A=${{ secrets.A }}"], ["SECRET_A=lit", "V=1"]])
    )
    known = draw(
        st.sampled_from([[], ["          secrets: |", "            b=${{ secrets.B }}"], ["          secrets: b=1"]])
    )
    lines = [
        "on: push" + comment,
        "jobs:",
        "  b:",
        "    steps:",
        "      - name: x" + comment,
        "        uses: docker/build-push-action@v6" + comment,
        "        with:",
        "          push: true" + comment,
        "          build-args: |",
        *(f"            {line}" for line in inner),
        *known,
        "          tags: x" + comment,
        "",
        "      - run: echo done" + comment,
    ]
    return Sample(".github/workflows/a.yml", newline.join(lines) + newline, ("SECRET_A", "build-args:", "secrets: b=1"))


def _done(sample: Sample) -> tuple[str, Rewritten]:
    done = pass_all(sample.path, Source(sample.path, sample.text), secrets={"SECRET_A": "a"}, files=_no_file)
    return apply(sample.text, done.edits), done


@settings(deadline=None)
@given(sample=st.one_of(_script(), _compose_file(), _workflow()))
def test_a_rewrite_touches_its_own_lines_only(sample: Sample) -> None:
    text, done = _done(sample)
    assert done.refusals == ()
    kept = [line for line in sample.text.splitlines() if not any(word in line for word in sample.own)]
    lines = text.splitlines()
    position = 0
    for line in kept:
        position = lines.index(line, position) + 1
    assert text.count("\r\n") == (text.count("\n") if "\r\n" in sample.text else 0)
    assert text.endswith("\n") == sample.text.endswith("\n")


@settings(deadline=None)
@given(sample=st.one_of(_script(), _compose_file(), _workflow()))
def test_a_rewrite_is_whole_and_done_once(sample: Sample) -> None:
    text, done = _done(sample)
    assert verify_gone(sample.path, text, {"SECRET_A"}) == ()
    assert [
        secret
        for caller in callers.find(sample.path, Source(sample.path, text), files=_no_file)
        for secret in caller.secrets
    ][-1] == "a"
    assert _done(Sample(sample.path, text, ()))[1].edits == ()
    if "s3cr3t" in sample.text:
        assert [moved.value.reveal() for moved in done.literals] == ["s3cr3t"]
        assert "s3cr3t" not in text
        assert "s3cr3t" not in repr(done)


_HOSTILE = (
    "[",
    "{",
    "{a: ",
    "- ",
    "? ",
    "&a ",
    "*a ",
    "a: ",
    "'",
    '"',
    "\\",
    "$(",
    "${",
    "${A:-",
    "${{ ",
    "{{",
    "$[",
    "$[[",
    "<< ",
    "<<A\n",
    "/*",
    "//",
    "'''",
    '"""',
    "`",
    "```\n",
    "~~~\n",
    "--build-arg ",
    "--build-arg A=<",
    "--build-arg A=${",
    "docker build ",
    "(",
    "docker build --build-arg A=$A . &&\n",
    "sh '",
    ("- run: docker build --build-arg A=$A .\n"),
    'target "a" {',
    "a = <<A\n",
    "# ",
    "\t",
    "  ",
    "A=1 ",
    "cd a; ",
    ",",
    ": ",
    "--secret a,",
    "a$",
    "\n",
    "\r\n",
    "$$",
    "$(a ",
    "target a {\n",
)


@pytest.mark.parametrize("piece", _HOSTILE)
def test_reading_takes_linear_time(piece: str) -> None:
    text = piece * (12_000 // len(piece))
    start = time.process_time()
    for path in PATHS:
        try:
            callers.read(path, Source(path, text), files=_no_file)
        except ParseError:
            continue
    assert time.process_time() - start < 10
