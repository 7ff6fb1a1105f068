"""Rayleigh(sigma): log f(x) = log x - 2 log sigma - z^2/2 with z = x / sigma, x > 0."""

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
    return math.sqrt(2 * random.expovariate(1.0)) * theta[0]


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    (sigma,) = theta
    return [math.log(x), -2 * math.log(sigma), -((x / sigma) ** 2) / 2]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivative of log f(x)."""
    (sigma,) = theta
    return [[x * x / sigma**3, -2 / sigma]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivative."""
    (sigma,) = theta
    return [[[3 * x * x / sigma**4, -2 / sigma**2]]]


def maximum(X: Sequence[float]) -> list[float]:
    """Return the explicit maximum: sigma^2 = mean(x^2) / 2."""
    return [math.sqrt(math.fsum(x * x for x in X) / (2 * len(X)))]
