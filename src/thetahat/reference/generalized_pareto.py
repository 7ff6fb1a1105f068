"""Generalized Pareto(shape xi, scale s): log f(x) = -log s - (1 + xi) q, q = log(1 + xi z) / xi, z = x/s.

x >= 0 and 1 + xi z > 0; q = z where xi = 0, the exponential. With y = z / (1 + xi z), b = (q - y) / xi and
c = (2 b - y^2) / xi: dq/dxi = -b, db/dxi = -c, dy/dxi = -y^2. Near xi = 0, where b and c would cancel, they
come from psi(w) = (2 log(1 + w) - 2 w + w^2) / w^3, w = xi z.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

__all__ = ["DIMENSION", "THETAS", "draw", "information", "log_density", "score"]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((0.3, 2.0), (-0.25, 1e3), (1e-9, 1.0), (1.5, 0.25))
DIMENSION = (0, 1)


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    xi, s = theta
    q = random.expovariate(1.0)
    return s * (math.expm1(xi * q) / xi if xi else q)


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    xi, s = theta
    q = _q(x / s, xi)
    return [-math.log(s), -q, -xi * q]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    xi, s = theta
    z = x / s
    y = z / (1 + xi * z)
    return [[*_b(z, xi), -y], [y / s, xi * y / s, -1 / s]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    xi, s = theta
    z = x / s
    y = z / (1 + xi * z)
    mixed = [-y / s, y * y / s, xi * y * y / s]
    of_scale = [2 * y, 2 * xi * y, -xi * y * y, -((xi * y) ** 2), -1]
    return [[[*_c(z, xi), -y * y], mixed], [mixed, [term / s**2 for term in of_scale]]]


def _q(z: float, xi: float) -> float:
    return math.log1p(xi * z) / xi if xi else z


def _b(z: float, xi: float) -> Terms:
    w, y = xi * z, z / (1 + xi * z)
    if _near_exponential(w, xi):
        return [z * z * (1 / (1 + w) - (1 - w * _psi(w)) / 2)]
    return [_q(z, xi) / xi, -y / xi]


def _c(z: float, xi: float) -> Terms:
    w, y = xi * z, z / (1 + xi * z)
    if _near_exponential(w, xi):
        return [z**3 * (_psi(w) - w / (1 + w) ** 2)]
    return [2 * _q(z, xi) / xi**2, -2 * y / xi**2, -y * y / xi]


def _near_exponential(w: float, xi: float) -> bool:
    return abs(xi) < 1 / 8 and abs(w) < 1 / 4


def _psi(w: float) -> float:
    """Return 2/3 - 2 w/4 + 2 w^2/5 - ..., for |w| < 1/4."""
    total, power, k = 0 * w, 2 * w**0, 3
    while total + power / k != total:
        total, power, k = total + power / k, -power * w, k + 1
    return total
