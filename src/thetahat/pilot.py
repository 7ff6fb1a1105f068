"""A subsample, from which start values and intervals are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["Pilot"]


class Pilot(NamedTuple):
    """Contiguous rows that count, and their weights, if they have any."""

    x: Array
    weights: Array | None = None

    def quantiles(self, *shares: float) -> list[float]:
        """Return the smallest rows up to which there are such shares of the weight."""
        if self.weights is None:
            rows, below = np.sort(self.x), np.arange(1, self.x.size + 1.0)
        else:
            order = np.argsort(self.x, kind="stable")
            rows, below = self.x[order], np.cumsum(self.weights[order])
        places = np.searchsorted(below, np.array(shares) * below[-1])
        return [float(rows[min(place, rows.size - 1)]) for place in places.tolist()]
