"""Show that scripts/docker-engine reads a machine's sources, and says plainly what it cannot do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.launch import SCRIPT

DEB822 = """\
# Written by the installer
Types: deb deb-src
# an old mirror
URIs: http://mirror.example.com/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example.com/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://disabled.example.com/debian
Suites: bookworm
Components: main
"""

ONE_LINE = """\
# deb http://commented.example.com/debian bookworm main
deb [arch=amd64 signed-by=/keys/a.gpg] http://packages.example.com/linux bookworm main
deb [ trusted=yes ] http://mirror.example.com/debian/ bookworm main contrib # comment
deb-src http://sources.example.com/debian bookworm main
deb http://mirror.example.com/debian bookworm-backports main
"""

INLINE_KEY = """\
Types: deb
URIs: http://mirror.example.com/debian
Suites: stable
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----
"""

READ = """\
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from docker_engine.process import EngineError
from docker_engine.sources import debian_archives
try:
    print(*(archive.stanza("unstable") for archive in debian_archives(Path(sys.argv[2]), "bookworm")), sep="---\\n")
except EngineError as error:
    sys.exit(str(error))
"""


def read(apt: Path, **files: str) -> subprocess.CompletedProcess[str]:
    (apt / "sources.list.d").mkdir()
    for name, text in files.items():
        (apt / "sources.list.d" / name.replace("_", ".")).write_text(text, encoding="utf-8")
    command = [sys.executable, "-B", "-c", READ, str(SCRIPT.parent), str(apt)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_deb822_stanza_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, debian_sources=DEB822).stdout == (
        "Types: deb\nURIs: http://mirror.example.com/debian\nSuites: unstable\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n"
    )


def test_one_line_entries_are_read_likeliest_first(tmp_path: Path) -> None:
    first, second = read(tmp_path, debian_list=ONE_LINE).stdout.split("---\n")
    assert (
        first
        == "Types: deb\nURIs: http://mirror.example.com/debian/\nSuites: unstable\nComponents: main\nTrusted: yes\n"
    )
    assert "URIs: http://packages.example.com/linux\n" in second
    assert "Signed-By: /keys/a.gpg\n" in second


def test_inline_key_keeps_its_lines(tmp_path: Path) -> None:
    assert INLINE_KEY.partition("Signed-By:")[2] in read(tmp_path, debian_sources=INLINE_KEY).stdout


def test_mirror_list_gives_its_first_mirror(tmp_path: Path) -> None:
    mirrors = tmp_path / "mirrors"
    mirrors.write_text("# ours\n\nhttp://mirror.example.com/debian\tpriority:1\n", encoding="utf-8")
    entry = f"deb mirror+file:{mirrors} bookworm main\n"
    assert "URIs: http://mirror.example.com/debian\n" in read(tmp_path, debian_list=entry).stdout


def test_no_debian_archive_is_an_error(tmp_path: Path) -> None:
    result = read(tmp_path, other_list="deb http://packages.example.com/linux focal main\n")
    assert result.returncode == 1
    assert "no entry for the main component of Debian bookworm" in result.stderr


def run(command: str, folder: Path, *, path: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": path, "HOME": str(folder), "UNBAKE_ENGINE_DIR": str(folder / "engine")}
    return subprocess.run(
        [sys.executable, str(SCRIPT), command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


def test_without_docker_and_debian_it_says_so(tmp_path: Path) -> None:
    for command in ("env", "images"):
        missing = run(command, tmp_path, path=str(tmp_path))
        assert missing.returncode == 1
        assert "Start an engine first: scripts/docker-engine start" in missing.stderr
    assert run("status", tmp_path, path=str(tmp_path)).returncode == 1
    assert "start a Docker of your own" in run("start", tmp_path, path=str(tmp_path)).stderr
    assert run("stop", tmp_path, path=str(tmp_path)).returncode == 0


def test_a_long_folder_is_refused(tmp_path: Path) -> None:
    refused = run("start", tmp_path / ("x" * 120), path=str(tmp_path))
    assert refused.returncode == 1
    assert "set UNBAKE_ENGINE_DIR to a shorter one" in refused.stderr


@pytest.mark.skipif(
    os.geteuid() != 0 or not Path("/etc/debian_version").exists(), reason="only root on Debian starts an engine"
)
def test_a_daemon_that_dies_shows_its_log(tmp_path: Path) -> None:
    programs = tmp_path / "engine/programs"
    program(programs / "usr/sbin", "dockerd", "echo 'level=fatal msg=\"iptables: no nat table\"'; exit 3")
    for name in ("runc", "iptables", "apt-get"):
        program(tmp_path / "bin", name, "exit 0")
    died = run("start", tmp_path, path=str(tmp_path / "bin"))
    assert died.returncode == 1
    assert "ended with status 3" in died.stderr
    assert "no nat table" in died.stderr
    assert "load its modules" in died.stderr


@pytest.mark.skipif(
    os.geteuid() != 0 or not Path("/etc/debian_version").exists(), reason="only root on Debian starts an engine"
)
def test_data_that_no_daemon_starts_with_is_given_up(tmp_path: Path) -> None:
    kept = tmp_path / "engine/data/containerd/meta.db"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"broken")
    program(tmp_path / "engine/programs/usr/sbin", "dockerd", f"[ -e {kept} ] && exit 4; exit 5")
    for name in ("runc", "iptables", "apt-get"):
        program(tmp_path / "bin", name, "exit 0")
    died = run("start", tmp_path, path=f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert died.stderr.index("ended with status 4") < died.stderr.index("Trying once more")
    assert "ended with status 5" in died.stderr
    assert not kept.exists()
    assert not kept.parents[2].joinpath("data.discarded").exists()
