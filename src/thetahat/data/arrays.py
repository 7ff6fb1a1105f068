"""Conversion of arrays of any kind to rows that kernels read in place, or to contiguous float64."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from thetahat import _core
from thetahat._checks import check_choice
from thetahat._core import Model, Rows
from thetahat.data.containers import rows_in
from thetahat.errors import SampleError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "POLICIES",
    "Blocks",
    "Chunks",
    "Counter",
    "Found",
    "as_rows",
    "chunks_of",
    "chunks_with_nulls",
    "copy_rows",
    "count_outside",
    "empty",
    "plain_rows",
    "reject_for_all",
    "reject_inexact",
    "reject_null",
    "reject_null_weights",
    "reject_rows",
    "stretches",
    "value_of",
    "weigh",
]

POLICIES = ("raise", "omit")
_STRETCH = 1 << 20  # rows
_USE_ZERO = "use weight 0 to leave a row out"

# Of some rows, how many it finds, and the index of the first.
Counter: TypeAlias = Callable[[Rows], tuple[int, int]]


class Found(NamedTuple):
    """Rows that a counter has found: how many, the index of the first, or -1, and its value."""

    total: int
    first: int
    value: float


class Blocks:
    """Rows in blocks that can be read again, and how errors name them."""

    what, what_weights = "x", "weights"

    def blocks(self) -> Iterator[Rows]:
        """Yield the rows, with their weights."""
        raise NotImplementedError

    def locate(self, index: int, /) -> str:
        """Return where the row of this index lies, for errors; nothing where the index says all."""
        del index
        return ""

    def find(self, counter: Counter, of_weights: bool = False) -> Found:
        """Return what a counter finds in all rows, or in their weights."""
        total, first, value, before = 0, -1, 0.0, 0
        for chunk in self.blocks():
            rows = chunk.weights if of_weights else chunk
            count, at = (0, -1) if rows is None else counter(rows)
            if rows is not None and count and not total:
                first, value = before + at, rows.item(at)
            total += count
            before += chunk.n
        return Found(total, first, value)


@dataclass(frozen=True)
class Chunks(Blocks):
    """Some rows in memory."""

    chunks: Iterable[Rows]
    what: str = "x"
    what_weights: str = "weights"
    place: Callable[[int], str] | None = None

    def blocks(self) -> Iterator[Rows]:
        """Yield the rows, with their weights."""
        return iter(self.chunks)

    def locate(self, index: int, /) -> str:
        """Return where the row of this index lies, for errors."""
        return self.place(index) if self.place else ""


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
    omit = check_choice("nan_policy", nan_policy, POLICIES) == "omit"
    if weights is None and not omit and (plain := _core.plain_rows(x)) is not None:
        return [plain]
    chunks = chunks_with_nulls(x, omit, weights)
    if not omit:
        reject_null(Chunks(chunks))
    return chunks


def chunks_with_nulls(x: ArrayLike, omit_nan: bool, weights: ArrayLike | None = None) -> list[Rows]:
    """Return the rows of a sample as `chunks_of` does, null ones among them."""
    chunks = rows_in(x, "x", omit_nan)
    if weights is None:
        return chunks
    chunks = weigh(chunks, rows_in(weights, "weights", omit_nan=False), "weights", "x")
    reject_null_weights(Chunks(chunks))
    return chunks


def weigh(chunks: list[Rows], given: list[Rows], what: str, of: str) -> list[Rows]:
    """Return rows with their weights, divided at the chunks of both."""
    rows, count = sum(chunk.n for chunk in chunks), sum(chunk.n for chunk in given)
    if count != rows:
        raise SampleError(f"{what} has {count} value(s), but {of} has {rows} row(s)")
    if any(chunk.masked for chunk in given):
        raise SampleError(f"{what} is masked; {_USE_ZERO}")
    return list(_side_by_side(chunks, given))


def reject_null(rows: Blocks) -> None:
    """Raise if rows are null."""
    _reject(
        _core.count_null, rows, f'{rows.what} holds {{}} null value(s){{}}; nan_policy="omit" leaves them out'
    )


def reject_null_weights(rows: Blocks) -> None:
    """Raise if weights are null."""
    told = f"{rows.what_weights} holds {{}} null value(s){{}}; {_USE_ZERO}"
    _reject(_core.count_null, rows, told, of_weights=True)


def _reject_weights(rows: Blocks) -> None:
    """Raise if weights are invalid, with their number and the index and value of the first."""
    reject_inexact(rows, of_weights=True)
    told = f"{rows.what_weights} holds {{}} value(s) that are negative or not finite{{}}"
    _reject(_core.count_no_weight, rows, told, of_weights=True)


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
    reject_inexact(Chunks(chunks))
    _reject_weights(Chunks(chunks))
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


def empty(rows: int, what: str = "x") -> SampleError:
    """Return the error of a sample without rows, or with all of them left out."""
    left_out = f" (all {rows} rows are masked, null, omitted or of weight 0)" if rows else ""
    return SampleError(f"{what} is empty: a fit needs at least one row{left_out}")


def reject_rows(rows: Blocks, model: Model, support: str) -> None:
    """Raise if rows are not exact in float64, not finite, or outside the support, or weights are invalid."""
    reject_for_all(rows)
    outside = f"{rows.what} holds {{}} value(s) outside the support of {model.name}, {support}{{}}"
    _reject(model.count_outside, rows, outside)


def count_outside(rows: Blocks, model: Model, theta: tuple[float, ...]) -> Found:
    """Return the rows outside the support of a family at theta."""
    return rows.find(partial(model.count_outside, theta=theta))


def reject_for_all(rows: Blocks) -> None:
    """Raise if rows or weights are invalid for every family."""
    reject_inexact(rows)
    _reject_weights(rows)
    _reject(_core.count_not_finite, rows, f"{rows.what} holds {{}} value(s) that are NaN or infinite{{}}")


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


def reject_inexact(rows: Blocks, of_weights: bool = False) -> None:
    """Raise if rows, or weights, are integers that doubles cannot hold."""
    what = rows.what_weights if of_weights else rows.what
    beyond = f"{what} holds {{}} integer(s) beyond 2**53{{}}; float64 cannot hold them exactly"
    told = f"{beyond}: convert them first if rounding is what you want"
    _reject(_core.count_inexact, rows, told, of_weights)


def _reject(counter: Counter, rows: Blocks, message: str, of_weights: bool = False) -> None:
    """Raise if a counter finds rows: how many, and the index and the value of the first."""
    found = rows.find(counter, of_weights)
    if found.total:
        value = "" if counter is _core.count_null else f": {value_of(found)!r}"
        place = f", the first at index {found.first}{rows.locate(found.first)}{value}"
        raise SampleError(message.format(found.total, place), found.first, found.total)


def value_of(found: Found) -> float:
    """Return the value of the first row that was found: integers as floats that equal them."""
    return float(found.value) if abs(found.value) <= 2.0**53 else found.value
