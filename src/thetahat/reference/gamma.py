"""Gamma(shape a, scale s): log f(x) = (a - 1) log x - x/s - a log s - log Gamma(a), x > 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from thetahat.reference.special import digamma, trigamma

__all__ = ["DIMENSION", "THETAS", "draw", "information", "log_density", "score"]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((2.0, 3.0), (0.3, 1e3), (1.0, 1.0), (40.0, 0.25))
DIMENSION = (0, 1)


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    shape, scale = theta
    return random.gammavariate(shape, scale)


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    a, s = theta
    return [a * math.log(x), -math.log(x), -x / s, -a * math.log(s), -math.lgamma(a)]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    a, s = theta
    return [[math.log(x), -math.log(s), -digamma(a)], [x / s**2, -a / s]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    a, s = theta
    return [[[trigamma(a)], [1 / s]], [[1 / s], [2 * x / s**3, -a / s**2]]]
