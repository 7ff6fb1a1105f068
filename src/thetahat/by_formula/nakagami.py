"""Nakagami(nu, scale), the root of a gamma variable; scipy's ``nakagami(nu=nu, scale=scale)``."""

from typing import Any

import numpy as np

from thetahat.families._formula import shipped
from thetahat.formulas.trace import functions

__all__ = ["family"]

gammaln = functions["gammaln"]


def _log_density(x: Any, nu: Any, scale: Any) -> Any:
    z = x / scale
    return np.log(2 / scale) + nu * np.log(nu) - gammaln(nu) + (2 * nu - 1) * np.log(z) - nu * z * z


family = shipped(
    __name__,
    _log_density,
    {"nu": (0, np.inf), "scale": (0, np.inf)},
    (0, np.inf),
    existence="at least two rows, not all equal",
    limiting_family="nu = infinity, a single point",
    scipy=lambda nu, scale: ("nakagami", {"nu": nu, "scale": scale}),
)
