"""Pearson III(mu, sigma, skew), a gamma distribution with an origin.

scipy's ``pearson3(skew=skew, loc=mu, scale=sigma)``. By its mean, standard deviation and skewness, so that
the normal distribution, skew = 0, lies inside: the shape of the gamma distribution is 4 / skew**2, its
origin mu - 2 sigma / skew, its scale sigma skew / 2. A negative skew mirrors it.

The support begins at the origin, and moves with it. The likelihood is unbounded for shapes below 1, where
the density is infinite at the origin: the fit is the highest maximum among shapes above 1.01, skews between
-1.99 and 1.99, where the density is 0 there. Standard errors hold for shapes above 2, skews between
-sqrt(2) and sqrt(2).
"""

from typing import Any

import numpy as np

from thetahat.by_formula._stirling import stirling_remainder
from thetahat.families._formula import shipped
from thetahat.families._limit_laws import all_equal, exponential_down, exponential_up
from thetahat.formulas.trace import functions

__all__ = ["MOST_SKEW", "family", "log_density", "start"]

log1p_rest = functions["log1p_rest"]
MOST_SKEW = 1.99  # a little less than 2, where rounding puts rows on the end of the support


def start(x: Any) -> list[dict[str, float]]:
    """Return moments, with skews of which the support holds all rows."""
    mu, sigma = float(np.mean(x)), float(np.std(x)) or 1.0
    z = (np.asarray(x) - mu) / sigma
    skew = float(np.mean(z**3))
    most = 1.9 / max(1.0, float(-z[0] if skew > 0 else z[-1]))
    near = min(max(skew, -most), most)
    return [{"mu": mu, "sigma": sigma, "skew": s} for s in (near, 0.5 * near, 0.01 * near)]


def log_density(x: Any, mu: Any, sigma: Any, skew: Any) -> Any:
    """Return the logarithm of the density, in which nothing is singular at skew = 0."""
    z = (x - mu) / sigma
    v = 0.5 * skew * z
    of_row = np.where(v > -1, np.log1p(v) + z * z * log1p_rest(v), np.inf)
    return -of_row - np.log(sigma) - 0.5 * np.log(2 * np.pi) - stirling_remainder(0.25 * skew * skew)


_log_density = log_density

family = shipped(
    __name__,
    _log_density,
    {"mu": None, "sigma": (0, np.inf), "skew": (-MOST_SKEW, MOST_SKEW)},
    (-np.inf, np.inf),
    existence="rows whose likelihood is highest at a shape above 1",
    limits={("skew", "low"): "exponential", ("skew", "high"): "exponential"},
    limiting={
        "sigma = 0, a single point": all_equal,
        "skew = 2, an exponential distribution from the least row up": exponential_up,
        "skew = -2, an exponential distribution from the largest row down": exponential_down,
    },
    start=start,
    elsewhere=("SciPy's pearson3(skew=skew, loc=mu, scale=sigma)", "the PearsonIII(mu, sigma, skew)"),
    scipy=lambda mu, sigma, skew: ("pearson3", {"skew": skew, "loc": mu, "scale": sigma}),
)
