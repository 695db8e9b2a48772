"""Run `unbake verify` and `unbake fix --verify` on a real engine: containers, and proofs that hold or fail."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path

from tests.e2e.engine import Engine
from tests.e2e.images import BaseImages

VALUE = "Vk3x9QpLw7Zt5mRb"
ROOT = Path(__file__).parents[2]


def unbake(engine: Engine, *words: str, variables: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rewriter", *words],
        env={**engine.environment, "PYTHONPATH": str(ROOT), **(variables or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def project(folder: Path, dockerfile: str, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "Dockerfile").write_text(dockerfile, encoding="utf-8")
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return folder


def test_a_container_shows_its_variables(engine: Engine, base_images: BaseImages) -> None:
    inner = f"{VALUE}inner"
    script = ["sh", "-c", f"INNER_PASSWORD=$(printf %s {inner}) sleep 60 & wait"]
    own = {**engine.environment, "API_TOKEN": VALUE}
    name = f"unbake-e2e-{uuid.uuid4().hex[:16]}"
    start = ["docker", "run", "--detach", f"--name={name}", "--pull=never", "--env=API_TOKEN", base_images.busybox]
    subprocess.run([*start, *script], env=own, check=True, capture_output=True, timeout=60)
    try:
        ran = unbake(engine, "verify", "--format=json", f"container:{name}")
        found = json.loads(ran.stdout)
        assert ran.returncode == 1, ran.stderr
        places = {(leak["part"], leak["where"]) for leak in found["findings"]}
        assert ("env", "API_TOKEN") in places
        assert ("process", "INNER_PASSWORD") in places
        assert found["checks"][0]["answer"] == "bad"
        assert VALUE not in ran.stdout + ran.stderr
    finally:
        engine.client("rm", "--force", name)


def test_a_container_whose_secrets_are_files(engine: Engine, base_images: BaseImages, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(VALUE, encoding="utf-8")
    flags = [f"--volume={tmp_path / 'token'}:/run/secrets/token:ro", "--env=API_TOKEN_FILE=/run/secrets/token"]
    with engine.container(base_images.busybox, ["sleep", "60"], flags=flags) as name:
        ran = unbake(engine, "verify", name)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "secrets arrive as files" in ran.stdout


LEAKY = """\
FROM {base}
ARG API_TOKEN
COPY .npmrc /root/.npmrc
RUN test -n "$API_TOKEN" && test -s /root/.npmrc && echo made > /made
RUN rm /root/.npmrc
USER nobody
CMD ["cat", "/made"]
"""


def test_fix_writes_what_is_proven(engine: Engine, base_images: BaseImages, tmp_path: Path) -> None:
    npmrc = f"//registry.example.com/:_authToken={VALUE}\n"
    folder = project(tmp_path / "app", LEAKY.format(base=base_images.busybox), _npmrc=npmrc)
    ran = unbake(engine, "fix", "--verify", "--format=json", str(folder), variables={"TMPDIR": str(tmp_path)})
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert set(json.loads(ran.stdout)["checks"]) >= {"no secret is left", "a build without the secrets fails"}
    assert "--mount=type=secret" in (folder / "Dockerfile").read_text(encoding="utf-8")
    assert VALUE not in ran.stdout + ran.stderr
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("unbake-verify")] == []


def test_fix_writes_nothing_that_is_not_proven(engine: Engine, base_images: BaseImages, tmp_path: Path) -> None:
    text = f'FROM {base_images.busybox}\nARG API_TOKEN\nRUN test "$API_TOKEN" = {VALUE}\n'
    folder = project(tmp_path / "app", text)
    ran = unbake(engine, "fix", "--verify", str(folder))
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "line 3: RUN test" in ran.stdout
    assert "for the same reason" in ran.stdout
    assert "nothing was written" in ran.stdout
    assert (folder / "Dockerfile").read_text(encoding="utf-8") == text


def test_real_values_come_from_outside(engine: Engine, base_images: BaseImages, tmp_path: Path) -> None:
    text = f'FROM {base_images.busybox}\nARG API_TOKEN\nRUN test "$(printf %s "$API_TOKEN" | wc -c)" = {len(VALUE)}\n'
    folder = project(tmp_path / "app", text)
    own = {"MY_VALUE": VALUE}
    ran = unbake(engine, "verify", "--secret=id=api_token,env=MY_VALUE", str(folder), variables=own)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    again = unbake(engine, "verify", "--from-env", "-q", str(folder), variables={"API_TOKEN": VALUE})
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert VALUE not in ran.stdout + ran.stderr


def test_a_server_that_refuses_an_invented_value(engine: Engine, base_images: BaseImages, tmp_path: Path) -> None:
    text = f'FROM {base_images.busybox}\nARG API_TOKEN\nRUN echo "401 Unauthorized: $API_TOKEN" && false\n'
    ran = unbake(engine, "verify", str(project(tmp_path / "app", text)))
    assert ran.returncode == 1
    assert "a server refuses the invented value" in ran.stdout


def test_step_that_needs_the_secret_too_is_named(engine: Engine, base_images: BaseImages, tmp_path: Path) -> None:
    text = (
        f'FROM {base_images.busybox}\nARG API_TOKEN\nRUN test -n "$API_TOKEN" && echo one > /one\n'
        'RUN eval "value=\\$API_$(echo TOKEN)" && test -n "$value" || { echo no token here; false; }\n'
    )
    ran = unbake(engine, "verify", str(project(tmp_path / "app", text)))
    assert ran.returncode == 1
    lines = [line.strip() for line in ran.stdout.splitlines()]
    assert "ok  the original builds: yes" in lines
    begin = lines.index("FAIL  the rewritten one builds: no")
    assert lines[begin + 1].startswith("line 4: RUN eval")
    assert "it printed: no token here" in lines
    assert "if the step needs api_token, mount it there: --mount=type=secret,id=api_token,env=API_TOKEN" in lines


def test_what_does_not_build_before_is_not_blamed_on_the_fix(
    engine: Engine, base_images: BaseImages, tmp_path: Path
) -> None:
    text = f'FROM {base_images.busybox}\nARG API_TOKEN\nRUN echo "$API_TOKEN" | base64 && no-such-program\n'
    ran = unbake(engine, "verify", str(project(tmp_path / "app", text)))
    assert ran.returncode == 1
    assert "?  the original builds: no" in ran.stdout
    assert "?  the rewritten one builds: no, as the original does not, for the same reason" in ran.stdout
    assert "no-such-program: not found" in ran.stdout
    assert "Y25ye" not in ran.stdout  # what the step printed of the value
