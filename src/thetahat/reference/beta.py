"""Beta(a, b): log f(x) = (a - 1) log x + (b - 1) log(1 - x) - log B(a, b), 0 < x < 1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from thetahat.reference.special import digamma, trigamma

__all__ = ["DIMENSION", "THETAS", "draw", "information", "log_density", "score"]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((2.0, 3.0), (0.3, 0.7), (5.0, 1.0), (40.0, 0.8), (0.9, 1e3))
DIMENSION = None  # multiples of rows between 0 and 1 need not be


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    return random.betavariate(*theta)


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    a, b = theta
    of_x = [a * math.log(x), -math.log(x), b * math.log1p(-x), -math.log1p(-x)]
    return [*of_x, math.lgamma(a + b), -math.lgamma(a), -math.lgamma(b)]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    a, b = theta
    total = digamma(a + b)
    return [[math.log(x), total, -digamma(a)], [math.log1p(-x), total, -digamma(b)]]


def information(_: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    a, b = theta
    total = trigamma(a + b)
    return [[[trigamma(a), -total], [-total]], [[-total], [trigamma(b), -total]]]
