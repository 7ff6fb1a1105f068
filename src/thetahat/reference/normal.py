"""Normal(mu, sigma): log f(x) = -log sigma - z^2/2 - log(2 pi)/2 with z = (x - mu) / sigma.

The sum of `log_density` is the notebook's log-likelihood with its constant, -n/2 log(2 pi), and `log` for
`ln`; that of `score` is its `grad_log_likelihood`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

__all__ = ["DIMENSION", "THETAS", "draw", "information", "log_density", "maximum", "score"]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((0.0, 1.0), (1.0, 2.0), (-3.5e4, 0.25), (1e-3, 40.0))  # where tests look
DIMENSION = (1, 1)  # fit(c x) multiplies each parameter by c to this power


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    mu, sigma = theta
    return random.gauss(mu, sigma)


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    mu, sigma = theta
    z = (x - mu) / sigma
    return [-z * z / 2, -math.log(sigma), -math.log(2 * math.pi) / 2]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    mu, sigma = theta
    z = (x - mu) / sigma
    return [[z / sigma], [z * z / sigma, -1 / sigma]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    mu, sigma = theta
    z, square = (x - mu) / sigma, sigma**2
    return [[[1 / square], [2 * z / square]], [[2 * z / square], [3 * z * z / square, -1 / square]]]


def maximum(X: Sequence[float]) -> list[float]:
    """Return the explicit maximum: the notebook's `hat_mu` and `hat_sigma`, its misplaced bracket mended."""
    n = len(X)
    mu = math.fsum(X) / n
    return [mu, math.sqrt(math.fsum((x - mu) ** 2 for x in X) / n)]
