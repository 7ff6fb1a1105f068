"""A subsample, from which start values and intervals are taken."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["Pilot", "joined"]


def joined(blocks: Iterable[tuple[Array, Array | None]]) -> tuple[Array, Array | None]:
    """Return the rows of some blocks, and their weights; None where no block has any."""
    known = list(blocks)
    rows = np.concatenate([np.empty(0), *(x for x, _ in known)])
    if all(weights is None for _, weights in known):
        return rows, None
    return rows, np.concatenate([np.ones(x.size) if w is None else w for x, w in known])


class Pilot(NamedTuple):
    """Contiguous rows that count, and their weights, if they have any."""

    x: Array
    weights: Array | None = None

    def quantiles(self, *shares: float) -> list[float]:
        """Return the smallest rows up to which there are such shares of the weight."""
        if self.weights is None:  # one after the other, for which NumPy has the quicker way
            least = [max(math.ceil(share * self.x.size) - 1, 0) for share in shares]
            return [float(np.partition(self.x, place)[place]) for place in least]
        order = np.argsort(self.x, kind="stable")
        rows, below = self.x[order], np.cumsum(self.weights[order])
        places = np.searchsorted(below, np.array(shares) * below[-1])
        return [float(rows[min(place, rows.size - 1)]) for place in places.tolist()]
