"""Poisson(rate r): log f(x) = x log r - r - log x!, x = 0, 1, 2, ..."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from random import Random

__all__ = ["DIMENSION", "THETAS", "draw", "information", "log_density", "maximum", "score"]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((3.0,), (0.7,), (250.0,), (1e6,))
DIMENSION = None  # multiples of counts need not be counts


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    first, sums = _cumulative(theta[0])
    (value,) = random.choices(range(first, first + len(sums)), cum_weights=sums)
    return value


@cache
def _cumulative(rate: float) -> tuple[int, list[float]]:
    """Return the least count to draw, and running sums of the odds of it and those after it."""
    first = last = int(rate)
    below, above = [1.0], []
    while first > 0 and below[-1] > 1e-18:
        below.append(below[-1] * first / rate)
        first -= 1
    odds = 1.0
    while odds > 1e-18:
        last += 1
        odds *= rate / last
        above.append(odds)
    return first, list(accumulate(below[::-1] + above))


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    (r,) = theta
    return [x * math.log(r), -r, -math.lgamma(x + 1)]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivative of log f(x)."""
    (r,) = theta
    return [[x / r, -1.0]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivative."""
    (r,) = theta
    return [[[x / r**2]]]


def maximum(X: Sequence[float]) -> list[float]:
    """Return the explicit maximum: the mean."""
    return [math.fsum(X) / len(X)]
