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
    "exponential_down",
    "exponential_up",
    "half_normal_down",
    "half_normal_up",
    "most_equal",
    "of_logs",
    "power_below",
]


def _total(x: Array, weights: Array | None) -> float:
    return float(x.size if weights is None else weights.sum())


def _counting(x: Array, weights: Array | None) -> Array:
    """Return the rows that have weight."""
    return x if weights is None else x[weights > 0]


def exponential_up(x: Array, weights: Array | None) -> float:
    """Return that of an exponential distribution from the least row up."""
    mean = float(np.average(x, weights=weights)) - float(_counting(x, weights).min())
    return -_total(x, weights) * (math.log(mean) + 1) if mean > 0 else math.inf


def exponential_down(x: Array, weights: Array | None) -> float:
    """Return that of an exponential distribution from the largest row down."""
    return exponential_up(-x, weights)


def half_normal_up(x: Array, weights: Array | None) -> float:
    """Return that of a half-normal distribution from the least row up."""
    square = float(np.average((x - _counting(x, weights).min()) ** 2, weights=weights))
    return -0.5 * _total(x, weights) * (math.log(0.5 * math.pi * square) + 1) if square > 0 else math.inf


def half_normal_down(x: Array, weights: Array | None) -> float:
    """Return that of a half-normal distribution from the largest row down."""
    return half_normal_up(-x, weights)


def power_below(x: Array, weights: Array | None) -> float:
    """Return that of a power of x, for x from 0 up to the largest row."""
    largest = float(_counting(x, weights).max())
    spread = -float(np.average(np.log(x / largest), weights=weights))
    n = _total(x, weights)
    return n * (-math.log(spread) - math.log(largest) - 1 + spread) if spread > 0 else math.inf


def of_logs(law: Callable[[Array, Array | None], float]) -> Callable[[Array, Array | None], float]:
    """Return that of rows whose logarithms have a distribution."""

    def found(x: Array, weights: Array | None) -> float:
        y = np.log(x)
        return law(y, weights) - float((y if weights is None else weights * y).sum())

    return found


def most_equal(x: Array, weights: Array | None) -> float:
    """Return infinity where a half of the rows or more are equal, else that of no distribution."""
    _, where = np.unique(x, return_inverse=True)
    largest = float(np.bincount(where, weights=weights).max())
    return math.inf if 2 * largest >= _total(x, weights) else -math.inf
