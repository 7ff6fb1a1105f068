"""Normal(mu, sigma): log f(x) = -log sigma - z^2/2 - log(2 pi)/2 with z = (x - mu) / sigma."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

__all__ = ["DIMENSION", "THETAS", "draw", "information", "log_density", "log_likelihood", "maximum", "score"]

Theta = Sequence[float]

THETAS = ((0.0, 1.0), (1.0, 2.0), (-3.5e4, 0.25), (1e-3, 40.0))  # where tests look
DIMENSION = (1, 1)  # fit(c x) multiplies each parameter by c to this power


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    mu, sigma = theta
    return random.gauss(mu, sigma)


def log_density(x: float, theta: Theta) -> float:
    """Return log f(x)."""
    mu, sigma = theta
    z = (x - mu) / sigma
    return -z * z / 2 - math.log(sigma) - math.log(2 * math.pi) / 2


def log_likelihood(X: Sequence[float], theta: Theta) -> float:
    """Return the log-likelihood: the notebook's with its constant, -n/2 log(2 pi), and `log` for `ln`."""
    return math.fsum(log_density(x, theta) for x in X)


def score(X: Sequence[float], theta: Theta) -> list[float]:
    """Return the gradient of the log-likelihood: the notebook's `grad_log_likelihood`."""
    mu, sigma = theta
    n = len(X)
    return [
        math.fsum((x - mu) / sigma**2 for x in X),
        math.fsum(((x - mu) / sigma) ** 2 for x in X) / sigma - n / sigma,
    ]


def information(X: Sequence[float], theta: Theta) -> list[list[float]]:
    """Return minus the second derivatives of the log-likelihood."""
    mu, sigma = theta
    n = len(X)
    mixed = 2 * math.fsum(x - mu for x in X) / sigma**3
    return [
        [n / sigma**2, mixed],
        [mixed, 3 * math.fsum((x - mu) ** 2 for x in X) / sigma**4 - n / sigma**2],
    ]


def maximum(X: Sequence[float]) -> list[float]:
    """Return the explicit maximum: the notebook's `hat_mu` and `hat_sigma`, its misplaced bracket mended."""
    n = len(X)
    mu = math.fsum(X) / n
    return [mu, math.sqrt(math.fsum((x - mu) ** 2 for x in X) / n)]
