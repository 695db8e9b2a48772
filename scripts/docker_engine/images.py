"""Make the base images that the end-to-end tests build on.

Our own engine has no registry to pull from, so a small Debian 12 userland stands in for the official
images, under their names. On an engine of the user's own, nothing that exists is replaced: what is missing
is pulled, and only the userland is built.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from docker_engine.archive import Image, write_archive, write_difference, write_layer
from docker_engine.install import archive_list, install_packages, unpack
from docker_engine.place import Place
from docker_engine.process import EngineError, run, say
from docker_engine.tools import make_tools

USERLAND: Final = "unbake/userland:12"
_SUITE: Final = "bookworm"
_PACKAGES: Final = (
    "python3",
    "python3-pip",
    "python3-venv",
    "git",
    "curl",
    "wget",
    "openssh-client",
    "ca-certificates",
    "make",
)
_NODE_PACKAGES: Final = ("nodejs", "npm")
_BUSYBOX: Final = Image("busybox:1", layers=1, command="sh")
_DEBIAN: Final = (
    Image(USERLAND, layers=1, command="bash"),
    Image("debian:12-slim", layers=1, command="bash"),
    Image("debian:bookworm-slim", layers=1, command="bash"),
    Image("python:3.12-slim", layers=1, command="python3"),
    Image("node:20-slim", layers=2, command="node"),
)
_MMDEBSTRAP: Final = (
    "--variant=minbase",
    f"--include={','.join(_PACKAGES)}",
    "--dpkgopt=force-unsafe-io",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--aptopt=APT::Install-Recommends=false",
    '--extract-hook=install -D "$LD_PRELOAD" "$1$LD_PRELOAD"',
    '--customize-hook=rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED',
    '--customize-hook=ln -s python3 "$1"/usr/bin/python',
    '--customize-hook=chroot "$1" useradd --create-home --uid 1000 node',
)
_BASE_HOOK: Final = (
    'tar --directory="$1" --create --file="$BASE_TAR" --one-file-system --numeric-owner --exclude="./dev/*"'
    ' --exclude="./proc/*" --exclude="./sys/*" --exclude="./run/*" --exclude="./tmp/*" --exclude="./etc/resolv.conf"'
    ' --exclude="./var/lib/apt/lists/*" --exclude="./var/cache/apt/*" --exclude=".$LD_PRELOAD*" .'
)
_NODE_HOOK: Final = (
    'APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get install --yes -oDPkg::Chroot-Directory="$1" '
    + " ".join(_NODE_PACKAGES)
)
_HOOKS: Final = (
    f"--customize-hook={_BASE_HOOK}",
    f"--customize-hook={_NODE_HOOK}",
    '--customize-hook=rm "$1$LD_PRELOAD"*',
)
_USERLAND_DOCKERFILE: Final = f"""\
FROM debian:12-slim
RUN apt-get update -qq && apt-get install -qq --yes --no-install-recommends {" ".join(_PACKAGES)} \\
 && rm -rf /var/lib/apt/lists/* /usr/lib/python3*/EXTERNALLY-MANAGED && ln -s python3 /usr/bin/python \\
 && useradd --create-home --uid 1000 node
"""
_RECIPE: Final = hashlib.sha256(repr((_MMDEBSTRAP, _HOOKS, _DEBIAN, _BUSYBOX)).encode()).hexdigest()[:12]


def make_images(place: Place, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Make the base images on our own engine, those with tools on top, and return their names."""
    environ = place.environment(environ)
    place.images.mkdir(parents=True, exist_ok=True)
    _provide(place, "busybox", (_BUSYBOX,), make=_make_busybox, environ=environ)
    _provide(place, "debian", _DEBIAN, make=_make_debian, environ=environ)
    return (*sorted(image.name for image in (_BUSYBOX, *_DEBIAN)), *make_tools(environ))


def pull_images(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Pull the base images that a user's own engine lacks, build the others, and return the names."""
    names = sorted(image.name for image in (_BUSYBOX, *_DEBIAN))
    for name in names:
        if name != USERLAND and not _image_id(name, environ):
            say(f"pulling {name}")
            run(["docker", "pull", "--quiet", name], timeout=300, env=environ)
    if not _image_id(USERLAND, environ):
        say(f"building {USERLAND}")
        build = ["docker", "buildx", "build", "--load", "--provenance=false", "--tag", USERLAND, "-"]
        run(build, timeout=600, env=environ, stdin=_USERLAND_DOCKERFILE)
    return (*names, *make_tools(environ))


def _provide(
    place: Place,
    kind: str,
    images: Sequence[Image],
    *,
    make: Callable[[Place, Path], None],
    environ: Mapping[str, str],
) -> None:
    """Load an archive, made first if need be, unless the engine has its images already."""
    archive, loaded = place.images / f"{kind}-{_RECIPE}.tar", place.images / f"{kind}.loaded"
    state = f"{archive.name}\n{_state(images, environ)}"
    if archive.is_file() and loaded.is_file() and loaded.read_text(encoding="utf-8") == state:
        return
    if not archive.is_file():
        partial = archive.with_suffix(".partial")
        make(place, partial)
        partial.rename(archive)
    say(f"loading {', '.join(image.name for image in images)}")
    run(["docker", "load", "--input", str(archive)], timeout=300, env=environ)
    before = loaded.read_text(encoding="utf-8") if loaded.is_file() else ""
    now = f"{archive.name}\n{_state(images, environ)}"
    loaded.write_text(now, encoding="utf-8")
    for old in set(place.images.glob(f"{kind}-*")) - {archive}:
        old.unlink()
    for replaced in sorted(set(re.findall(r"sha256:\w+", before)) - set(re.findall(r"sha256:\w+", now))):
        with suppress(EngineError):
            run(["docker", "image", "rm", replaced], timeout=60, env=environ)


def _make_busybox(place: Place, archive: Path) -> None:
    folder = place.images / "busybox"
    unpack(place, folder, suite=_SUITE, packages=["busybox-static"])
    program = folder / "bin/busybox"
    applets = run([str(program), "--list"], timeout=20).split()
    files: dict[str, bytes | str] = {
        "bin/busybox": program.read_bytes(),
        **{f"bin/{applet}": "busybox" for applet in applets if applet != "busybox"},
        "etc/passwd": b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
        "etc/group": b"root:x:0:\nnogroup:x:65534:\n",
    }
    layer = folder / "layer.tar"
    write_layer(layer, files=files, folders={"bin": 0o755, "etc": 0o755, "root": 0o700, "tmp": 0o1777})
    write_archive(archive, [layer], [_BUSYBOX], architecture=_architecture(), origin="busybox-static")
    shutil.rmtree(folder)


def _make_debian(place: Place, archive: Path) -> None:
    install_packages({"mmdebstrap": "mmdebstrap", "eatmydata": "eatmydata"})
    folder = place.images / "debian"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    base, full, node = (folder / f"{name}.tar" for name in ("base", "full", "node"))
    say(f"making a Debian {_SUITE} userland (one to three minutes)")
    sources = archive_list(place, _SUITE)
    quick = {"LD_PRELOAD": _no_sync_library(), "BASE_TAR": str(base), "LC_ALL": "C.UTF-8"}
    command = ["mmdebstrap", *_MMDEBSTRAP, *_HOOKS, _SUITE, str(full), str(sources)]
    run(command, timeout=1500, env={**os.environ, **quick})
    write_difference(node, base=base, full=full)
    write_archive(archive, [base, node], _DEBIAN, architecture=_architecture(), origin="mmdebstrap")
    shutil.rmtree(folder)


def _no_sync_library() -> str:
    """Return the library that keeps dpkg from waiting for the disk after every file."""
    files = run(["dpkg", "-L", "libeatmydata1"], timeout=20).split()
    return next(file for file in files if file.endswith("/libeatmydata.so"))


def _state(images: Sequence[Image], environ: Mapping[str, str]) -> str:
    """Return which image each name stands for on the engine now."""
    return "".join(f"{image.name} {_image_id(image.name, environ)}\n" for image in images)


def _image_id(name: str, environ: Mapping[str, str]) -> str:
    try:
        return run(["docker", "image", "inspect", "--format", "{{.Id}}", name], timeout=30, env=environ).strip()
    except EngineError:
        return ""


def _architecture() -> str:
    debian = run(["dpkg", "--print-architecture"], timeout=20).strip()
    return {"armhf": "arm", "i386": "386", "ppc64el": "ppc64le"}.get(debian, debian)
