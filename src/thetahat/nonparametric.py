"""What a censored sample says of its distribution without a family: Kaplan-Meier's and Turnbull's estimators.

Kaplan and Meier (1958), Nonparametric estimation from incomplete observations, JASA 53, 457-481, with risk
sets of those who had entered (left truncation). Turnbull (1976), The empirical distribution function with
arbitrarily grouped, censored and truncated data, JRSS B 38, 290-295: the masses of innermost intervals, by
self-consistency; with the ends of windows among those of intervals, after Frydman (1994), JRSS B 56, 71-74.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from thetahat.data.censored_rows import Limits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Places = NDArray[np.intp]

__all__ = ["Masses", "estimate"]

_ITERATIONS = 2000
_SMALL = 1e-10  # a change of masses that ends the iteration


class Masses(NamedTuple):
    """Where the estimate has its mass: intervals (lower, upper], ascending; equal ends are a point."""

    lower: Array
    upper: Array
    mass: Array

    @property
    def points(self) -> bool:
        """Whether all mass lies at points, but for what lies above the last of them."""
        return bool((self.lower[:-1] == self.upper[:-1]).all())


def estimate(limits: Limits, weights: Array | None = None, iterations: int = _ITERATIONS) -> Masses:
    """Return the nonparametric maximum of the likelihood of a censored sample.

    Parameters
    ----------
    limits : Limits
        Of the rows, at least one.
    weights : ndarray of float64, shape (n,), optional
        Of the rows, positive.
    iterations : int, default 2000
        At most so many steps of Turnbull's iteration.
    """
    of_rows = np.ones(limits.lower.size) if weights is None else weights
    right = (limits.upper == math.inf) | limits.exact
    if right.all() and (limits.high == math.inf).all() and limits.exact.any():
        return _product_limit(limits, of_rows)
    return _turnbull(limits, of_rows, iterations)


def _product_limit(limits: Limits, weights: Array) -> Masses:
    """Return Kaplan and Meier's estimator, rows being at risk from where they entered."""
    exact = limits.exact
    at, place = np.unique(limits.lower[exact], return_inverse=True)
    events = np.bincount(place, weights[exact])
    # Of the rows that lie above their lower end, or are exact there, those that had entered below the event.
    until = np.searchsorted(at, limits.lower, side="right")
    until = np.where(exact, np.searchsorted(at, limits.lower, side="left") + 1, until)
    entered = np.searchsorted(at, limits.low, side="right")
    change = np.bincount(entered, weights, at.size + 1) - np.bincount(until, weights, at.size + 1)
    at_risk = np.maximum(np.cumsum(change)[:-1], events)
    survival = np.concatenate([[1.0], np.cumprod(1 - events / at_risk)])
    mass = -np.diff(survival)
    last = max(float(at[-1]), float(limits.lower.max()))
    if survival[-1] <= 0:
        return Masses(at, at, mass)
    return Masses(np.append(at, last), np.append(at, math.inf), np.append(mass, survival[-1]))


def _turnbull(limits: Limits, weights: Array, iterations: int) -> Masses:
    """Return the masses of innermost intervals, by self-consistency."""
    value = np.unique(np.concatenate([end.ravel() for end in limits]))
    # Place 2 r is the point of value r, and 2 r + 1 the gap above it: a row covers places first..last.
    rank = [2 * np.searchsorted(value, end) for end in limits]
    first, last = rank[0] + ~limits.exact, rank[1]
    open_, shut = rank[2] + 1, rank[3]
    innermost = _innermost(first, last, open_[limits.truncated], shut[limits.truncated])
    start, end = innermost
    rows = _Covering(np.searchsorted(start, first), np.searchsorted(end, last, side="right"), weights)
    windows = _Covering(
        np.searchsorted(start, open_[limits.truncated]),
        np.searchsorted(end, shut[limits.truncated], side="right"),
        weights[limits.truncated],
    )
    mass = _self_consistent(rows, windows, start.size, iterations)
    return Masses(value[start // 2], value[(end + 1) // 2], mass)


def _innermost(first: Places, last: Places, open_: Places, shut: Places) -> tuple[Places, Places]:
    """Return the places where innermost intervals begin and end: a begin, then an end, and nothing between.

    Windows end intervals below where they begin, and begin others above where they end.
    """
    begins = np.unique(np.concatenate([first, shut + 1]))
    ends = np.unique(np.concatenate([last, open_ - 1]))
    following = np.searchsorted(ends, begins)
    begins, following = begins[following < ends.size], following[following < ends.size]
    found = ends[following]
    alone = np.append(begins[1:] > found[:-1], True)
    return begins[alone], found[alone]


class _Covering(NamedTuple):
    """Which innermost intervals each of some rows covers, from one to before another, and their weights."""

    start: Places
    stop: Places
    weights: Array

    def probability(self, mass: Array) -> Array:
        """Return the mass that each row covers."""
        below = np.concatenate([[0.0], np.cumsum(mass)])
        return np.asarray(np.maximum(below[self.stop] - below[self.start], 2.0**-1000))

    def spread(self, share: Array, size: int) -> Array:
        """Return the sum over rows of a share, for each of the intervals that they cover."""
        change = np.bincount(self.start, share, size + 1) - np.bincount(self.stop, share, size + 1)
        sums: Array = np.maximum(np.cumsum(change)[:-1], 0.0)
        return sums


def _self_consistent(rows: _Covering, windows: _Covering, size: int, iterations: int) -> Array:
    """Return masses that are, on average, what the rows expect; rows that windows hid are expected too."""
    mass = np.full(size, 1 / size)
    for _ in range(iterations):
        expected = mass * rows.spread(rows.weights / rows.probability(mass), size)
        if windows.weights.size:
            hidden = windows.weights / windows.probability(mass)
            expected += mass * (hidden.sum() - windows.spread(hidden, size))
        expected /= expected.sum()
        change = np.abs(expected - mass).max()
        mass = expected
        if change < _SMALL:
            break
    return mass
