"""Generalized gamma(mu, sigma, Q), Prentice's: exp(Q w) / Q**2 is a gamma variable, w = (log x - mu) / sigma.

scipy's ``gengamma(a=Q**-2, c=Q / sigma, scale=exp(mu) * (Q * Q)**(sigma / Q))``. Q = 0 is the lognormal
distribution, Q = 1 the Weibull, Q = sigma the gamma, Q = -1 the Frechet: the likelihood is smooth in all of
these.
"""

from typing import Any

import numpy as np

from thetahat.by_formula._stirling import stirling_remainder
from thetahat.families._formula import shipped
from thetahat.families._limit_laws import all_equal, power_below
from thetahat.formulas.trace import functions

__all__ = ["family"]

expm1_rest = functions["expm1_rest"]
_MOST = 100.0  # of Q: beyond, the distribution is that of its limit, but for 1e-4 of log x at its end


def _start(x: Any) -> list[dict[str, float]]:
    y = np.log(x)
    mu, sigma = float(np.mean(y)), float(np.std(y)) or 1.0
    lean = -min(max(float(np.mean(((y - mu) / sigma) ** 3)), -1.5), 1.5)
    return [{"mu": mu + 0.3 * sigma * q, "sigma": sigma, "Q": q} for q in (lean, 0.5 * lean, 1.0, -1.0)]


def _log_density(x: Any, mu: Any, sigma: Any, Q: Any) -> Any:
    w = (np.log(x) - mu) / sigma
    return (
        -w * w * expm1_rest(Q * w)
        - np.log(x)
        - np.log(sigma)
        - 0.5 * np.log(2 * np.pi)
        - stirling_remainder(Q * Q)
    )


def _in_scipy(mu: Any, sigma: Any, q: Any) -> tuple[str, dict[str, Any]]:
    if np.all(q == 0):
        return "lognorm", {"s": sigma, "scale": np.exp(mu)}
    return "gengamma", {"a": q**-2, "c": q / sigma, "scale": np.exp(mu + sigma / q * np.log(q * q))}


family = shipped(
    __name__,
    _log_density,
    {"mu": None, "sigma": (0, np.inf), "Q": (-_MOST, _MOST)},
    (0, np.inf),
    existence="rows whose likelihood is highest at a finite Q",
    limits={("Q", "low"): "pareto"},
    limiting={
        "sigma = 0, a single point": all_equal,
        "Q = infinity, a power of x up to the largest row": power_below,
        "Q = -infinity, the Pareto distribution": "pareto",
    },
    start=_start,
    elsewhere=("SciPy's gengamma(a=Q**-2, c=Q / sigma, scale=exp(mu) * (Q * Q)**(sigma / Q))",),
    scipy=_in_scipy,
)
