"""Laplace(mu, b): log f(x) = -log(2 b) - |z| with z = (x - mu) / b.

The derivative of |z| is the sign of z, and taken for 0 where z is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

__all__ = ["DIMENSION", "THETAS", "draw", "information", "log_density", "maximum", "score", "standard_errors"]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((0.0, 1.0), (5.0, 2.0), (-3.5e4, 0.25), (1e-3, 40.0))
DIMENSION = (1, 1)


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    mu, b = theta
    return mu + b * (random.expovariate(1.0) - random.expovariate(1.0))


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    mu, b = theta
    return [-math.log(2 * b), -abs(x - mu) / b]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    mu, b = theta
    return [[_sign(x - mu) / b], [abs(x - mu) / b**2, -1 / b]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    mu, b = theta
    mixed = [_sign(x - mu) / b**2]
    return [[[0.0], mixed], [mixed, [2 * abs(x - mu) / b**3, -1 / b**2]]]


def maximum(X: Sequence[float]) -> list[float]:
    """Return the explicit maximum: the median, and the mean distance from it."""
    rows, n = sorted(X), len(X)
    mu = (rows[(n - 1) // 2] + rows[n // 2]) / 2
    return [mu, math.fsum(abs(x - mu) for x in X) / n]


def standard_errors(theta: Theta, n: float) -> list[float]:
    """Return those of the maximum of n rows, from Fisher's information."""
    _, b = theta
    return [b / math.sqrt(n)] * 2


def _sign(z: float) -> float:
    return z / abs(z) if z else 0.0
