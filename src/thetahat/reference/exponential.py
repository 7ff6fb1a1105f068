"""Exponential(scale s): log f(x) = -log s - x/s, x >= 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

__all__ = ["DIMENSION", "THETAS", "draw", "information", "log_density", "maximum", "score"]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((1.0,), (3.0,), (1e-5,), (4e6,))
DIMENSION = (1,)


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    return random.expovariate(1.0) * theta[0]


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    (s,) = theta
    return [-math.log(s), -x / s]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivative of log f(x)."""
    (s,) = theta
    return [[x / s**2, -1 / s]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivative."""
    (s,) = theta
    return [[[2 * x / s**3, -1 / s**2]]]


def maximum(X: Sequence[float]) -> list[float]:
    """Return the explicit maximum: the mean."""
    return [math.fsum(X) / len(X)]
