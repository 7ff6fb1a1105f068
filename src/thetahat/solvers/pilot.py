"""The first rows of a stochastic ascent: their exact fit gives start values and the preconditioner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from thetahat.data.arrays import chunks_of
from thetahat.data.source import ArraySource
from thetahat.errors import ParameterError
from thetahat.families import Family
from thetahat.sample import Sample
from thetahat.solvers._method import Problem, Theta
from thetahat.solvers.exact import Exact

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["PILOT_ROWS", "fit_pilot", "rows_of_record"]

PILOT_ROWS = 4096


def fit_pilot(
    family: Family,
    rows: Array,
    weights: Array | None,
    start: Theta,
    fixed: Mapping[int, float],
) -> Theta:
    """Return the maximum of the first rows; raise `NoMaximumError` if they have none."""
    if family.of_process:
        raise ParameterError(f"{family.name} is an intensity, which is no family of a stream: use fit")
    sample = Sample(family, ArraySource(rows, weights), threads=1)
    return Exact().run(Problem(sample, start, fixed=dict(fixed))).theta


def rows_of_record(family: Family, arrays: dict[str, Array]) -> tuple[Array, Array | None]:
    """Return the rows of a pilot, and their weights, from a record."""
    x, w = arrays["x"], arrays.get("w")
    good = x.ndim == 1 and x.dtype == np.float64 and not family.model.count_outside(chunks_of(x)[0])[0]
    if w is not None:
        good &= w.shape == x.shape and w.dtype == np.float64 and bool((np.isfinite(w) & (w > 0)).all())
    if not good:
        raise ValueError("has first rows outside the support, or without positive weights")
    return x, w
