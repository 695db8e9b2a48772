"""State the laws of the fix of compose files: nothing is lost, nothing is shown, nothing else changes."""

from __future__ import annotations

import string

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rewriter.model.patch import Patched
from rewriter.model.text import encode
from rewriter.pipeline import fix
from rewriter.settings import Settings
from rewriter.tree.repository import MemoryRepository

_ALPHABET = string.ascii_letters + string.digits + " _-+/=.,:;!?@#%^&*(){}[]<>|~'\"\\äß€"
_VALUES = st.text(st.sampled_from(_ALPHABET), min_size=10, max_size=40).filter(
    lambda text: text.strip() == text and sum(char.isalnum() for char in text) > 8
)
_NAMES = ("POSTGRES_PASSWORD", "MYSQL_ROOT_PASSWORD", "MYSQL_PASSWORD")
_IMAGES = {"POSTGRES_PASSWORD": "postgres:16"}


def _quoted(value: str, style: str) -> str:
    if style == "'":
        return "'" + value.replace("'", "''") + "'"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def _composes(draw: st.DrawFn) -> tuple[str, list[str]]:
    lines, values = ["# kept", "services:"], []
    pool = draw(st.lists(_VALUES, min_size=1, max_size=3))
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    for number in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(_NAMES))
        value = draw(st.sampled_from(pool))
        style = draw(st.sampled_from("'\""))
        lines += [f"  s{number}:", f"    image: {_IMAGES.get(name, 'mysql:8')}", "    environment:"]
        if draw(st.booleans()):
            lines.append(f"      {name}: {_quoted(value, style)}")
        else:
            lines.append(f"      - {_quoted(f'{name}={value}', style)}")
        values.append(value)
    return newline.join(lines) + draw(st.sampled_from(["", newline])), values


@given(_composes())
@settings(max_examples=60, deadline=None)
def test_each_value_is_in_exactly_one_ignored_file(drawn: tuple[str, list[str]]) -> None:
    text, values = drawn
    outcome = fix(MemoryRepository({"compose.yaml": encode(text)}), Settings())
    if not isinstance(outcome, Patched):
        return
    fixed = {value.reveal() for finding in outcome.report.fixed for value in finding.values}
    written = [value.value.reveal() for value in outcome.patch.values]
    assert sorted(written) == sorted(fixed)
    assert fixed <= set(values)
    paths = [value.path for value in outcome.patch.values]
    assert len(set(paths)) == len(paths)
    after = {file.path: file.after for file in outcome.patch.files}
    assert "/secrets/*" in after[".gitignore"].split("\n")
    left = {value.reveal() for one in outcome.report.refusals for value in one.finding.values}
    for value in fixed - left:
        assert not any(_quoted(value, style) in file for file in after.values() for style in "'\"")
    _same_but_for_secrets(text, after["compose.yaml"])


def _same_but_for_secrets(before: str, after: str) -> None:
    old, new = yaml.safe_load(before), yaml.safe_load(after)
    assert old["services"].keys() == new["services"].keys()
    for name, service in new["services"].items():
        granted = service.pop("secrets", [])
        assert set(granted) <= set(new.get("secrets", {}))
        kept = old["services"][name]
        assert service.keys() == kept.keys()
        assert service["image"] == kept["image"]
        assert len(service["environment"]) == len(kept["environment"])
        if granted:
            assert str(service["environment"]).count(f"/run/secrets/{granted[0]}") == 1
    lines = before.splitlines()
    assert [line for line in after.splitlines() if line in lines][:2] == lines[:2]


def test_the_law_is_not_empty() -> None:
    text = b"services:\n  a:\n    image: postgres\n    environment:\n      POSTGRES_PASSWORD: 'ab cd-12345'\n"
    outcome = fix(MemoryRepository({"compose.yaml": text}), Settings())
    assert isinstance(outcome, Patched)
    assert [value.value.reveal() for value in outcome.patch.values] == ["ab cd-12345"]
