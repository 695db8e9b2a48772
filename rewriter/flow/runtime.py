"""Decide when a secret is needed: by the build, by the running container, or by both."""

from __future__ import annotations

import re
from typing import Final

from rewriter.code import may_read
from rewriter.documents.dockerfile import final_stage
from rewriter.documents.run import read_run
from rewriter.flow.libraries import library_readers
from rewriter.flow.model import Definition, Use, kept_in_image
from rewriter.model.secret import Phase
from rewriter.project.build import Build
from rewriter.project.project import Project
from rewriter.project.readers import Reach, fetching, recipes_called, scripts_called
from rewriter.recipes import recipes


def runtime_readers(project: Project, build: Build, definitions: tuple[Definition, ...]) -> tuple[str, ...]:
    """Return what reads an ENV of the final image when it runs: instructions, then files of the context."""
    file = build.dockerfile
    final = final_stage(file)
    kept = kept_in_image(build, definitions)
    found: list[str] = []
    scripts = _build_scripts(project, build) if kept else frozenset()
    for name in dict.fromkeys(entry.name for entry in kept):
        for entry in file.instructions:
            if entry.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK") and entry.stage in (
                final,
                kept[0].instruction.stage,
            ):
                body = read_run(file.source, entry)
                if body.mentions(name) or any(recipe.reads_variable(name) for recipe in fetching(body)):
                    found.append(f"{build.path}:{entry.line}")
        found += project.mentioned(
            build,
            name,
            skip=lambda path: path in scripts or _is_build_file(path, project),
            reads=may_read,
        )
        found += library_readers(project, build, name)
    return tuple(dict.fromkeys(found))


def _build_scripts(project: Project, build: Build) -> frozenset[str]:
    """Return the paths of the context's scripts that RUNs call: what they read, the build reads."""
    called = {path for body in build.runs for words in body.command_lines for path in scripts_called(words)}
    paths = (project.script_path(build, path) for path in called)
    return frozenset(path for path in paths if path is not None)


def _is_build_file(path: str, project: Project) -> bool:
    base = path.rsplit("/", 1)[-1]
    if any(recipe.runs_file(path) or any(base in file.names for file in recipe.files) for recipe in recipes()):
        return True
    if base.startswith(".env") or path.startswith((".github/", ".gitlab", ".circleci/")):
        return True
    lowered = base.lower()
    named = path in project.dockerfiles or path in project.caller_paths
    return named or lowered.endswith((".md", ".rst", ".txt", ".lock", ".dockerignore", ".gitignore"))


def phase_of(
    names: tuple[str, ...],
    definitions: tuple[Definition, ...],
    uses: tuple[Use, ...],
    runtime: tuple[str, ...],
    build: Build,
) -> Phase:
    """Decide when the value is needed, from where it is used and only then from its name."""
    sure = any(use.reach is not Reach.OPAQUE for use in uses)
    if not kept_in_image(build, definitions):
        return Phase.BUILD
    if runtime:
        return Phase.BOTH if sure else Phase.RUNTIME
    tool = any(recipe.reads_variable(name) for recipe in recipes() for name in names)
    given = all(entry.value is None for entry in definitions)  # by who builds, who knows of no container
    if sure or tool or (given and any(_is_for_packages(use) for use in uses)):
        return Phase.BUILD
    return Phase.UNKNOWN


_PACKAGES: Final = re.compile(
    r"(?:^|.*_)(?:GITHUB|GH|GITLAB|CI_JOB|NPM|NODE_AUTH|YARN|PYPI|NUGET|FEED|MAVEN|GRADLE|NEXUS|ARTIFACTORY|JFROG|REGISTRY"
    r"|PACKAGES?|REPO|REPOSITORY)_(?:READ_|ACCESS_|AUTH_|PACKAGES?_)?(?:TOKEN|PAT|PASSWORD|PASS|PWD)"
)


def _is_for_packages(use: Use) -> bool:
    """Tell whether a variable is by its name for a source of packages, and the RUN gets packages."""
    called = any(recipe.name in _GETS_PACKAGES for words in use.body.command_lines for recipe in recipes_called(words))
    return called and _PACKAGES.fullmatch(use.name.upper()) is not None


_GETS_PACKAGES: Final = frozenset(
    {"bun", "bundler", "cargo", "composer", "go", "gradle", "hex", "maven", "npm", "nuget", "pip", "pipenv", "pnpm"}
    | {"poetry", "sbt", "uv", "yarn"}
)
