"""Bernoulli(p) of rows 0 and 1; scipy's ``bernoulli(p=p)``."""

from typing import Any

import numpy as np

from thetahat.families._formula import shipped

__all__ = ["family"]


def _log_density(x: Any, p: Any) -> Any:
    return x * np.log(p) + (1 - x) * np.log1p(-p)


family = shipped(
    __name__,
    _log_density,
    {"p": (0, 1)},
    (0, 1),
    existence="rows of both kinds, 0 and 1",
    limiting_family="p = 0 or p = 1, a single point",
    discrete=True,
    scipy=lambda p: ("bernoulli", {"p": p}),
)
