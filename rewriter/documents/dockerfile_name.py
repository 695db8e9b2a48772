"""Tell Dockerfiles from other files by their names."""

from __future__ import annotations

import re
from typing import Final

_SKIPPED: Final = re.compile(
    r"(?i)\.(?:dockerignore|j2|jinja2?|tmpl|tpl|template|erb|in|mustache|hbs|ejs|md|rst|html?|py|js|ts|go|rb|sh|png|"
    r"svg|jpe?g|gif|pdf|xlsx?|zip|gz|tar|orig|rej|bak|swp|yml|yaml|json|toml|lock|patch|diff)$"
)


def is_dockerfile(path: str) -> bool:
    """Tell by its name whether a file is a Dockerfile (or Containerfile)."""
    base = path.rsplit("/", 1)[-1].lower()
    if _SKIPPED.search(base):
        return False
    return base.startswith(("dockerfile", "containerfile")) or base.endswith((".dockerfile", ".containerfile"))
