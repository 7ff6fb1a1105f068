"""Log-logistic(shape k, scale s): log f(x) = log k - log s - q - z - 2 log(1 + exp(-z)), x > 0.

Here q = log(x/s) and z = k q, where |z| may stand for z. Derivatives are in h = 2 / (1 + exp(-z)) - 1, which
is tanh(z/2), and p = dh/dz = (1 - h^2) / 2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

__all__ = ["DIMENSION", "THETAS", "draw", "information", "log_density", "score"]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((2.5, 3.0), (0.8, 1e3), (1.0, 1.0), (30.0, 0.25))
DIMENSION = (0, 1)


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    k, s = theta
    u = random.random()
    return s * math.exp(math.log(u / (1 - u)) / k)


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    k, s = theta
    q = math.log(x / s)
    z = abs(k * q)
    return [math.log(k), -math.log(s), -q, -z, -2 * math.log1p(math.exp(-z))]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    k, s = theta
    q = math.log(x / s)
    part = 2 / (1 + math.exp(-k * q))
    return [[1 / k, q, -q * part], [k * part / s, -k / s]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    k, s = theta
    q = math.log(x / s)
    half = 1 / (1 + math.exp(-k * q))
    p = 2 * half * (1 - half)
    mixed = [1 / s, -2 * half / s, -k * q * p / s]
    return [[[1 / k**2, q * q * p], mixed], [mixed, [2 * k * half / s**2, -k / s**2, k * k * p / s**2]]]
