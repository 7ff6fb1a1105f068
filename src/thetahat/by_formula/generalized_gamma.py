"""Generalized gamma(shape, power, scale), Stacy's; scipy's ``gengamma(a=shape, c=power, scale=scale)``."""

from typing import Any

import numpy as np

from thetahat.families._formula import shipped
from thetahat.formulas.trace import functions

__all__ = ["family"]

gammaln = functions["gammaln"]


def _log_density(x: Any, shape: Any, power: Any, scale: Any) -> Any:
    q = power * np.log(x / scale)
    return np.log(power) - np.log(x) - gammaln(shape) + shape * q - np.exp(q)


family = shipped(
    __name__,
    _log_density,
    {"shape": (0, np.inf), "power": (0, np.inf), "scale": (0, np.inf)},
    (0, np.inf),
    existence="logarithms of rows that are skewed to the left",
    limiting_family="shape = infinity, the lognormal distribution, or power = infinity",
    elsewhere=("SciPy's gengamma(a=shape, c=power, scale=scale)",),
    scipy=lambda shape, power, scale: ("gengamma", {"a": shape, "c": power, "scale": scale}),
)
