"""Conversion of arrays of any kind to rows that kernels read in place, or to contiguous float64."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat import _core
from thetahat._checks import check_choice
from thetahat._core import Model, Rows
from thetahat.errors import SampleError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "as_rows",
    "chunks_of",
    "copy_rows",
    "empty",
    "plain_rows",
    "reject_for_all",
    "reject_rows",
    "stretches",
    "weigh",
]

_POLICIES = ("raise", "omit")
_STRETCH = 1 << 20  # rows


def plain_rows(x: Any) -> NDArray[np.float64] | None:
    """Return x if it is a plain array of contiguous doubles, which kernels read directly; otherwise None."""
    return None if _core.plain_rows(x) is None else x


def chunks_of(x: ArrayLike, nan_policy: str = "raise") -> list[Rows]:
    """Return the rows of a sample, in place.

    Parameters
    ----------
    x : array_like, shape (n,)
        Real numbers: any integer type, float16, float32 or float64, of any byte order and stride. Rows that
        are masked (NumPy) or null (Arrow) are left out.
    nan_policy : {"raise", "omit"}
        Whether NaN rows are an error, in a later check, or left out.

    Returns
    -------
    list of Rows
        One item, or one per chunk of an Arrow column.

    Raises
    ------
    TypeError
        If `x` contains anything but real numbers.
    SampleError
        If `x` is not one-dimensional.
    """
    omit = check_choice("nan_policy", nan_policy, _POLICIES) == "omit"
    if not omit and (plain := _core.plain_rows(x)) is not None:
        return [plain]
    if _speaks_arrow(x):
        from thetahat import _arrow

        chunks = [
            Rows(owner, address, n, step, kind, omit_nan=omit, validity=validity, first_bit=first)
            for owner, address, n, step, kind, validity, first in _arrow.chunks(x)
        ]
    else:
        chunks = [_from_numpy(x if isinstance(x, np.ma.MaskedArray) else np.asarray(x), omit)]
    return chunks


def weigh(chunks: list[Rows], weights: ArrayLike) -> list[Rows]:
    """Return the rows of a sample with their weights, one for each row, including those left out.

    Raises
    ------
    TypeError
        If the weights are anything but real numbers.
    SampleError
        If there are not as many weights as rows, or some are masked or null.
    """
    given = chunks_of(weights)
    rows, count = sum(chunk.n for chunk in chunks), sum(chunk.n for chunk in given)
    if count != rows:
        raise SampleError(f"x has {rows} row(s), but there are {count} weight(s)")
    if any(chunk.filtered for chunk in given):
        raise SampleError("weights must not be masked or null: use weight 0 to leave a row out")
    return list(_side_by_side(chunks, given))


def _reject_weights(chunks: list[Rows]) -> None:
    """Raise if weights are invalid, with their number and the index of the first."""
    weights = [chunk.weights for chunk in chunks if chunk.weights is not None]
    _reject_inexact(weights, "weights")
    bad, first = _count(_core.count_no_weight, weights)
    if bad:
        raise SampleError(
            f"weights holds {bad} value(s) that are negative or not finite, the first at index {first}",
            first,
            bad,
        )


def stretches(n: int) -> Iterator[slice]:
    """Yield slices of n rows so short that NumPy is soon done with each, and Ctrl-C is answered in between."""
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
    _reject_inexact(chunks)
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
    count, first = _count(model.count_outside, chunks)
    if count:
        raise SampleError(
            f"x holds {count} value(s) outside the support of {model.name}, {support};"
            f" the first is at index {first}",
            first,
            count,
        )


def count_outside(chunks: list[Rows], model: Model, theta: tuple[float, ...]) -> tuple[int, int]:
    """Return the number of rows outside the support of a family at theta, and the index of the first."""
    return _count(partial(model.count_outside, theta=theta), chunks)


def reject_for_all(chunks: list[Rows]) -> None:
    """Raise if rows or weights are invalid for every family."""
    _reject_inexact(chunks)
    _reject_weights(chunks)
    count, first = _count(_core.count_not_finite, chunks)
    if count:
        raise SampleError(
            f"x holds {count} value(s) that are NaN or infinite, the first at index {first}", first, count
        )


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


def _speaks_arrow(x: Any) -> bool:
    """Whether x is an Arrow column and not backed by NumPy, where pandas exports NaN as null."""
    if isinstance(x, np.ndarray) or isinstance(getattr(x, "dtype", None), np.dtype):
        return False
    return hasattr(x, "__arrow_c_array__") or hasattr(x, "__arrow_c_stream__")


def _from_numpy(x: NDArray[Any], omit: bool) -> Rows:
    if x.ndim != 1:
        raise SampleError(_wrong_shape(x))
    dtype = x.dtype
    if dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise TypeError(
            f"x has dtype {dtype}; a sample holds real numbers: integers, or floats of at most 64 bits"
        )
    mask = x.mask if np.ma.is_masked(x) else None  # type: ignore[attr-defined]
    return Rows(
        (x, mask),
        _address(x),
        x.size,
        x.strides[0],
        dtype.newbyteorder("=").name,
        swapped=not dtype.isnative,
        omit_nan=omit,
        mask=0 if mask is None else _address(mask),
        mask_step=0 if mask is None else mask.strides[0],
    )


def _address(x: NDArray[Any]) -> int:
    address: int = np.asarray(x).__array_interface__["data"][0]
    return address


def _wrong_shape(x: NDArray[Any]) -> str:
    if x.ndim == 0:
        return f"x is a single value ({x.dtype}); a sample is one-dimensional: pass a list or an array"
    return f"x has shape {x.shape}; a sample is one-dimensional: pass one column, or x.ravel() for all values"


def _reject_inexact(chunks: list[Rows], what: str = "x") -> None:
    count, first = _count(_core.count_inexact, chunks)
    if count:
        raise SampleError(
            f"{what} holds {count} integer(s) beyond 2**53, the first at index {first}; float64 cannot hold"
            " them exactly: convert them first if rounding is what you want",
            first,
            count,
        )


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
