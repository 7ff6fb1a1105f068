"""Frechet(shape, scale), 1 / x of a Weibull variable; scipy's ``invweibull(c=shape, scale=scale)``."""

from typing import Any

import numpy as np

from thetahat.families._formula import shipped

__all__ = ["family"]


def _log_density(x: Any, shape: Any, scale: Any) -> Any:
    q = np.log(x / scale)
    return np.log(shape / scale) - (shape + 1) * q - np.exp(-shape * q)


family = shipped(
    __name__,
    _log_density,
    {"shape": (0, np.inf), "scale": (0, np.inf)},
    (0, np.inf),
    existence="at least two rows, not all equal",
    limiting_family="shape = infinity, a single point",
    scipy=lambda shape, scale: ("invweibull", {"c": shape, "scale": scale}),
)
