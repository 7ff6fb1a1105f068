"""Johnson SU(gamma, delta, mu, sigma), where gamma + delta arcsinh((x - mu) / sigma) is standard normal.

scipy's ``johnsonsu(a=gamma, b=delta, loc=mu, scale=sigma)``. The likelihood is unbounded, as sigma and
delta tend to 0 with mu near a row: the fit is the highest of the maxima that Newton's method reaches.
"""

from typing import Any

import numpy as np

from thetahat.families._formula import shipped
from thetahat.families._limit_laws import all_equal, lognormal_down, lognormal_up, unbounded

__all__ = ["family"]


def _start(x: Any) -> list[dict[str, float]]:
    low, quarter, half, three, high = (float(q) for q in np.quantile(x, (0.05, 0.25, 0.5, 0.75, 0.95)))
    width = (three - quarter) or (high - low) or 1.0
    lean = (high + low - 2 * half) / ((high - low) or 1.0)
    starts = []
    for delta in (1.5, 1.0, 3.0):
        sigma = width * delta / 1.35
        gamma = -2.0 * delta * lean
        mu = half + sigma * float(np.sinh(gamma / delta))
        starts.append({"gamma": gamma, "delta": delta, "mu": mu, "sigma": sigma})
    return starts


def _log_density(x: Any, gamma: Any, delta: Any, mu: Any, sigma: Any) -> Any:
    z = (x - mu) / sigma
    u = gamma + delta * np.arcsinh(z)
    return np.log(delta) - np.log(sigma) - 0.5 * np.log(2 * np.pi) - 0.5 * np.log1p(z * z) - 0.5 * u * u


family = shipped(
    __name__,
    _log_density,
    {"gamma": None, "delta": (0, np.inf), "mu": None, "sigma": (0, np.inf)},
    (-np.inf, np.inf),
    existence="rows with tails heavier than those of a lognormal distribution as skewed as they are",
    limits={("delta", "high"): "normal"},
    limiting={
        "sigma = 0, a single point": all_equal,
        "delta = infinity, the normal distribution": "normal",
        "gamma = -infinity, a lognormal distribution of x less a bound": lognormal_up,
        "gamma = infinity, a lognormal distribution of a bound less x": lognormal_down,
        "sigma = 0 and delta = 0, where it is unbounded": unbounded,
    },
    start=_start,
    elsewhere=("SciPy's johnsonsu(a=gamma, b=delta, loc=mu, scale=sigma)",),
    scipy=lambda gamma, delta, mu, sigma: ("johnsonsu", {"a": gamma, "b": delta, "loc": mu, "scale": sigma}),
)
