"""Name the base images that `scripts/docker-engine images` makes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BaseImages:
    """Name images that are on the engine; all but busybox are a Debian userland.

    On our own engine, python and node are Debian 12's (3.11 and 18), and every one but node is the same
    userland: python3, pip, venv, git, curl, wget, ssh, make, a user `node`. On a user's engine they are the
    official images, so a test that needs git or curl builds on `userland`. The tools of the ecosystems are in images
    of their own, `unbake/NAME-tools:12`, on either engine.
    """

    busybox: str = "busybox:1"
    debian: str = "debian:12-slim"
    python: str = "python:3.12-slim"
    node: str = "node:20-slim"
    userland: str = "unbake/userland:12"
