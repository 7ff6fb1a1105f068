"""Von Mises(mu, kappa): log f(x) = kappa cos(x - mu) - log(2 pi I0(kappa)), of period 2 pi.

Derivatives are in A = I1(kappa) / I0(kappa), the derivative of log I0, and A' = 1 - A^2 - A / kappa.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from thetahat.reference.special import bessel_ratio, log_bessel_i0

__all__ = ["DIMENSION", "THETAS", "draw", "information", "log_density", "score"]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((0.5, 2.0), (-2.0, 0.5), (3.1, 30.0), (1.0, 300.0))
DIMENSION = None  # angles have no scale


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    mu, kappa = theta
    return random.vonmisesvariate(mu, kappa)


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    mu, kappa = theta
    return [kappa * math.cos(x - mu), -log_bessel_i0(kappa), -math.log(2 * math.pi)]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    mu, kappa = theta
    return [[kappa * math.sin(x - mu)], [math.cos(x - mu), -bessel_ratio(kappa)]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    mu, kappa = theta
    A = bessel_ratio(kappa)
    mixed = [-math.sin(x - mu)]
    return [[[kappa * math.cos(x - mu)], mixed], [mixed, [1, -A * A, -A / kappa]]]
