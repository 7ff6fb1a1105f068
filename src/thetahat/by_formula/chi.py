"""Chi(df, scale), the length of a normal vector; scipy's ``chi(df=df, scale=scale)``."""

from typing import Any

import numpy as np

from thetahat.families._formula import shipped
from thetahat.formulas.trace import functions

__all__ = ["family"]

gammaln = functions["gammaln"]


def _log_density(x: Any, df: Any, scale: Any) -> Any:
    half = 0.5 * df
    z = x / scale
    return (df - 1) * np.log(z) - 0.5 * z * z - np.log(scale) - (half - 1) * np.log(2) - gammaln(half)


family = shipped(
    __name__,
    _log_density,
    {"df": (0, np.inf), "scale": (0, np.inf)},
    (0, np.inf),
    existence="at least two rows, not all equal",
    limiting_family="df = infinity, a single point",
    scipy=lambda df, scale: ("chi", {"df": df, "scale": scale}),
)
