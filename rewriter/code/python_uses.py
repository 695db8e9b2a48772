"""Find what a Python module reads from its environment, and how each read is rewritten."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import libcst as cst

from rewriter.code.model import Change, Keep, Mention, ReadKind, Refuse, Rewrite, Survey, Use, read_at, secret_id
from rewriter.code.python_module import Module, constant, strings
from rewriter.code.python_settings import settings_uses
from rewriter.code.python_wrappers import is_guarded, prefixed, secret_file, wrapped
from rewriter.model.text import Edit, Span

_ENVIRONMENTS: Final = frozenset({"os.environ", "environs.environ"})
_GETTERS: Final = frozenset({"os.getenv"})
_BYTES: Final = frozenset({"os.environb", "os.getenvb"})
_LAST: Final = frozenset({"environ", "getenv", "environb", "getenvb"})
_ALIAS: Final = re.compile(
    r"\b(\w{1,80})[ \t]{0,9}(?::[^=\n]{0,200})?=[ \t]{0,9}(?:\w{1,80}\.)?environ\b"
    r"|\b(?:environb?|getenvb?)[ \t]{1,9}as[ \t]{1,9}(\w{1,80})"
)
_OWN: Final = frozenset({"read_secret", "has_secret", "secret_file"})


def find(module: Module, secrets: Mapping[str, str]) -> Survey:
    """Return every read of a module."""
    finder = _Finder(module, secrets)
    module.tree.visit(finder)
    uses = (*finder.uses, *settings_uses(module, finder.classes, secrets))
    ordered = tuple(sorted(dict.fromkeys(uses), key=lambda use: (use.read.span, use.read.name)))
    return Survey(module.source.path, ordered, tuple(finder.mentions))


class _Finder(cst.CSTVisitor):
    """Walk a module once; every reference to the environment is judged from what stands around it."""

    def __init__(self, module: Module, secrets: Mapping[str, str]) -> None:
        super().__init__()
        self.module = module
        self.secrets = secrets
        self.uses: list[Use] = []
        self.mentions: list[Mention] = []
        self.classes: list[cst.ClassDef] = []
        self._settled: set[cst.CSTNode] = set()
        self._aliases = frozenset(name for pair in _ALIAS.findall(module.source.text) for name in pair if name)

    def visit_ClassDef(self, node: cst.ClassDef) -> None:  # noqa: N802
        self.classes.append(node)

    def visit_Import(self, node: cst.Import) -> bool:  # noqa: ARG002, N802
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:  # noqa: N802
        if isinstance(node.names, cst.ImportStar) and isinstance(node.module, cst.Name) and node.module.value == "os":
            self._add(
                node, "", ReadKind.DYNAMIC, Refuse("everything of os is imported, so its names cannot be followed")
            )
        return False

    def visit_Attribute(self, node: cst.Attribute) -> None:  # noqa: N802
        if node.attr.value in _LAST:
            self._reference(node, self.module.meaning(node))

    def visit_Name(self, node: cst.Name) -> None:  # noqa: N802
        parent = self.module.parent(node)
        if isinstance(parent, cst.Attribute) and parent.attr is node:
            return
        if node.value in _LAST:
            self._reference(node, self.module.meaning(node))
        elif node.value in self._aliases and not isinstance(parent, (cst.AssignTarget, cst.AnnAssign, cst.Param)):
            value = self.module.value_of(node)
            alias = isinstance(value, (cst.Name, cst.Attribute)) and self.module.meaning(value) in _ENVIRONMENTS
            self._reference(node, "os.environ" if alias else self.module.meaning(node))

    def visit_Call(self, node: cst.Call) -> None:  # noqa: N802
        match node.func:
            case cst.Name(value=own) if own in _OWN and node.args:
                name = constant(node.args[0].value)
                if name is not None:
                    self._settled.add(node.args[0].value)
                    if own != "secret_file":
                        self._add(node, name, ReadKind.PLAIN, Keep())
                    return
        prefix = prefixed(self.module, node)
        if prefix:
            self._add(
                node,
                "",
                ReadKind.DYNAMIC,
                Refuse(f"a library reads every variable that starts with {prefix}"),
                (prefix,),
            )
        found = wrapped(self.module, node)
        if found is not None:
            self._settled.add(found.argument)
            change = self._guard(node, found.name) if found.refusal is None else Refuse(found.refusal)
            if is_guarded(self.module, node, found.name):
                change = Keep()
            self._add(node, found.name, ReadKind.WRAPPER, change)

    def visit_SimpleString(self, node: cst.SimpleString) -> None:  # noqa: N802
        if node in self._settled or len(node.value) > 200:
            return
        name = constant(node)
        if name and name in self.secrets and _reaches(self.module, node):
            self.mentions.append(Mention(name, self.module.line(node)))

    def _reference(self, node: cst.BaseExpression, meaning: str) -> None:
        if meaning in _ENVIRONMENTS:
            self._environment(node)
        elif meaning in _GETTERS:
            parent = self.module.parent(node)
            if isinstance(parent, cst.Call) and parent.func is node:
                self._getter(parent, node)
            else:
                self._add(node, "", ReadKind.DYNAMIC, Refuse("the function that reads variables is passed on"))
        elif meaning in _BYTES:
            around = self.module.parent(self.module.parent(node) or node) or node
            self._add(node, "", ReadKind.DYNAMIC, Refuse("it reads variables as bytes"), strings(around))

    def _environment(self, node: cst.BaseExpression) -> None:
        parent = self.module.parent(node)
        around = self.module.parent(parent) if parent is not None else None
        match parent:
            case cst.Subscript(value=held) if held is node:
                self._subscript(parent)
            case cst.Attribute(value=held, attr=cst.Name(value=method)) if held is node:
                if isinstance(around, cst.Call) and around.func is parent:
                    self._method(around, parent, method)
                else:
                    self._add(parent, "", ReadKind.DYNAMIC, Refuse("the function that reads variables is passed on"))
            case cst.ComparisonTarget(operator=cst.In() | cst.NotIn()) if isinstance(around, cst.Comparison):
                self._membership(around, parent)
            case cst.Assign() | cst.AnnAssign() if isinstance(self._alias(node), cst.Name):
                pass
            case _:
                self._add(node, "", ReadKind.WHOLE, Keep())

    def _alias(self, node: cst.BaseExpression) -> cst.Name | None:
        """Return the name to which the environment alone is bound, where its uses can be followed."""
        statement = self.module.parent(node)
        match statement:
            case (
                cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as name)])
                | cst.AnnAssign(target=cst.Name() as name)
            ):
                return name if self.module.value_of(name) is node else None
        return None

    def _subscript(self, node: cst.Subscript) -> None:
        name = _index(node)
        if name is None:
            self._dynamic(node)
            return
        self._settle(node)
        around = self.module.parent(node)
        if isinstance(around, (cst.AssignTarget, cst.AugAssign, cst.Del, cst.AnnAssign, cst.NamedExpr)) and (
            not isinstance(around, (cst.AugAssign, cst.AnnAssign, cst.NamedExpr)) or around.target is node
        ):
            self._add(node, name, ReadKind.PLAIN, Refuse("the program sets or deletes the variable itself"))
            return
        if isinstance(around, (cst.For, cst.CompFor, cst.AsName, cst.Element)) and _is_target(self.module, node):
            self._add(node, name, ReadKind.PLAIN, Refuse("the program sets the variable itself"))
            return
        span, held = self.module.span(node), self.module.span(node.slice[0])
        opening, closing = Span(span.start, held.start), Span(held.end, span.end)
        edits = (Edit(opening, "read_secret("), Edit(closing, f"{self._file(name)})"))
        self._add(node, name, ReadKind.PLAIN, self._plain((opening, closing), edits, "read_secret"))

    def _method(self, call: cst.Call, callee: cst.Attribute, method: str) -> None:
        if method == "get":
            self._getter(call, callee)
        elif method in ("pop", "setdefault", "__getitem__"):
            self._taking(call, method)
        else:
            self._add(callee.value, "", ReadKind.WHOLE, Keep())

    def _taking(self, call: cst.Call, method: str) -> None:
        name = constant(call.args[0].value) if call.args else None
        if name is None:
            self._dynamic(call)
            return
        self._settle(call)
        kind = ReadKind.DEFAULT if len(call.args) > 1 else ReadKind.PLAIN
        change = self._guard(call, name)
        if isinstance(self.module.parent(call), cst.Expr):
            change = (
                Keep()
                if method == "pop" and kind is ReadKind.DEFAULT
                else Refuse("the program changes the variable itself")
            )
        elif is_guarded(self.module, call, name):
            change = Keep()
        self._add(call, name, kind, change)

    def _getter(self, call: cst.Call, callee: cst.BaseExpression) -> None:
        arguments = {("key", "default")[i] if arg.keyword is None and i < 2 else
                     arg.keyword.value if arg.keyword else "": arg for i, arg in enumerate(call.args)}  # fmt: skip
        key = arguments.get("key")
        name = constant(key.value) if key is not None else None
        if key is None or name is None:
            self._dynamic(call)
            return
        self._settle(call)
        default = arguments.get("default")
        kind = ReadKind.PLAIN if default is None else ReadKind.DEFAULT
        if set(arguments) - {"key", "default"} or any(arg.star for arg in call.args):
            self._add(call, name, kind, Refuse("its arguments are spread"))
            return
        opening = self.module.span(callee)
        edits = [Edit(opening, "read_secret")]
        if default is None:
            edits.append(Edit(_after(self.module, key), ", default=None" if key.keyword else ", None"))
        if self._file(name):
            last = default or key
            edits.append(Edit(_after(self.module, last), self._file(name)))
        self._add(call, name, kind, self._plain((opening,), tuple(edits), "read_secret"))

    def _membership(self, node: cst.Comparison, target: cst.ComparisonTarget) -> None:
        name = constant(node.left)
        if name is None or len(node.comparisons) != 1:
            longer = Refuse("the test is part of a longer comparison")
            if len(node.comparisons) == 1:
                self._dynamic(node)
            for piece in strings(node) if len(node.comparisons) > 1 else ():
                self._add(node, piece, ReadKind.MEMBERSHIP, longer)
            return
        self._settle(node)
        span, left = self.module.span(node), self.module.span(node.left)
        word = "not has_secret(" if isinstance(target.operator, cst.NotIn) else "has_secret("
        rest = Span(left.end, span.end)
        edits = (Edit(Span(span.start, left.start), word), Edit(rest, f"{self._file(name)})"))
        change = self._plain((Span(span.start, left.start), rest), edits, "has_secret")
        self._add(node, name, ReadKind.MEMBERSHIP, change)

    def _plain(self, replaced: tuple[Span, ...], edits: tuple[Edit, ...], need: str) -> Change:
        if any("#" in span.of(self.module.source.text) for span in replaced):
            return Refuse("a comment stands inside the expression")
        return Rewrite(edits, (need,))

    def _guard(self, call: cst.Call, name: str) -> Change:
        return secret_file(self.module, call, name, secret_id(name, self.secrets))

    def _file(self, name: str) -> str:
        wanted = secret_id(name, self.secrets)
        return "" if wanted == name.lower() else f', file="{wanted}"'

    def _dynamic(self, node: cst.CSTNode) -> None:
        pieces = strings(node)
        self._add(node, "", ReadKind.DYNAMIC, Refuse("the variable's name is built at run time"), pieces)

    def _settle(self, node: cst.CSTNode) -> None:
        waiting = list(node.children)[:1] if isinstance(node, cst.Comparison) else []
        if isinstance(node, cst.Subscript):
            waiting = [node.slice[0]]
        if isinstance(node, cst.Call):
            waiting = list(node.args)
        while waiting:
            at = waiting.pop()
            self._settled.add(at)
            waiting += at.children

    def _add(self, node: cst.CSTNode, name: str, kind: ReadKind, change: Change, pieces: tuple[str, ...] = ()) -> None:
        read = read_at(self.module.source, self.module.span(node), name, kind=kind)
        self.uses.append(Use(read, change, pieces))


def _index(node: cst.Subscript) -> str | None:
    match node.slice:
        case [cst.SubscriptElement(slice=cst.Index(value=value, star=None))]:
            return constant(value)
    return None


def _after(module: Module, argument: cst.Arg) -> Span:
    """Return the empty span right behind an argument's value, closing parentheses of its own included."""
    end = module.span(argument).end
    return Span(end, end)


def _is_target(module: Module, node: cst.CSTNode) -> bool:
    """Tell whether an expression is assigned to, as part of a tuple, a loop or `as`."""
    for around in _around(module, node):
        match around:
            case cst.AssignTarget() | cst.Del() | cst.AsName():
                return True
            case cst.For() | cst.CompFor():
                return around.target is node or module.span(around.target).covers(module.span(node))
            case cst.Tuple() | cst.List() | cst.Element() | cst.StarredElement():
                continue
            case _:
                return False
    return False


def _around(module: Module, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    at = module.parent(node)
    while at is not None:
        yield at
        at = module.parent(at)


def _reaches(module: Module, node: cst.CSTNode) -> bool:
    """Tell whether a string constant may become the name of a variable that is read: it is handed to something."""
    parent = module.parent(node)
    match parent:
        case cst.Arg():
            call = module.parent(parent)
            return isinstance(call, cst.Call) and not _is_configuration(call.func)
        case cst.Index():
            subscript = module.parent(module.parent(parent) or parent)
            return isinstance(subscript, cst.Subscript) and not _is_configuration(subscript.value)
        case cst.Element() | cst.AssignTarget() | cst.Assign() | cst.AnnAssign() | cst.Param():
            return True
        case cst.DictElement():
            return parent.value is node
    return False


def _is_configuration(node: cst.BaseExpression) -> bool:
    """Tell whether an object is an application's own configuration, as Flask's `app.config`."""
    if isinstance(node, cst.Attribute) and node.attr.value in ("get", "setdefault", "pop"):
        node = node.value
    last = node.attr.value if isinstance(node, cst.Attribute) else node.value if isinstance(node, cst.Name) else ""
    return last.lower() in ("config", "settings", "conf", "session", "cfg")
