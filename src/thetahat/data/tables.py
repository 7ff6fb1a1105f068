"""Columns of a table by their names, in whatever library the table is."""

from __future__ import annotations

from typing import Any

from thetahat.errors import SampleError

__all__ = ["columns_by_name", "table_names"]

_LISTED = 20  # columns that an error names


def table_names(table: Any) -> list[Any] | None:
    """Return the names of the columns of a table of pandas, polars or Arrow; None of anything else."""
    if len(getattr(table, "shape", ())) != 2:
        return None
    names = getattr(table, "column_names", None)  # of Arrow, whose `columns` are the columns themselves
    if names is None and hasattr(getattr(table, "schema", None), "names") and hasattr(table, "column"):
        names = table.schema.names
    if names is None:
        names = getattr(table, "columns", None)
    return None if names is None else list(names)


def columns_by_name(x: Any, by: Any, weights: Any) -> tuple[Any, Any, Any]:
    """Return the rows, keys and weights where x is a table, and the others are names of its columns.

    The column that is not named has the rows. Other arguments are returned as they are.
    """
    names = table_names(x)
    named = [by] if isinstance(by, str) else by
    of_table = isinstance(named, list | tuple) and all(isinstance(name, str) for name in named)
    if names is None or len(names) == 1 or not of_table:
        return x, by, weights
    keys = {name: _column(x, names, name, "by") for name in named}
    used = [*named]
    if isinstance(weights, str):
        used.append(weights)
        weights = _column(x, names, weights, "weights")
    rest = [name for name in names if name not in used]
    if len(rest) != 1:
        raise SampleError(
            f"x has {len(rest)} columns beside by and weights ({_listed(rest)}): pass a table with one column"
            " of values"
        )
    return x[rest[0]], keys, weights


def _column(table: Any, names: list[Any], name: str, what: str) -> Any:
    if name not in names:
        raise SampleError(f"{what}: x has no column {name!r}; it has {_listed(names)}")
    if names.count(name) > 1:
        raise SampleError(f"{what}: x has {names.count(name)} columns of the name {name!r}")
    return table[name]


def _listed(names: list[Any]) -> str:
    return ", ".join(map(repr, names[:_LISTED])) + ", ..." * (len(names) > _LISTED) if names else "none"
