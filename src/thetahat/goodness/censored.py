"""Goodness of fit of censored samples: distances from the nonparametric estimate, and replicates.

The distribution function of the fit, given what could be seen, is compared with Kaplan-Meier's estimate or
Turnbull's as far as that is known. Of exact rows alone these are the usual statistics.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._distribution import distribution_and_shapes, survival
from thetahat._fitted import Fitted
from thetahat.data.censored import Censored
from thetahat.data.censored_rows import Limits
from thetahat.nonparametric import Masses, estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["Mechanism", "statistics_of_censored"]


def statistics_of_censored(fit: Fitted, limits: Limits) -> Array:
    """Return D, A squared and W squared of a fit to these rows; A squared is NaN if undefined."""
    masses, n = estimate(limits), limits.lower.size
    known = masses.upper < math.inf
    F, rest = _probabilities(fit, limits, masses.upper[known])
    Fn = np.minimum(np.cumsum(masses.mass)[known], 1.0)
    if fit._family.counts or not masses.points:
        mass = np.diff(Fn, prepend=0.0)
        return np.array([np.abs(Fn - F).max(initial=0.0), np.nan, n * (mass * (Fn - F) ** 2).sum()])
    before = np.concatenate([[0.0], Fn[:-1]])
    D = max(np.abs(Fn - F).max(initial=0.0), np.abs(before - F).max(initial=0.0))
    last = [1.0] if Fn.size and Fn[-1] > 1 - 1e-12 else []
    ends, beyond = np.concatenate([[0.0], F, last]), np.concatenate([[1.0], rest, np.zeros(len(last))])
    levels = np.concatenate([[0.0], Fn])[: ends.size - 1]  # between the ends
    W2 = n * np.diff(np.stack([(ends[:-1] - levels) ** 3, (ends[1:] - levels) ** 3]), axis=0).sum() / 3
    A2 = _weighted_square(levels, ends[1:], beyond[1:]) - _weighted_square(levels, ends[:-1], beyond[:-1])
    return np.array([D, n * A2.sum() if np.isfinite(A2).all() else np.nan, W2])


def _probabilities(fit: Fitted, limits: Limits, x: Array) -> tuple[Array, Array]:
    """Return the probabilities of rows up to x, and of those above, among those that could be seen."""
    law, shapes = distribution_and_shapes(fit._family, fit._theta)
    ends = np.array([limits.low.min(), limits.high.max()])
    (low, high), above = law.cdf(ends, **shapes), survival(fit._family, fit._theta, ends)
    rest = (survival(fit._family, fit._theta, x) - above[1]) / (above[0] - above[1])
    # Of a window in the upper tail, the probabilities below it are 1 to rounding.
    return (1 - rest if low > 0.5 else (law.cdf(x, **shapes) - low) / (high - low)), rest


def _weighted_square(level: Array, u: Array, rest: Array) -> Array:
    """Return the primitive of (level - u)**2 / (u (1 - u)), where rest is 1 - u."""
    with np.errstate(divide="ignore", invalid="ignore"):  # 0 log 0 is not taken
        below = np.where(level > 0, level**2 * np.log(u), 0.0)
        above = np.where(level < 1, (1 - level) ** 2 * np.log(rest), 0.0)
    return np.asarray(below - above - u)


class Mechanism:
    """How a sample came to be censored, which replicates repeat.

    Right-censored rows have known limits; those of exact rows are drawn from Kaplan and Meier's estimate of
    the limits, above the row. Where intervals do not overlap, they are bins, and replicates are sorted into
    them; else a replicate of an interval lies below, in or above it. Windows stay as they are.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._exact = limits.exact
        self._right = ~self._exact & (limits.upper == math.inf)
        self._between = ~self._exact & ~self._right
        self._of_limits = self._estimate_of_limits()
        ends = limits.of(self._between)
        order = np.argsort(ends.lower, kind="stable")
        lower, upper = ends.lower[order], ends.upper[order]
        same = (lower[1:] == lower[:-1]) & (upper[1:] == upper[:-1])
        self._bins = bool((same | (lower[1:] >= upper[:-1])).all())
        self._edges = np.unique(np.concatenate([lower, upper]))

    def _estimate_of_limits(self) -> Masses | None:
        """Return the distribution of limits: that of rows whose event is that they are censored."""
        if not (self._right.any() and self._exact.any()):
            return None
        rows = self._limits.of(self._exact | self._right)
        upper = np.where(self._exact[self._exact | self._right], math.inf, rows.lower)
        above = np.full(upper.size, math.inf)
        return estimate(Limits(rows.lower, upper, np.full(upper.size, -math.inf), above))

    def draw(self, distribution: Any, generator: np.random.Generator) -> Censored:
        """Return rows of a distribution, known as the sample is."""
        limits = self._limits
        below, above = distribution.cdf(limits.low), distribution.cdf(limits.high)
        u = below + generator.random(below.size) * (above - below)
        x = np.asarray(distribution.ppf(np.clip(u, 2.0**-1000, 1 - 2.0**-53)), dtype=np.float64)
        lower, upper = x.copy(), x.copy()
        until = np.where(self._right, limits.lower, math.inf)
        until[self._exact] = self._limits_above(limits.lower[self._exact], generator)
        censored = x > until
        lower[censored], upper[censored] = until[censored], math.inf
        lower[self._between], upper[self._between] = self._sorted_in(x[self._between])
        return Censored(lower, upper, truncated=(limits.low, limits.high))

    def _limits_above(self, x: Array, generator: np.random.Generator) -> Array:
        """Return limits drawn from their distribution above each row; infinity where none is known."""
        if self._of_limits is None:
            return np.full(x.size, math.inf)
        at = self._of_limits.upper
        below = np.concatenate([[0.0], np.cumsum(self._of_limits.mass)])
        first = below[np.searchsorted(self._of_limits.lower, x, side="left")]
        u = first + generator.random(x.size) * np.maximum(below[-1] - first, 0.0)
        place = np.minimum(np.searchsorted(below[1:], u, side="left"), at.size)
        return np.asarray(np.append(at, math.inf)[place])

    def _sorted_in(self, x: Array) -> tuple[Array, Array]:
        """Return the intervals of replicates of rows that were known by intervals."""
        rows = self._limits.of(self._between)
        if self._bins:
            place = np.searchsorted(self._edges, x, side="left")
            ends = np.concatenate([[-math.inf], self._edges, [math.inf]])
            return ends[place], ends[place + 1]
        inside, above = (x > rows.lower) & (x <= rows.upper), x > rows.upper
        lower = np.where(inside, rows.lower, np.where(above, rows.upper, rows.low))
        return lower, np.where(inside, rows.upper, np.where(above, rows.high, rows.lower))
