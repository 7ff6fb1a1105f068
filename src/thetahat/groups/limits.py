"""Groups whose fits ended near a limit of their family: each has the status of the fit of its rows alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from thetahat import _groups
from thetahat._groups import GroupedRows
from thetahat._theta import Fixed
from thetahat.data.source import ArraySource
from thetahat.errors import ConvergenceError, NoMaximumError, ParameterError
from thetahat.families import Family
from thetahat.groups.arrays import GroupNumbers
from thetahat.sample import Sample
from thetahat.solvers import Exact, Problem
from thetahat.solvers.limits import ENOUGH, FAR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["sample_of_rows", "settle"]

_CODES = {name: code for code, name in enumerate(_groups.STATUSES)}


def sample_of_rows(rows: GroupedRows, family: Family, place: int) -> Sample:
    """Return the rows of one group."""
    of_group = slice(*rows.offsets[place : place + 2])
    weights = None if rows.weights is None else rows.weights[of_group]
    return Sample(family, ArraySource(rows.values[of_group], weights))


def are_interior(family: Family, numbers: GroupNumbers) -> NDArray[np.bool_]:
    """Return of each group whether its fit has derivatives of a maximum, far from bounds of domains."""
    low = np.array([parameter.low for parameter in family.parameters])
    high = np.array([parameter.high for parameter in family.parameters])
    nearest = np.minimum(numbers.theta - low, high - numbers.theta)
    flags: NDArray[np.bool_] = (numbers.stderr <= FAR * nearest).all(axis=1)
    return flags & (numbers.newton_decrement <= ENOUGH)


def settle(
    numbers: GroupNumbers, rows: GroupedRows, family: Family, fixed: Fixed | None, start: Array | None
) -> None:
    """Write the status that the fit of its rows alone has, for each group that came to no clear end."""
    if not (family.limiting or family.known):
        return
    unclear = np.isin(numbers.status, [_CODES["not_finished"], _CODES["precision"]])
    unclear |= (numbers.status == _CODES["converged"]) & ~are_interior(family, numbers)
    first = () if start is None else tuple(start[0].tolist())
    for place in np.flatnonzero(unclear).tolist():
        of_group = {} if fixed is None else fixed.of_group(place)
        try:
            Exact().run(Problem(sample_of_rows(rows, family, place), first, first, of_group))
        except NoMaximumError:
            _refuse(numbers, place, "no_maximum")
        except ParameterError:  # rows outside the support that fixed parameters leave
            _refuse(numbers, place, "bad_rows")
        except ConvergenceError:
            continue


def _refuse(numbers: GroupNumbers, place: int, status: str) -> None:
    numbers.status[place], numbers.reason[place] = _CODES[status], 0
    for array in (
        numbers.theta,
        numbers.stderr,
        numbers.cov,
        numbers.log_likelihood,
        numbers.newton_decrement,
    ):
        array[place] = math.nan
