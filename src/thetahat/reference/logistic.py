"""Logistic(mu, s): log f(x) = -log s - z - 2 log(1 + exp(-z)) with z = (x - mu) / s.

The distribution is symmetric, so that z may be |z| here. Derivatives are in h = 2 / (1 + exp(-z)) - 1, which
is tanh(z/2), and p = dh/dz = (1 - h^2) / 2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

__all__ = ["DIMENSION", "THETAS", "draw", "information", "log_density", "score"]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((0.0, 1.0), (5.0, 2.0), (-3.5e4, 0.25), (1e-3, 40.0))
DIMENSION = (1, 1)


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    mu, s = theta
    u = random.random()
    return mu + s * math.log(u / (1 - u))


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    mu, s = theta
    z = abs(x - mu) / s
    return [-math.log(s), -z, -2 * math.log1p(math.exp(-z))]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    mu, s = theta
    z = (x - mu) / s
    part = 2 / (1 + math.exp(-z)) / s
    return [[part, -1 / s], [z * part, -z / s, -1 / s]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    mu, s = theta
    z, r = (x - mu) / s, 1 / s**2
    half = 1 / (1 + math.exp(-z))
    p = 2 * half * (1 - half) * r
    mixed = [2 * half * r, -r, z * p]
    return [[[p], mixed], [mixed, [4 * z * half * r, -2 * z * r, z * z * p, -r]]]
