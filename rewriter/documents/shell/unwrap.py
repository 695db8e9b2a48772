"""Look through `sudo`, `env`, `timeout` and their like at the command that they run."""

from __future__ import annotations

import re
from typing import Final

from rewriter.documents.shell.assigning import split_assignment
from rewriter.documents.shell.tree import Command, ShellAssignment, Word
from rewriter.record import Record, field


class UnwrappedCommand(Record):
    """Hold the command that is run in the end.

    `name` is None if it is dynamic or absent. `wrappers` are the names passed on the way, `environment` what
    `env` or `sudo` adds, `user` the user it runs as, if that was said. `opaque` tells that what is run, or in
    which environment, cannot be told from these words alone: an option of a wrapper that is not known here,
    `xargs`, `chroot`, `su -c`, `env -S`.
    """

    name: str | None
    args: tuple[Word, ...]
    environment: tuple[ShellAssignment, ...] = ()
    user: str | None = None
    opaque: bool = False
    wrappers: tuple[str, ...] = ()

    @property
    def program(self) -> str | None:
        """Return the name without its directory."""
        return None if self.name is None else basename(self.name)


class _Wrapper(Record):
    """Describe how a wrapper's own arguments end.

    `flags` and `valued` are option letters without and with a value, `long` and `long_valued` likewise;
    `positional` counts the arguments before the command, `user` names the option that says the user (or
    `1`: the first positional). `assigns` tells that NAME=value may stand in front of the command.
    """

    flags: str = ""
    valued: str = ""
    long: frozenset[str] = field(default_factory=frozenset)
    long_valued: frozenset[str] = field(default_factory=frozenset)
    positional: int = 0
    user: frozenset[str] = field(default_factory=frozenset)
    assigns: bool = False
    opaque: bool = False
    number: bool = False


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WRAPPERS: Final = {
    "sudo": _Wrapper(
        flags="AbEHnPS",
        valued="CDghpRrTtUu",
        long=_names("preserve-env set-home non-interactive preserve-groups stdin askpass background"),
        long_valued=_names("user group chdir host prompt role type close-from chroot other-user command-timeout"),
        user=_names("u user"),
        assigns=True,
    ),
    "doas": _Wrapper(flags="n", valued="Cu", user=_names("u")),
    "env": _Wrapper(
        flags="i0v",
        valued="uC",
        long=_names("ignore-environment null debug"),
        long_valued=_names("unset chdir"),
        assigns=True,
    ),
    "exec": _Wrapper(flags="cl", valued="a"),
    "command": _Wrapper(flags="p"),
    "builtin": _Wrapper(),
    "time": _Wrapper(
        flags="pvaqV",
        valued="fo",
        long=_names("portability verbose append quiet"),
        long_valued=_names("format output"),
    ),
    "nice": _Wrapper(valued="n", long_valued=_names("adjustment"), number=True),
    "ionice": _Wrapper(flags="t", valued="cn", long=_names("ignore"), long_valued=_names("class classdata")),
    "nohup": _Wrapper(),
    "setsid": _Wrapper(flags="cfw", long=_names("ctty fork wait")),
    "timeout": _Wrapper(
        flags="vf",
        valued="ks",
        long=_names("foreground preserve-status verbose"),
        long_valued=_names("kill-after signal"),
        positional=1,
    ),
    "stdbuf": _Wrapper(valued="ioe", long_valued=_names("input output error")),
    "unbuffer": _Wrapper(flags="p"),
    "xvfb-run": _Wrapper(
        flags="al",
        valued="efnpsw",
        long=_names("auto-servernum listen-tcp"),
        long_valued=_names("error-file auth-file server-num xauth-protocol server-args wait"),
    ),
    "gosu": _Wrapper(positional=1, user=_names("1")),
    "su-exec": _Wrapper(positional=1, user=_names("1")),
    "s6-setuidgid": _Wrapper(positional=1, user=_names("1")),
    "tini": _Wrapper(flags="gsvw", valued="pe"),
    "dumb-init": _Wrapper(flags="cv", valued="r", long=_names("single-child verbose"), long_valued=_names("rewrite")),
    "fakeroot": _Wrapper(),
    "busybox": _Wrapper(),
    "chroot": _Wrapper(positional=1, long=_names("skip-chdir"), long_valued=_names("userspec groups"), opaque=True),
    "xargs": _Wrapper(
        flags="0prtxo",
        valued="adEILnPs",
        long=_names("null interactive no-run-if-empty verbose exit open-tty"),
        long_valued=_names("arg-file delimiter replace max-lines max-args max-procs max-chars process-slot-var eof"),
        opaque=True,
    ),
}
_USER_SWITCHES: Final = frozenset({"su", "runuser"})
_NUMBER: Final = re.compile(r"-[0-9]+|--[0-9]+")


def basename(name: str) -> str:
    """Return what stands behind the last slash of a command's name."""
    return name.rpartition("/")[2]


def unwrap(command: Command) -> UnwrappedCommand:
    """Return what `command` runs in the end, wrappers stripped; `command` itself where there is none."""
    walker = _Walker(command.words)
    while walker.step():
        pass
    return walker.result()


class _Walker:
    """Strip one wrapper after the other."""

    def __init__(self, words: tuple[Word, ...]) -> None:
        self._words = words
        self._at = 0
        self._environment: list[ShellAssignment] = []
        self._user: str | None = None
        self._opaque = False
        self._wrappers: list[str] = []

    def result(self) -> UnwrappedCommand:
        """Return what is left."""
        rest = self._words[self._at :]
        name = rest[0].value if rest else None
        opaque = self._opaque or (bool(rest) and name is None)
        return UnwrappedCommand(name, rest[1:], tuple(self._environment), self._user, opaque, tuple(self._wrappers))

    def step(self) -> bool:
        """Strip the wrapper that stands in front, if one does and its options are understood."""
        name = self._value(self._at)
        if name is None:
            return False
        short = basename(name)
        if short in _USER_SWITCHES:
            self._switch_user()
            return False
        wrapper = _WRAPPERS.get(short)
        if wrapper is None:
            return False
        end = self._arguments(wrapper, self._at + 1)
        if end is None:
            self._opaque = self._opaque or self._at + 1 < len(self._words)
            return False
        if end >= len(self._words):
            return False
        self._wrappers.append(name)
        self._at = end
        self._opaque = self._opaque or wrapper.opaque
        return True

    def _value(self, at: int) -> str | None:
        return self._words[at].value if at < len(self._words) else None

    def _arguments(self, wrapper: _Wrapper, at: int) -> int | None:
        """Return where the wrapped command starts, or None if an option is not understood."""
        user = self._user
        while at < len(self._words):
            value = self._value(at)
            if value is None:
                break
            if value == "--":
                at += 1
                break
            if value == "-" and wrapper is _WRAPPERS["env"]:
                at += 1
                continue
            if wrapper.number and _NUMBER.fullmatch(value):
                at += 1
                continue
            if not value.startswith("-") or value == "-":
                break
            taken = _option(wrapper, value)
            if taken is None:
                return None
            option, attached, needs = taken
            at += 1
            if option in wrapper.user:
                user = attached if not needs else self._value(at)
            if needs:
                at += 1
        for number in range(wrapper.positional):
            if str(number + 1) in wrapper.user:
                user = self._value(at)
            at += 1
        added = self._assignments(at) if wrapper.assigns else []
        at += len(added)
        if at < len(self._words):
            self._environment += added
            self._user = user
        return at

    def _assignments(self, at: int) -> list[ShellAssignment]:
        """Return the NAME=value words that stand here."""
        found: list[ShellAssignment] = []
        for word in self._words[at:]:
            assignment = split_assignment(word)
            if assignment is None:
                break
            found.append(assignment)
        return found

    def _switch_user(self) -> None:
        """Note the user of `su` or `runuser`; what it runs is text for a shell, or nothing."""
        self._opaque = True
        values = [word.value for word in self._words[self._at + 1 :]]
        skip = False
        for value in values:
            if skip:
                skip = False
            elif value in ("-c", "--command", "-s", "--shell", "-g", "-G", "-w"):
                skip = True
            elif value is None or not value.startswith("-"):
                self._user = value
                return


def _option(wrapper: _Wrapper, value: str) -> tuple[str, str, bool] | None:
    """Return the option, the value attached to it, and whether the next word is its value."""
    if value.startswith("--"):
        name, equals, attached = value[2:].partition("=")
        if name in wrapper.long_valued:
            return name, attached, not equals
        return (name, attached, False) if name in wrapper.long else None
    for number, letter in enumerate(value[1:], 1):
        if letter in wrapper.valued:
            attached = value[number + 1 :]
            return letter, attached, not attached
        if letter not in wrapper.flags:
            return None
    return value[-1], "", False
