"""Rows by group: of keys, of offsets, or of an axis of a two-dimensional array."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from thetahat import _groups
from thetahat._checks import check_choice
from thetahat._core import Rows
from thetahat.data.arrays import Chunks, chunks_of, chunks_with_nulls, reject_inexact
from thetahat.data.coding import plain_integers
from thetahat.data.keys import Keys, code_keys, key_columns
from thetahat.data.scanned import ScannedSource
from thetahat.data.source import ArraySource, Source
from thetahat.data.tables import columns_by_name, table_names
from thetahat.errors import ParameterError, SampleError, SampleTypeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["NAN_POLICIES", "NULL_KEYS", "Grouping", "group_by_keys", "group_rows", "key_names"]

NAN_POLICIES = ("status", "omit", "raise")
NULL_KEYS = ("drop", "group")
_AXES = {0: "column", 1: "row"}  # what an index of the other axis counts


class Grouping(NamedTuple):
    """A sample by group.

    Attributes
    ----------
    keys : Keys
        One for each group.
    rows : GroupedRows
        The rows that are not left out, those of a group together, in their order.
    sizes : ndarray of int64, shape (n_groups,)
        Number of rows of each group, those left out among them.
    chunks : list of Rows
        The rows in the order of the sample.
    """

    keys: Keys
    rows: _groups.GroupedRows
    sizes: NDArray[np.int64]
    chunks: list[Rows]


def group_rows(
    x: Any,
    by: Any,
    offsets: Any,
    axis: int | None,
    weights: ArrayLike | None,
    nan_policy: str,
    null_keys: str,
    threads: int,
) -> Grouping:
    """Return the rows of `fit_groups`, by group; its docstring describes the arguments."""
    check_choice("nan_policy", nan_policy, NAN_POLICIES)
    check_choice("null_keys", null_keys, NULL_KEYS)
    _check_one(by=by, offsets=offsets, axis=axis)
    if isinstance(x, Source):
        x, by, weights = _of_source(x, by, weights)
    if axis is not None:
        names, x, offsets, weights = _along(x, axis, weights)
    elif by is not None:
        x, by, weights = columns_by_name(x, by, weights)
    chunks = _chunks(x, weights, nan_policy, by is not None)
    n = sum(chunk.n for chunk in chunks)
    if by is not None:
        columns = key_columns(by, n)
        if (found := _by_integers(columns, chunks, threads)) is not None:
            return found
        return group_by_keys(chunks, columns, null_keys, threads)[0]
    places = _check_offsets(offsets, n)
    if axis is None:
        names = {"group": np.arange(places.size - 1)}
    rows = _groups.GroupedRows.of_offsets(chunks, places)
    return Grouping(Keys(names), rows, _sizes(chunks, rows, None, places), chunks)


def _by_integers(columns: Mapping[str, Any], chunks: list[Rows], threads: int) -> Grouping | None:
    """Return rows by one column of integers without nulls, where these need no codes."""
    if len(columns) > 1 or any(chunk.filtered for chunk in chunks):
        return None
    [(name, column)] = columns.items()
    if (integers := plain_integers(column)) is None:
        return None
    if (found := _groups.GroupedRows.of_keys(chunks, integers, threads)) is None:
        return None
    rows, keys = found
    return Grouping(Keys({name: keys}), rows, np.diff(rows.offsets), chunks)


def group_by_keys(
    chunks: list[Rows], columns: Mapping[str, Any], null_keys: str, threads: int
) -> tuple[Grouping, NDArray[Any]]:
    """Return rows by group, and the code of the group of each; -1 where its key is null and dropped."""
    keys, codes = code_keys(columns, null_keys, threads)
    rows = _groups.GroupedRows.of_codes(chunks, codes, len(keys), threads)
    return Grouping(keys, rows, _sizes(chunks, rows, codes, None), chunks), codes


def key_names(by: Any) -> list[str]:
    """Return the names of columns of keys; raise if they are no names."""
    named = [by] if isinstance(by, str) else by
    if not (isinstance(named, list | tuple) and named and all(isinstance(name, str) for name in named)):
        raise ParameterError(f"by must name columns of the source, such as by='key', got {by!r}")
    return list(named)


def _of_source(source: Source, by: Any, weights: Any) -> tuple[Any, Any, Any]:
    """Return the rows of a source, with the columns of keys that are named, and their weights."""
    if weights is not None:
        raise ParameterError("weights are those of the source: pass their column to scan as weights=")
    if isinstance(source, ArraySource):
        rows, own = source.given
        return rows, by, own
    assert isinstance(source, ScannedSource)
    return source.held(key_names(by))


def _check_one(**ways: Any) -> None:
    """Raise unless groups are given in one way."""
    given = [name for name, value in ways.items() if value is not None]
    if len(given) != 1:
        told = f"got {' and '.join(given)}" if given else "got none of them"
        raise ParameterError(
            f"groups are given by one of by (keys), offsets (rows already together) and axis (of a"
            f" two-dimensional x); {told}"
        )


def _chunks(x: Any, weights: ArrayLike | None, nan_policy: str, keyed: bool) -> list[Rows]:
    """Return the rows in place; with the policy "status" null ones, which make their group invalid."""
    shape: tuple[int, ...] = getattr(x, "shape", ())
    if len(shape) == 2 and (isinstance(x, np.ndarray) or shape[1] != 1):
        also = ", or names of its columns as by" if keyed and not isinstance(x, np.ndarray) else ""
        raise SampleError(
            f"x has shape {tuple(shape)}: pass axis=1 for a fit of each row, axis=0 for one of each"
            f" column{also}"
        )
    if nan_policy == "raise":
        return chunks_of(x, "raise", weights)
    chunks = chunks_with_nulls(x, nan_policy == "omit", weights)
    reject_inexact(Chunks(chunks))
    return chunks


def _sizes(
    chunks: list[Rows],
    rows: _groups.GroupedRows,
    codes: NDArray[Any] | None,
    offsets: NDArray[np.int64] | None,
) -> NDArray[np.int64]:
    """Return how many rows each group has, those left out among them."""
    if offsets is not None:
        return np.diff(offsets)
    if codes is None or not any(chunk.filtered for chunk in chunks):
        return np.diff(rows.offsets)
    return np.bincount(codes[codes >= 0], minlength=rows.n_groups)


def _check_offsets(offsets: Any, n: int) -> NDArray[np.int64]:
    """Return the first row of each group, and the number of rows; raise unless they cover the rows."""
    try:
        array = np.asarray(offsets)
    except Exception:  # whatever the library of the offsets raises
        array = np.empty(0)
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "iu":
        raise ParameterError(
            "offsets must be integers, the first row of each group and the number of rows at the end, such"
            f" as [0, 100, 250]; got {offsets!r}"
        )
    falls = np.flatnonzero(array[1:] < array[:-1])
    if falls.size:
        at = int(falls[0]) + 1
        raise ParameterError(
            f"offsets decrease {falls.size} time(s), first at index {at}: from {array[at - 1]} to {array[at]}"
        )
    if array[0] != 0:
        raise ParameterError(f"offsets must begin with 0, the first row; they begin with {array[0]}")
    if array[-1] != n:
        over = int(np.searchsorted(array, n, side="right"))
        where = f"; the first beyond is at index {over}: {array[over]}" if array[-1] > n else ""
        raise ParameterError(f"offsets end at {array[-1]}, but x has {n} row(s){where}")
    return array.astype(np.int64, copy=False)


def _along(
    x: Any, axis: int, weights: ArrayLike | None
) -> tuple[dict[str, NDArray[Any]], NDArray[Any], NDArray[np.int64], ArrayLike | None]:
    """Return the keys, the values one group after another, their offsets and weights."""
    if not isinstance(axis, int | np.integer) or isinstance(axis, bool) or axis not in _AXES:
        raise ParameterError(f"axis must be 1 for a fit of each row, or 0 for each column, got {axis!r}")
    values = _as_array(x, "x")
    names = table_names(x) if axis == 0 else None
    if values.ndim != 2:
        raise SampleError(f"axis is for a two-dimensional x; this one has shape {values.shape}")
    turned = values if axis == 1 else values.T
    groups, size = turned.shape
    if weights is not None:
        given = _as_array(weights, "weights")
        if given.shape not in (values.shape, (size,)):
            raise SampleError(
                f"weights has shape {given.shape}: pass one of {values.shape}, or of ({size},), the same for"
                f" every {_AXES[axis]}"
            )
        if given.ndim == 2:
            given = given if axis == 1 else given.T
        weights = np.broadcast_to(given, (groups, size)).reshape(-1)
    keys = np.arange(groups) if names is None else np.array([str(name) for name in names], dtype=object)
    return {_AXES[axis]: keys}, turned.reshape(-1), np.arange(groups + 1) * size, weights


def _as_array(values: Any, what: str) -> NDArray[Any]:
    """Return an array of NumPy, masked ones as they are; raise where there is none."""
    if hasattr(values, "collect"):
        raise SampleTypeError(f"{what} is a {type(values).__name__} and has no rows yet: pass its .collect()")
    try:
        array = values if isinstance(values, np.ndarray) else np.asarray(values)
        nullable = array.dtype == object and hasattr(values, "iloc")
        return np.asarray(values.to_numpy(np.float64, na_value=np.nan)) if nullable else array
    except MemoryError:
        raise
    except ValueError as error:  # lists of different lengths
        raise SampleError(f"{what} is no two-dimensional array: {error}") from error
    except Exception as error:  # whatever the library of the values raises
        raise SampleTypeError(
            f"{what} is of type {type(values).__name__}, which NumPy cannot read: {error}"
        ) from error
