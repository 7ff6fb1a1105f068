"""The highest log-likelihoods of limits of families that are no families themselves."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = [
    "all_equal",
    "exponential_down",
    "exponential_up",
    "half_normal_down",
    "half_normal_up",
    "lognormal_down",
    "lognormal_up",
    "most_equal",
    "power_below",
    "unbounded",
]


def _total(x: Array, weights: Array | None) -> float:
    return float(x.size if weights is None else weights.sum())


def _counting(x: Array, weights: Array | None) -> Array:
    """Return the rows that have weight."""
    return x if weights is None else x[weights > 0]


def exponential_up(x: Array, weights: Array | None) -> float:
    """Return that of an exponential distribution from the least row up."""
    mean = float(np.average(x, weights=weights)) - float(_counting(x, weights).min())
    return -_total(x, weights) * (math.log(mean) + 1) if mean > 0 else -math.inf


def exponential_down(x: Array, weights: Array | None) -> float:
    """Return that of an exponential distribution from the largest row down."""
    return exponential_up(-x, weights)


def half_normal_up(x: Array, weights: Array | None) -> float:
    """Return that of a half-normal distribution from the least row up."""
    square = float(np.average((x - _counting(x, weights).min()) ** 2, weights=weights))
    return -0.5 * _total(x, weights) * (math.log(0.5 * math.pi * square) + 1) if square > 0 else -math.inf


def half_normal_down(x: Array, weights: Array | None) -> float:
    """Return that of a half-normal distribution from the largest row down."""
    return half_normal_up(-x, weights)


def power_below(x: Array, weights: Array | None) -> float:
    """Return that of a power of x, for x from 0 up to the largest row."""
    largest = float(_counting(x, weights).max())
    spread = -float(np.average(np.log(x / largest), weights=weights))
    n = _total(x, weights)
    return n * (-math.log(spread) - math.log(largest) - 1 + spread) if spread > 0 else -math.inf


def lognormal_up(x: Array, weights: Array | None) -> float:
    """Return that of a lognormal distribution of x less a bound: a local maximum, as it is unbounded.

    The best bound is searched from near the least row to far below all of them.
    """
    rows = _counting(x, weights)
    least, width = float(rows.min()), float(np.ptp(rows))
    if not width > 0:
        return -math.inf

    def value(log_distance: float) -> float:
        y = np.log(x - least + width * math.exp(log_distance))
        mean = float(np.average(y, weights=weights))
        variance = float(np.average((y - mean) ** 2, weights=weights))
        return -_total(x, weights) * (mean + 0.5 * math.log(2 * math.pi * variance) + 0.5)

    grid = np.linspace(-7.0, 7.0, 57)
    values = [value(u) for u in grid.tolist()]
    inner = [k for k in range(1, len(grid) - 1) if values[k - 1] <= values[k] >= values[k + 1]]
    if not inner:
        return -math.inf
    best = max(inner, key=lambda k: values[k])
    return _highest(value, float(grid[best - 1]), float(grid[best + 1]))


def _highest(value: Callable[[float], float], low: float, high: float) -> float:
    """Return the highest value between two arguments, by golden sections."""
    ratio = (math.sqrt(5) - 1) / 2
    for _ in range(40):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, right) if value(left) > value(right) else (left, high)
    return value(0.5 * (low + high))


def lognormal_down(x: Array, weights: Array | None) -> float:
    """Return that of a lognormal distribution of a bound less x."""
    return lognormal_up(-x, weights)


def all_equal(x: Array, weights: Array | None) -> float:
    """Return infinity where all rows are equal, else that of no distribution."""
    return math.inf if np.ptp(_counting(x, weights)) == 0 else -math.inf


def unbounded(_x: Array, _weights: Array | None) -> float:
    """Return infinity."""
    return math.inf


def most_equal(x: Array, weights: Array | None) -> float:
    """Return infinity where a half of the rows or more are equal, else that of no distribution."""
    _, where = np.unique(x, return_inverse=True)
    largest = float(np.bincount(where, weights=weights).max())
    return math.inf if 2 * largest >= _total(x, weights) else -math.inf
