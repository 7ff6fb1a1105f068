"""Gumbel(mu, beta): log f(x) = -log beta - z - exp(-z) with z = (x - mu) / beta."""

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
    mu, beta = theta
    return mu - beta * math.log(random.expovariate(1.0))


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    mu, beta = theta
    z = (x - mu) / beta
    return [-math.log(beta), -z, -math.exp(-z)]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    mu, beta = theta
    z = (x - mu) / beta
    e = math.exp(-z)
    return [[1 / beta, -e / beta], [z / beta, -z * e / beta, -1 / beta]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    mu, beta = theta
    z, r = (x - mu) / beta, 1 / beta**2
    e = math.exp(-z)
    mixed = [r, -e * r, z * e * r]
    return [[[e * r], mixed], [mixed, [2 * z * r, -2 * z * e * r, -r, z * z * e * r]]]
