"""Geometric(p): log f(x) = log p + x log(1 - p), x = 0, 1, 2, ... failures before the first success."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

__all__ = ["DIMENSION", "THETAS", "draw", "information", "log_density", "maximum", "score"]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((0.5,), (0.05,), (0.9,), (1e-6,))
DIMENSION = None  # multiples of counts need not be counts


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    return math.floor(-random.expovariate(1.0) / math.log1p(-theta[0]))


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    (p,) = theta
    return [math.log(p), x * math.log1p(-p)]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivative of log f(x)."""
    (p,) = theta
    return [[1 / p, -x / (1 - p)]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivative."""
    (p,) = theta
    return [[[1 / p**2, x / (1 - p) ** 2]]]


def maximum(X: Sequence[float]) -> list[float]:
    """Return the explicit maximum: 1 / (1 + mean)."""
    return [1 / (1 + math.fsum(X) / len(X))]
