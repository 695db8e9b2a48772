"""Read POSIX and bash shell text without loss, and answer questions about it.

`parse` gives a tree whose spans point into the text; what it does not understand is a `ShellError`.
"""

from __future__ import annotations

from rewriter.documents.shell.assigning import Assigned, Export, Means, assignments, exports, split_assignment
from rewriter.documents.shell.error import ShellError
from rewriter.documents.shell.exposure import prints_environment
from rewriter.documents.shell.mentions import mentions
from rewriter.documents.shell.nested import NestedScript, nested_scripts, script_words
from rewriter.documents.shell.reader import parse
from rewriter.documents.shell.removal import ListElement, decides_status, find_element, remove_element, remove_elements
from rewriter.documents.shell.tree import (
    AnsiQuoted,
    Arithmetic,
    Array,
    Branch,
    Case,
    Clause,
    Command,
    CommandSubstitution,
    Compound,
    Dialect,
    DoubleQuoted,
    Function,
    Group,
    Heredoc,
    If,
    Item,
    Literal,
    Loop,
    Node,
    Operator,
    Part,
    Pipeline,
    ProcessSubstitution,
    Redirect,
    Script,
    ShellAssignment,
    SingleQuoted,
    Subshell,
    Test,
    Variable,
    Word,
)
from rewriter.documents.shell.unwrap import UnwrappedCommand, unwrap
from rewriter.documents.shell.uses import Quoted, VariableUse, variables
from rewriter.documents.shell.walk import Ancestor, Visit, commands, nodes

__all__ = [
    "Ancestor",
    "AnsiQuoted",
    "Arithmetic",
    "Array",
    "Assigned",
    "Branch",
    "Case",
    "Clause",
    "Command",
    "CommandSubstitution",
    "Compound",
    "Dialect",
    "DoubleQuoted",
    "Export",
    "Function",
    "Group",
    "Heredoc",
    "If",
    "Item",
    "ListElement",
    "Literal",
    "Loop",
    "Means",
    "NestedScript",
    "Node",
    "Operator",
    "Part",
    "Pipeline",
    "ProcessSubstitution",
    "Quoted",
    "Redirect",
    "Script",
    "ShellAssignment",
    "ShellError",
    "SingleQuoted",
    "Subshell",
    "Test",
    "UnwrappedCommand",
    "Variable",
    "VariableUse",
    "Visit",
    "Word",
    "assignments",
    "commands",
    "decides_status",
    "exports",
    "find_element",
    "mentions",
    "nested_scripts",
    "nodes",
    "parse",
    "prints_environment",
    "remove_element",
    "remove_elements",
    "script_words",
    "split_assignment",
    "unwrap",
    "variables",
]
