"""Binomial(n, p), so many of n trials, of which n is known; scipy's ``binom(n=n, p=p)``.

n is passed by ``fixed={"n": 10}``, in groups as one number or one for each group. Rows above it are
refused.
"""

from typing import Any

import numpy as np

from thetahat.families._formula import shipped
from thetahat.formulas.trace import functions

__all__ = ["family"]

gammaln = functions["gammaln"]


def _log_density(x: Any, n: Any, p: Any) -> Any:
    rest = np.where(x > n, np.inf, gammaln(n - x + 1))
    return gammaln(n + 1) - gammaln(x + 1) - rest + x * np.log(p) + (n - x) * np.log1p(-p)


family = shipped(
    __name__,
    _log_density,
    {"n": (0, np.inf), "p": (0, 1)},
    (0, np.inf),
    existence="a row above 0 and a row below n",
    limiting_family="p = 0 or p = 1, a single point",
    discrete=True,
    known=("n",),
    elsewhere=("SciPy's binom(n=n, p=p)", "R's binom(size=n, prob=p)", "MATLAB's bino(n, p)"),
    scipy=lambda n, p: ("binom", {"n": np.int64(n), "p": p}),
)
