"""Cauchy(mu, sigma); scipy's ``cauchy(loc=mu, scale=sigma)``. Its likelihood may have several maxima."""

from typing import Any

import numpy as np

from thetahat.families._formula import shipped
from thetahat.families._limit_laws import most_equal

__all__ = ["family"]


def _log_density(x: Any, mu: Any, sigma: Any) -> Any:
    z = (x - mu) / sigma
    return -np.log(np.pi * sigma) - np.log1p(z * z)


family = shipped(
    __name__,
    _log_density,
    {"mu": None, "sigma": (0, np.inf)},
    (-np.inf, np.inf),
    existence="rows of which fewer than a half are equal",
    limiting={
        "sigma = 0, a single point": most_equal,
    },
    scipy=lambda mu, sigma: ("cauchy", {"loc": mu, "scale": sigma}),
)
