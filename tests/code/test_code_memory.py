"""Read each source once, however many variables are asked for, one after the other."""

from __future__ import annotations

import pytest

from rewriter.code import Memory, rewrite
from rewriter.code.languages import survey
from rewriter.code.model import Survey

FILES = {
    "app/main.py": 'import os\n\nA = os.environ["A_TOKEN"]\nB = os.environ.get("B_TOKEN")\n',
    "app/other.py": 'import os\n\nB = os.getenv("B_TOKEN")\nC = os.environ[f"C_{A}"]\n',
    "run.sh": '#!/bin/sh\nexec app "$A_TOKEN"\n',
}
SECRETS = {"A_TOKEN": "a_token", "B_TOKEN": "b_token", "C_TOKEN": "c_token"}


def test_a_file_is_read_once_for_all_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(path: str, text: str, secrets: dict[str, str]) -> Survey | None:
        read.append(path)
        return survey(path, text, secrets)

    monkeypatch.setattr("rewriter.code.languages.survey", counted)
    memory = Memory()
    memory.expect(SECRETS)
    for name, identity in SECRETS.items():
        rewrite(FILES, {name: identity}, memory)
    rewrite({**FILES, "run.sh": "exec app\n"}, SECRETS, memory)
    assert sorted(read) == ["app/main.py", "app/other.py", "run.sh", "run.sh"]


@pytest.mark.parametrize("name", SECRETS)
def test_the_answer_is_the_one_of_a_reading_of_its_own(name: str) -> None:
    memory = Memory()
    memory.expect(SECRETS)
    rewrite(FILES, SECRETS, memory)
    assert rewrite(FILES, {name: SECRETS[name]}, memory) == rewrite(FILES, {name: SECRETS[name]})


def test_a_variable_that_was_not_announced_is_seen() -> None:
    memory = Memory()
    rewrite(FILES, {"A_TOKEN": "a_token"}, memory)
    assert rewrite(FILES, {"B_TOKEN": "b_token"}, memory).rewritten == {"B_TOKEN"}
