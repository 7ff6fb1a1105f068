"""The formulas of compiled families whose support depends on no parameter: parts of mixtures."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from thetahat.formulas.trace import functions

__all__ = ["KNOWN"]

gammaln, betaln = functions["gammaln"], functions["betaln"]
_LINE, _HALF, _UNIT = (-math.inf, math.inf), (0.0, math.inf), (0.0, 1.0)


def _normal(x: Any, mu: Any, sigma: Any) -> Any:
    z = (x - mu) / sigma
    return -0.5 * z * z - np.log(sigma) - 0.5 * math.log(2 * math.pi)


def _lognormal(x: Any, mu: Any, sigma: Any) -> Any:
    log_x = np.log(x)
    return _normal(log_x, mu, sigma) - log_x


def _exponential(x: Any, scale: Any) -> Any:
    return -x / scale - np.log(scale)


def _gamma(x: Any, shape: Any, scale: Any) -> Any:
    return (shape - 1) * np.log(x / scale) - x / scale - np.log(scale) - gammaln(shape)


def _inverse_gaussian(x: Any, mu: Any, shape: Any) -> Any:
    z = (x - mu) / mu
    return 0.5 * np.log(shape) - 0.5 * math.log(2 * math.pi) - 1.5 * np.log(x) - 0.5 * shape * z * z / x


def _weibull(x: Any, shape: Any, scale: Any) -> Any:
    q = np.log(x / scale)
    return np.log(shape / scale) + (shape - 1) * q - np.exp(shape * q)


def _rayleigh(x: Any, sigma: Any) -> Any:
    return np.log(x) - 2 * np.log(sigma) - 0.5 * (x / sigma) ** 2


def _logistic(x: Any, mu: Any, s: Any) -> Any:
    z = (x - mu) / s
    return -z - np.log(s) - 2 * np.logaddexp(0.0, -z)


def _loglogistic(x: Any, shape: Any, scale: Any) -> Any:
    q = shape * np.log(x / scale)
    return np.log(shape) - np.log(x) - q - 2 * np.logaddexp(0.0, -q)


def _gumbel(x: Any, mu: Any, beta: Any) -> Any:
    z = (x - mu) / beta
    return -np.log(beta) - z - np.exp(-z)


def _student_t(x: Any, mu: Any, sigma: Any, nu: Any) -> Any:
    z = (x - mu) / sigma
    constant = gammaln((nu + 1) / 2) - gammaln(nu / 2) - 0.5 * np.log(nu * math.pi) - np.log(sigma)
    return constant - (nu + 1) / 2 * np.log1p(z * z / nu)


def _beta(x: Any, a: Any, b: Any) -> Any:
    return (a - 1) * np.log(x) + (b - 1) * np.log1p(-x) - betaln(a, b)


def _poisson(x: Any, rate: Any) -> Any:
    return x * np.log(rate) - rate - gammaln(x + 1)


def _geometric(x: Any, p: Any) -> Any:
    return np.log(p) + x * np.log1p(-p)


def _negative_binomial(x: Any, size: Any, mu: Any) -> Any:
    share = gammaln(x + size) - gammaln(size) - gammaln(x + 1)
    return share + size * np.log(size / (size + mu)) + x * np.log(mu / (size + mu))


KNOWN: dict[str, tuple[Callable[..., Any], tuple[float, float]]] = {
    "normal": (_normal, _LINE),
    "lognormal": (_lognormal, _HALF),
    "exponential": (_exponential, _HALF),
    "gamma": (_gamma, _HALF),
    "inverse_gaussian": (_inverse_gaussian, _HALF),
    "weibull": (_weibull, _HALF),
    "rayleigh": (_rayleigh, _HALF),
    "logistic": (_logistic, _LINE),
    "loglogistic": (_loglogistic, _HALF),
    "gumbel": (_gumbel, _LINE),
    "student_t": (_student_t, _LINE),
    "beta": (_beta, _UNIT),
    "poisson": (_poisson, _HALF),
    "geometric": (_geometric, _HALF),
    "negative_binomial": (_negative_binomial, _HALF),
}
