"""Skew normal(mu, sigma, alpha); scipy's ``skewnorm(a=alpha, loc=mu, scale=sigma)``.

At alpha = 0 the likelihood is always level, and it may increase towards alpha = infinity: fits start at the
moments, and on the other side of 0.
"""

from typing import Any

import numpy as np

from thetahat.families._formula import shipped
from thetahat.families._limit_laws import all_equal, half_normal_down, half_normal_up
from thetahat.formulas.trace import functions

__all__ = ["family"]

log_ndtr = functions["log_ndtr"]


def _start(x: Any) -> list[dict[str, float]]:
    mean, sd = float(np.mean(x)), float(np.std(x)) or 1.0
    skewness = float(np.mean(((x - mean) / sd) ** 3))
    side = -1.0 if skewness < 0 else 1.0
    moments = [_of_moments(mean, sd, abs(skewness), side) for side in (side, -side)]
    return [
        *moments,
        *({"mu": mean - side * sd, "sigma": 1.3 * sd, "alpha": 2 * side} for side in (side, -side)),
    ]


def _of_moments(mean: float, sd: float, skewness: float, side: float) -> dict[str, float]:
    """Return the parameters of a mean, a standard deviation, and a skewness of up to 0.9 to one side."""
    ratio = (2 * min(skewness, 0.9) / (4 - np.pi)) ** (1 / 3)  # of the shift to the standard deviation
    delta = ratio / np.sqrt((1 + ratio * ratio) * 2 / np.pi)
    sigma = sd * np.sqrt(1 + ratio * ratio)
    alpha = max(delta / np.sqrt(1 - delta * delta), 0.1)
    return {"mu": mean - side * sd * ratio, "sigma": sigma, "alpha": side * alpha}


def _log_density(x: Any, mu: Any, sigma: Any, alpha: Any) -> Any:
    z = (x - mu) / sigma
    return 0.5 * np.log(2 / np.pi) - np.log(sigma) - 0.5 * z * z + log_ndtr(alpha * z)


family = shipped(
    __name__,
    _log_density,
    {"mu": None, "sigma": (0, np.inf), "alpha": None},
    (-np.inf, np.inf),
    existence="rows that are skewed, but not so much that a half-normal distribution is more likely",
    limits={("alpha", "low"): "half_normal", ("alpha", "high"): "half_normal"},
    limiting={
        "sigma = 0, a single point": all_equal,
        "alpha = infinity, a half-normal distribution from the least row up": half_normal_up,
        "alpha = -infinity, a half-normal distribution from the largest row down": half_normal_down,
    },
    start=_start,
    slow_tails=True,
    elsewhere=("SciPy's skewnorm(a=alpha, loc=mu, scale=sigma)",),
    scipy=lambda mu, sigma, alpha: ("skewnorm", {"a": alpha, "loc": mu, "scale": sigma}),
)
