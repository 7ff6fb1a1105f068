"""Columns of tables: which one is meant, and whether it holds numbers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat.errors import MissingExtraError, ParameterError, SampleError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["excerpt", "has_far", "numbers", "printable", "pyarrow", "reject_rounded", "rounded", "the_column"]

_LISTED = 20  # columns that an error names
_SHOWN = 500  # characters of a file, or of a library's error, that an error shows
_EXACT = 2.0**53  # not every integer beyond equals a float


def the_column(table: str, column: str | None, names: Sequence[str]) -> str:
    """Return the column's name if the table has one column of that name."""
    listed = ", ".join(map(repr, names[:_LISTED]))
    if len(names) > _LISTED:
        listed += f" and {len(names) - _LISTED} more"
    if column is None and len(names) == 1:
        return names[0]
    if column is None:
        raise ParameterError(f"which column of {table} (column=, --column)? It has {listed or 'none'}")
    if column not in names:
        from difflib import get_close_matches

        near = get_close_matches(str(column), names, n=1)
        hint = f"did you mean {near[0]!r}? It" if near else "it"
        raise ParameterError(f"{table} has no column {column!r}; {hint} has {listed or 'none'}")
    if names.count(column) > 1:
        raise ParameterError(f"{table} has {names.count(column)} columns of the name {column!r}")
    return column


def numbers(values: Any, what: str, first: int) -> Any:
    """Return an array of Arrow as numbers that rows are made of; raise if it holds others.

    Parameters
    ----------
    values : pyarrow.Array
    what : str
        What errors call it.
    first : int
        The index of its first value in the column.
    """
    pa = pyarrow("rows of Arrow")
    of, types = values.type, pa.types
    if types.is_dictionary(of):
        return numbers(values.dictionary_decode(), what, first)
    if types.is_integer(of) or types.is_floating(of):
        return values
    if types.is_decimal(of):
        floats = values.cast(pa.float64())
        reject_rounded(rounded(floats, values, first), what)
        return floats
    if types.is_null(of):
        return values.cast(pa.float64())
    raise SampleError(f"{what} holds {of}, not numbers")


def has_far(floats: Any) -> bool:
    """Whether an array of Arrow's doubles may have some so large that not every integer there is a double."""
    data = floats.buffers()[1]
    if data is None or len(floats) == 0:
        return False
    every = np.frombuffer(data, np.float64)[floats.offset : floats.offset + len(floats)]
    far = np.abs(every) >= _EXACT
    return bool(far.any() and np.isfinite(every[far]).any())


def rounded(floats: Any, written: Any, first: int) -> list[tuple[int, str]]:
    """Return the integers, written without point or exponent or as decimals, that floats do not equal."""
    compute = pyarrow("columns of Arrow", "compute")
    far = np.flatnonzero(np.asarray(compute.greater_equal(compute.abs(floats), _EXACT).fill_null(False)))
    pairs = [(i, str(written[i].as_py()).strip(), floats[i].as_py()) for i in far.tolist()]
    return [(first + i, word) for i, word, number in pairs if _is_rounded(word, number)]


def reject_rounded(found: list[tuple[int, str]], what: str) -> None:
    """Raise if some integers were rounded."""
    if found:
        place, word = found[0]
        raise SampleError(
            f"{what} holds {len(found)} integer(s) that float64 cannot hold exactly, the first at index"
            f" {place}: {excerpt(word)}; write them with a decimal point if rounding is what you want",
            place,
            len(found),
        )


def _is_rounded(word: str, number: float) -> bool:
    """Whether a word is an integer, and not this number."""
    return word.lstrip("+-").isdigit() and Decimal(word) != Decimal(number)


def printable(text: object) -> str:
    """Return text without what a terminal would obey."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in str(text))


def excerpt(text: object) -> str:
    """Return what an error shows of a file, or of a library's error with the content of a file."""
    return printable(str(text)[:_SHOWN]) + "..." * (len(str(text)) > _SHOWN)


def pyarrow(what: str, module: str | None = None) -> Any:
    """Return pyarrow, or one of its modules; raise where it is not installed."""
    from importlib import import_module

    try:
        return import_module(f"pyarrow.{module}" if module else "pyarrow")
    except ImportError as error:
        raise MissingExtraError(f'{what} need pyarrow: pip install "thetahat[files]"') from error
