"""Hold what is known of a repository's secrets: flows, copied files, credentials in commands, each computed once."""

from __future__ import annotations

from rewriter.copied import CopiedFile, copied_files
from rewriter.flow import Flow, flows
from rewriter.project import Build, Project


class Analysis:
    """Answer questions about one project; rules and transforms share one instance."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._flows: dict[str, tuple[Flow, ...]] = {}
        self._copied: dict[str, tuple[CopiedFile, ...]] = {}

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
