"""The order statistics of a sample, as many as a picture shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thetahat.plots._shared import POINTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["Order"]

_SORTED = 1 << 20  # of more rows than twice that, some are sorted


class Order:
    """A sample in order: all its rows; of very many, those of both tails, and some evenly spread between."""

    def __init__(self, x: Array) -> None:
        self.n = x.size
        self.step = max(1, x.size // _SORTED)
        self.rows = np.sort(x[:: self.step])
        self.below, self.above = self.rows[:0], self.rows[:0]
        if self.step > 1:
            tail = self.rows.size // 1000
            self.below = np.sort(x[x < self.rows[tail]])
            self.above = np.sort(x[x > self.rows[-1 - tail]])

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
        low, high = rank <= self.below.size, rank > self.n - self.above.size
        rows[low] = self.below[rank[low] - 1]
        rows[high] = self.above[rank[high] - self.n - 1]
        return rows

    def quantiles(self, *shares: float) -> Array:
        """Return quantiles."""
        return np.quantile(self.rows, shares)

    def share_up_to(self, value: Array) -> Array:
        """Return which share of the rows is at most so large."""
        return np.searchsorted(self.rows, value, "right") / self.rows.size

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest row."""
        low, high = self.at(np.array([1, self.n])).tolist()
        return low, high

    @property
    def note(self) -> str:
        """A note on the subsample, for the label of an axis."""
        return "" if self.step == 1 else f"\nboth tails in full, between them one row in {self.step}"
