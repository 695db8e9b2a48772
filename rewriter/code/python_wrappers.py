"""Read variables that Python programs take through a library for settings."""

from __future__ import annotations

from typing import Final

import libcst as cst

from rewriter.code.model import Refuse, Rewrite
from rewriter.code.python_module import Module, constant
from rewriter.model.text import Edit, Span
from rewriter.record import Record

_OBJECTS: Final = {
    "decouple.Config": "decouple",
    "decouple.AutoConfig": "decouple",
    "environs.Env": "environs",
    "environ.Env": "django-environ",
    "environ.FileAwareEnv": "django-environ",
    "starlette.config.Config": "Starlette's Config",
}
_DYNACONF: Final = frozenset({"dynaconf.Dynaconf", "dynaconf.LazySettings", "dynaconf.FlaskDynaconf"})
_TEXT_METHODS: Final = frozenset({"str", "unicode"})
_BARE: Final = (cst.Assign, cst.AnnAssign, cst.Return, cst.Arg, cst.DictElement, cst.Element, cst.Expr, cst.Param)


class Wrapped(Record):
    """Hold a read through a library; `refusal` says why it cannot take the file first."""

    name: str
    argument: cst.BaseExpression
    refusal: str | None


def wrapped(module: Module, call: cst.Call) -> Wrapped | None:
    """Return the read that a call makes through a library, or nothing."""
    if not call.args:
        return None
    library, method = _library(module, call.func)
    if not library:
        return None
    name = constant(call.args[0].value)
    if name is None or call.args[0].keyword is not None or call.args[0].star:
        return None
    return Wrapped(name, call.args[0].value, _refusal(call, library, method))


def _refusal(call: cst.Call, library: str, method: str) -> str | None:
    if method and method not in _TEXT_METHODS:
        return f"{library} turns the value into something else than text (.{method})"
    for argument in call.args[1:]:
        keyword = argument.keyword.value if argument.keyword is not None else ""
        if argument.star or not keyword:
            second = argument is call.args[1] and not argument.star
            if second and library != "Starlette's Config":
                continue
            return f"{library} turns the value into something else than text"
        text = isinstance(argument.value, cst.Name) and argument.value.value == "str"
        if keyword != "default" and not (keyword == "cast" and text):
            return f"{library} turns the value into something else than text ({keyword}=)"
    return None


def _library(module: Module, func: cst.BaseExpression) -> tuple[str, str]:
    """Return the library that a callee belongs to, and the method that is called on its object."""
    if isinstance(func, (cst.Name, cst.Attribute)) and module.meaning(func) == "decouple.config":
        return "decouple", ""
    method = ""
    if isinstance(func, cst.Attribute):
        method, func = func.attr.value, func.value
    if not isinstance(func, cst.Name):
        return "", ""
    value = module.value_of(func)
    if not isinstance(value, cst.Call) or not isinstance(value.func, (cst.Name, cst.Attribute)):
        return "", ""
    return _OBJECTS.get(module.meaning(value.func), ""), method


def prefixed(module: Module, call: cst.Call) -> str:
    """Return the prefix of the variables that a call makes a library read by itself: Flask's and dynaconf's loaders."""
    match call.func:
        case cst.Attribute(attr=cst.Name(value="from_prefixed_env")):
            default, keyword, first = "FLASK", "prefix", True
        case cst.Name() | cst.Attribute() if module.meaning(call.func) in _DYNACONF:
            default, keyword, first = "DYNACONF", "envvar_prefix", False
        case _:
            return ""
    for place, argument in enumerate(call.args):
        named = argument.keyword.value == keyword if argument.keyword is not None else first and place == 0
        if named:
            default = constant(argument.value) or ""
    return f"{default}_" if default else ""


def is_guarded(module: Module, node: cst.CSTNode, name: str) -> bool:
    """Tell whether an expression is already the fallback of `secret_file(name) or ...`."""
    match module.parent(node):
        case cst.BooleanOperation(
            left=cst.Call(func=cst.Name(value="secret_file"), args=[cst.Arg(value=first), *_]), right=right
        ):
            return right is node and constant(first) == name
    return False


def secret_file(module: Module, call: cst.Call, name: str, wanted: str) -> Rewrite | Refuse:
    """Put the secret's file in front of an expression, which stays as the fallback."""
    span = module.span(call)
    text = module.source.text
    file = "" if wanted == name.lower() else f', file="{wanted}"'
    quote = "'" if "'" in span.of(text) and '"' not in span.of(text) else '"'
    front = f"secret_file({quote}{name}{quote}{file}) or "
    bare = isinstance(module.parent(call), _BARE) or bool(call.lpar)
    start, end = Span(span.start, span.start), Span(span.end, span.end)
    if bare:
        return Rewrite((Edit(start, front),), ("secret_file",))
    return Rewrite((Edit(start, f"({front}"), Edit(end, ")")), ("secret_file",))
