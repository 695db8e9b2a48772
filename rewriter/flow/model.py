"""Describe flows: the variables of a Dockerfile that carry one secret, and the RUNs that read them."""

from __future__ import annotations

from enum import StrEnum

from rewriter.callers import from_secret_store
from rewriter.documents.dockerfile import Binding, Instruction, Kind, final_stage, successors
from rewriter.documents.run import RunBody
from rewriter.judgement import PairVerdict
from rewriter.model.masked import Masked
from rewriter.model.secret import Confidence, Phase
from rewriter.project.build import Build
from rewriter.project.readers import Reach, Taker
from rewriter.record import Record


class Origin(StrEnum):
    """Say what one ARG or ENV assignment gives its variable."""

    OUTSIDE = "outside"
    """ARG without a default: the caller gives the value."""
    LITERAL = "literal"
    """The value stands in the file."""
    ALIAS = "alias"
    """Exactly the value of another variable (or its own, ARG to ENV)."""
    DERIVED = "derived"
    """Made from other variables and text."""
    EMPTY = "empty"
    """Nothing, or a stand-in that is no secret."""


class Definition(Record):
    """Hold one assignment; `sources` are the other variables in its value."""

    name: str
    binding: Binding
    origin: Origin
    sources: tuple[str, ...]
    value: Masked | None
    verdict: PairVerdict

    @property
    def instruction(self) -> Instruction:
        """Return the ARG or ENV instruction."""
        return self.binding.instruction


def kept_in_image(build: Build, definitions: tuple[Definition, ...]) -> tuple[Definition, ...]:
    """Return the ENVs with a value that the final image keeps."""
    file = build.dockerfile
    final = final_stage(file)
    return tuple(
        entry
        for entry in definitions
        if entry.binding.kind is Kind.ENV
        and entry.origin is not Origin.EMPTY
        and (entry.instruction.stage == final or final in successors(file, entry.instruction.stage))
    )


class Use(Record):
    """Hold one RUN that reads a variable of a flow; `takers` are the command lines that take it themselves."""

    body: RunBody
    name: str
    reach: Reach
    takers: frozenset[Taker] = frozenset()


class Flow(Record):
    """Hold the variables that carry one value; `blocked` are instructions that no mount can serve."""

    build: Build
    names: tuple[str, ...]
    roots: tuple[str, ...]
    definitions: tuple[Definition, ...]
    uses: tuple[Use, ...]
    blocked: tuple[tuple[Instruction, str], ...]
    phase: Phase
    runtime_readers: tuple[str, ...]

    def root_of(self, name: str) -> str:
        """Return the root whose secret a variable carries (the first, where it carries several)."""
        seen: set[str] = set()
        while name not in self.roots and name not in seen:
            seen.add(name)
            sources = [source for entry in self.defined(name) for source in entry.sources if source in self.names]
            if not sources:
                break
            name = sources[0]
        return name

    @property
    def secret_ids(self) -> tuple[str, ...]:
        """Return the id of each root's secret."""
        return tuple(secret_id(root) for root in self.roots)

    def defined(self, name: str) -> tuple[Definition, ...]:
        """Return the assignments of one variable."""
        return tuple(entry for entry in self.definitions if entry.name == name)

    @property
    def in_final_image(self) -> tuple[str, ...]:
        """Return the variables that ENV puts into the environment of containers."""
        return tuple(dict.fromkeys(entry.name for entry in kept_in_image(self.build, self.definitions)))

    def literals(self, root: str) -> tuple[Masked, ...]:
        """Return the different literal values of one root, in the order of the file."""
        values = [entry.value for entry in self.defined(root) if entry.value is not None]
        return tuple(dict.fromkeys(values))

    @property
    def confidence(self) -> Confidence:
        """Return how sure it is that the flow carries a secret."""
        ranks = list(Confidence)
        return max((entry.verdict.confidence for entry in self.definitions), key=ranks.index, default=Confidence.LOW)

    @property
    def weak(self) -> bool:
        """Tell whether nothing but a name that may mean something else speaks of a secret: `INDEX_URL`, `ZONE_KEY`."""
        if any(
            not one.verdict.secret or one.verdict.literal or one.verdict.confidence is not Confidence.LOW
            for one in self.definitions
        ):
            return False
        used = any(name in secret.variables for secret in self.build.secrets for name in self.names)
        given = [argument for caller in self.build.callers for argument in caller.arguments]
        return not used and not any(from_secret_store(one) for one in given if one.name in self.names)

    @property
    def placeholder(self) -> bool:
        """Tell whether all literals of the flow are stand-ins such as `changeme`."""
        literal = [entry for entry in self.definitions if entry.value is not None]
        return bool(literal) and all(entry.verdict.placeholder for entry in literal)


def secret_id(name: str) -> str:
    """Return the id of the build secret that carries a variable (`NPM_TOKEN` -> `npm_token`)."""
    return name.lower()
