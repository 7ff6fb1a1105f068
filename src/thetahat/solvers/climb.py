"""Newton's method on a sample: from theta to theta, a pass each, until it has arrived."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from thetahat import _kernels
from thetahat._kernels import Climb
from thetahat.errors import NoMaximumError
from thetahat.families import Family, get_family
from thetahat.pilot import Pilot
from thetahat.sample import Sample
from thetahat.solvers._method import Theta, Values, no_maximum

__all__ = ["climb", "lack_of", "looks", "still_rising", "values_at", "with_fixed"]


def climb(sample: Sample, start: Theta, fixed: Sequence[int]) -> tuple[Theta, Values]:
    """Climb from a start; return the maximum, and what the last look before the last step saw."""
    way, theta, sums = looks(sample, start, fixed)
    if not way.arrived:
        raise still_rising(sample, way.theta, fixed)
    return way.theta, values_at(sums, theta, fixed=fixed)


def looks(
    sample: Sample, theta: Theta, fixed: Sequence[int], enough: float = -math.inf
) -> tuple[Climb, Theta, _kernels.Sums]:
    """Climb from theta as far as it goes; return the climb, and where its last look was and what it saw.

    Where L is at most `enough`, the climb ends after one more step, short of the maximum.
    """
    way = Climb(sample.family, theta, fixed)
    sums = sample.at(theta)
    while way.look(sums) and not way.decrement <= enough:
        theta = way.theta
        sums = sample.at(theta)
    return way, theta, sums


def still_rising(sample: Sample, theta: Theta, fixed: Sequence[int]) -> NoMaximumError:
    """Return the error of a climb that got stuck at theta."""
    family, (_, rows) = get_family(sample.family), sample.counts
    if not fixed and (lack := lack_of(family, sample.contiguous())):
        return no_maximum(family, rows, lack)
    return NoMaximumError(
        f"the {family.name} likelihood of these {rows} row(s) still rises at"
        f" {dict(zip(family.names, theta, strict=True))}: a maximum takes {family.condition}"
    )


def lack_of(family: Family, rows: Pilot) -> str | None:
    """Return what rows lack for a maximum with no parameter fixed, where the family can say it."""
    return family.lack(rows) if family.lack else None


def values_at(
    sums: _kernels.Sums, theta: Theta, products: _kernels.Products | None = None, fixed: Sequence[int] = ()
) -> Values:
    """Return what sums say at the theta they were taken at."""
    log_likelihood, _, _, cov, stderr, decrement = sums.evaluate(theta, products, fixed)
    return Values(log_likelihood, cov, stderr, decrement)


def with_fixed(theta: Theta, fixed: Mapping[int, float]) -> Theta:
    """Return theta with fixed parameters in their places."""
    return tuple(fixed.get(j, value) for j, value in enumerate(theta))
