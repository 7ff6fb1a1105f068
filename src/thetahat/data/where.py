"""Conditions on columns, written as text, as expressions of pyarrow."""

from __future__ import annotations

import ast
import operator
import re
from typing import Any

from thetahat.data.columns import excerpt, pyarrow
from thetahat.errors import ParameterError

__all__ = ["parse_where"]

_NULL = ("null", "None", "NULL")
_COMPARISONS = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_GRAMMAR = (
    "comparisons (==, !=, <, <=, >, >=) of columns, numbers and quoted texts, `in (...)`, `is null`, `is not"
    " null`, joined by and, or, not, such as \"year > 2020 and carrier in ('AA', 'DL')\"; other names of"
    " columns in backquotes"
)


def parse_where(text: str) -> Any:
    """Return the expression of a text.

    The text is parsed, never evaluated: what is no comparison of columns and literals is an error.

    Parameters
    ----------
    text : str
        Comparisons of columns with numbers and quoted texts, ``in (...)``, ``is null``, ``is not null``,
        joined by ``and``, ``or`` and ``not``.

    Returns
    -------
    pyarrow.compute.Expression
    """
    names: list[str] = []

    def hide(match: re.Match[str]) -> str:
        names.append(match[1])
        return f"_{len(names) - 1}_quoted"

    try:
        tree = ast.parse(re.sub(r"`([^`]+)`", hide, text.strip()), mode="eval")
        return _Parser(names).condition(tree.body)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        why = error.args[0] if error.args else error
        raise ParameterError(
            f"where: cannot read {excerpt(text)!r} ({excerpt(why)}); it takes {_GRAMMAR}"
        ) from error


class _Parser:
    def __init__(self, quoted: list[str]) -> None:
        self._quoted, self._compute = quoted, pyarrow("where", "compute")

    def condition(self, node: ast.expr) -> Any:
        if isinstance(node, ast.BoolOp):
            parts = [self.condition(part) for part in node.values]
            join = operator.and_ if isinstance(node.op, ast.And) else operator.or_
            whole = parts[0]
            for part in parts[1:]:
                whole = join(whole, part)
            return whole
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return ~self.condition(node.operand)
        if isinstance(node, ast.Compare):
            return self._comparison(node)
        if isinstance(node, ast.Name):  # a column of booleans
            return self._column(node)
        raise ValueError(f"{ast.unparse(node)} is no condition")

    def _comparison(self, node: ast.Compare) -> Any:
        terms = [node.left, *node.comparators]
        parts = [self._pair(*three) for three in zip(terms, node.ops, terms[1:], strict=False)]
        whole = parts[0]
        for part in parts[1:]:
            whole = whole & part
        return whole

    def _pair(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Any:
        if isinstance(op, ast.Is | ast.IsNot):
            if not _is_null(right):
                raise ValueError("`is` goes with null alone")
            null = self._term(left).is_null()
            return ~null if isinstance(op, ast.IsNot) else null
        if isinstance(op, ast.In | ast.NotIn):
            if not isinstance(right, ast.Tuple | ast.List | ast.Set):
                raise ValueError("`in` goes with a list in parentheses")
            inside = self._term(left).isin([self._literal(value) for value in right.elts])
            return ~inside if isinstance(op, ast.NotIn) else inside
        if _is_null(left) or _is_null(right):
            raise ValueError("compare with null by `is null`")
        if not any(isinstance(side, ast.Name) for side in (left, right)):
            raise ValueError(f"{ast.unparse(left)} and {ast.unparse(right)} are no columns")
        return _COMPARISONS[type(op)](self._term(left), self._term(right))

    def _term(self, node: ast.expr) -> Any:
        return self._column(node) if isinstance(node, ast.Name) else self._compute.scalar(self._literal(node))

    def _column(self, node: ast.Name) -> Any:
        quoted = re.fullmatch(r"_(\d+)_quoted", node.id)
        return self._compute.field(self._quoted[int(quoted[1])] if quoted else node.id)

    def _literal(self, node: ast.expr) -> Any:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            value = self._literal(node.operand)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return -value
        if isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float | str):
            return node.value
        raise ValueError(f"{ast.unparse(node)} is no number, text, True or False")


def _is_null(node: ast.expr) -> bool:
    return (isinstance(node, ast.Constant) and node.value is None) or (
        isinstance(node, ast.Name) and node.id in _NULL
    )
