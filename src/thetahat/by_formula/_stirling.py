"""What is left of log Gamma without Stirling's formula, by 1 / k: for shapes that may be infinite."""

from typing import Any

import numpy as np

from thetahat.formulas.trace import functions

__all__ = ["stirling_remainder"]

stirling_rest = functions["stirling"]
_SERIES = (
    1 / 12,
    -1 / 360,
    1 / 1260,
    -1 / 1680,
    1 / 1188,
    -691 / 360360,
    1 / 156,
    -3617 / 122400,
    43867 / 244188,
)
_FAR = 15  # k from which on the series holds


def stirling_remainder(q: Any) -> Any:
    """Return log Gamma(k) - (k - 1/2) log k + k - log(2 pi) / 2, of k = 1 / q; 0 at q = 0."""
    series = 0.0
    for c in reversed(_SERIES):
        series = series * (q * q) + c
    return np.where(q * _FAR <= 1, series * q, stirling_rest(1 / q))
