"""The places in a source file at which a small fault can be put in."""

import ast
import contextlib
import re
import warnings
from itertools import accumulate, pairwise

SWAPS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "is": "is not",
    "is not": "is", "in": "not in", "not in": "in", "and": "or", "or": "and", "+": "-", "-": "+",
    "*": "//", "//": "*", "/": "*", "+=": "-=", "-=": "+=", "*=": "//=", "//=": "*=", "/=": "*=",
}  # fmt: skip
# What no test should look at: waiting, keeping, sharing out, and the looks of a page.
DULL_NAMES = (
    r"(?i).*(timeout|seconds|sleep|cache|kept|batch|block|chunk|threads|workers|quality|dtype|limit"
    r"|stream_every|scale|min_width|lines)|max_(layers|checkpoints|known)|pool"
)
DULL_CALLS = r"(.*\.)?(sleep|lap|print|debug|info|warning|exception|keep_models)|gr\.[A-Z]\w*"
DULL_FIELDS = ("decorator_list", "annotation", "returns", "bases")


def is_dull(node: ast.AST) -> bool:
    match node:
        case ast.JoinedStr() | ast.FunctionDef(name="main"):  # pieces of HTML; command lines
            return True
        case ast.If(test=test):
            return ast.unparse(test) in ("TYPE_CHECKING", "__name__ == '__main__'")
        case ast.Call(func=func):
            return bool(re.fullmatch(DULL_CALLS, ast.unparse(func)))
        case ast.keyword(arg=str(name)):
            return bool(re.fullmatch(DULL_NAMES, name.strip("_")))
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return bool(re.fullmatch(DULL_NAMES, name.strip("_")))
    return False


class Finder:
    """Every place of a file where a fault can be put: kind, place in bytes, old and new source."""

    def __init__(self, source: bytes) -> None:
        self.source, self.sites = source, []
        self.starts = list(accumulate(map(len, source.splitlines(keepends=True)), initial=0))
        self.walk(ast.parse(source))

    def walk(self, node: ast.AST) -> None:
        if is_dull(node):
            return
        self.look(node)
        for field, value in ast.iter_fields(node):
            if field not in DULL_FIELDS:
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST):
                        self.walk(child)

    def look(self, node: ast.AST) -> None:
        match node:
            case ast.Compare(left=left, comparators=others):
                for pair in pairwise([left, *others]):
                    self.swap("comparison", *pair)
            case ast.BoolOp(values=values):
                for pair in pairwise(values):
                    self.swap("and, or", *pair)
            case ast.BinOp(left=left, right=right) | ast.AugAssign(target=left, value=right):
                if not any(isinstance(side, ast.JoinedStr) for side in (left, right)):
                    self.swap("arithmetic", left, right)
            case ast.UnaryOp(op=ast.Not()):
                start, end = self.span(node)
                rest = self.source[start:end].decode().removeprefix("not").lstrip()
                self.add("not removed", start, end, rest)
            case ast.Constant(value=int() | float() as n) if not isinstance(n, bool) and n < 1000:
                self.add("number", *self.span(node), repr(n + 1))
            case ast.If(test=test) | ast.IfExp(test=test):
                start, end = self.span(test)
                self.add("condition", start, end, f"not ({self.source[start:end].decode()})")
            case ast.Return(value=ast.JoinedStr() | ast.Constant(value=None | str())):
                pass
            case ast.Return(value=ast.expr() as value):
                self.add("nothing returned", *self.span(value), "None")
            case ast.Expr(value=ast.Call() as call) if not is_dull(call):
                self.add("call left out", *self.span(node), "pass")
            case ast.Break() | ast.Continue():
                new = "continue" if isinstance(node, ast.Break) else "break"
                self.add("break, continue", *self.span(node), new)

    def span(self, node: ast.AST) -> tuple[int, int]:
        start = self.starts[node.lineno - 1] + node.col_offset
        return start, self.starts[node.end_lineno - 1] + node.end_col_offset

    def swap(self, kind: str, left: ast.expr, right: ast.expr) -> None:
        """Another operator between two expressions."""
        low, high = self.span(left)[1], self.span(right)[0]
        text = self.source[low:high].decode()
        found = re.match(r"[\s)]*(is not|not in|[^\s()]+)", text)
        if found and found[1] in SWAPS and not isinstance(getattr(left, "value", 0), str):
            start = low + found.start(1)
            self.add(kind, start, start + len(found[1]), SWAPS[found[1]])

    def add(self, kind: str, start: int, end: int, new: str) -> None:
        line = self.source[:start].count(b"\n") + 1
        old = self.source[start:end].decode()
        self.sites.append({"line": line, "kind": kind, "at": start, "old": old, "new": new})


def put(source: bytes, site: dict) -> bytes:
    at, old = site["at"], site["old"].encode()
    if source[at : at + len(old)] != old:
        raise ValueError("The source is not the one that the list was made from.")
    return source[:at] + site["new"].encode() + source[at + len(old) :]


def compiles(source: bytes) -> bool:
    with warnings.catch_warnings(), contextlib.suppress(SyntaxError, SyntaxWarning):
        warnings.simplefilter("error")
        return bool(compile(source, "mutant", "exec"))
    return False
