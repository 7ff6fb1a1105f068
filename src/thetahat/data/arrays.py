"""Conversion of arrays of any kind to rows that kernels read in place, or to contiguous float64."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat import _core
from thetahat._checks import check_choice
from thetahat._core import Model, Rows
from thetahat.data.containers import rows_in
from thetahat.errors import SampleError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "as_rows",
    "chunks_of",
    "chunks_with_nulls",
    "copy_rows",
    "empty",
    "plain_rows",
    "reject_for_all",
    "reject_inexact",
    "reject_rows",
    "stretches",
    "value_at",
]

_POLICIES = ("raise", "omit")
_STRETCH = 1 << 20  # rows


def plain_rows(x: Any) -> NDArray[np.float64] | None:
    """Return x if it is a plain array of contiguous doubles, which kernels read directly; otherwise None."""
    return None if _core.plain_rows(x) is None else x


def chunks_of(x: ArrayLike, nan_policy: str = "raise", weights: ArrayLike | None = None) -> list[Rows]:
    """Return the rows of a sample, in place, with their weights if there are any.

    Parameters
    ----------
    x : array_like, shape (n,)
        Real numbers: any integer type, float16, float32 or float64, of any byte order and stride. Rows that
        are masked (NumPy) are left out.
    nan_policy : {"raise", "omit"}
        Whether NaN rows are an error, in a later check, and null rows an error now; or both are left out.
    weights : array_like, shape (n,), optional
        One for each row, including those left out.

    Returns
    -------
    list of Rows
        One item, or one per chunk of an Arrow column.

    Raises
    ------
    TypeError
        If `x` or the weights contain anything but real numbers.
    SampleError
        If one of them is not one-dimensional, rows are null, there are not as many weights as rows, or some
        weights are masked or null.
    """
    omit = check_choice("nan_policy", nan_policy, _POLICIES) == "omit"
    if weights is None and not omit and (plain := _core.plain_rows(x)) is not None:
        return [plain]
    chunks = chunks_with_nulls(x, omit, weights)
    if not omit:
        _reject(_core.count_null, chunks, 'x holds {} null value(s){}; nan_policy="omit" leaves them out')
    return chunks


def chunks_with_nulls(x: ArrayLike, omit_nan: bool, weights: ArrayLike | None = None) -> list[Rows]:
    """Return the rows of a sample as `chunks_of` does, null ones among them."""
    chunks = rows_in(x, "x", omit_nan)
    return chunks if weights is None else _weigh(chunks, weights)


def _weigh(chunks: list[Rows], weights: ArrayLike) -> list[Rows]:
    """Return the rows of a sample with their weights, as `chunks_of` does."""
    given = rows_in(weights, "weights", omit_nan=False)
    rows, count = sum(chunk.n for chunk in chunks), sum(chunk.n for chunk in given)
    if count != rows:
        raise SampleError(f"weights has {count} value(s), but x has {rows} row(s)")
    use = "use weight 0 to leave a row out"
    _reject(_core.count_null, given, f"weights holds {{}} null value(s){{}}; {use}")
    if any(chunk.masked for chunk in given):
        raise SampleError(f"weights is masked; {use}")
    return list(_side_by_side(chunks, given))


def _reject_weights(chunks: list[Rows]) -> None:
    """Raise if weights are invalid, with their number and the index and value of the first."""
    weights = [chunk.weights for chunk in chunks if chunk.weights is not None]
    reject_inexact(weights, "weights")
    _reject(_core.count_no_weight, weights, "weights holds {} value(s) that are negative or not finite{}")


def stretches(n: int) -> Iterator[slice]:
    """Yield slices of n rows so short that NumPy is soon done with each: Ctrl-C is answered in between."""
    for first in range(0, n, _STRETCH):
        yield slice(first, min(first + _STRETCH, n))


def as_rows(x: ArrayLike, nan_policy: str = "raise") -> NDArray[np.float64]:
    """Return the rows that are not left out as one contiguous float64 array: `x` itself if it already is."""
    plain = plain_rows(x) if nan_policy == "raise" else None
    if plain is not None:
        return plain
    chunks = chunks_of(x, nan_policy)
    rows = copy_rows(chunks)[0]
    if rows.size == 0:
        raise empty(sum(chunk.n for chunk in chunks))
    return rows


def copy_rows(chunks: list[Rows]) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Return contiguous copies of the rows that are not left out and of their weights; without weight 0."""
    reject_inexact(chunks)
    _reject_weights(chunks)
    rows = sum(chunk.n for chunk in chunks)
    out = np.empty(rows)
    weights = np.empty(rows) if chunks and chunks[0].weights is not None else None
    kept = 0
    for chunk in chunks:
        if chunk.n:
            kept += _core.copy_counted(chunk, out[kept:], None if weights is None else weights[kept:])
    out = out[:kept]
    if weights is not None:
        weights = weights[:kept]
        used = weights != 0
        if not used.all():
            out, weights = out[used], weights[used]
    return out, weights


def empty(rows: int) -> SampleError:
    """Return the error of a sample without rows, or with all of them left out."""
    left_out = f" (all {rows} rows are masked, null, omitted or of weight 0)" if rows else ""
    return SampleError(f"x is empty: a fit needs at least one row{left_out}")


def reject_rows(chunks: list[Rows], model: Model, support: str) -> None:
    """Raise if rows are not exact in float64, not finite, or outside the support, or weights are invalid."""
    reject_for_all(chunks)
    outside = f"x holds {{}} value(s) outside the support of {model.name}, {support}{{}}"
    _reject(model.count_outside, chunks, outside)


def count_outside(chunks: list[Rows], model: Model, theta: tuple[float, ...]) -> tuple[int, int]:
    """Return the number of rows outside the support of a family at theta, and the index of the first."""
    return _count(partial(model.count_outside, theta=theta), chunks)


def reject_for_all(chunks: list[Rows]) -> None:
    """Raise if rows or weights are invalid for every family."""
    reject_inexact(chunks)
    _reject_weights(chunks)
    _reject(_core.count_not_finite, chunks, "x holds {} value(s) that are NaN or infinite{}")


def _side_by_side(chunks: list[Rows], weights: list[Rows]) -> Iterator[Rows]:
    """Yield the rows with their weights, divided at the chunks of both."""
    rest = iter(weights)
    there, used = next(rest, None), 0
    for chunk in chunks:
        done = 0
        while done < chunk.n:
            while there is not None and used == there.n:
                there, used = next(rest, None), 0
            assert there is not None
            size = min(chunk.n - done, there.n - used)
            yield chunk.part(done, size).weighted(there.part(used, size))
            done, used = done + size, used + size


def reject_inexact(chunks: list[Rows], what: str = "x") -> None:
    """Raise if rows are integers that doubles cannot hold."""
    beyond = f"{what} holds {{}} integer(s) beyond 2**53{{}}; float64 cannot hold them exactly"
    _reject(_core.count_inexact, chunks, f"{beyond}: convert them first if rounding is what you want")


def _reject(counter: Any, chunks: list[Rows], message: str) -> None:
    """Raise if a counter finds rows: how many, and the index and the value of the first."""
    count, first = _count(counter, chunks)
    if count:
        value = "" if counter is _core.count_null else f": {value_at(chunks, first)!r}"
        raise SampleError(message.format(count, f", the first at index {first}{value}"), first, count)


def value_at(chunks: list[Rows], index: int) -> float:
    """Return the row of this index in the whole sample."""
    for chunk in chunks:
        if index < chunk.n:
            value = chunk.item(index)
            return float(value) if abs(value) <= 2.0**53 else value
        index -= chunk.n
    raise IndexError(index)


def _count(counter: Any, chunks: list[Rows]) -> tuple[int, int]:
    """Return the number of rows that a counter finds in all chunks, and the index of the first."""
    total, first, before = 0, -1, 0
    for chunk in chunks:
        count, at = counter(chunk)
        if count and not total:
            first = before + at
        total += count
        before += chunk.n
    return total, first
