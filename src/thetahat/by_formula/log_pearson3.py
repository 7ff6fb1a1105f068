"""Log-Pearson III(mu, sigma, skew): log x has a Pearson III distribution with these parameters.

Of annual floods and the like. skew = 0 is the lognormal distribution. What `pearson3` says of shapes below
1 and of standard errors holds here. SciPy has no such distribution.
"""

from typing import Any

import numpy as np

from thetahat.by_formula import pearson3
from thetahat.families._formula import shipped
from thetahat.families._limit_laws import all_equal, power_below

__all__ = ["family"]


def _start(x: Any) -> list[dict[str, float]]:
    return pearson3.start(np.log(x))


def _log_density(x: Any, mu: Any, sigma: Any, skew: Any) -> Any:
    log_x = np.log(x)
    return pearson3.log_density(log_x, mu, sigma, skew) - log_x


family = shipped(
    __name__,
    _log_density,
    {"mu": None, "sigma": (0, np.inf), "skew": (-pearson3.MOST_SKEW, pearson3.MOST_SKEW)},
    (0, np.inf),
    existence="rows whose likelihood is highest at a shape above 1",
    limits={("skew", "high"): "pareto"},
    limiting={
        "sigma = 0, a single point": all_equal,
        "skew = 2, the Pareto distribution": "pareto",
        "skew = -2, a power of x up to the largest row": power_below,
    },
    start=_start,
    elsewhere=("the LP3(mu, sigma, skew)",),
)
