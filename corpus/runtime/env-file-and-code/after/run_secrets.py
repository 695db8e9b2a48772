"""Read a secret from its file, or from the environment where there is no file.

A secret that the container runtime hands over lies in the folder /run/secrets, under the name of the variable in
lower case. The variable SECRETS_DIR names another folder, for tests.
"""

import os
from typing import Any, Optional, TypeVar, Union, overload

__all__ = ["MissingSecretError", "has_secret", "read_secret", "secret_file"]

T = TypeVar("T")
_REQUIRED: Any = object()


class MissingSecretError(KeyError):
    """Say that a secret is neither in a file nor in the environment."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


def _path(key: str, file: Optional[str]) -> str:
    return os.path.join(os.environ.get("SECRETS_DIR", "/run/secrets"), file or key.lower())


def secret_file(key: str, *, file: Optional[str] = None) -> Optional[str]:
    """Return what the file of a secret holds, without one line end at its end; None where there is no file."""
    try:
        with open(_path(key, file), encoding="utf-8", newline="") as stream:
            value = stream.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if value.endswith("\r\n"):
        return value[:-2]
    return value[:-1] if value.endswith("\n") else value


@overload
def read_secret(key: str, *, file: Optional[str] = None) -> str: ...


@overload
def read_secret(key: str, default: T, *, file: Optional[str] = None) -> Union[str, T]: ...


def read_secret(key: str, default: Any = _REQUIRED, *, file: Optional[str] = None) -> Any:
    """Return a secret: its file first, then the variable of that name, then the default."""
    value = secret_file(key, file=file)
    if value is None:
        value = os.environ.get(key)
    if value is not None:
        return value
    if default is _REQUIRED:
        raise MissingSecretError(f"{key}: there is neither a file {_path(key, file)} nor a variable of that name")
    return default


def has_secret(key: str, *, file: Optional[str] = None) -> bool:
    """Tell whether a secret is there, as a file or as a variable."""
    return os.path.exists(_path(key, file)) or key in os.environ
