from __future__ import annotations

import pytest

from rewriter.documents.dockerfile import Mount, mount
from tests.documents.dockerfile.reading import only


def options(text: str) -> Mount | None:
    (flag,) = only(f"RUN --mount={text} x").flags
    return mount(flag)


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        pytest.param("type=cache,target=/x", "cache", (("type", "cache"), ("target", "/x")), id="plain"),
        pytest.param("target=/x", "bind", (("target", "/x"),), id="bind-by-default"),
        pytest.param("TYPE=Secret,ID=A", "secret", (("type", "Secret"), ("id", "A")), id="upper-case"),
        pytest.param("type=secret,required", "secret", (("type", "secret"), ("required", None)), id="no-value"),
        pytest.param("'type=cache,id=a b'", "cache", (("type", "cache"), ("id", "a b")), id="shell-quotes"),
        pytest.param("'type=cache,\"id=a,b\"'", "cache", (("type", "cache"), ("id", "a,b")), id="csv-quotes"),
        pytest.param('\'"id=a""b",type=cache\'', "cache", (("id", 'a"b'), ("type", "cache")), id="doubled-quote"),
        pytest.param("'\"\",type=cache'", "cache", (("", None), ("type", "cache")), id="empty-field-in-quotes"),
        pytest.param("type=cache,id=a=b", "cache", (("type", "cache"), ("id", "a=b")), id="equals"),
        pytest.param("type=cache,", "cache", (("type", "cache"), ("", None)), id="comma-last"),
    ],
)
def test_options(text: str, kind: str, expected: tuple[tuple[str, str | None], ...]) -> None:
    assert options(text) == Mount(kind, expected)


def test_names_that_mean_the_same() -> None:
    secret = options("type=secret,src=a,dst=/x,required")
    assert secret is not None
    assert [secret.get(name) for name in ("id", "source", "src")] == ["a"] * 3
    assert [secret.get(name) for name in ("target", "dst", "destination")] == ["/x"] * 3
    assert (secret.has("required"), secret.get("required"), secret.has("env")) == (True, None, False)


def test_a_cache_has_an_id_and_a_source() -> None:
    cache = options("type=cache,id=a,source=b")
    assert cache is not None
    assert (cache.get("id"), cache.get("src")) == ("a", "b")


def test_the_last_of_two_options_counts() -> None:
    secret = options("type=secret,id=a,id=b")
    assert secret is not None
    assert secret.get("id") == "b"


def test_another_flag_is_no_mount() -> None:
    (flag,) = only("RUN --network=none x").flags
    assert mount(flag) is None
