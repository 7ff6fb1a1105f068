"""The order statistics of a sample, as many as a picture shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from thetahat.errors import SampleError
from thetahat.plots._shared import POINTS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["Order"]

_SORTED = 1 << 20  # of more rows than twice that, some are sorted
_BLOCK = 1 << 16
_HUGE = 1e300
_TAIL = 1000  # then a tail is one row in so many


class _Least:
    """The least rows of blocks."""

    def __init__(self, wanted: int) -> None:
        self._wanted, self._limit = wanted, np.inf
        self._pieces: list[Array] = []
        self._size = 0

    def add(self, block: Array) -> None:
        """Take a block in."""
        few = block[block < self._limit]
        self._pieces.append(few)
        self._size += few.size
        if self._size > 2 * self._wanted:
            kept = self.rows()
            self._pieces, self._size, self._limit = [kept], kept.size, kept.max(initial=-np.inf)

    def rows(self) -> Array:
        """Return them."""
        rows = np.concatenate([*self._pieces, np.empty(0)])
        return rows if rows.size <= self._wanted else np.partition(rows, self._wanted)[: self._wanted]


def _step(n: int) -> int:
    return max(1, n // _SORTED)


class Order:
    """A sample in order: all its rows; of very many, those of both tails, and some evenly spread between.

    Parameters
    ----------
    n : int
        Number of rows of the sample.
    rows : ndarray of float64
        All of them, or one in `step`.
    below, above : ndarray of float64, optional
        The least and the greatest rows, where not all are among `rows`.
    shares : tuple of two ndarrays of float64, optional
        Values, and what share of all rows is at most as large, where not all are among `rows`.
    """

    def __init__(
        self,
        n: int,
        rows: Array,
        step: int = 1,
        below: Array | None = None,
        above: Array | None = None,
        shares: tuple[Array, Array] | None = None,
    ) -> None:
        self.n, self.step, self.shares = n, step, shares
        self.rows = np.sort(rows)
        self.below = self.rows[:0] if below is None else np.sort(below)
        self.above = self.rows[:0] if above is None else np.sort(above)

    @classmethod
    def of_rows(cls, x: Array, values: Callable[[int], Array] | None = None) -> Order:
        """Return the order of rows in memory; `values` as of `of_blocks`."""
        if _step(x.size) == 1:
            return cls(x.size, x)
        return cls.of_blocks(
            x.size, (x[first : first + _BLOCK] for first in range(0, x.size, _BLOCK)), values
        )

    @classmethod
    def of_blocks(
        cls, n: int, blocks: Iterable[Array], values: Callable[[int], Array] | None = None
    ) -> Order:
        """Return the order of n rows that come in blocks; memory holds some of them.

        `values` returns for n, if that is many, the values up to which rows are counted.
        """
        step, first = _step(n), 0
        if step == 1:
            return cls(n, np.concatenate(list(blocks)))
        some, below, above = [], _Least(n // _TAIL), _Least(n // _TAIL)
        bounds = None if values is None else values(n)
        counts = np.zeros(0 if bounds is None else bounds.size)
        for block in blocks:
            some.append(block[first::step].copy())
            first = (first - block.size) % step
            below.add(block)
            above.add(-block)
            if bounds is not None:
                counts += np.searchsorted(np.sort(block), bounds, "right")
        shares = None if bounds is None else (bounds, counts / n)
        return cls(n, np.concatenate(some), step, below.rows(), -above.rows(), shares)

    def ranks(self) -> NDArray[np.int64]:
        """Return ranks 1..n to be drawn: even in probability, and more and more finely towards the ends."""
        if self.n <= POINTS:
            return np.arange(1, self.n + 1)
        ends = np.rint(np.geomspace(1, self.n / 2, POINTS // 5)).astype(np.int64)
        even = np.rint(np.linspace(1, self.n, POINTS // 2)).astype(np.int64)
        return np.unique(np.concatenate((ends, self.n + 1 - ends, even)))

    def at(self, rank: NDArray[np.int64]) -> Array:
        """Return the rows of these ranks."""
        place = np.rint((rank - 0.5) / self.n * self.rows.size - 0.5).astype(np.int64)
        rows = self.rows[np.clip(place, 0, self.rows.size - 1)]
        if self.step > 1:  # those between the tails are estimates of their ranks
            rows = np.clip(rows, self.below[-1], self.above[0])
        low, high = rank <= self.below.size, rank > self.n - self.above.size
        rows[low] = self.below[rank[low] - 1]
        rows[high] = self.above[rank[high] - self.n - 1]
        return rows

    def quantiles(self, *shares: float) -> Array:
        """Return quantiles."""
        return np.quantile(self.rows, shares)

    def share_up_to(self, value: ArrayLike) -> Array:
        """Return which share of the rows is at most so large."""
        return np.searchsorted(self.rows, value, "right") / self.rows.size

    def outside(self, low: float, high: float) -> int:
        """Return how many rows are below or above; of very many, about how many."""
        inside = np.searchsorted(self.rows, high, "right") - np.searchsorted(self.rows, low, "left")
        return int(self.n - inside) if self.step == 1 else round(self.n * (1 - inside / self.rows.size))

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest row."""
        low, high = self.at(np.array([1, self.n])).tolist()
        return low, high

    def check_ends(self) -> tuple[float, float]:
        """Return the least and the greatest row; raise where no axis can show them."""
        low, high = self.ends
        if not max(-low, high) < _HUGE or 0 < high - low < 1 / _HUGE:
            raise SampleError(f"cannot draw values from {low} to {high}: float64 has no room for their axes")
        return low, high

    @property
    def note(self) -> str:
        """A note on the subsample, for the label of an axis."""
        return "" if self.step == 1 else f"\nboth tails in full, between them one row in {self.step}"
