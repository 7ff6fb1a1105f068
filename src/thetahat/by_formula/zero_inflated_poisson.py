"""Zero-inflated Poisson(share, rate): 0 with probability share, else a Poisson count."""

from typing import Any

import numpy as np

from thetahat.families._formula import shipped
from thetahat.formulas.trace import functions

__all__ = ["family"]

gammaln = functions["gammaln"]


def _log_density(x: Any, share: Any, rate: Any) -> Any:
    zero = np.logaddexp(np.log(share), np.log1p(-share) - rate)
    return np.where(x == 0, zero, np.log1p(-share) + x * np.log(rate) - rate - gammaln(x + 1))


family = shipped(
    __name__,
    _log_density,
    {"share": (0, 1), "rate": (0, np.inf)},
    (0, np.inf),
    existence="more zeros than the Poisson distribution of the mean has, and a row above 1",
    limits={("share", "low"): "poisson"},
    limiting={
        "share = 0, the Poisson distribution": "poisson",
    },
    discrete=True,
    elsewhere=("the ZIP(share, rate)",),
)
