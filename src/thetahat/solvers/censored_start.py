"""Start values of censored samples: of fits to points where the nonparametric estimate has its mass.

What lies above the last limit is unknown: several guesses are tried, and the one of the highest censored
likelihood is the start.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from thetahat import _sums
from thetahat.families import Family
from thetahat.nonparametric import Masses, estimate
from thetahat.sample import Sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thetahat.data.censored_rows import Limits

    Array = NDArray[np.float64]

__all__ = ["starts_of"]

Theta = tuple[float, ...]

_ITERATIONS = 40  # of Turnbull's estimator, which need not converge here
_BEYOND = (0.3, 1.0, 4.0, 30.0)  # how far the mass above the last limit is guessed to lie, in spreads
_PARTS = (0.15, 0.5, 0.85)  # of an interval, where its mass is put


def starts_of(
    family: Family, limits: Limits, weights: Array | None, few: Sample, fixed: Mapping[int, float]
) -> list[Theta]:
    """Return start values, the likeliest for these rows first; none if no guess gives any.

    Parameters
    ----------
    family : Family
    limits : Limits
        Of some of the rows.
    weights : ndarray of float64, optional
        Of these.
    few : Sample
        These rows.
    fixed : mapping of int to float
        Fixed parameters, by place.
    """
    masses = estimate(limits, weights, _ITERATIONS)
    found: dict[Theta, float] = {}
    for x, w in _points(masses, family):
        fit = _sums.ExactFit(family.model, 0, dict(fixed))
        fit.take_pilot(x, w * limits.lower.size)
        if fit.state != "no start" and family.model.valid(fit.theta):
            found[fit.theta] = few.at(fit.theta).evaluate(fit.theta)[0]
    finite = [theta for theta, value in found.items() if math.isfinite(value)]
    return sorted(finite, key=lambda theta: -found[theta])


def _points(masses: Masses, family: Family) -> Iterator[tuple[Array, Array]]:
    """Yield points with weights in the support, for each guess of what lies beyond the limits."""
    low, high = family.ends
    lower, upper = np.clip(masses.lower, low, high), np.clip(masses.upper, low, high)
    ends = np.concatenate([lower, upper])
    ends = ends[np.isfinite(ends)]
    spread = float(ends.max() - ends.min()) or abs(float(ends[0])) or 1.0 if ends.size else 1.0
    open_ = bool((masses.mass[~(np.isfinite(lower) & np.isfinite(upper))] > 0.01).any())
    for guess in _BEYOND if open_ else _BEYOND[1:2]:
        far = guess * spread
        of_lower = np.where(np.isfinite(lower), lower, np.where(np.isfinite(upper), upper, 0.0) - far)
        of_upper = np.where(np.isfinite(upper), upper, np.where(np.isfinite(lower), lower, 0.0) + far)
        parts = np.where(masses.lower == masses.upper, 0.5, np.array(_PARTS)[:, None])
        x = (of_lower + parts * (of_upper - of_lower)).ravel()
        w = np.tile(masses.mass / len(_PARTS), len(_PARTS))
        if family.counts:
            x = np.maximum(np.floor(x + (parts != 0.5).ravel() * 0.5), 0)
        inside = (w > 0) & (x > low) & (x < high) | (w > 0) & family.counts
        yield np.ascontiguousarray(x[inside]), np.ascontiguousarray(w[inside])
