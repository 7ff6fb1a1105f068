"""A likelihood with a kink at every row: its location is a median, its scale follows from the sums there."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from thetahat import _kernels
from thetahat.data.arrays import empty
from thetahat.sample import Sample
from thetahat.solvers._method import Task, Theta

__all__ = ["maximum_at_median"]

Array = NDArray[np.float64]

_FEW = 20_000  # rows that are sorted as they are
_PILOT = 10_000  # rows that show where the median is to be looked for
_UNITS = (1.0, 2.0**500)  # of the scale; in the second no sum of distances overflows


def maximum_at_median(task: Task) -> Theta:
    """Return the maximum over what is not fixed: of a location, and a scale that sums are proportional to.

    These are the parameters of every family with a kink, in this order, as api.h has it.
    """
    mu = task.fixed[0] if 0 in task.fixed else median(task.sample)
    if 1 in task.fixed:
        return mu, task.fixed[1]
    for unit in _UNITS:
        sums = task.sample.at((mu, unit))
        if sums.finite:
            break
    return task.check(sums.maximum((mu, unit), (0,)), sums.rows)


def median(sample: Sample) -> float:
    """Return the median by weight; where half of the weight lies up to one row, the middle to the next.

    One pass splits the rows at two values that a pilot of them suggests; where the median is not between
    these, a second one takes all that is on its side.
    """
    low, high = -math.inf, math.inf
    if sample.size > _FEW:
        low, high = sample.pilot(_PILOT).quantiles(0.47, 0.53)
    while True:
        below, above, x, weights = _split(sample, low, high)
        upto = below + (np.arange(1.0, x.size + 1) if weights is None else np.cumsum(weights))
        half = 0.5 * ((upto[-1] if x.size else below) + above)
        if below >= half and low > -math.inf:
            low = -math.inf
        elif (x.size == 0 or upto[-1] <= half) and high < math.inf:
            high = math.inf
        elif x.size == 0:
            sample.check_rows()
            raise empty(sample.size)
        else:
            break
    first = int(np.searchsorted(upto, half, "left"))
    second = int(np.searchsorted(upto, half, "right"))
    return _middle(float(x[first]), float(x[min(second, x.size - 1)]))


def _split(sample: Sample, low: float, high: float) -> tuple[float, float, Array, Array | None]:
    """Return the weights below low and above high, and the rows between, sorted, with theirs."""
    sample.passes += 1
    below = above = 0.0
    pieces = []
    for chunk in sample.chunks():
        less, more, found = _kernels.split(chunk, low, high)
        below, above = below + less, above + more
        pieces += found
    x = np.concatenate([piece for piece, _ in pieces] or [np.empty(0)])
    weights = [of_piece for _, of_piece in pieces if of_piece is not None]
    if not weights:
        return below, above, np.sort(x), None
    order = np.argsort(x, kind="stable")
    return below, above, x[order], np.concatenate(weights)[order]


def _middle(a: float, b: float) -> float:
    both = a + b
    return 0.5 * both if math.isfinite(both) else 0.5 * a + 0.5 * b
