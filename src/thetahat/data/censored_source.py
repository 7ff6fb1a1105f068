"""A censored sample as a source: its exact rows, and intervals whose probabilities join them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from thetahat._censored import Intervals, has_simple_hazard
from thetahat._core import Model, Rows
from thetahat.data.arrays import chunks_of, copy_rows
from thetahat.data.censored_rows import CensoredRows, Kinds, Limits
from thetahat.data.source import ArraySource, Source
from thetahat.pilot import Pilot

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["CensoredSource", "Table", "collapsed"]

_LOOK = 2048  # rows in which repeated limits are looked for


class Table(NamedTuple):
    """Distinct intervals (lower, upper] with the sums of their weights, of either sign."""

    lower: Array
    upper: Array
    weights: Array


def collapsed(lower: Array, upper: Array, weights: Array) -> Table:
    """Return intervals, each once where many are equal, in ascending order then; else as they are."""
    step = max(1, lower.size // _LOOK)
    few = np.stack([lower[::step], upper[::step]], axis=1)
    if 2 * len(np.unique(few, axis=0)) > len(few) and lower.size > 1:
        return Table(lower, upper, weights)
    pairs = np.empty(lower.size, dtype=np.complex128)  # which are sorted by their real parts first
    pairs.real, pairs.imag = lower, upper
    distinct, place = np.unique(pairs, return_inverse=True)
    sums = np.bincount(place, weights).astype(np.float64, copy=False)
    return Table(distinct.real.copy(), distinct.imag.copy(), sums)


class CensoredSource(ArraySource):
    """The exact rows of a censored sample in memory, and the intervals of the others.

    Each censored row adds the logarithm of the probability of its interval; each row that could be seen in a
    window alone, exact or not, subtracts that of its window. Both are intervals with a weight, of either
    sign, of which equal ones are one.

    Parameters
    ----------
    given : CensoredRows
        The rows.
    weights, nan_policy
        As in `thetahat.fit`.
    """

    what = "lower"

    def __init__(
        self, given: CensoredRows, weights: ArrayLike | None = None, nan_policy: str = "raise"
    ) -> None:
        self.container = given
        self._of_rows, self._policy = weights, nan_policy
        known = given.known(nan_policy)
        self._places: Any = known
        self._counting: Array | None = None
        if weights is not None:
            places, counting = copy_rows(chunks_of(np.arange(float(len(given))), "raise", weights))
            taken = places.astype(np.intp)
            if not isinstance(known, slice):
                good = known[taken]
                taken, counting = taken[good], None if counting is None else counting[good]
            self._places, self._counting = taken, counting
        super().__init__(())  # of which `given` makes the rows

    @cached_property
    def _exact(self) -> tuple[Array, Array | None]:
        """Return the rows that are known exactly, and their weights."""
        if self._all_count and (by_event := self.container.by_event):
            lower, event = by_event
            return lower.take(np.flatnonzero(event)), None
        exact = self.limits.exact
        weights = self._counting
        return self.limits.lower[exact], None if weights is None else weights[exact]

    @property
    def rows(self) -> list[Rows]:
        """The exact rows, with their weights."""
        if self._rows is None:
            x, weights = self._exact
            self._rows = chunks_of(x, "raise", weights) if x.size else []
        return self._rows

    @property
    def n(self) -> int:
        """Number of exact rows that count."""
        return self.kinds.exact

    @property
    def weighted(self) -> bool:
        """Whether rows have weights."""
        return self._counting is not None

    def contiguous(self) -> Pilot:
        """Return the exact rows that count, contiguous."""
        return Pilot(*self._exact)

    def some(self, wanted: int) -> CensoredSource:
        """Return about so many of the rows that count, spread evenly; all rows if there are no more."""
        if self.n_rows <= wanted:
            return self
        spread = np.arange(wanted) * self.n_rows // wanted
        places = spread if self._all_count else np.arange(len(self.container))[self._places][spread]
        weights = None if self._counting is None else self._counting[spread]
        return CensoredSource(self.container[places], weights)

    def impossible(self, low: float, high: float, counts: bool) -> tuple[int, int, Limits] | None:
        """Return how many intervals lie outside the support, and the first among all rows; None if none."""
        if self._all_count and self.container.by_event and high == math.inf:
            return None
        table = self.censored_rows
        if not _outside(table.lower, table.upper, low, high, counts).any():
            return None
        rows = self.limits
        wrong = ~rows.exact & _outside(rows.lower, rows.upper, low, high, counts)
        first = int(np.argmax(wrong))
        return int(np.count_nonzero(wrong)), self.place(first), rows.of(slice(first, first + 1))

    def place(self, row: int) -> int:
        """Return the index among all rows of one that counts."""
        return row if self._all_count else int(np.arange(len(self.container))[self._places][row])

    @property
    def _all_count(self) -> bool:
        return isinstance(self._places, slice)

    @cached_property
    def limits(self) -> Limits:
        """The limits of the rows that count."""
        return self.container.limits().of(self._places)

    @property
    def weights(self) -> Array | None:
        """Their weights, if they have any."""
        return self._counting

    @cached_property
    def n_rows(self) -> int:
        """Number of rows of positive weight."""
        return self.limits.lower.size if not self._all_count else len(self.container)

    def weight_with(self, _: float) -> float:
        """Return the sum of the weights of all rows."""
        total = float(self.n_rows if self._counting is None else self._counting.sum())
        return int(total) if total == int(total) else total

    @property
    def size(self) -> int:
        """Number of rows, including those left out."""
        return len(self.container)

    @cached_property
    def kinds(self) -> Kinds:
        """How many rows are known in which way."""
        if self._all_count and (by_event := self.container.by_event):
            seen = int(np.count_nonzero(by_event[1]))
            return Kinds(exact=seen, right=self.n_rows - seen)
        return self.limits.kinds

    @cached_property
    def table(self) -> Table:
        """The intervals of censored rows, and of windows with negative weights."""
        parts = [self.censored_rows, self._windows()]
        return Table(*map(np.concatenate, zip(*parts, strict=True)))

    @cached_property
    def censored_rows(self) -> Table:
        """The intervals of censored rows."""
        if self._all_count and (by_event := self.container.by_event):
            lower, event = by_event
            lower = lower.take(np.flatnonzero(~event))
            return collapsed(lower, np.full(lower.size, math.inf), np.ones(lower.size))
        censored = ~self.limits.exact
        rows = self.limits.of(censored)
        weights = np.ones(rows.lower.size) if self._counting is None else self._counting[censored]
        return collapsed(rows.lower, rows.upper, weights)

    def _windows(self) -> Table:
        """Return the windows of truncated rows, with weights below zero."""
        limits = self.limits
        truncated = limits.truncated
        if not truncated.any():
            return Table(*np.empty((3, 0)))
        windows = limits.of(truncated)
        weights = np.ones(windows.low.size) if self._counting is None else self._counting[truncated]
        return collapsed(windows.low, windows.high, -weights)

    def attach(self, model: Model, counts: bool, threads: int) -> tuple[Model, Source]:
        """Return the model of the whole sample, and the rows that its sums are made of.

        Where the hazard is a power of x, right-censored rows are among the rows of the sums.
        """
        if has_simple_hazard(model) and (right := self._right_censored()):
            lower, weights, intervals = right
            if lower.min() > 0 and not (counts and (lower != np.floor(lower)).any()):
                return intervals(threads).attach(model), ArraySource(lower, weights)
        n = float(self.censored_rows.weights.sum())
        return Intervals(*self.table, n=n, threads=threads).attach(model), self

    def _right_censored(self) -> tuple[Array, Array | None, Callable[[int], Intervals]] | None:
        """Return all rows, their weights, and what makes intervals of those that are right-censored.

        None if rows are censored otherwise, or truncated.
        """
        none = np.empty(0)
        join = partial(Intervals, none, none, none, 0.0)
        if self._all_count and self._counting is None and (by_event := self.container.by_event):
            values, events = np.ascontiguousarray(by_event[0]), np.ascontiguousarray(by_event[1])
            if values.size:
                return values, None, lambda threads: join(values, None, threads, events.view(np.uint8))
        lower, upper, low, high = self.limits
        open_ = upper == math.inf
        hidden = (low > -math.inf).any() or (high < math.inf).any()
        if hidden or not (open_ | self.limits.exact).all() or not open_.any():
            return None
        lower, censored, weights = np.ascontiguousarray(lower), lower[open_], self._counting
        of_censored = None if weights is None else weights[open_]
        return lower, weights, lambda threads: join(censored, of_censored, threads)

    def fingerprint(self) -> dict[str, int]:
        """Return the checksums of the exact rows and of the intervals, and of their weights."""
        from zlib import crc32

        lower, upper, weights = map(np.ascontiguousarray, self.table)
        of_intervals = crc32(weights.data, crc32(upper.data, crc32(lower.data)))
        return {**super().fingerprint(), "digest of the intervals": of_intervals}

    def with_policy(self, nan_policy: str) -> Source:
        """Return the same rows under a policy for NaN and null ones."""
        return (
            self if nan_policy == self._policy else CensoredSource(self.container, self._of_rows, nan_policy)
        )

    def in_place(self) -> Source:
        """Return the exact rows as a masked array of all rows, whose indices errors tell."""
        exact = np.zeros(len(self.container), dtype=bool)
        exact[self._places] = self.limits.exact
        rows = ArraySource(np.ma.array(self.container.limits().lower, mask=~exact))
        rows.what = self.what
        return rows


def _outside(lower: Array, upper: Array, low: float, high: float, counts: bool) -> NDArray[np.bool_]:
    """Return which intervals no distribution with this support gives a probability."""
    if counts:
        outside: NDArray[np.bool_] = np.floor(upper) < np.maximum(np.floor(lower) + 1, low)
        return outside
    return (upper <= low) | (lower >= high)
