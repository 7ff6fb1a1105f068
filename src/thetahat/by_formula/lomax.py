"""Lomax(shape, scale), the Pareto II distribution; scipy's ``lomax(c=shape, scale=scale)``."""

from typing import Any

import numpy as np

from thetahat.families._formula import shipped

__all__ = ["family"]


def _log_density(x: Any, shape: Any, scale: Any) -> Any:
    return np.log(shape / scale) - (shape + 1) * np.log1p(x / scale)


family = shipped(
    __name__,
    _log_density,
    {"shape": (0, np.inf), "scale": (0, np.inf)},
    (0, np.inf),
    existence="rows with tails heavier than the exponential's",
    limits={("shape", "high"): "exponential"},
    limiting={
        "shape = infinity, the exponential distribution": "exponential",
    },
    scipy=lambda shape, scale: ("lomax", {"c": shape, "scale": scale}),
)
