"""Weibull(shape k, scale s): log f(x) = log k - log s + (k - 1) q - w, q = log(x/s), w = exp(k q), x > 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

__all__ = ["DIMENSION", "THETAS", "draw", "information", "log_density", "score"]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((1.5, 3.0), (0.4, 1e3), (1.0, 1.0), (30.0, 0.25))
DIMENSION = (0, 1)


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    k, s = theta
    return s * math.exp(math.log(random.expovariate(1.0)) / k)


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    k, s = theta
    q = math.log(x / s)
    return [math.log(k), -math.log(s), k * q, -q, -math.exp(k * q)]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    k, s = theta
    q = math.log(x / s)
    w = math.exp(k * q)
    return [[1 / k, q, -q * w], [k * w / s, -k / s]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    k, s = theta
    q = math.log(x / s)
    w = math.exp(k * q)
    mixed = [1 / s, -w / s, -k * q * w / s]
    return [[[1 / k**2, q * q * w], mixed], [mixed, [k * w / s**2, -k / s**2, k * k * w / s**2]]]
