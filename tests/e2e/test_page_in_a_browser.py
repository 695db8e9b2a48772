"""Have a real browser draw the page of an image: in light and dark, on a wide and on a narrow window."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path
from typing import Final

import pytest

from rewriter.model.inspection import Image, Inspection, Layer, Leak, Part, Step
from rewriter.render.page import page
from tests.e2e.launch import in_ci

pytestmark = pytest.mark.e2e

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
OPTIONS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
EVIL: Final = "<script>document.title = 'evil'</script><img src=x onerror=alert(1)>"
WORD: Final = "a-name-without-any-place-to-break-it" * 20
STEPS: Final = (
    Step("IMPORT", "rootfs", layer=0, base=True),
    Step("COPY", f"{WORD} /root/{EVIL}", layer=1, line=2),
    Step("RUN", "rm /root/.npmrc", layer=2, line=3),
)
LEAK: Final = Leak(Part.LAYER, f"/root/{EVIL}{WORD}", "npmrc", layer=1, step=1, removed_layer=2, removed_step=2, line=2)
LAYERS: Final = tuple(Layer(f"sha256:{number}", 1_000, 1, number) for number in range(3))
FOUND: Final = Inspection(EVIL, (Image(EVIL, "linux/amd64", "sha256:0", STEPS, LAYERS, (LEAK,)),))


@pytest.fixture(scope="module")
def browser() -> str:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        if in_ci():
            pytest.fail("no Chromium; scripts/docker-engine tools installs it", pytrace=False)
        pytest.skip("no Chromium on the PATH")
    return found


def browse(browser: str, folder: Path, *words: str) -> str:
    """Open the page with an empty profile, and return what the browser prints."""
    place = folder / "page.html"
    place.write_text(page(FOUND), encoding="utf-8")
    command = [browser, *OPTIONS, f"--user-data-dir={folder / 'profile'}", *words, place.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=True).stdout


def test_browser_reads_the_page_and_runs_nothing(browser: str, tmp_path: Path) -> None:
    document = browse(browser, tmp_path, "--dump-dom")
    assert "enters here" in document
    assert "<title>Secrets in &lt;script&gt;" in document
    assert "<script" not in document
    assert "<img" not in document


def test_browser_draws_light_and_dark(browser: str, tmp_path: Path) -> None:
    drawn: dict[str, bytes] = {}
    for scheme, number in (("dark", 0), ("light", 1)):
        picture = tmp_path / f"{scheme}.png"
        words = (f"--blink-settings=preferredColorScheme={number}", "--window-size=500,900", f"--screenshot={picture}")
        browse(browser, tmp_path, *words)
        drawn[scheme] = picture.read_bytes()
    assert drawn["light"] != drawn["dark"]
    assert {struct.unpack(">II", data[16:24]) for data in drawn.values()} == {(500, 900)}
