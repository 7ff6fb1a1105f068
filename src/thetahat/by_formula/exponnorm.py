"""Exponentially modified normal(mu, sigma, tau), a normal variable and an exponential one of mean tau.

scipy's ``exponnorm(K=tau / sigma, loc=mu, scale=sigma)``.
"""

from typing import Any

import numpy as np

from thetahat.families._formula import shipped
from thetahat.families._limit_laws import all_equal, exponential_up
from thetahat.formulas.trace import functions

__all__ = ["family"]

log_ndtr = functions["log_ndtr"]


def _start(x: Any) -> list[dict[str, float]]:
    mean, sd = float(np.mean(x)), float(np.std(x)) or 1.0
    return [{"mu": mean - s * sd, "sigma": sd * (1 - s * s) ** 0.5, "tau": s * sd} for s in (0.7, 0.4, 0.9)]


def _log_density(x: Any, mu: Any, sigma: Any, tau: Any) -> Any:
    z = (x - mu) / sigma
    r = sigma / tau
    return 0.5 * r * r - np.log(tau) - r * z + log_ndtr(z - r)


family = shipped(
    __name__,
    _log_density,
    {"mu": None, "sigma": (0, np.inf), "tau": (0, np.inf)},
    (-np.inf, np.inf),
    existence="rows that are skewed to the right, and less so than an exponential distribution",
    limits={("tau", "low"): "normal", ("sigma", "low"): "exponential"},
    limiting={
        "sigma = 0 and tau = 0, a single point": all_equal,
        "tau = 0, the normal distribution": "normal",
        "sigma = 0, an exponential distribution from the least row up": exponential_up,
    },
    start=_start,
    elsewhere=("the exGaussian(mu, sigma, tau)",),
    scipy=lambda mu, sigma, tau: ("exponnorm", {"K": tau / sigma, "loc": mu, "scale": sigma}),
)
