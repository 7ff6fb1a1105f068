"""One family fitted to many groups of censored rows, one after another."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from thetahat import _groups
from thetahat._theta import Fixed
from thetahat.data.censored import Censored
from thetahat.data.grouping import Grouping, group_rows, key_names
from thetahat.data.scan_censored import ScannedCensored
from thetahat.data.source import Sampled
from thetahat.errors import ConvergenceError, NoMaximumError, ParameterError, SampleError
from thetahat.families import Family
from thetahat.groups.arrays import LIMIT_OF_CENSORED, GroupNumbers
from thetahat.result import Fit
from thetahat.sample import Sample
from thetahat.solvers import COVARIANCES, Exact, Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["CensoredGroups", "fit_each_censored", "group_censored"]

_EXACT = Exact()
_NOT_FINITE, _OUTSIDE = 19, 20  # the core's codes of invalid rows


class CensoredGroups(NamedTuple):
    """Censored rows by group."""

    container: Censored
    places: NDArray[np.intp]  # of the rows, group after group
    weights: Array | None
    offsets: NDArray[np.int64]
    omit: bool

    def sample(self, family: Family, place: int) -> Sample:
        """Return the rows of the group in this place."""
        of_group = slice(*self.offsets[place : place + 2])
        weights = None if self.weights is None else self.weights[of_group]
        rows = self.container[self.places[of_group]]
        return Sample(family, rows.source(weights, "omit" if self.omit else "raise"), 1)


def group_censored(
    x: Sampled,
    by: Any,
    offsets: Any,
    axis: int | None,
    weights: Any,
    nan_policy: str,
    null_keys: str,
    threads: int,
) -> tuple[Grouping, CensoredGroups]:
    """Return the grouping of the rows' places, and the rows by group."""
    if axis is not None:
        raise ParameterError(
            "axis is for a two-dimensional x: give groups of censored rows by by= or offsets="
        )
    if isinstance(x, ScannedCensored):
        if weights is not None:
            raise ParameterError("weights are those of the source: pass their column to scan as weights=")
        x, by, weights = x.held(key_names(by))
    if not isinstance(x, Censored):
        raise ParameterError(f"groups are made of Censored rows, got {type(x).__name__}")
    if nan_policy == "raise":
        x.known("raise")
    numbers = np.arange(float(len(x)))
    policy = "raise" if nan_policy == "status" else nan_policy
    grouping = group_rows(numbers, by, offsets, None, weights, policy, null_keys, threads)
    rows = grouping.rows
    places = np.asarray(rows.values).astype(np.intp)
    groups = CensoredGroups(x, places, rows.weights, rows.offsets, nan_policy == "omit")
    return grouping, groups


def fit_each_censored(
    family: Family,
    groups: CensoredGroups,
    fixed: Fixed | None,
    start: Array | None,
    poll: Callable[[int], object] | None,
) -> GroupNumbers:
    """Return the fit of each group, or why it has none."""
    n_groups, p = groups.offsets.size - 1, len(family.names)
    nan = np.full(n_groups, math.nan)
    numbers = GroupNumbers(
        np.full((n_groups, p), math.nan),
        np.full((n_groups, p), math.nan),
        np.full((n_groups, p, p), math.nan),
        nan,
        nan.copy(),
        np.zeros(n_groups),
        np.zeros(n_groups, dtype=np.int64),
        np.zeros(n_groups, dtype=np.int32),
        np.zeros(n_groups, dtype=np.uint8),
        np.zeros(n_groups, dtype=np.int32),
    )
    first = () if start is None else tuple(start[0].tolist())
    for place in range(n_groups):
        values = {} if fixed is None else fixed.of_group(place)
        status, reason = _fit_one(family, groups, place, first, values, numbers)
        numbers.status[place], numbers.reason[place] = _groups.STATUSES.index(status), reason
        if poll is not None:
            poll(place + 1)
    return numbers


def _fit_one(
    family: Family,
    groups: CensoredGroups,
    place: int,
    start: tuple[float, ...],
    fixed: dict[int, float],
    numbers: GroupNumbers,
) -> tuple[str, int]:
    """Fit one group, and write its numbers; return its status, and the code of the reason."""
    try:
        problem = Problem(groups.sample(family, place), start, start, fixed)
        censored = problem.sample.censored
        if censored is not None:
            numbers.rows[place], numbers.n[place] = censored.n_rows, censored.weight_with(0.0)
        fit = Fit.from_solution(_EXACT.run(problem), problem, _EXACT, COVARIANCES[0])
    except SampleError as error:
        if error.count is None:  # there is no row
            return "too_few", 0
        return "bad_rows", _NOT_FINITE if "NaN" in str(error) else _OUTSIDE
    except NoMaximumError:
        return "no_maximum", LIMIT_OF_CENSORED
    except ConvergenceError:
        return "not_finished", 0
    numbers.theta[place], numbers.stderr[place], numbers.cov[place] = fit.theta, fit.stderr, fit.cov
    numbers.log_likelihood[place], numbers.newton_decrement[place] = fit.log_likelihood, fit.newton_decrement
    numbers.n[place], numbers.rows[place], numbers.passes[place] = fit.n, fit.rows, fit.passes
    return "converged" if fit.status == "converged" else "precision", 0
