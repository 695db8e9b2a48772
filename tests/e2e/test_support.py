"""Show that the supports of the end-to-end tests see what they should, on a real engine."""

from pathlib import Path

import pytest

from tests.e2e.engine import Engine
from tests.e2e.images import BaseImages
from tests.e2e.search import Channel, Leak, channels
from tests.e2e.servers import (
    Basic,
    Bearer,
    FileServer,
    GitServer,
    NpmRegistry,
    PackageIndex,
    Server,
    with_credential,
)

LEAKY = """\
# syntax=docker/dockerfile:1
FROM {busybox}
ARG BUILD_TOKEN
RUN test -n "$BUILD_TOKEN"
ARG ENV_TOKEN
ENV KEPT=$ENV_TOKEN
COPY credentials /credentials
RUN rm /credentials
"""

BUILDER_ONLY = """\
FROM {busybox} AS builder
ARG BUILD_TOKEN
RUN printf '%s' "$BUILD_TOKEN" > /token && echo made > /artefact
FROM {busybox}
COPY --from=builder /artefact /artefact
"""

CLEAN = """\
# syntax=docker/dockerfile:1
FROM {busybox}
RUN --mount=type=secret,id=token,env=TOKEN,required=true test "${{#TOKEN}}" = 28 && echo made > /artefact
RUN --mount=type=secret,id=file test "$(wc -c < /run/secrets/file)" = 28
"""


def write(folder: Path, dockerfile: str, **files: str) -> Path:
    (folder / "Dockerfile").write_text(dockerfile, encoding="utf-8")
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def test_each_channel_of_a_leaky_build_is_named(
    engine: Engine, base_images: BaseImages, canary: str, tmp_path: Path
) -> None:
    context = write(tmp_path, LEAKY.format(busybox=base_images.busybox), credentials=f"password={canary}-file\n")
    arguments = {"BUILD_TOKEN": f"{canary}-arg", "ENV_TOKEN": f"{canary}-env"}
    built = engine.build(context, build_args=arguments)
    assert built.ok, built.log

    by_argument = engine.leaks(f"{canary}-arg".encode(), built)
    assert channels(by_argument) == {Channel.HISTORY, Channel.LOG, Channel.PROVENANCE}
    by_variable = engine.leaks(f"{canary}-env".encode(), built)
    assert channels(by_variable) >= {Channel.ENV, Channel.HISTORY, Channel.PROVENANCE}
    assert Leak(Channel.ENV, "KEPT") in by_variable
    by_file = engine.leaks(f"{canary}-file".encode(), built)
    assert channels(by_file) == {Channel.LAYER}
    assert by_file[0].where.endswith(":/credentials")


def test_a_builder_stage_leaks_by_log_provenance_and_cache(
    engine: Engine, base_images: BaseImages, canary: str, tmp_path: Path
) -> None:
    context = write(tmp_path, BUILDER_ONLY.format(busybox=base_images.busybox))
    built = engine.build(context, build_args={"BUILD_TOKEN": canary}, export_cache=engine.keeps_provenance)
    assert built.ok, built.log
    found = engine.leaks(canary.encode(), built)
    assert channels(found) >= {Channel.LOG, Channel.PROVENANCE}
    if engine.keeps_provenance:
        assert channels(found) == {Channel.LOG, Channel.PROVENANCE, Channel.CACHE}
        assert any(leak.where.startswith("attestation ") for leak in found)
        assert any(leak.where.endswith(":/token") for leak in found)


def test_a_build_with_secret_mounts_leaks_nothing(
    engine: Engine, base_images: BaseImages, canary: str, tmp_path: Path
) -> None:
    context = write(tmp_path, CLEAN.format(busybox=base_images.busybox))
    secrets: dict[str, bytes | str] = {"token": canary, "file": canary.encode()}
    built = engine.build(context, secrets=secrets, export_cache=engine.keeps_provenance)
    assert built.ok, built.log
    assert engine.leaks(canary.encode(), built) == ()
    assert engine.run(built.image, ["cat", "/artefact"]).output == "made\n"
    assert not engine.build(context).ok


def test_a_comment_leaks_by_the_source_in_the_provenance(
    engine: Engine, base_images: BaseImages, canary: str, tmp_path: Path
) -> None:
    built = engine.build(write(tmp_path, f"FROM {base_images.busybox}\n# was {canary}\nRUN true\n"))
    assert built.ok, built.log
    found = engine.leaks(canary.encode(), built)
    assert channels(found) == {Channel.PROVENANCE}
    assert all(leak.form.startswith("base64") for leak in found)


def test_what_was_made_is_removed(engine: Engine, base_images: BaseImages, tmp_path: Path) -> None:
    own = Engine(tmp_path / "scratch", engine.environment)
    built = own.build(write(tmp_path, f"FROM {base_images.busybox}\nRUN true\n"))
    own.tag(built.image, f"{built.image}-again")
    with own.container(built.image, ["sleep", "60"]) as name:
        assert own.client("inspect", name).ok
    own.close()
    for left in (built.image, f"{built.image}-again", name):
        assert not engine.client("inspect", left).ok
    assert engine.client("inspect", base_images.busybox).ok


@pytest.mark.parametrize(
    "text",
    [
        "# syntax=docker/dockerfile:1\nFROM {busybox}\n",
        "\ufeff#Syntax = example.com/none:1\r\nFROM {busybox}\r\n",
        "# escape=`\n# syntax=example.com/none:1\nFROM `\n{busybox}\n",
    ],
    ids=["first", "bom-and-crlf", "second"],
)
def test_a_syntax_line_is_left_out(engine: Engine, base_images: BaseImages, tmp_path: Path, text: str) -> None:
    text = text.format(busybox=base_images.busybox) + "COPY . /context\nRUN test ! -e /context/ignored\n"
    (tmp_path / "Containerfile").write_text(text, encoding="utf-8", newline="")
    (tmp_path / "Containerfile.dockerignore").write_text("ignored\n", encoding="utf-8")
    (tmp_path / "ignored").touch()
    built = engine.build(tmp_path, dockerfile="Containerfile")
    assert built.ok, built.log


def refusing(engine: Engine, folder: Path, dockerfile: str, server: Server) -> None:
    """Check that a build without the credential fails, and that the server saw it."""
    built = engine.build(write(folder, dockerfile), secrets={"password": "wrong"})
    assert not built.ok, built.log
    assert server.authorised == 0
    assert server.refused > 0


def serving(engine: Engine, folder: Path, dockerfile: str, server: Server, canary: str) -> None:
    """Check that a build with the credential succeeds, and that nothing of it stays."""
    built = engine.build(write(folder, dockerfile), secrets={"password": canary})
    assert built.ok, built.log
    assert server.authorised > 0
    assert engine.leaks(canary.encode(), built) == ()


MOUNT = "--mount=type=secret,id=password,env=PASSWORD,required=true"


def test_package_index(engine: Engine, base_images: BaseImages, canary: str, tmp_path: Path) -> None:
    with PackageIndex(Basic("user", canary), free_prefix=True) as server:
        dockerfile = (
            f"FROM {base_images.python}\n"
            f"RUN {MOUNT} PIP_INDEX_URL=http://user:$PASSWORD@{server.host}/acme/simple"
            " pip install --no-input --no-cache-dir unbake-demo"
            ' && python -c "import unbake_demo; assert unbake_demo.ANSWER == 42"\n'
        )
        refusing(engine, tmp_path, dockerfile, server)
        serving(engine, tmp_path, dockerfile, server, canary)


@pytest.mark.parametrize("token", [True, False], ids=["bearer", "basic"])
def test_npm_registry(engine: Engine, base_images: BaseImages, canary: str, tmp_path: Path, *, token: bool) -> None:
    credential = Bearer(canary) if token else Basic("user", canary)
    auth = "_authToken=$PASSWORD" if token else '_auth=$(printf %s "user:$PASSWORD" | base64)'
    with NpmRegistry(credential) as server:
        dockerfile = (
            f"FROM {base_images.node}\nWORKDIR /app\n"
            f'RUN {MOUNT} echo "//{server.host}/:{auth}" > /tmp/npmrc'
            f" && npm install --userconfig=/tmp/npmrc --registry={server.url} --cache=/tmp/cache --no-audit"
            f" {server.package} && rm -rf /tmp/npmrc /tmp/cache"
            f""" && test "$(node -p 'require("{server.package}")')" = 42\n"""
        )
        refusing(engine, tmp_path, dockerfile, server)
        serving(engine, tmp_path, dockerfile, server, canary)


def test_git_server(engine: Engine, base_images: BaseImages, canary: str, tmp_path: Path) -> None:
    with GitServer(tmp_path / "git", Basic("user", canary)) as server:
        helper = '!f() { echo username=user; echo "password=$PASSWORD"; }; f'
        dockerfile = (
            f"FROM {base_images.userland}\n"
            f"RUN {MOUNT} GIT_TERMINAL_PROMPT=0 git -c credential.helper='{helper}'"
            f" clone {server.clone_url()} /src && grep demo /src/README.md\n"
        )
        refusing(engine, tmp_path, dockerfile, server)
        serving(engine, tmp_path, dockerfile, server, canary)


@pytest.mark.parametrize(
    ("option", "bearer"),
    [
        ('-u "user:$PASSWORD"', False),
        ('-H "Authorization: Bearer $PASSWORD"', True),
        ("--netrc-file /tmp/netrc", False),
    ],
    ids=["curl-u", "bearer", "netrc"],
)
def test_file_server(
    engine: Engine, base_images: BaseImages, canary: str, tmp_path: Path, *, option: str, bearer: bool
) -> None:
    credential = Bearer(canary) if bearer else Basic("user", canary)
    with FileServer({"dist/tool.sh": b"echo tool\n"}, credential) as server:
        dockerfile = (
            f"FROM {base_images.userland}\n"
            f'RUN {MOUNT} echo "machine 127.0.0.1 login user password $PASSWORD" > /tmp/netrc'
            f" && curl --fail --silent --show-error {option} -o /tool.sh {server.url}/dist/tool.sh"
            " && rm /tmp/netrc && sh /tool.sh\n"
        )
        refusing(engine, tmp_path, dockerfile, server)
        serving(engine, tmp_path, dockerfile, server, canary)


def test_credential_in_a_url() -> None:
    assert with_credential("http://127.0.0.1:1/x", Basic("u", "p")) == "http://u:p@127.0.0.1:1/x"
