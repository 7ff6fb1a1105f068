"""Zero-inflated negative binomial(share, size, mu): 0 with probability share, else such a count."""

from typing import Any

import numpy as np

from thetahat.families._formula import shipped
from thetahat.formulas.trace import functions

__all__ = ["family"]

gammaln = functions["gammaln"]


def _log_density(x: Any, share: Any, size: Any, mu: Any) -> Any:
    odds = size / (size + mu)
    logs = gammaln(x + size) - gammaln(size) - gammaln(x + 1) + x * np.log(mu / (size + mu))
    zero = np.logaddexp(np.log(share), np.log1p(-share) + size * np.log(odds))
    return np.where(x == 0, zero, np.log1p(-share) + size * np.log(odds) + logs)


family = shipped(
    __name__,
    _log_density,
    {"share": (0, 1), "size": (0, np.inf), "mu": (0, np.inf)},
    (0, np.inf),
    existence="more zeros than the negative binomial has, and others that spread wider than Poisson's",
    limits={("share", "low"): "negative_binomial", ("size", "high"): "zero_inflated_poisson"},
    limiting={
        "share = 0, the negative binomial distribution": "negative_binomial",
        "size = infinity, the zero-inflated Poisson distribution": "zero_inflated_poisson",
        "share = 0 and size = infinity, the Poisson distribution": "poisson",
    },
    discrete=True,
    elsewhere=("the ZINB(share, size, mu)",),
)
