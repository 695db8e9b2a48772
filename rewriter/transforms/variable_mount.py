"""Give a RUN a secret in a variable: by `env=`, or by a file that the command reads into the variable first."""

from __future__ import annotations

import re
from typing import Final

from rewriter.documents.dockerfile import Instruction, machine
from rewriter.project.build import Build
from rewriter.record import Record
from rewriter.settings import SecretStyle
from rewriter.transforms.image_user import is_root, user_id

FOLDER: Final = "/run/secrets"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


class VariableMount(Record):
    """Hold one mount; `load` is the command that fills the variable, empty where the mount does that itself."""

    name: str
    options: str
    load: str = ""


def variable_mount(
    build: Build, instruction: Instruction, name: str, *, identity: str, required: bool, style: SecretStyle
) -> VariableMount:
    """Return the mount after which the RUN has the secret `identity` in the variable `name`.

    A secret that may be absent gives an empty variable in both styles.
    """
    needed = ",required=true" if required else ""
    if style is SecretStyle.ENV:
        return VariableMount(name, f"type=secret,id={identity},env={name}{needed}")
    path = f"{FOLDER}/{identity}"
    read = f"cat {path}" if required else f"cat {path} 2>/dev/null || true"
    options = f"type=secret,id={identity}{readable(build, instruction)}{needed}"
    return VariableMount(name, options, f'{name}="$({read})" && export {name}')


def readable(build: Build, instruction: Instruction) -> str:
    """Return the options with which the user of a RUN can read a secret's file, which is root's alone by default."""
    user = machine(build.dockerfile, instruction).user
    if is_root(user):
        return ""
    number = user_id(build, instruction)
    return ",mode=0444" if number is None else f",uid={number}"


def is_variable(name: str) -> bool:
    """Tell whether a shell can read a variable of that name from its environment."""
    return _NAME.fullmatch(name) is not None
