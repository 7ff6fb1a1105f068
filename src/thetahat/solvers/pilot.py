"""The first rows of a stochastic ascent: their exact fit gives start values and the preconditioner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from numpy import float64

from thetahat.data.source import ArraySource
from thetahat.families import Family
from thetahat.sample import Sample
from thetahat.solvers._method import Problem, Theta
from thetahat.solvers.exact import Exact

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["PILOT_ROWS", "fit_pilot"]

PILOT_ROWS = 4096


def fit_pilot(
    family: Family,
    rows: NDArray[float64],
    weights: NDArray[float64] | None,
    start: Theta,
    fixed: Mapping[int, float],
) -> Theta:
    """Return the maximum of the first rows; raise `NoMaximumError` if they have none."""
    sample = Sample(family, ArraySource(rows, weights), threads=1)
    return Exact().run(Problem(sample, start, fixed=dict(fixed))).theta
