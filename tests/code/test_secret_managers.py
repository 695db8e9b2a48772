"""Render what secret managers need, and hold the page of documentation to it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from rewriter.errors import UsageError
from rewriter.secret_managers import Manager, page, snippets

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "secret-managers.md"
IDS = ("db_password", "api_token")


def test_page_is_what_the_templates_give(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update"):
        DOCUMENT.write_text(page(IDS), encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == page(IDS)


def test_every_manager_writes_every_secret_to_its_file() -> None:
    found = snippets(IDS)
    assert {one.manager for one in found} == set(Manager)
    for one in found:
        for secret in IDS:
            assert secret in one.text
            assert f"/run/secrets/{secret}" in one.text or one.path.endswith(".yaml")


def test_scripts_are_shell_and_manifests_are_yaml() -> None:
    for one in snippets(IDS):
        if one.path.endswith(".sh"):
            subprocess.run([shutil.which("sh") or "sh", "-n"], input=one.text, text=True, check=True, timeout=30)
        if one.path.endswith(".yaml"):
            parameters = yaml.safe_load(one.text)["spec"]["parameters"]
            listed = yaml.safe_load(parameters.get("objects") or parameters["secrets"])
            assert len(listed["array"] if isinstance(listed, dict) else listed) == len(IDS)
    for block in page(IDS).split("```yaml\n")[1:]:
        assert yaml.safe_load(block.split("```", 1)[0])


def test_order_and_repetition_make_no_difference() -> None:
    assert snippets(("b", "a", "b")) == snippets(("a", "b"))


@pytest.mark.parametrize("name", ["", "A", "a b", "a;b", "$(id)", "../x", 'a"', "a\n", "-x", "x" * 200])
def test_an_id_that_could_be_code_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        snippets((name,))
