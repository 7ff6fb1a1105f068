"""Chi-squared(df); scipy's ``chi2(df=df)``."""

from typing import Any

import numpy as np

from thetahat.families._formula import shipped
from thetahat.formulas.trace import functions

__all__ = ["family"]

gammaln = functions["gammaln"]


def _log_density(x: Any, df: Any) -> Any:
    half = 0.5 * df
    return (half - 1) * np.log(x) - 0.5 * x - half * np.log(2) - gammaln(half)


family = shipped(
    __name__,
    _log_density,
    {"df": (0, np.inf)},
    (0, np.inf),
    existence="rows above 0",
    scipy=lambda df: ("chi2", {"df": df}),
)
