"""Compose files: services, builds, environments, what they share, and interpolation."""

from __future__ import annotations

import pytest

from rewriter.documents.compose import (
    Compose,
    EntryForm,
    EnvEntry,
    Operator,
    Service,
    Text,
    Variable,
    assume_defaults,
    interpolate,
    is_compose_path,
    parse,
    single_variable,
)
from rewriter.errors import ParseError
from rewriter.model.masked import Masked
from rewriter.model.text import Source


def _compose(text: str, path: str = "compose.yaml") -> Compose:
    return parse(Source(path, text))


def _service(text: str, name: str) -> Service:
    return next(service for service in _compose(text).services if service.name == name)


def _environment(text: str, name: str = "a") -> dict[str, EnvEntry]:
    return {entry.name: entry for entry in _service(text, name).environment}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("docker-compose.yml", True), ("a/compose.yaml", True), ("docker-compose.prod.yml", True),
        ("compose-dev.yml", True), ("prod.docker-compose.yml", True), ("docker-stack.yml", True),
        ("composer.yml", False), ("docker-compose.json", False), ("compose/app.yml", False),
    ],
)  # fmt: skip
def test_paths(path: str, expected: bool) -> None:  # noqa: FBT001
    assert is_compose_path(path) is expected


def test_environment_as_a_mapping() -> None:
    text = (
        "services:\n  a:\n    environment:\n      P: hunter2 # c\n      V: ${V}\n      N:\n      E: ''\n      D: a$$b\n"
    )
    found = _environment(text)
    assert found["P"].literal == Masked("hunter2")
    assert found["P"].span.of(text) == "P: hunter2"
    assert found["P"].form is EntryForm.MAP
    assert found["P"].place.line == 4
    assert (found["V"].value, found["V"].literal) == ("${V}", None)
    assert (found["N"].value, found["E"].value) == (None, "")
    assert (found["D"].value, found["D"].literal) == ("a$$b", Masked("a$b"))
    assert "hunter2" not in repr(found)


def test_environment_as_a_list() -> None:
    text = "services:\n  a:\n    environment:\n      - P=hunter2\n      - 'V=${V:-x}'\n      - N\n"
    found = _environment(text)
    assert (found["P"].literal, found["P"].form, found["P"].index) == (Masked("hunter2"), EntryForm.LIST, 0)
    assert (found["V"].value, found["V"].literal) == ("${V:-x}", None)
    assert found["N"].value is None


def test_what_is_shared() -> None:
    text = (
        "x-env: &env\n  A: 1\n  B: 2\n"
        "services:\n"
        "  a:\n    environment:\n      <<: *env\n      B: 3\n"
        "  b:\n    environment: *env\n"
        "  c:\n    extends: a\n    environment: [C=4]\n"
    )
    assert {name: (one.value, one.shared) for name, one in _environment(text).items()} == {
        "A": ("1", True),
        "B": ("3", False),
    }
    assert all(one.shared for one in _environment(text, "b").values())
    assert {name: (one.value, one.shared) for name, one in _environment(text, "c").items()} == {
        "A": ("1", True),
        "B": ("3", True),
        "C": ("4", False),
    }


@pytest.mark.parametrize(
    ("build", "context", "dockerfile"),
    [
        (".", "app", "app/Dockerfile"),
        ("..", "", "Dockerfile"),
        ("{context: ../web, dockerfile: docker/Dockerfile.prod}", "web", "web/docker/Dockerfile.prod"),
        ("{dockerfile: ../Dockerfile}", "app", "Dockerfile"),
        ("'${DIR:-.}'", "app", "app/Dockerfile"),
        ("$DIR", None, None),
        ("../..", None, None),
        ("/srv", None, None),
        ("https://example.com/x.git", None, None),
        ("{context: ., dockerfile_inline: FROM x}", "app", None),
        ("{context: ., dockerfile: $FILE}", "app", None),
    ],
)
def test_what_is_built(build: str, context: str | None, dockerfile: str | None) -> None:
    (service,) = _compose(f"services:\n  a:\n    build: {build}\n", "app/compose.yaml").services
    assert service.build is not None
    assert (service.build.context, service.build.dockerfile) == (context, dockerfile)


def test_a_build() -> None:
    text = (
        "services:\n  a:\n    image: x\n    command: [run]\n    env_file: [a.env, {path: b.env}]\n    secrets: [s]\n"
        "    build:\n      context: .\n      target: prod\n      args:\n        T: ${TOKEN}\n"
        "        L: hunter2\n        N:\n"
        "      secrets:\n        - q\n        - {source: r, target: t}\n"
        "secrets:\n  s: {file: ./s}\n  e: {environment: E}\n  x: {external: true}\n"
    )
    compose = _compose(text)
    (service,) = compose.services
    build = service.build
    assert build is not None
    assert [(one.name, one.value, one.variable, one.literal) for one in build.args] == [
        ("T", "${TOKEN}", "TOKEN", None),
        ("L", "hunter2", None, Masked("hunter2")),
        ("N", None, None, None),
    ]
    assert (build.target, build.secrets) == ("prod", ("q", "t"))
    assert (service.image, service.env_file, service.secrets) == ("x", ("a.env", "b.env"), ("s",))
    assert service.command is not None
    assert service.place.line == 2
    assert [(one.name, one.file, one.environment, one.external) for one in compose.secrets] == [
        ("s", "./s", None, False),
        ("e", None, "E", False),
        ("x", None, None, True),
    ]


def test_version_1() -> None:
    compose = _compose("web:\n  build: .\n  environment: [A=1]\ndb:\n  image: x\n")
    assert compose.version_1
    assert [service.name for service in compose.services] == ["web", "db"]


def test_extends_in_a_circle() -> None:
    text = "services:\n  a:\n    extends: b\n  b:\n    extends: a\n    environment: [X=1]\n"
    assert [service.name for service in _compose(text).services] == ["a", "b"]


def test_nothing_and_no_compose() -> None:
    assert _compose("# nothing\n").services == ()
    assert _compose("services:\n").services == ()
    with pytest.raises(ParseError, match="no mapping"):
        _compose("- a\n")


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("a", (Text("a"),)),
        ("$A", (Variable("A", Operator.NONE, ""),)),
        ("x${A}y", (Text("x"), Variable("A", Operator.NONE, ""), Text("y"))),
        ("${A:-b c}", (Variable("A", Operator.DEFAULT_IF_EMPTY, "b c"),)),
        ("${A-}", (Variable("A", Operator.DEFAULT, ""),)),
        ("${A:?no}", (Variable("A", Operator.REQUIRED_IF_EMPTY, "no"),)),
        ("${A?}", (Variable("A", Operator.REQUIRED, ""),)),
        ("${A:+x}", (Variable("A", Operator.ALTERNATIVE_IF_SET, "x"),)),
        ("${A:-${B:-c}}", (Variable("A", Operator.DEFAULT_IF_EMPTY, "${B:-c}"),)),
        ("a$$A", (Text("a$A"),)),
        ("$", (Text("$"),)),
        ("5$ ${", (Text("5$ ${"),)),
        ("${A!x}", (Text("${A!x}"),)),
        ("", ()),
    ],
)
def test_interpolation(value: str, parts: tuple[Text | Variable, ...]) -> None:
    assert interpolate(value) == parts


def test_defaults_and_single_variables() -> None:
    assert assume_defaults("${A:-x}/${B-${C:-y}}/$$") == "x/y/$"
    assert assume_defaults("$A") is None
    assert single_variable("${A:?no}") == Variable("A", Operator.REQUIRED_IF_EMPTY, "no")
    assert single_variable("x$A") is None
