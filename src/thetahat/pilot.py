"""A subsample for start values."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thetahat import _kernels
from thetahat.data.arrays import chunks_of, weigh

__all__ = ["Pilot"]

Array = NDArray[np.float64]


class Pilot(NamedTuple):
    """A subsample for start values."""

    x: Array
    weights: Array | None = None

    def mean_and_sd(self) -> tuple[float, float]:
        """Return mean and standard deviation; the latter is 0 if all rows are equal."""
        mean, sd = self.maximum("normal") or (float(self.x[0]), 0.0)
        return mean, sd

    def maximum(self, family: str) -> tuple[float, ...] | None:
        """Return the closed-form maximum of a family for these rows; None if there is none."""
        tree = _kernels.Tree(_kernels.families.index(family))
        for rows in self.rows():
            tree.add(rows, 1)
        return tree.total().maximum()

    def spread(self, width: float) -> Pilot:
        """Return each row x with two more at x (1 - width) and x (1 + width); for 0, at -width and width."""
        off = width * np.where(self.x == 0, 1.0, self.x)
        weights = None if self.weights is None else np.tile(self.weights, 3)
        return Pilot(np.concatenate([self.x - off, self.x, self.x + off]), weights)

    def quantiles(self, *shares: float) -> list[float]:
        """Return weighted quantiles: the least rows with at least such shares of the weight up to them."""
        if self.weights is None:
            rows, below = np.sort(self.x), np.arange(1, self.x.size + 1.0)
        else:
            order = np.argsort(self.x, kind="stable")
            rows, below = self.x[order], np.cumsum(self.weights[order])
        places = np.searchsorted(below, np.array(shares) * below[-1])
        return [float(rows[min(place, rows.size - 1)]) for place in places.tolist()]

    def logs(self) -> tuple[float, Pilot]:
        """Return the median c of positive rows, and log(x / c), which is accurate near c too."""
        (centre,) = self.quantiles(0.5)
        (fraction, power), (unit, most) = np.frexp(self.x), np.frexp(centre)
        logs = _kernels.apply("log", fraction / unit) + (power - most) * 0.6931471805599453
        with np.errstate(over="ignore"):
            off = (self.x - centre) / centre
        near = np.abs(off) < 0.5
        logs[near] = _kernels.apply("log1p", off[near])
        return centre, Pilot(logs, self.weights)

    def rows(self) -> list[_kernels.Rows]:
        """Return the rows for a pass."""
        chunks = chunks_of(self.x)
        return chunks if self.weights is None else weigh(chunks, self.weights)
