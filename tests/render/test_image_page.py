"""Draw an image: nothing on the page or in the tree is a value, a script, markup or a control character of an image."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from importlib.resources import files

import jsonschema
import pytest

from rewriter.model.inspection import Answer, Check, Image, Inspection, Layer, Leak, Part, Step
from rewriter.model.masked import Masked
from rewriter.record import replace
from rewriter.render import inspected, tree
from rewriter.render.page import page
from rewriter.render.paint import Paint
from rewriter.render.pen import Pen
from rewriter.render.redact import Redactor

VALUE = "Vk3x9QpLw7Zt5mRb"
EVIL = "<script>alert(1)</script>\"'&\x1b[31m\u202e"

STEPS = (
    Step("IMPORT", "base", layer=0, base=True),
    Step("RUN", f"echo {EVIL} {VALUE}", (("TOKEN", Masked(VALUE)),), layer=1, line=3),
    Step("RUN", "rm /root/.npmrc", layer=2, line=4),
)
LEAKS = (
    Leak(
        Part.LAYER, f"/root/{EVIL}.npmrc", "npmrc", layer=1, step=1, removed_layer=2, removed_step=2,
        links=(f"/srv/{VALUE}",), values=(Masked(VALUE),),
    ),
    Leak(Part.BUILD_ARG, "TOKEN", "token", step=1, line=3, values=(Masked(VALUE),)),
    Leak(Part.PROVENANCE, EVIL, "token", instruction=f"ARG {VALUE}", line=9),
)  # fmt: skip
IMAGE = Image(
    name=EVIL,
    platform="linux/amd64",
    digest="sha256:" + "0" * 64,
    steps=STEPS,
    layers=tuple(Layer(f"sha256:{number}", 2_000_000, 5, number) for number in range(3)),
    leaks=LEAKS,
    attestations=("https://slsa.dev/provenance/v1",),
)
FOUND = Inspection(
    EVIL, (IMAGE,), (f"note {EVIL} {VALUE}",), (Leak(Part.LOG, "line 7", "token", values=(Masked(VALUE),)),)
)


class Reader(HTMLParser):
    """Gather the tags, the attributes that could load or run something, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [name for name, _ in attrs if name in ("src", "href", "style", "action") or name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_page_loads_and_runs_nothing() -> None:
    reader = Reader()
    reader.feed(page(FOUND))
    assert not reader.tags & {"script", "link", "img", "iframe", "object", "a", "form"}
    assert reader.links == []
    text = " ".join("".join(reader.text).split())
    assert "<script>alert(1)</script>" in text
    assert "enters here" in text
    assert "is hidden here; layer 2 keeps it" in text


@pytest.mark.parametrize("quiet", [False, True])
def test_no_value_and_no_control_character(*, quiet: bool) -> None:
    for text in (page(FOUND), inspected.inspection(FOUND), tree.inspection(FOUND, Paint(), quiet=quiet)):
        assert VALUE not in text
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_tree_reads_from_base_to_top() -> None:
    lines = tree.inspection(FOUND, Paint()).splitlines()
    wanted = ("base image", "RUN echo", "+ ", "RUN rm", "- ")
    places = [next(index for index, line in enumerate(lines) if word in line) for word in wanted]
    assert places == sorted(places)
    assert "4 findings (1 hidden by a later instruction)" in lines[-2]


def test_json_says_what_brought_it_in_and_what_hid_it() -> None:
    document = json.loads(inspected.inspection(FOUND))
    (image,) = document["images"]
    first = image["findings"][0]
    assert first["instruction"].startswith("RUN echo")
    assert first["removed_by"] == "RUN rm /root/.npmrc"
    assert (first["layer"], first["removed_layer"], first["layer_digest"]) == (1, 2, "sha256:1")
    assert document["findings"][0]["part"] == "log"
    assert document["summary"] == {"images": 1, "findings": 4, "hidden": 1, "base": 0}


def test_json_follows_its_schema() -> None:
    schema = json.loads(files("rewriter").joinpath("data/verify.schema.json").read_text("utf-8"))
    checks = (Check("one", Answer.UNKNOWN, "not seen", ("look",)),)
    for text in (inspected.inspection(FOUND, checks), inspected.answers("app", checks, Redactor([]))):
        jsonschema.validate(json.loads(text), schema)


def test_clean_image() -> None:
    clean = Inspection("app", (replace(IMAGE, leaks=()),))
    assert "Nothing found." in tree.inspection(clean, Paint())
    assert 'class="sum"' in page(clean)


def test_no_image_is_not_a_clean_one() -> None:
    nothing = Inspection("app", (), ("no image: neither a manifest.json nor an index.json names one",))
    assert "Nothing found" not in tree.inspection(nothing, Paint())
    assert "No image was found" in page(nothing)


def test_lanes_tell_where_a_secret_is_in_sight() -> None:
    lanes = re.findall(r'<div class="lanes" aria-hidden="true">(.*?)</div>', page(FOUND))
    classes = [re.findall(r"<i(?: class=\"([^\"]*)\")?></i>", lane) for lane in lanes]
    assert classes == [["", ""], ["enters", "enters hidden"], ["hides", "kept"]]


def test_more_secrets_than_lanes() -> None:
    many = tuple(Leak(Part.ENV, f"TOKEN_{number}", "token", step=1) for number in range(40))
    text = page(Inspection("app", (replace(IMAGE, leaks=many),)))
    assert text.count('<i class="enters"></i>') == 16 + 1  # one is the legend's
    assert text.count("enters here") == 40
    assert ">TOKEN_39<" in text


def test_base_without_a_finding_is_folded_up() -> None:
    steps = (Step("IMPORT", "rootfs", layer=0, base=True), Step("ENV", "A=b", base=True), *STEPS[1:])
    leak = replace(LEAKS[0], step=2, removed_step=3)
    text = page(Inspection("app", (replace(IMAGE, steps=steps, leaks=(leak,)),)))
    assert "base image: 2 entries without a finding" in text
    assert text.count("<details>") == text.count("</details>") == 1


def test_answers() -> None:
    checks = (Check("one", Answer.GOOD, "yes"), Check("two", Answer.BAD, f"no {VALUE}", (f"at {EVIL}",)))
    pen = Pen(Redactor([Masked(VALUE)]))
    assert tree.answers(checks, pen).splitlines()[:2] == ["  ok  one: yes", "FAIL  two: no ****"]
    assert tree.answers(checks, pen, quiet=True).startswith("FAIL")
    document = json.loads(inspected.answers("app", checks, Redactor([Masked(VALUE)])))
    assert [check["answer"] for check in document["checks"]] == ["good", "bad"]
