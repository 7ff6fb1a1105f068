"""Whether the likelihood of censored and truncated rows has a maximum, by their limits alone.

Where one point lies in all intervals, distributions near it make all rows certain. Of a location and a scale
with a log-concave density (Burridge 1981; Pratt 1981) the log-likelihood is concave in (mu / sigma,
1 / sigma), and has a maximum unless it increases along a ray: towards that point, with the location above or
below all limits, or with an infinite scale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from thetahat.data.censored_rows import Limits
from thetahat.families import Family

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["Missing", "missing_maximum"]


class Missing(NamedTuple):
    """Why there is no maximum: a condition that rows violate, and what the likelihood increases towards."""

    condition: str
    limit: str


class _Sides(NamedTuple):
    """Rows that say something, and at which sides they are open."""

    rows: Limits
    exact: Flags
    below: Flags  # open to the lower end of what could be seen, or exactly there
    above: Flags
    weights: Array


def missing_maximum(family: Family, limits: Limits, weights: Array | None = None) -> Missing | None:
    """Return why the likelihood of these rows has no maximum in all parameters; None if it is not known.

    Parameters
    ----------
    family : Family
    limits : Limits
        Of the rows, at least one.
    weights : ndarray of float64, optional
        Of the rows, positive.
    """
    of_rows = np.ones(limits.lower.size) if weights is None else weights
    sides, ends = _sides(family, limits, of_rows), family.censoring
    if sides.exact.size == 0:
        return Missing("no limit lies inside the support and the truncation", "every distribution alike")
    if sides.above.all() and ends.above:
        return Missing("all rows are right-censored", ends.above)
    if sides.below.all() and ends.below:
        return Missing("all rows are left-censored, or as small as can be", ends.below)
    if ends.point and not family.counts and _have_a_common_point(sides, bool(ends.wide)):
        return Missing("one point lies in all rows' intervals", ends.point)
    if ends.wide and _is_wide(sides, ends.log_rows):
        what = "mean logarithm" if ends.log_rows else "mean"
        return Missing(
            f"the {what} of the limits of left-censored rows is not above that of right-censored ones, and"
            " there are no others",
            ends.wide,
        )
    return None


def _sides(family: Family, limits: Limits, weights: Array) -> _Sides:
    """Return the rows whose interval is not all that could be seen."""
    low, high = family.ends
    exact = limits.exact
    if family.counts:  # the least and the largest integer that a row may be
        least = np.where(exact, limits.lower, np.floor(limits.lower) + 1)
        below = least <= np.maximum(np.floor(limits.low) + 1, 0)
    else:
        seen_from = np.maximum(limits.low, low)
        below = np.where(exact, limits.lower <= low, limits.lower <= seen_from)
    above = ~exact & (limits.upper >= np.minimum(limits.high, high))
    says = exact | ~(below & above)
    return _Sides(limits.of(says), exact[says], below[says], above[says], weights[says])


def _have_a_common_point(sides: _Sides, closed: bool) -> bool:
    """Whether one point lies in all intervals; in the closed ones, where rows are exact or that suffices."""
    rows = sides.rows
    lower, upper = rows.lower.max(), rows.upper.min()
    shut = sides.exact.any() or (closed and not rows.truncated.any())
    return bool(lower <= upper if shut else lower < upper)


def _is_wide(sides: _Sides, log_rows: bool) -> bool:
    """Whether rows are left- and right-censored alone, and no truncation bounds the scale, which grows."""
    if not (sides.below ^ sides.above).all() or sides.exact.any() or sides.rows.truncated.any():
        return False
    if not (sides.below.any() and sides.above.any()):
        return False
    ends = np.where(sides.below, sides.rows.upper, sides.rows.lower)
    ends = np.log(ends) if log_rows else ends
    left, right = (np.average(ends[of], weights=sides.weights[of]) for of in (sides.below, sides.above))
    return bool(left <= right)
