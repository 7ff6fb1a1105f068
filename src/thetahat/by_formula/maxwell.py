"""Maxwell(scale), the speed in three dimensions; scipy's ``maxwell(scale=scale)``."""

from typing import Any

import numpy as np

from thetahat.families._formula import shipped

__all__ = ["family"]


def _log_density(x: Any, scale: Any) -> Any:
    return 0.5 * np.log(2 / np.pi) + 2 * np.log(x) - 3 * np.log(scale) - 0.5 * (x / scale) ** 2


family = shipped(
    __name__,
    _log_density,
    {"scale": (0, np.inf)},
    (0, np.inf),
    existence="rows above 0",
    elsewhere=("the Maxwell-Boltzmann(scale)",),
    scipy=lambda scale: ("maxwell", {"scale": scale}),
)
