"""Columns of limits, events and truncation as arrays: float64 with NaN where a row has no value."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat import _core
from thetahat._checks import as_number
from thetahat.data.arrays import Chunks, plain_rows, reject_inexact
from thetahat.data.containers import rows_in
from thetahat.errors import ParameterError, SampleError, SampleTypeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["Column", "events", "is_number", "limits", "pair_of", "reject_where"]

_OPEN = "write inf or -inf for an open end"


class Column:
    """A column of numbers: one value for all rows, or an array.

    Attributes
    ----------
    values : float or ndarray of float64, shape (n,)
        NaN where a row has no value.
    mask : ndarray of bool, shape (n,), or None
        The rows that NumPy masks.
    """

    def __init__(self, values: float | Array, mask: Flags | None = None) -> None:
        self.values, self.mask = values, mask

    @property
    def n(self) -> int | None:
        """Number of rows; None of one value for all."""
        return self.values.size if isinstance(self.values, np.ndarray) else None

    @cached_property
    def top(self) -> float:
        """The largest value; NaN where some row has none."""
        return float(np.max(self.values, initial=-math.inf))


def is_number(x: Any) -> bool:
    """Whether x is one value, and no column."""
    return isinstance(x, float | int | np.number) and not isinstance(x, bool)


def limits(x: Any, what: str) -> Column:
    """Return a column of limits: in place where it is a plain array of doubles.

    Raises
    ------
    SampleTypeError, SampleError
        If it does not contain real numbers, or integers that doubles cannot hold; if one value is NaN.
    """
    if is_number(x):
        value = as_number(x)
        if math.isnan(value):
            raise SampleError(f"{what} is NaN: {_OPEN}")
        return Column(value)
    plain = plain_rows(x)
    if plain is not None:
        return Column(plain)
    mask = np.ma.getmaskarray(x) if np.ma.is_masked(x) else None
    return Column(_doubles(np.ma.getdata(x) if mask is not None else x, what), mask)


def _doubles(x: Any, what: str) -> Array:
    """Return numbers of any type as float64, NaN where they are null."""
    chunks = rows_in(x, what, omit_nan=True)
    reject_inexact(Chunks(chunks, what))
    n = sum(chunk.n for chunk in chunks)
    places, values = np.arange(n, dtype=np.float64), np.empty(n)
    found, at = np.empty(n), np.empty(n)
    kept = first = 0
    for chunk in chunks:
        of_chunk = rows_in(places[first : first + chunk.n], what, omit_nan=False)[0]
        if chunk.n:
            kept += _core.copy_counted(chunk.weighted(of_chunk), found[kept:], at[kept:])
        first += chunk.n
    if kept == n:
        return found
    values.fill(math.nan)
    values[at[:kept].astype(np.intp)] = found[:kept]
    return values


def events(x: Any) -> tuple[Flags, Flags | None]:
    """Return whether each row is an event, and which rows have no value.

    Raises
    ------
    SampleTypeError, SampleError
        If the column does not hold truth values, or 0 and 1: how many, where the first is, and the remedy.
    """
    if isinstance(x, np.ndarray) and x.dtype == np.bool_ and not np.ma.is_masked(x):
        array: Flags = np.ma.getdata(x)
        return _one_dimensional(array), None
    values = _truth_values(x)
    known = np.isfinite(values)
    wrong = known & (values != 0) & (values != 1) | np.isinf(values)
    reject_where(wrong, "event holds {} value(s) that are neither 0 nor 1", values, hint=_remedy(values))
    missing = ~known
    return values == 1, missing if missing.any() else None


def _truth_values(x: Any) -> Array:
    """Return truth values, or numbers, as float64, NaN where there are none."""
    given = x.to_numpy(zero_copy_only=False) if hasattr(x, "to_pylist") else x  # of Arrow
    kind = getattr(getattr(given, "dtype", None), "kind", "")
    if hasattr(given, "isna") and kind in "bO":
        given = given.to_numpy(dtype=object)
    array = np.ma.asanyarray(given) if isinstance(given, np.ma.MaskedArray) else np.asarray(given)
    if array.dtype.kind == "b":
        return np.ma.filled(_one_dimensional(array).astype(np.float64), math.nan)
    if array.dtype.kind == "O":
        return _of_objects(_one_dimensional(array).tolist())
    if array.dtype.kind not in "iuf":
        raise SampleTypeError(
            f"event has dtype {array.dtype}: pass truth values, or 0 and 1; True: seen exactly"
        )
    return np.ma.filled(_one_dimensional(array).astype(np.float64), math.nan)


def _of_objects(values: list[Any]) -> Array:
    """Return truth values and None as float64."""
    out = np.empty(len(values))
    for i, value in enumerate(values):
        if isinstance(value, bool | np.bool_ | float | int | np.number):
            out[i] = float(value)
        elif value is None or type(value).__name__ == "NAType":
            out[i] = math.nan
        else:
            raise SampleTypeError(
                f"event holds a {type(value).__name__} at index {i}: pass truth values, or 0 and 1; True:"
                " seen exactly"
            )
    return out


def _one_dimensional(array: Any) -> Any:
    if array.ndim != 1:
        raise SampleError(f"event has shape {array.shape}; pass one truth value for each row")
    return array


def _remedy(values: Array) -> str:
    """Return what to pass instead of the codes of other programs."""
    if (values == 2).any():
        return "; where 2 means that the value was seen and 1 that it is censored, pass event=(codes == 2)"
    return "; event is True where the value was seen exactly, False where it lies above lower"


def pair_of(truncated: Any) -> tuple[Column, Column]:
    """Return the lower and the upper end of what could be seen at all."""
    if isinstance(truncated, str | bytes | dict) or not hasattr(truncated, "__len__") or len(truncated) != 2:
        raise ParameterError(
            f"truncated must be a pair (low, high) of numbers or columns, got {truncated!r}; {_OPEN}"
        )
    low, high = truncated
    return limits(low, "the lower end of truncated"), limits(high, "the upper end of truncated")


def reject_where(wrong: Flags, message: str, *values: float | Array, hint: str = "") -> None:
    """Raise if rows are wrong: how many, and the index and the values of the first."""
    count = int(np.count_nonzero(wrong))
    if count:
        first = int(np.argmax(wrong))
        shown = ", ".join(repr(float(value[first])) if np.ndim(value) else repr(value) for value in values)  # type: ignore[index]
        place = f", the first at index {first}: {shown}" + hint
        raise SampleError(message.format(count) + place, first, count)
