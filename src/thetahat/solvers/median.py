"""The maximum of a likelihood that is not differentiable at the rows: a median, and the scale there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from thetahat import _core
from thetahat.data.arrays import empty
from thetahat.sample import Sample
from thetahat.solvers._method import Problem, Theta

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["maximum_at_median"]

_FEW = 20_000  # rows that are sorted without a pilot
_PILOT = 10_000  # rows that give the interval in which the median is searched
_UNITS = (1.0, 2.0**500)  # of the scale; in the second, no sum of distances overflows


def maximum_at_median(problem: Problem) -> Theta:
    """Return the maximum over the free parameters: a location, and a scale that the sums are proportional to.

    Every nonsmooth family has these two parameters, in this order, as api.h requires.
    """
    mu = problem.fixed[0] if 0 in problem.fixed else median(problem.sample)
    if 1 in problem.fixed:
        return mu, problem.fixed[1]
    for unit in _UNITS:
        sums = problem.sample.at((mu, unit))
        if sums.finite:
            break
    return problem.check(sums.maximum((mu, unit), (0,)), sums.rows)


def median(sample: Sample) -> float:
    """Return the weighted median; if exactly half of the weight is up to one row, the midpoint to the next.

    One pass partitions the rows at two quantiles of a pilot; if the median is not between these, a second
    pass takes all rows on its side.
    """
    low, high = -math.inf, math.inf
    if sample.size > _FEW:
        low, high = sample.pilot(_PILOT).quantiles(0.48, 0.52)
    while True:
        below, above, x, weights = _split(sample, low, high)
        found = _core.median_between(below, above, x, weights)
        if found is not None:
            return found
        if low == -math.inf and high == math.inf:  # no rows, or all weights are 0
            sample.check_rows()
            raise empty(sample.size)
        low, high = (-math.inf, high) if below > above else (low, math.inf)


def _split(sample: Sample, low: float, high: float) -> tuple[float, float, Array, Array | None]:
    """Return the weights below low and above high, and the rows between with their weights."""
    sample.passes += 1
    below = above = 0.0
    pieces = []
    for chunk in sample.rows():
        less, more, found = _core.partition(chunk, low, high)
        below, above = below + less, above + more
        pieces += found
    x = np.concatenate([piece for piece, _ in pieces] or [np.empty(0)])
    weights = [of_piece for _, of_piece in pieces if of_piece is not None]
    return below, above, x, np.concatenate(weights) if weights else None
