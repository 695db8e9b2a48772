"""Read Dockerfiles without loss, and tell what is known at each place."""

from __future__ import annotations

from rewriter.documents.dockerfile.frontend import Frontend, frontend
from rewriter.documents.dockerfile.heredocs import openers
from rewriter.documents.dockerfile.links import copied_from, final_stage, successors
from rewriter.documents.dockerfile.logical import Logical
from rewriter.documents.dockerfile.machine import Machine, machine
from rewriter.documents.dockerfile.model import (
    Assignment,
    Directive,
    Dockerfile,
    Flag,
    Heredoc,
    Instruction,
    ParseWarning,
    Piece,
    PieceKind,
    Stage,
    Word,
)
from rewriter.documents.dockerfile.mounts import Mount, mount, read_mount, secret_file
from rewriter.documents.dockerfile.part import part
from rewriter.documents.dockerfile.reader import parse
from rewriter.documents.dockerfile.symbols import Binding, Kind, Scope, scope
from rewriter.documents.dockerfile.variables import Reference, expand, references

__all__ = [
    "Assignment",
    "Binding",
    "Directive",
    "Dockerfile",
    "Flag",
    "Frontend",
    "Heredoc",
    "Instruction",
    "Kind",
    "Logical",
    "Machine",
    "Mount",
    "ParseWarning",
    "Piece",
    "PieceKind",
    "Reference",
    "Scope",
    "Stage",
    "Word",
    "copied_from",
    "expand",
    "final_stage",
    "frontend",
    "machine",
    "mount",
    "openers",
    "parse",
    "part",
    "read_mount",
    "references",
    "scope",
    "secret_file",
    "successors",
]
