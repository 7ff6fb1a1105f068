"""Generalized normal(mu, alpha, beta), exp(-|z|**beta) of z = (x - mu) / alpha.

scipy's ``gennorm(beta=beta, loc=mu, scale=alpha)``. beta = 2 is the normal distribution, of sigma = alpha /
sqrt(2). beta is above 1: from there down the density has a kink at mu, as the Laplace distribution has, and
a row at mu may be more likely than any mu nearby. With mu known, ``th.Family`` takes the formula for any
beta.
"""

from typing import Any

import numpy as np

from thetahat.families._formula import shipped
from thetahat.families._limit_laws import all_equal, unbounded
from thetahat.formulas.trace import functions

__all__ = ["family"]

gammaln = functions["gammaln"]
_LEAST = 1e-300  # instead of 0, where a row lies at mu, and its logarithm


def _start(x: Any) -> list[dict[str, float]]:
    mu, starts = float(np.mean(x)), []
    for beta in (2.0, 1.3, 6.0):
        size = float(np.mean(np.abs(x - mu) ** beta)) ** (1 / beta) or 1.0
        starts.append({"mu": mu, "alpha": size * beta ** (1 / beta), "beta": beta})
    return starts


def _log_density(x: Any, mu: Any, alpha: Any, beta: Any) -> Any:
    size = np.maximum(np.abs((x - mu) / alpha), _LEAST)
    return np.log(beta) - np.log(2 * alpha) - gammaln(1 / beta) - np.exp(beta * np.log(size))


family = shipped(
    __name__,
    _log_density,
    {"mu": None, "alpha": (0, np.inf), "beta": (1, np.inf)},
    (-np.inf, np.inf),
    existence="rows with tails lighter than Laplace's and heavier than the uniform's",
    limits={("beta", "low"): "laplace", ("beta", "high"): "uniform"},
    limiting={
        "alpha = 0, a single point": all_equal,
        "beta = 1, the Laplace distribution": "laplace",
        "beta = infinity, the uniform distribution": "uniform",
        "mu at one of the rows, where it has no second derivative": unbounded,
    },
    start=_start,
    elsewhere=("SciPy's gennorm(beta=beta, loc=mu, scale=alpha)", "the generalized-error(mu, alpha, beta)"),
    scipy=lambda mu, alpha, beta: ("gennorm", {"beta": beta, "loc": mu, "scale": alpha}),
)
