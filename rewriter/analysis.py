"""Hold what is known of a repository's secrets: flows, copied files, credentials in commands, each computed once."""

from __future__ import annotations

from rewriter.copied import CopiedFile, copied_files
from rewriter.documents.run import RunBody
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

    def flow(self, build: Build, secret: str) -> Flow | None:
        """Return the flow one of whose roots has the given secret id."""
        return next((flow for flow in self.flows(build) if secret in flow.secret_ids), None)

    def copied(self, build: Build) -> tuple[CopiedFile, ...]:
        """Return the credential files that a build copies from its context."""
        if build.path not in self._copied:
            self._copied[build.path] = copied_files(self.project, build)
        return self._copied[build.path]

    def flow_of(self, build: Build, body: RunBody, name: str) -> Flow | None:
        """Return the flow that a RUN's variable belongs to, if the RUN uses it as one of the flow's."""
        for flow in self.flows(build):
            if any(use.name == name and use.body.instruction.index == body.instruction.index for use in flow.uses):
                return flow
        return None
