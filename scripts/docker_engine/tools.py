"""Build images with the tools of many ecosystems onto the base images, one an ecosystem family.

Each `tools/NAME.Dockerfile` becomes `unbake/NAME-tools:12`. The tools come from the registries that the base image's
own clients know: Debian's archive, the Python index, the npm registry.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from docker_engine.process import EngineError, run, say

_FOLDER: Final = Path(__file__).parent / "tools"
_LABEL: Final = "unbake.recipe"
_AUTHORITIES: Final = "/etc/ssl/certs/ca-certificates.crt"
_AT_ONCE: Final = 2


def make_tools(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Build the images that the engine lacks, or has of another recipe; return the names of all."""
    files = sorted(_FOLDER.glob("*.Dockerfile"))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return tuple(pool.map(partial(_provide, environ=environ), files))


def _provide(file: Path, *, environ: Mapping[str, str]) -> str:
    name = f"unbake/{file.stem}-tools:12"
    text = file.read_text(encoding="utf-8")
    base = next(found[1] for found in re.finditer(r"^FROM (\S+)", text, re.MULTILINE))
    recipe = hashlib.sha256(f"{text}{_inspect(base, '{{.Id}}', environ)}".encode()).hexdigest()
    if _inspect(name, f'{{{{index .Config.Labels "{_LABEL}"}}}}', environ) == recipe:
        return name
    say(f"building {name}")
    replaced = _inspect(name, "{{.Id}}", environ)
    build = ["docker", "buildx", "build", "--load", "--provenance=false", "--network=host", "--progress=plain"]
    authorities = environ.get("SSL_CERT_FILE") or _AUTHORITIES
    trusted = [f"--secret=id=authorities,src={authorities}"] if os.access(authorities, os.R_OK) else []
    run([*build, *trusted, f"--label={_LABEL}={recipe}", f"--tag={name}", "-"], timeout=900, env=environ, stdin=text)
    if replaced:
        with suppress(EngineError):
            run(["docker", "image", "rm", replaced], timeout=60, env=environ)
    return name


def _inspect(name: str, wanted: str, environ: Mapping[str, str]) -> str:
    """Return what the engine says of an image, nothing where it has none of this name."""
    try:
        return run(["docker", "image", "inspect", "--format", wanted, name], timeout=30, env=environ).strip()
    except EngineError:
        return ""
