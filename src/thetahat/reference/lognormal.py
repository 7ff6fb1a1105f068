"""Lognormal(mu, sigma), x > 0: log f(x) = -log(x sigma) - z^2/2 - log(2 pi)/2, z = (log x - mu) / sigma."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

__all__ = ["DIMENSION", "THETAS", "draw", "information", "log_density", "maximum", "score"]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((0.0, 1.0), (1.0, 2.0), (-12.0, 0.25), (5.0, 0.01))
DIMENSION = None  # fit(c x) adds log c to mu


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    mu, sigma = theta
    return math.exp(random.gauss(mu, sigma))


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    mu, sigma = theta
    y = math.log(x)
    squares = [-y * y, 2 * mu * y, -mu * mu]
    constants = [-y, -math.log(sigma), -math.log(2 * math.pi) / 2]
    return [square / (2 * sigma**2) for square in squares] + constants


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    mu, sigma = theta
    y, cube = math.log(x), sigma**3
    return [[y / sigma**2, -mu / sigma**2], [y * y / cube, -2 * mu * y / cube, mu * mu / cube, -1 / sigma]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    mu, sigma = theta
    y, square, cube = math.log(x), sigma**2, sigma**3
    mixed = [2 * y / cube, -2 * mu / cube]
    squares = [3 * y * y, -6 * mu * y, 3 * mu * mu]
    return [[[1 / square], mixed], [mixed, [*(term / sigma**4 for term in squares), -1 / square]]]


def maximum(X: Sequence[float]) -> list[float]:
    """Return the explicit maximum: mean and standard deviation of log x."""
    logs = [math.log(x) for x in X]
    mu = math.fsum(logs) / len(logs)
    return [mu, math.sqrt(math.fsum((y - mu) ** 2 for y in logs) / len(logs))]
