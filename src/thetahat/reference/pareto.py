"""Pareto(shape a, minimum m): log f(x) = log a + a log m - (a + 1) log x, x >= m."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

__all__ = ["DIMENSION", "THETAS", "draw", "information", "log_density", "maximum", "score", "standard_errors"]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((2.5, 1.0), (0.7, 1e3), (30.0, 0.25), (1.0, 1e-5))
DIMENSION = (0, 1)


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    a, m = theta
    return max(m * math.exp(random.expovariate(1.0) / a), m)


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    a, m = theta
    return [math.log(a), a * math.log(m), -a * math.log(x), -math.log(x)] if x >= m else [-math.inf]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    a, m = theta
    return [[1 / a, math.log(m), -math.log(x)], [a / m]]


def information(x: float, theta: Theta) -> list[list[Terms]]:  # noqa: ARG001 - the same for every row
    """Return the terms of minus its second derivatives."""
    a, m = theta
    return [[[1 / a**2], [-1 / m]], [[-1 / m], [a / m**2]]]


def maximum(X: Sequence[float]) -> list[float]:
    """Return the explicit maximum: the least row, and 1 / mean(log(x / m))."""
    m = min(X)
    return [len(X) / math.fsum(math.log(x / m) for x in X), m]


def standard_errors(theta: Theta, n: float) -> list[float]:
    """Return those of the maximum of n rows: Fisher's, and of an exponential variable below the least."""
    a, m = theta
    return [a / math.sqrt(n), m / (n * a)]
