"""Read bake files in HCL."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from rewriter.callers.bake import named_variable, variable_value
from rewriter.callers.hcl import Attribute, Block, blocks, entries, items, string
from rewriter.callers.kind import Kind
from rewriter.callers.model import (
    BlockForm,
    BuildArgument,
    Builder,
    Caller,
    CallerKind,
    Files,
    FromLiteral,
    FromVariable,
    Inherited,
    Reading,
    SpanForm,
    Unreadable,
    Value,
    place,
)
from rewriter.callers.paths import within
from rewriter.model.masked import MASK, Masked
from rewriter.model.text import Source

_NAME: Final = re.compile(r"(?:.*[.-])?(?:docker-)?bake(?:[.-].*)?\.hcl")
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ID: Final = re.compile(r"(?:^|[,\s\"{])id\s*=\s*\"?([^,\"\s}]+)")
_ESCAPE: Final = re.compile(r"\\([\"\\])|\$(\$\{)|%(%\{)")


def _matches(path: str) -> bool:
    return _NAME.fullmatch(posixpath.basename(path)) is not None


def _read(source: Source, files: Files) -> Reading:  # noqa: ARG001
    found = blocks(source)
    defaults = {block.labels[0]: _default(block) for block in found if block.type == "variable" and block.labels}
    return Reading(
        tuple(_caller(source, block, defaults) for block in found if block.type == "target" and block.labels)
    )


def attribute(block: Block, name: str) -> Attribute | None:
    """Return an attribute of a block."""
    return next((one for one in block.attributes if one.name == name), None)


def _default(block: Block) -> str:
    default = attribute(block, "default")
    if default is None or default.value.text in {"null", '""'}:
        return ""
    return default.value.text


def _text(block: Block, name: str) -> str | None:
    found = attribute(block, name)
    return string(found.value) if found is not None else None


def _caller(source: Source, block: Block, defaults: dict[str, str]) -> Caller:
    directory = posixpath.dirname(source.path)
    written, file = _text(block, "context"), _text(block, "dockerfile")
    dynamic = any(
        attribute(block, name) is not None and (_text(block, name) is None or "${" in (_text(block, name) or ""))
        for name in ("context", "dockerfile")
    )
    remote = "://" in (written or "")
    inherits = attribute(block, "inherits") is not None and written is None and file is None
    context = None if dynamic or remote or inherits else within(written or ".")
    dockerfile = within(posixpath.join(context, file or "Dockerfile")) if context is not None else None
    args = attribute(block, "args")
    secrets = attribute(block, "secret")
    return Caller(
        path=source.path,
        kind=CallerKind.BAKE_HCL,
        place=place(source, block.span),
        context=context,
        dockerfile=dockerfile,
        target=_text(block, "target"),
        arguments=_arguments(source, args, defaults) if args is not None else (),
        secrets=_ids(secrets) if secrets is not None else (),
        builder=Builder.BAKE,
        form=BlockForm(block.labels[0], directory),
        dynamic=args is not None and entries(source, args.value) is None,
    )


def _ids(secrets: Attribute) -> tuple[str, ...]:
    found = [_ID.search(item.text.strip('"')) for item in items(secrets.value) or ()]
    return tuple(match[1] for match in found if match)


def _arguments(source: Source, args: Attribute, defaults: dict[str, str]) -> tuple[BuildArgument, ...]:
    found: list[BuildArgument] = []
    for entry in entries(source, args.value) or ():
        value = _value(entry, defaults)
        text = None if isinstance(value, Inherited) else entry.value.text
        literal = string(entry.value) if isinstance(value, FromLiteral) else None
        found.append(
            BuildArgument(
                name=entry.name,
                value=MASK if literal else text,
                place=place(source, entry.span),
                literal=Masked(_ESCAPE.sub(_unescape, literal)) if literal else None,
                variable=value.name if isinstance(value, FromVariable) else None,
                form=SpanForm(entry.span, value),
            )
        )
    return tuple(found)


def _unescape(match: re.Match[str]) -> str:
    return match[1] or match[2] or match[3] or ""


def _value(entry: Attribute, defaults: dict[str, str]) -> Value:
    text = string(entry.value)
    if text is not None:
        return variable_value(text, defaults)
    if entry.value.text == "null":
        return Inherited()
    if _WORD.fullmatch(entry.value.text):
        return named_variable(entry.value.text, entry.value.text, defaults)
    return Unreadable("the value is computed by the bake file, which a secret does not allow")


KIND: Final = Kind(_matches, _read)
