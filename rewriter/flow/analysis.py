"""Hold what is known of a repository's secrets: flows, copied files, credentials in commands, each computed once."""

from __future__ import annotations

from rewriter.flow import Flow, flows
from rewriter.flow.copied import CopiedFile, copied_files
from rewriter.flow.left import Left, left_behind
from rewriter.project.build import Build
from rewriter.project.project import Project
from rewriter.services import EnvFile, Gift, Ref, env_files, gifts


class Analysis:
    """Answer questions about one project; rules and transforms share one instance."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._flows: dict[str, tuple[Flow, ...]] = {}
        self._copied: dict[str, tuple[CopiedFile, ...]] = {}
        self._env_files: dict[str, tuple[EnvFile, tuple[Ref, ...]]] | None = None
        self._gifts: tuple[Gift, ...] | None = None
        self._left: dict[str, tuple[Left, ...]] = {}

    def flows(self, build: Build) -> tuple[Flow, ...]:
        """Return the flows of secret variables through one Dockerfile."""
        if build.path not in self._flows:
            self._flows[build.path] = flows(self.project, build)
        return self._flows[build.path]

    def copied(self, build: Build) -> tuple[CopiedFile, ...]:
        """Return the credential files that a build copies from its context."""
        if build.path not in self._copied:
            self._copied[build.path] = copied_files(self.project, build)
        return self._copied[build.path]

    def gifts(self) -> tuple[Gift, ...]:
        """Return what the services of compose files get in their environment."""
        if self._gifts is None:
            self._gifts = gifts(self.project, self.env_files().values())
        return self._gifts

    def env_files(self) -> dict[str, tuple[EnvFile, tuple[Ref, ...]]]:
        """Return the environment files that services name, each with those services."""
        if self._env_files is None:
            self._env_files = env_files(self.project)
        return self._env_files

    def left(self, build: Build) -> tuple[Left, ...]:
        """Return what the RUNs of one Dockerfile leave behind of secrets."""
        if build.path not in self._left:
            self._left[build.path] = left_behind(build, self.flows(build))
        return self._left[build.path]
