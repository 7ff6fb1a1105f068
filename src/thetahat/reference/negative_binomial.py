"""Negative binomial(size r, mu) on the counts x = 0, 1, 2, ..., with y = x + r and m = mu + r.

log f(x) = log Gamma(y) - log Gamma(r) - log x! + r log(r / m) + x log(mu / m).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from random import Random

from thetahat.reference.special import digamma, trigamma

__all__ = ["DIMENSION", "THETAS", "draw", "information", "log_density", "score"]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((2.0, 3.0), (0.3, 20.0), (50.0, 40.0), (3.0, 5000.0))
DIMENSION = None  # multiples of counts need not be counts


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    sums = _cumulative(*theta)
    (value,) = random.choices(range(len(sums)), cum_weights=sums)
    return value


@cache
def _cumulative(r: float, mu: float) -> list[float]:
    """Return running sums of the odds of 0, 1, 2, ..."""
    odds, sums = 1.0, [1.0]
    while odds > 1e-18 * sums[-1]:
        x = len(sums)
        odds *= (x - 1 + r) / x * (mu / (mu + r))
        sums.append(sums[-1] + odds)
    return sums


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    r, mu = theta
    return [
        math.lgamma(x + r),
        -math.lgamma(r),
        -math.lgamma(x + 1),
        r * math.log(r / (r + mu)),
        x * math.log(mu / (r + mu)),
    ]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    r, mu = theta
    m = r + mu
    return [
        [digamma(x + r), -digamma(r), math.log(r / m), mu / m, -x / m],
        [x / mu, -(x + r) / m],
    ]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    r, mu = theta
    m = r + mu
    size_size = [-trigamma(x + r), trigamma(r), -1 / r, 1 / m, mu / m**2, -x / m**2]
    size_mu = [mu / m**2, -x / m**2]
    return [[size_size, size_mu], [size_mu, [x / mu**2, -(x + r) / m**2]]]
