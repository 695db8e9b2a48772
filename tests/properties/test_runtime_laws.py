"""State the law of run-time secrets over whole repositories: each value ends in exactly one ignored file."""

from __future__ import annotations

import string
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from rewriter import writer
from rewriter.judgement import judge_pair
from rewriter.model.patch import Patched
from rewriter.pipeline import fix
from rewriter.settings import Settings
from rewriter.tree.gitignore import GitIgnore
from rewriter.tree.repository import DirectoryRepository

_VALUES = st.text(string.ascii_letters + string.digits + "-_.+", min_size=14, max_size=30).filter(
    lambda text: text[0].isalnum() and text[-1].isalnum() and len(set(text)) > 8 and _is_real(text)
)
_NAMES = ("DB_PASSWORD", "MAIL_PASSWORD", "ADMIN_PASSWORD")


def _is_real(text: str) -> bool:
    """Tell whether a text is taken for a password, not for the name of one or for a stand-in."""
    verdict = judge_pair("DB_PASSWORD", text)
    return verdict.secret and verdict.literal and not verdict.placeholder


@st.composite
def _repositories(draw: st.DrawFn) -> tuple[dict[str, str], set[str]]:
    """Draw a service that gets each variable from one or two of: compose, a file, its image."""
    pool = draw(st.lists(_VALUES, min_size=1, max_size=4, unique=True))
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    listed = draw(st.booleans())
    environment, lines, image, used = [], [], [], set[str]()
    for name in _NAMES:
        for kind in draw(st.sets(st.sampled_from(("compose", "file", "image")), min_size=1, max_size=2)):
            value = draw(st.sampled_from(pool))
            used.add(value)
            match kind:
                case "compose":
                    environment.append(f'- "{name}={value}"' if listed else f'{name}: "{value}"')
                case "file":
                    lines.append(f"{name}='{value}'")
                case _:
                    image.append(f"ENV {name}={value}")
    compose = ["services:", "  app:", "    build: ."]
    compose += ["    environment:", *(f"      {entry}" for entry in environment)] if environment else []
    compose += ["    env_file: app.env"] if lines else []
    files = {
        "app.py": "import os\n" + "".join(f'print(os.environ["{name}"])\n' for name in _NAMES),
        "Dockerfile": newline.join(["FROM python:3.12-slim", "COPY . .", *image, 'CMD ["python", "app.py"]', ""]),
        "compose.yaml": newline.join(compose) + draw(st.sampled_from(["", newline])),
    }
    return files | ({"app.env": newline.join(["A=1", *lines])} if lines else {}), used


@given(_repositories())
@settings(max_examples=25, deadline=None)
def test_nothing_is_lost(drawn: tuple[dict[str, str], set[str]]) -> None:
    files, used = drawn
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for path, text in files.items():
            (root / path).write_bytes(text.encode())
        outcome = fix(DirectoryRepository(root), Settings())
        assert isinstance(outcome, Patched)
        assert not outcome.report.refusals, [one.detail for one in outcome.report.refusals]
        writer.write(root, outcome.patch.files, outcome.patch.values)
        ignored = GitIgnore({"": (root / ".gitignore").read_text("utf-8")})
        found = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for value in used:
            holding = [path for path, data in found.items() if value.encode() in data]
            exact = [path for path in holding if found[path] == value.encode()]
            assert len(exact) == 1
            assert all(ignored.ignored(path) for path in holding)
            assert not any(ignored.ignored(f"{path}.example") for path in exact)
