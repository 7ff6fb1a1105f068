"""Half-normal(sigma): |x| of a normal distribution with mean 0; scipy's ``halfnorm(scale=sigma)``."""

from typing import Any

import numpy as np

from thetahat.families._formula import shipped

__all__ = ["family"]


def _log_density(x: Any, sigma: Any) -> Any:
    return 0.5 * np.log(2 / np.pi) - np.log(sigma) - 0.5 * (x / sigma) ** 2


family = shipped(
    __name__,
    _log_density,
    {"sigma": (0, np.inf)},
    (0, np.inf),
    existence="at least one row above 0",
    limiting_family="sigma = 0, a single point",
    elsewhere=("SciPy's halfnorm(scale=sigma)",),
    scipy=lambda sigma: ("halfnorm", {"scale": sigma}),
)
