"""Student t(mu, sigma, nu): log f(x) = c(nu) - log sigma - (nu + 1)/2 log(1 + z^2).

Here z = (x - mu) / (sigma sqrt(nu)), c(nu) = log Gamma((nu + 1)/2) - log Gamma(nu/2) - log(nu pi)/2.
Derivatives are in w = 1 / (1 + z^2) and q = z^2 w: dz/dmu = -1/(sigma sqrt(nu)), dz/dsigma = -z/sigma,
dz/dnu = -z/(2 nu), d(z w)/dz = w - 2 q w, dq/dz = 2 z w^2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from thetahat.reference.special import digamma, trigamma

__all__ = ["DIMENSION", "THETAS", "draw", "information", "log_density", "score"]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((0.0, 1.0, 4.0), (5.0, 2.0, 1.3), (-3.5e4, 0.25, 6.0), (1e-3, 40.0, 2.5))
DIMENSION = (1, 1, 0)


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    mu, sigma, nu = theta
    return mu + sigma * random.gauss(0, 1) / math.sqrt(random.gammavariate(nu / 2, 2 / nu))


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    mu, sigma, nu = theta
    z = (x - mu) / (sigma * math.sqrt(nu))
    return [
        math.lgamma((nu + 1) / 2),
        -math.lgamma(nu / 2),
        -math.log(nu * math.pi) / 2,
        -math.log(sigma),
        -(nu + 1) / 2 * math.log1p(z * z),
    ]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    mu, sigma, nu = theta
    k, root = nu + 1, math.sqrt(nu)
    z = (x - mu) / (sigma * root)
    w = 1 / (1 + z * z)
    q = z * z * w
    of_nu = [
        digamma(k / 2) / 2,
        -digamma(nu / 2) / 2,
        -1 / (2 * nu),
        -math.log1p(z * z) / 2,
        k * q / (2 * nu),
    ]
    return [[k * z * w / (root * sigma)], [k * q / sigma, -1 / sigma], of_nu]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    mu, sigma, nu = theta
    k, root, square = nu + 1, math.sqrt(nu), sigma**2
    z = (x - mu) / (sigma * root)
    w = 1 / (1 + z * z)
    q = z * z * w
    mu_sigma = [2 * k * z * w * w / (root * square)]
    mu_nu = [k * z * w * w / (nu * root * sigma), -z * w / (root * sigma)]
    sigma_nu = [k * q * w / (nu * sigma), -q / sigma]
    nu_nu = [
        -trigamma(k / 2) / 4,
        trigamma(nu / 2) / 4,
        -1 / (2 * nu**2),
        -q / (2 * nu),
        q / (2 * nu**2),
        k * q * w / (2 * nu**2),
    ]
    return [
        [[k * w / (nu * square), -2 * k * q * w / (nu * square)], mu_sigma, mu_nu],
        [mu_sigma, [k * q / square, 2 * k * q * w / square, -1 / square], sigma_nu],
        [mu_nu, sigma_nu, nu_nu],
    ]
