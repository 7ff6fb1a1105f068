"""Inverse gamma(shape, scale), 1 / x of a gamma variable; scipy's ``invgamma(a=shape, scale=scale)``."""

from typing import Any

import numpy as np

from thetahat.families._formula import shipped
from thetahat.formulas.trace import functions

__all__ = ["family"]

gammaln = functions["gammaln"]


def _log_density(x: Any, shape: Any, scale: Any) -> Any:
    return shape * np.log(scale) - gammaln(shape) - (shape + 1) * np.log(x) - scale / x


family = shipped(
    __name__,
    _log_density,
    {"shape": (0, np.inf), "scale": (0, np.inf)},
    (0, np.inf),
    existence="at least two rows, not all equal",
    limiting_family="shape = infinity, a single point",
    scipy=lambda shape, scale: ("invgamma", {"a": shape, "scale": scale}),
)
