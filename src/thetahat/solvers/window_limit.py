"""The limit of likelihoods of truncated rows: a density that is exponential in the rows, or a power of them.

Inside windows, what a distant location and a large scale leave of a normal density is exp(-t x); of the
logarithms, a power of x. The log-likelihood of that limit is the supremum where there is no maximum.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from thetahat.data.censored_rows import Limits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["WindowLimit", "window_limit"]

_RATES = 2.0 ** np.arange(-20.0, 21.0)  # of the exponential, in units of the rows' spread
_GOLDEN = (math.sqrt(5) - 1) / 2


class WindowLimit(NamedTuple):
    """The limit of the highest likelihood: its rate, positive where the density falls, and how high."""

    rate: float
    log_likelihood: float


class _Rows:
    """Truncated rows, or their logarithms, under densities exp(-rate y) inside their windows."""

    def __init__(self, limits: Limits, weights: Array, log_rows: bool) -> None:
        with np.errstate(divide="ignore"):
            of_ends: list[Array] = [np.log(np.maximum(end, 0.0)) for end in limits] if log_rows else [*limits]
        lower, upper, self.low, self.high = of_ends
        exact = limits.exact
        self.weights, self.total = weights, float((weights[exact] * lower[exact]).sum())
        self.jacobian = -self.total if log_rows else 0.0  # dx = x dy
        self.lower, self.upper, self.of_intervals = lower[~exact], upper[~exact], weights[~exact]
        ends = np.concatenate([end[np.isfinite(end)] for end in of_ends])
        self.spread = float(ends.max() - ends.min()) or 1.0

    def log_likelihood(self, rate: float) -> float:
        with np.errstate(all="ignore"):
            inside = (self.of_intervals * _log_integral(rate, self.lower, self.upper)).sum()
            whole = (self.weights * _log_integral(rate, self.low, self.high)).sum()
        return float(inside - rate * self.total + self.jacobian - whole)

    def best(self, sign: int) -> WindowLimit:
        """Return the highest log-likelihood over rates of this sign."""
        rates = sign * _RATES / self.spread
        place = int(np.argmax([self.log_likelihood(rate) for rate in rates]))
        low, high = math.log(_RATES[max(place - 1, 0)]), math.log(_RATES[min(place + 1, _RATES.size - 1)])
        for _ in range(60):
            inner = (high - (high - low) * _GOLDEN, low + (high - low) * _GOLDEN)
            values = [self.log_likelihood(sign * math.exp(at) / self.spread) for at in inner]
            low, high = (low, inner[1]) if values[0] >= values[1] else (inner[0], high)
        rate = sign * math.exp((low + high) / 2) / self.spread
        return WindowLimit(rate, self.log_likelihood(rate))


def window_limit(
    limits: Limits, weights: Array | None, log_rows: bool, falling: bool, rising: bool
) -> WindowLimit | None:
    """Return the limit of the highest likelihood of rows that are all truncated; None if there is none.

    Parameters
    ----------
    limits : Limits
        Of the rows.
    weights : ndarray of float64, optional
        Of the rows.
    log_rows : bool
        Whether the density is exponential in the logarithms of the rows.
    falling, rising : bool
        Whether densities that fall, and that rise, are limits of the family's.
    """
    rows = _Rows(limits, np.ones(limits.lower.size) if weights is None else weights, log_rows)
    signs = [1] * (falling and bool((rows.low > -math.inf).all()))
    signs += [-1] * (rising and bool((rows.high < math.inf).all()))
    found = [rows.best(sign) for sign in signs]
    return max(found, key=lambda limit: limit.log_likelihood, default=None)


def _log_integral(rate: float, low: Array, high: Array) -> Array:
    """Return the logarithm of the integral of exp(-rate y) from low to high."""
    steep = abs(rate)
    start = np.where(rate > 0, -rate * low, -rate * high)
    value: Array = start + np.log(-np.expm1(-steep * (high - low))) - math.log(steep)
    return value
