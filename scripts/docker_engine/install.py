"""Install what the engine needs: a few packages of the machine's own Debian, and Docker out of unstable.

Debian 12's Docker is too old for `--mount=type=secret,env=`, so the newer packages are unpacked into a
folder of their own; nothing of unstable is installed on the machine. Only runc stays Debian 12's.
"""

import os
import platform
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from docker_engine.place import Place
from docker_engine.process import EngineError, run, say
from docker_engine.sources import Archive, debian_archives

APT_FOLDER: Final = Path("/etc/apt")
_SUITE: Final = "unstable"
_ENGINE: Final = ("docker.io", "docker-cli", "docker-buildx", "docker-compose", "containerd")
_TRIALS: Final = (
    ("dockerd", "--version"),
    ("containerd", "--version"),
    ("docker", "--version"),
    ("docker", "buildx", "version"),
    ("docker", "compose", "version"),
)
_OLDEST_CODENAME: Final = "bookworm"


def codename() -> str:
    """Return the code name of this machine's Debian."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    if release.get("ID") != "debian" or shutil.which("apt-get") is None:
        raise EngineError(
            f"this is {release.get('PRETTY_NAME', 'no Debian')}, and an engine can be installed on Debian 12 or later "
            "only; start a Docker of your own"
        )
    return release.get("VERSION_CODENAME", _OLDEST_CODENAME)


def install_packages(wanted: Mapping[str, str]) -> None:
    """Install those packages of the machine's own Debian whose program is not there yet."""
    missing = [package for package, program in wanted.items() if shutil.which(program) is None]
    if not missing:
        return
    say(f"installing {', '.join(missing)}")
    install = [
        "apt-get",
        "install",
        "-qq",
        "--yes",
        "--no-install-recommends",
        "-oDPkg::Lock::Timeout=120",
        *missing,
    ]
    try:
        _apt(install, timeout=300)
    except EngineError:
        _apt(["apt-get", "update", "-qq", "-oDPkg::Lock::Timeout=120"], timeout=180)
        _apt(install, timeout=300)


def install_engine(place: Place, environ: Mapping[str, str]) -> None:
    """Unpack Docker's packages below the engine's folder, once."""
    install_packages({"runc": "runc", "iptables": "iptables"})
    if place.programs.is_dir():
        return
    say(f"downloading and unpacking {', '.join(_ENGINE)} of Debian {_SUITE}")
    fresh = place.root / "programs.new"
    unpack(place, fresh, suite=_SUITE, packages=_ENGINE)
    fresh.rename(place.programs)
    try:
        _write_client_config(place)
        for trial in _TRIALS:
            run(trial, timeout=60, env=place.environment(environ))
    except EngineError as error:
        shutil.rmtree(place.programs)
        raise EngineError(f"Docker of Debian {_SUITE} does not run on this machine:\n{error}") from error


def unpack(place: Place, target: Path, *, suite: str, packages: Sequence[str]) -> None:
    """Download packages of a suite, without installing them, and unpack them into a new folder."""
    options = _archive_options(place, suite)
    downloads = place.apt / "downloads"
    shutil.rmtree(downloads, ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)
    downloads.mkdir(parents=True)
    target.mkdir(parents=True)
    _apt(
        ["apt-get", "download", "-qq", *options, *(f"{package}/{suite}" for package in packages)],
        cwd=downloads,
    )
    for package in sorted(downloads.glob("*.deb")):
        run(["dpkg", "-x", str(package), str(target)], timeout=120)
    shutil.rmtree(downloads)


def archive_list(place: Place, suite: str) -> Path:
    """Return a source list that names a suite of the archive that this machine uses."""
    _archive_options(place, suite)
    return _source_list(place, suite)


def _source_list(place: Place, suite: str) -> Path:
    return place.apt / suite / "sources/debian.sources"


def _archive_options(place: Place, suite: str) -> list[str]:
    """Return options for apt with lists of its own, which are up to date."""
    archives = debian_archives(APT_FOLDER, codename())
    failures = []
    for archive in archives:
        options = _write_source_list(place, suite, archive)
        try:
            _apt(["apt-get", "update", "-qq", *options, "-oAPT::Update::Error-Mode=any"], timeout=180)
        except EngineError as error:
            failures.append(str(error))
        else:
            return options
    raise EngineError(f"no archive of this machine has Debian {suite}:\n" + "\n".join(failures))


def _write_source_list(place: Place, suite: str, archive: Archive) -> list[str]:
    home, sources = place.apt / suite, _source_list(place, suite)
    for folder in (sources.parent, home / "lists/partial", home / "cache/archives/partial"):
        folder.mkdir(parents=True, exist_ok=True)
    sources.write_text(archive.stanza(suite), encoding="utf-8")
    return [
        f"-oDir::State::Lists={home / 'lists'}",
        f"-oDir::Cache={home / 'cache'}",
        "-oDir::Etc::SourceList=/dev/null",
        f"-oDir::Etc::SourceParts={sources.parent}",
        "-oDir::Etc::Preferences=/dev/null",
        "-oDir::Etc::PreferencesParts=/dev/null",
        "-oAPT::Sandbox::User=root",
    ]


def _apt(argv: Sequence[str], *, timeout: float = 300, cwd: Path | None = None) -> None:
    try:
        run(
            argv, timeout=timeout, cwd=cwd, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
        )
    except EngineError as error:
        raise EngineError(f"{error}\nCheck apt's sources in {APT_FOLDER} and the network.") from error


def _write_client_config(place: Place) -> None:
    place.client_config.mkdir(parents=True, exist_ok=True)
    config = f'{{"cliPluginsExtraDirs": ["{place.plugins}"]}}\n'
    (place.client_config / "config.json").write_text(config, encoding="utf-8")
