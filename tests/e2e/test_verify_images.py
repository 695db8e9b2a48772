"""Make images that leak in a dozen ways on a real engine, and see each caught with its layer and instruction."""

from __future__ import annotations

import base64
import gzip
import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from rewriter.documents import dockerfile
from rewriter.inspect.engine import Engine as Client
from rewriter.inspect.image import Known
from rewriter.inspect.look import look
from rewriter.inspect.outside import judge_cache, judge_log
from rewriter.inspect.target import Named, Sort
from rewriter.model.inspection import Image, Inspection, Leak, Part
from rewriter.model.text import Source
from tests.e2e.engine import Engine
from tests.e2e.images import BaseImages

_LETTERS: Final = string.ascii_letters + string.digits


def token() -> str:
    """Return an inert token in the shape of a real provider's."""
    return "ghp_" + "".join(secrets.choice(_LETTERS) for _ in range(30)) + "a1B2c3"


@dataclass(frozen=True, slots=True)
class Case:
    """Hold one leaky image: what is built, where the secret is to be found, what brought it in, what hides it."""

    name: str
    dockerfile: str
    part: Part
    where: str
    by: str
    line: int
    hidden_by: str = ""
    form: str = ""
    arguments: tuple[str, ...] = ()
    files: Mapping[str, Callable[[str], bytes]] = field(default_factory=dict)


def plain(value: str) -> bytes:
    """Return the file of a registry's token."""
    return f"//registry.example.com/:_authToken={value}\n".encode()


CASES: Final = (
    Case(
        "deleted-file", "FROM {base}\nCOPY .npmrc /root/.npmrc\nRUN true\nRUN rm /root/.npmrc\n",
        Part.LAYER, "/root/.npmrc", "COPY .npmrc", 2, "RUN rm /root/.npmrc", files={".npmrc": plain},
    ),
    Case("label", "FROM {base}\nRUN true\nLABEL deploy.token={token}\n", Part.LABEL, "deploy.token", "LABEL deploy", 3),
    Case(
        "env-then-unset", "FROM {base}\nENV API_TOKEN={token}\nRUN true\nENV API_TOKEN=\n",
        Part.HISTORY, "API_TOKEN", "ENV API_TOKEN", 2, "ENV API_TOKEN=",
    ),
    Case(
        "argument-in-history", "FROM {base}\nARG API_TOKEN\nRUN true\n", Part.BUILD_ARG, "API_TOKEN",
        "ARG API_TOKEN", 2, arguments=("API_TOKEN",),
    ),
    Case(
        "base64", "FROM {base}\nCOPY settings /srv/settings\n", Part.LAYER, "/srv/settings", "COPY settings", 2,
        form="base64", files={"settings": lambda value: base64.b64encode(b"the token is " + value.encode())},
    ),
    Case(
        "gzip-inside-a-layer", "FROM {base}\nRUN true\nCOPY dump.gz /srv/dump.gz\n", Part.LAYER, "/srv/dump.gz",
        "COPY dump.gz", 3, form="gzip", files={"dump.gz": lambda value: gzip.compress(plain(value) * 50)},
    ),
    Case(
        "hard-link",
        "FROM {base}\nCOPY .npmrc /tmp/x\nRUN mkdir /srv && cat /tmp/x > /srv/one && ln /srv/one /srv/two\n"
        "RUN rm /srv/one\n",
        Part.LAYER, "/srv/two", "RUN mkdir /srv", 3, files={".npmrc": plain},
    ),
    Case(
        "whiteout-of-a-folder", "FROM {base}\nCOPY aws /root/.aws\nRUN rm -rf /root/.aws\n", Part.LAYER,
        "/root/.aws/credentials", "COPY aws /root/.aws", 2, "RUN rm -rf /root/.aws",
        files={"aws/credentials": lambda value: f"[default]\naws_secret_access_key = {value}\n".encode()},
    ),
    Case(
        "opaque-folder", "FROM {base}\nCOPY aws /root/.aws\nRUN rm -rf /root/.aws && mkdir /root/.aws\n", Part.LAYER,
        "/root/.aws/credentials", "COPY aws /root/.aws", 2, "RUN rm -rf /root/.aws",
        files={"aws/credentials": lambda value: f"[default]\naws_secret_access_key = {value}\n".encode()},
    ),
    Case(
        "provenance-only",
        "FROM {base} AS build\nARG API_TOKEN\nRUN echo made > /made\nFROM {base}\nCOPY --from=build /made /made\n",
        Part.PROVENANCE, "API_TOKEN", "ARG API_TOKEN", 2, arguments=("API_TOKEN",),
    ),
)  # fmt: skip


def looked(engine: Engine, image: str, text: str | None = None) -> Inspection:
    """Look into an image as `unbake verify` does."""
    known = Known(None if text is None else dockerfile.parse(Source("Dockerfile", text)))
    return look(Named(Sort.IMAGE, image), Client(environment=engine.environment), known)


def written(image: Image, step: int | None) -> str:
    """Return the instruction of a step."""
    return "" if step is None else f"{image.steps[step].keyword} {image.steps[step].text}"


def lay_out(case: Case, folder: Path, value: str, base: str) -> str:
    """Write the files of a case and return its Dockerfile."""
    for name, make in case.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(make(value))
    text = case.dockerfile.format(base=base, token=value)
    (folder / "Dockerfile").write_text(text, encoding="utf-8")
    return text


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_leak_is_named_with_its_layer_and_instruction(
    case: Case, engine: Engine, base_images: BaseImages, tmp_path: Path
) -> None:
    if case.part is Part.PROVENANCE and not engine.keeps_provenance:
        pytest.skip("this engine's image store keeps no provenance")
    value = token()
    text = lay_out(case, tmp_path, value, base_images.busybox)
    built = engine.build(
        tmp_path, build_args=dict.fromkeys(case.arguments, value), provenance=case.part is Part.PROVENANCE
    )
    assert built.ok, built.log

    found = looked(engine, built.image, text)
    (image,) = found.images
    leak = only(found, case)
    assert leak.form == case.form
    assert not leak.base
    assert leak.line == case.line
    if leak.step is None:
        assert case.by in leak.instruction
    else:
        assert case.by in written(image, leak.step)
    if leak.part is Part.LAYER:
        assert leak.layer is not None
        assert image.layers[leak.layer].step == leak.step
    assert case.hidden_by in written(image, leak.removed_step)
    assert leak.gone is bool(case.hidden_by)


def only(found: Inspection, case: Case) -> Leak:
    """Return the one finding in the part and at the place that a case is about."""
    leaks = [leak for leak in found.leaks if leak.part is case.part and leak.where == case.where]
    assert len(leaks) == 1, found.leaks
    return leaks[0]


def test_squashed_parent(engine: Engine, base_images: BaseImages, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"API_TOKEN={token()}\n", encoding="utf-8")
    (tmp_path / "Dockerfile").write_text(f"FROM {base_images.busybox}\nCOPY .env /srv/app/.env\n", encoding="utf-8")
    parent = engine.build(tmp_path)
    assert parent.ok, parent.log
    flat = f"{parent.image}-flat"
    with engine.container(parent.image, ["sleep", "60"]) as name:
        assert engine.client("export", f"--output={tmp_path / 'flat.tar'}", name).ok
    assert engine.client("import", str(tmp_path / "flat.tar"), flat).ok
    engine.adopt(flat)
    (tmp_path / ".dockerignore").write_text("*.tar\n", encoding="utf-8")
    (tmp_path / "Dockerfile").write_text(f"FROM {flat}\nRUN rm -rf /srv/app\n", encoding="utf-8")
    child = engine.build(tmp_path)
    assert child.ok, child.log

    (image,) = looked(engine, child.image).images
    (leak,) = image.leaks
    assert (leak.part, leak.where, leak.layer, leak.base) == (Part.LAYER, "/srv/app/.env", 0, True)
    assert "rm -rf /srv/app" in written(image, leak.removed_step)


def test_builder_stage_in_an_exported_cache(engine: Engine, base_images: BaseImages, tmp_path: Path) -> None:
    if not engine.keeps_provenance:
        pytest.skip("this engine's image store exports no cache")
    base = base_images.busybox
    text = (
        f"FROM {base} AS build\nCOPY .npmrc /root/.npmrc\nRUN echo made > /made\n"
        f"FROM {base}\nCOPY --from=build /made /made\n"
    )
    (tmp_path / "Dockerfile").write_text(text, encoding="utf-8")
    (tmp_path / ".npmrc").write_bytes(plain(token()))
    built = engine.build(tmp_path, export_cache=True)
    assert built.ok, built.log
    assert built.cache is not None
    assert looked(engine, built.image).leaks == ()
    (leak,) = judge_cache(built.cache, dockerfile.parse(Source("Dockerfile", text)))
    assert (leak.part, leak.where, leak.line) == (Part.CACHE, "/root/.npmrc", 2)
    assert leak.instruction.startswith("COPY .npmrc /root/.npmrc (layer ")


def test_log_only(engine: Engine, base_images: BaseImages, tmp_path: Path) -> None:
    text = f"FROM {base_images.busybox}\nRUN --mount=type=secret,id=token cat /run/secrets/token\n"
    (tmp_path / "Dockerfile").write_text(text, encoding="utf-8")
    built = engine.build(tmp_path, secrets={"token": token().encode()})
    assert built.ok, built.log
    assert looked(engine, built.image).leaks == ()
    (leak,) = judge_log(built.log.splitlines())
    assert leak.part is Part.LOG
    assert leak.instruction.startswith("RUN --mount=type=secret,id=token cat")


def test_clean_images_give_no_finding(engine: Engine, base_images: BaseImages, tmp_path: Path) -> None:
    text = (
        f"FROM {base_images.node}\nARG VERSION=1.2.3\nENV NODE_ENV=production GPG_KEY="
        "A035C8C19219BA821ECEA86B64E628F8D684696D\n"
        "LABEL org.opencontainers.image.version=1.2.3\n"
        'RUN --mount=type=secret,id=token,env=TOKEN,required=true test -n "$TOKEN"\nCMD ["node"]\n'
    )
    (tmp_path / "Dockerfile").write_text(text, encoding="utf-8")
    built = engine.build(tmp_path, secrets={"token": token()})
    assert built.ok, built.log
    found = looked(engine, built.image, text)
    assert found.leaks == ()
    assert found.notes == ()
    assert [step.line for step in found.images[0].steps if not step.base] == [2, 3, 4, 5, 6]
