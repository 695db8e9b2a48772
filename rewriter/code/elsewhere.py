"""Find names in files whose reads cannot be rewritten: other languages, and configuration that takes variables."""

from __future__ import annotations

import re
from typing import Final

from rewriter.code.languages import named

_PROGRAMS: Final = {
    "rs": "Rust", "cs": "C#", "fs": "F#", "vb": "Visual Basic", "kt": "Kotlin", "kts": "Kotlin", "scala": "Scala",
    "groovy": "Groovy", "gradle": "Groovy", "clj": "Clojure", "ex": "Elixir", "exs": "Elixir", "erl": "Erlang",
    "pl": "Perl", "pm": "Perl", "lua": "Lua", "c": "C", "h": "C", "cc": "C++", "cpp": "C++", "hpp": "C++",
    "swift": "Swift", "dart": "Dart", "hs": "Haskell", "ml": "OCaml", "r": "R", "jl": "Julia", "cr": "Crystal",
    "nim": "Nim", "zig": "Zig", "vue": "Vue", "svelte": "Svelte", "astro": "Astro", "erb": "ERB", "twig": "Twig",
    "j2": "Jinja2", "tmpl": "a template", "template": "a template", "tpl": "a template", "prisma": "Prisma",
}  # fmt: skip
_CONFIGURATION: Final = ("properties", "conf", "ini", "cfg", "toml", "xml", "yml", "yaml", "json", "neon")
_NOT_READ_AT_RUN_TIME: Final = re.compile(
    r"(?:(?:docker-)?compose[^/]*\.ya?ml|[^/]*\.(?:lock|md)|package(?:-lock)?\.json|pyproject\.toml|Cargo\.toml|fly\.toml"
    r"|\.gitlab-ci\.yml|\.travis\.yml|bitbucket-pipelines\.yml|azure-pipelines[^/]*\.yml|cloudbuild\.ya?ml|skaffold\.ya?ml"
    r"|serverless\.yml|netlify\.toml|vercel\.json|devcontainer\.json|tox\.ini|setup\.cfg|pom\.xml|render\.ya?ml)\Z"
)
_OTHER_FOLDERS: Final = frozenset(
    {".github", ".circleci", ".devcontainer", "k8s", "kubernetes", "helm", "charts", "deploy"}
)


def elsewhere(path: str, text: str, name: str) -> tuple[int, str]:
    """Return the line on which a file that is not rewritten takes a variable, and why it stays; or 0."""
    base = path.rsplit("/", 1)[-1]
    ending = base.rpartition(".")[2].lower()
    if ending in _PROGRAMS and "." in base:
        return named(text, name), f"{_PROGRAMS[ending]} is not rewritten"
    if (
        ending in _CONFIGURATION
        and not _NOT_READ_AT_RUN_TIME.match(base)
        and _OTHER_FOLDERS.isdisjoint(path.split("/"))
    ):
        return _interpolated(text, name, base)
    return 0, ""


def _interpolated(text: str, name: str, base: str) -> tuple[int, str]:
    """Return where a configuration file puts a variable into a value."""
    if name not in text:
        return 0, ""
    word = re.escape(name)
    match = re.search(
        rf"\$\{{{word}(?![A-Za-z0-9_])|\$(?:env:)?{word}(?![A-Za-z0-9_])|%(?:env\((?:\w{{1,30}}:){{0,5}})?{word}[)%]"
        rf"|\b(?:env|getenv)\([\"']?{word}[\"']?[,)]|ENV(?:\.fetch\(|\[)[\"']{word}[\"']|!ENV[ \t]\$?\{{?{word}",
        text,
    )
    if match is None:
        return 0, ""
    detail = "a configuration file takes it from the environment"
    if base.startswith(("application", "bootstrap")) and base.endswith((".yml", ".yaml", ".properties")):
        detail += '; Spring reads the files itself with spring.config.import: "optional:configtree:/run/secrets/"'
    return text.count("\n", 0, match.start()) + 1, detail
