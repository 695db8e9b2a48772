"""Read compose files: services with their builds and environments, each with the place where it is written.

See https://docs.docker.com/reference/compose-file/. Merge keys, anchors and `extends` within the file are
resolved for reading; what a service takes from elsewhere is marked `shared` and is not edited there.
"""

from __future__ import annotations

from rewriter.documents.compose.interpolation import (
    Operator,
    Text,
    Variable,
    assume_defaults,
    interpolate,
    single_variable,
)
from rewriter.documents.compose.model import (
    Build,
    BuildArg,
    Compose,
    EntryForm,
    EnvEntry,
    Service,
    TopLevelSecret,
)
from rewriter.documents.compose.reader import is_compose_path, parse

__all__ = [
    "Build",
    "BuildArg",
    "Compose",
    "EntryForm",
    "EnvEntry",
    "Operator",
    "Service",
    "Text",
    "TopLevelSecret",
    "Variable",
    "assume_defaults",
    "interpolate",
    "is_compose_path",
    "parse",
    "single_variable",
]
