"""Uniform(low, high): log f(x) = -log(high - low), low <= x <= high."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

__all__ = ["DIMENSION", "THETAS", "draw", "information", "log_density", "maximum", "score", "standard_errors"]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((0.0, 1.0), (-3.0, 5.0), (3.5e4, 3.6e4), (-40.0, -1e-3))
DIMENSION = (1, 1)


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    low, high = theta
    return min(max(low + (high - low) * random.random(), low), high)


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    low, high = theta
    return [-math.log(high - low)] if low <= x <= high else [-math.inf]


def score(x: float, theta: Theta) -> list[Terms]:  # noqa: ARG001 - the same for every row
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    low, high = theta
    return [[1 / (high - low)], [-1 / (high - low)]]


def information(x: float, theta: Theta) -> list[list[Terms]]:  # noqa: ARG001
    """Return the terms of minus its second derivatives."""
    low, high = theta
    r = 1 / (high - low) ** 2
    return [[[-r], [r]], [[r], [-r]]]


def maximum(X: Sequence[float]) -> list[float]:
    """Return the explicit maximum: the ends of the sample."""
    return [min(X), max(X)]


def standard_errors(theta: Theta, n: float) -> list[float]:
    """Return those of the maximum of n rows, (high - low) / n: of exponential variables beyond its ends."""
    low, high = theta
    return [(high - low) / n] * 2
