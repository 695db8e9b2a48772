"""Give pydantic's settings classes the folder of the secrets: they read it by themselves.

The library looks at the environment first and at the folder second, and takes a file by the name of the variable in
any case, which is the file that compose mounts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import libcst as cst

from rewriter.code.model import Change, Keep, ReadKind, Refuse, Rewrite, Use, read_at, secret_id
from rewriter.code.python_module import Module, constant
from rewriter.model.text import Edit, Span

_BASES: Final = frozenset({"pydantic_settings.BaseSettings", "pydantic.BaseSettings", "pydantic.v1.BaseSettings"})
_FOLDER: Final = "/run/secrets"
_ALIASES: Final = ("env", "alias", "validation_alias")


def settings_uses(module: Module, classes: Sequence[cst.ClassDef], secrets: Mapping[str, str]) -> tuple[Use, ...]:
    """Return a use for each field of a settings class that stands for a secret."""
    uses: list[Use] = []
    known: dict[str, str] = {}
    sensitive: set[str] = set()
    for node in classes:
        base = next((found for one in node.bases if (found := _base(module, one.value, known))), "")
        if base:
            known[node.name.value] = base
        if _tells_case(node, sensitive):
            sensitive.add(node.name.value)
        if not base or not isinstance(node.body, cst.IndentedBlock):
            continue
        prefix = _option(node, "env_prefix") or ""
        for field in _fields(node.body):
            names = {name.upper(): name for name in _names(field, prefix)}
            for secret in secrets:
                if secret.upper() in names:
                    change = _folder(module, node, base, secret_id(secret, secrets) == secret.lower())
                    if node.name.value in sensitive:
                        change = Refuse("its settings class tells upper from lower case, and the file has a small name")
                    read = read_at(module.source, module.span(field), secret, kind=ReadKind.WRAPPER)
                    uses.append(Use(read, change))
            if not secrets:
                first = next(iter(names))
                uses.append(Use(read_at(module.source, module.span(field), first, kind=ReadKind.WRAPPER), Keep()))
    return tuple(uses)


def _base(module: Module, node: cst.BaseExpression, known: Mapping[str, str]) -> str:
    """Return the settings class of the library that a class is made from, or nothing."""
    if isinstance(node, cst.Name) and node.value in known:
        return known[node.value]
    meaning = module.meaning(node) if isinstance(node, (cst.Name, cst.Attribute)) else ""
    return meaning if meaning in _BASES else ""


def _fields(body: cst.IndentedBlock) -> list[cst.AnnAssign]:
    found: list[cst.AnnAssign] = []
    for line in body.body:
        if isinstance(line, cst.SimpleStatementLine):
            for statement in line.body:
                match statement:
                    case cst.AnnAssign(target=cst.Name(value=name)) if (
                        not name.startswith("_") and name != "model_config"
                    ):
                        found.append(statement)
    return found


def _names(field: cst.AnnAssign, prefix: str) -> tuple[str, ...]:
    """Return the names under which the library looks for a field, the surest first."""
    if isinstance(field.value, cst.Call):
        aliases = [arg for arg in field.value.args if arg.keyword is not None and arg.keyword.value in _ALIASES]
        named = tuple(text for arg in aliases if (text := constant(arg.value)) is not None)
        if named:
            return named
    assert isinstance(field.target, cst.Name)
    return (prefix + field.target.value,)


def _configuration(node: cst.ClassDef) -> cst.Call | cst.Dict | cst.ClassDef | None:
    """Return where a settings class is configured: `model_config`, or a class `Config` inside."""
    for line in node.body.body:
        match line:
            case cst.ClassDef(name=cst.Name(value="Config")):
                return line
            case cst.SimpleStatementLine(
                body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value="model_config"))])]
            ):
                statement = line.body[0]
                assert isinstance(statement, cst.Assign)
                if isinstance(statement.value, (cst.Call, cst.Dict)):
                    return statement.value
            case cst.SimpleStatementLine(
                body=[cst.AnnAssign(target=cst.Name(value="model_config"), value=(cst.Call() | cst.Dict()) as value)]
            ):
                return value
    return None


def _tells_case(node: cst.ClassDef, sensitive: Collection[str]) -> bool:
    """Tell whether a settings class, or one of the same file that it is made from, is case sensitive."""
    own = _written(node, "case_sensitive")
    if own is not None:
        return not (isinstance(own, cst.Name) and own.value == "False")
    return any(isinstance(one.value, cst.Name) and one.value.value in sensitive for one in node.bases)


def _option(node: cst.ClassDef, name: str) -> str | None:
    """Return the value of an option of a settings class: its text, empty when it is no constant, none when absent."""
    found = _written(node, name)
    return None if found is None else constant(found) or ""


def _written(node: cst.ClassDef, name: str) -> cst.BaseExpression | None:
    """Return what is written for an option of a settings class."""
    found: cst.BaseExpression | None = None
    match _configuration(node):
        case cst.Call(args=args):
            found = next((one.value for one in args if one.keyword is not None and one.keyword.value == name), None)
        case cst.Dict(elements=elements):
            for element in elements:
                if isinstance(element, cst.DictElement) and constant(element.key) == name:
                    found = element.value
        case cst.ClassDef(body=body):
            for line in body.body:
                match line:
                    case cst.SimpleStatementLine(
                        body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=key))])]
                    ):
                        statement = line.body[0]
                        if key == name and isinstance(statement, cst.Assign):
                            found = statement.value
    return found


def _folder(module: Module, node: cst.ClassDef, base: str, plain: bool) -> Change:  # noqa: FBT001
    if not plain:
        return Refuse("the library finds a secret only by the name of the variable")
    held = _option(node, "secrets_dir")
    if held == _FOLDER:
        return Keep()
    if held is not None:
        return Refuse("its settings class reads secrets from another folder")
    match _configuration(node):
        case cst.Call() as call:
            return _argument(module, call)
        case cst.Dict() as table:
            return _entry(module, table)
        case cst.ClassDef(body=cst.IndentedBlock() as body) if body.body:
            at = module.span(body.body[0]).start
            return Rewrite((_line(module, at, f'secrets_dir = "{_FOLDER}"'),))
        case None:
            return _new_configuration(module, node, base)
    return Refuse("the configuration of its settings class stands on one line")


def _argument(module: Module, call: cst.Call) -> Change:
    if any(argument.star for argument in call.args):
        return Refuse("the configuration of its settings class is spread")
    if not call.args:
        at = module.span(call).end - 1
        return Rewrite((Edit(Span(at, at), f'secrets_dir="{_FOLDER}"'),))
    at = module.span(call.args[0]).start
    text = module.source.text
    before = text[text.rfind("\n", 0, at) + 1 : at]
    gap = "\n" + before if not before.strip() else " "
    if gap != " " and module.source.newline != "\n":
        gap = "\r" + gap
    return Rewrite((Edit(Span(at, at), f'secrets_dir="{_FOLDER}",{gap}'),))


def _entry(module: Module, table: cst.Dict) -> Change:
    at = module.span(table).start + 1
    comma = ", " if table.elements else ""
    return Rewrite((Edit(Span(at, at), f'"secrets_dir": "{_FOLDER}"{comma}'),))


def _new_configuration(module: Module, node: cst.ClassDef, base: str) -> Change:
    assert isinstance(node.body, cst.IndentedBlock)
    lines = [line for line in node.body.body if not _is_docstring(line)]
    if not lines:
        return Refuse("its settings class has no field")
    at = module.span(lines[0]).start
    if base == "pydantic_settings.BaseSettings":
        return Rewrite((_line(module, at, f'model_config = {{"secrets_dir": "{_FOLDER}"}}'),))
    indent = _indent(module, at)
    step = "\t" if indent.startswith("\t") else "    "
    newline = module.source.newline
    return Rewrite((_line(module, at, f'class Config:{newline}{indent}{step}secrets_dir = "{_FOLDER}"{newline}'),))


def _line(module: Module, at: int, text: str) -> Edit:
    return Edit(Span(at, at), f"{text}{module.source.newline}{_indent(module, at)}")


def _indent(module: Module, at: int) -> str:
    text = module.source.text
    return text[text.rfind("\n", 0, at) + 1 : at]


def _is_docstring(line: cst.CSTNode) -> bool:
    match line:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString())]):
            return True
    return False
