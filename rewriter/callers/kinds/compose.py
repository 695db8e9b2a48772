"""Read the builds of compose files."""

from __future__ import annotations

import posixpath
from typing import Final

from rewriter.callers.kind import Kind
from rewriter.callers.model import (
    ArgumentForm,
    BuildArgument,
    Builder,
    Caller,
    CallerForm,
    CallerKind,
    ComposeForm,
    EntryForm,
    Files,
    FromLiteral,
    FromVariable,
    Inherited,
    Reading,
    Unreadable,
    Value,
)
from rewriter.documents.compose import (
    Build,
    BuildArg,
    Compose,
    Operator,
    Service,
    is_compose_path,
    parse,
    single_variable,
)
from rewriter.documents.yaml import Mapping, Scalar, get, index_of
from rewriter.model.masked import MASK
from rewriter.model.text import Source


def _read(source: Source, files: Files) -> Reading:  # noqa: ARG001
    compose = parse(source)
    return Reading(
        tuple(
            _caller(source, compose, service, service.build)
            for service in compose.services
            if service.build is not None
        )
    )


def _caller(source: Source, compose: Compose, service: Service, build: Build) -> Caller:
    form = _form(compose, service, build)
    why = form.why if isinstance(form, Unreadable) else None
    return Caller(
        path=source.path,
        kind=CallerKind.COMPOSE,
        place=build.place,
        context=build.context,
        dockerfile=build.dockerfile,
        target=build.target,
        arguments=tuple(_argument(arg, service, why) for arg in build.args),
        secrets=build.secrets,
        builder=Builder.COMPOSE,
        form=form,
    )


def _form(compose: Compose, service: Service, build: Build) -> CallerForm:
    if compose.version_1 or compose.root is None:
        return Unreadable("a compose file of version 1 (without `services:`) knows no build secrets")
    if build.shared or index_of(service.node, "build") is None:
        return Unreadable(
            f"the build of the service `{service.name}` is shared through an anchor, a merge or `extends`"
        )
    if compose.root.flow or service.node.flow:
        return Unreadable("the service stands in braces on one line")
    args = get(build.node, "args") if isinstance(build.node, Mapping) else None
    directory = posixpath.dirname(compose.path)
    if isinstance(args, Scalar) or args is None:
        return ComposeForm(compose.root, service.node, build.node, None, directory)
    return ComposeForm(compose.root, service.node, build.node, args, directory)


def _argument(arg: BuildArg, service: Service, why: str | None) -> BuildArgument:
    return BuildArgument(
        name=arg.name,
        value=MASK if arg.literal else arg.value,
        place=arg.place,
        literal=arg.literal,
        variable=arg.variable,
        form=_argument_form(arg, service, why),
    )


def _argument_form(arg: BuildArg, service: Service, why: str | None) -> ArgumentForm:
    if why is not None:
        return Unreadable(why)
    if arg.shared:
        return Unreadable(
            f"the argument of the service `{service.name}` is shared through an anchor, a merge or `extends`"
        )
    return EntryForm(arg.index, _value(arg))


def _value(arg: BuildArg) -> Value:
    if arg.value is None:
        return Inherited()
    if arg.literal is not None or not arg.value:
        return FromLiteral()
    variable = single_variable(arg.value)
    if variable is None:
        return Unreadable("the value is put together from several parts, which compose does not do for a secret")
    match variable.operator:
        case Operator.ALTERNATIVE | Operator.ALTERNATIVE_IF_SET:
            return Unreadable("the value is an alternative (`:+`), which compose does not know for a secret")
        case Operator.DEFAULT | Operator.DEFAULT_IF_EMPTY if variable.word:
            return Unreadable(f"{variable.name} has a default here, which compose does not know for a secret")
        case _:
            return FromVariable(variable.name, exported=True, text=arg.value)


KIND: Final = Kind(is_compose_path, _read)
