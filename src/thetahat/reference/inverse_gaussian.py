"""Inverse Gaussian(mu, shape), x > 0: log f = log(shape / (2 pi x^3))/2 - shape (x - mu)^2 / (2 mu^2 x)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

__all__ = ["DIMENSION", "THETAS", "draw", "information", "log_density", "maximum", "score"]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((1.0, 1.0), (2.0, 30.0), (40.0, 0.5), (3e4, 5e8))
DIMENSION = (1, 1)


def draw(random: Random, theta: Theta) -> float:
    """Return one random value, after Michael, Schucany and Haas (1976).

    The square of a normal value is that of two x, r mu and mu / r.
    """
    mu, shape = theta
    w = random.gauss(0, 1) ** 2 * mu / (2 * shape)
    r = 1 / (1 + w + math.sqrt(w * (2 + w)))
    return mu * r if random.random() * (1 + r) <= 1 else mu / r


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    mu, shape = theta
    return [
        math.log(shape) / 2,
        -math.log(2 * math.pi) / 2,
        -1.5 * math.log(x),
        -shape * (x - mu) ** 2 / (2 * mu**2 * x),
    ]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    mu, shape = theta
    return [[shape * x / mu**3, -shape / mu**2], [1 / (2 * shape), -((x - mu) ** 2) / (2 * mu**2 * x)]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    mu, shape = theta
    mixed = [-x / mu**3, 1 / mu**2]
    return [[[3 * shape * x / mu**4, -2 * shape / mu**3], mixed], [mixed, [1 / (2 * shape**2)]]]


def maximum(X: Sequence[float]) -> list[float]:
    """Return the explicit maximum: mu = mean(x), 1/shape = mean(1/x) - 1/mu."""
    mu = math.fsum(X) / len(X)
    return [mu, len(X) / math.fsum((x - mu) ** 2 / (mu**2 * x) for x in X)]
