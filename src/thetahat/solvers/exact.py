"""The best exact route: an equation of the sums where there is one, else a climb by Newton's method."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

from thetahat import _kernels
from thetahat.errors import NoMaximumError, ParameterError
from thetahat.families import get_family
from thetahat.pilot import Pilot
from thetahat.sample import Sample
from thetahat.solvers._method import Method, Outcome, Task, Theta, no_maximum
from thetahat.solvers.climb import climb, lack_of, looks, with_fixed
from thetahat.solvers.kink import maximum_at_median

__all__ = ["Exact", "start_values"]

_FEW = 3000  # rows that start values are taken from, and the first climb is made on
_WIDTHS = (2.0**-30, 2.0**-10, 2.0**-1)  # of what is put beside equal rows, in their own size


@dataclass(frozen=True)
class Exact(Method):
    """The maximum itself, to machine precision; the default.

    Families whose sums are sufficient take one pass and an equation of the sums. Others climb by Newton's
    method: on pilots of rows spread evenly over the sample, then three times or so on all of them.

    Examples
    --------
    >>> import thetahat as th
    >>> th.fit([1.0, 2.0, 4.0, 7.0], "normal", method=th.Exact())
    <Fit normal(mu=3.5, sigma=2.29129), n=4, converged>
    """

    name: ClassVar[str] = "exact"
    iterates: ClassVar[bool] = False

    def run(self, task: Task) -> Outcome:
        """Return the maximum."""
        sample, fixed, peaks = task.sample, task.fixed, _kernels.peaks[task.family]
        if len(fixed) == len(peaks):
            return Outcome(tuple(fixed[j] for j in range(len(peaks))))
        if _kernels.KINK in peaks:
            return Outcome(maximum_at_median(task))
        if task.solved:
            return Outcome(task.solve())
        if task.start:
            with suppress(NoMaximumError):  # the family's own start may be a better one
                return _maximum(sample, with_fixed(task.start, fixed), tuple(fixed))
        return _maximum(sample, start_values(sample, _FEW, fixed), tuple(fixed))


def _maximum(sample: Sample, theta: Theta, fixed: Sequence[int]) -> Outcome:
    """Return where a climb from theta ends, on pilots of a large sample first."""
    if _kernels.sufficient[sample.family]:
        return Outcome(climb(sample, theta, fixed)[0])
    pilots = [rows for rows in (_FEW, _pilot_rows(sample.size)) if 2 * rows < sample.size]
    for rows in pilots:
        theta = _climb_near(sample.pilot(rows), sample.family, theta, fixed)
    theta, values = climb(sample, theta, fixed)
    # After a large pilot, the last step is beyond what standard errors show.
    return Outcome(theta, values=values if len(pilots) == 2 else None)


def _climb_near(pilot: Pilot, family: int, theta: Theta, fixed: Sequence[int]) -> Theta:
    """Climb on some of the rows until their maximum is near beside the standard errors there.

    A step from a Newton decrement L leaves one of about L**2 / n. Where these rows have no maximum, return
    theta: the whole sample may have one nevertheless.
    """
    enough = math.sqrt(pilot.x.size) / 100
    way, *_ = looks(Sample(family, pilot.x, pilot.weights, threads=1), theta, fixed, enough)
    return way.theta if way.arrived or way.decrement <= enough else theta


def start_values(sample: Sample, rows: int, fixed: Mapping[int, float]) -> Theta:
    """Return start values from some of the rows, or from all where those are too much alike.

    Parameters that are fixed start where they stay.
    """
    family = get_family(sample.family)
    if len(fixed) == len(family.names):
        return tuple(fixed[j] for j in range(len(fixed)))
    if not sample.has_rows:
        return with_fixed(_start_of_sums(sample, fixed), fixed)
    assert family.start is not None
    pilot = sample.pilot(rows)
    start = family.start(pilot) or family.start(sample.contiguous())
    if start is None and fixed:  # then equal rows too may have a maximum
        start = _start_beside(sample)
    lack = None if fixed else lack_of(family, pilot) and lack_of(family, sample.contiguous())
    if start is None or lack or not _kernels.valid(sample.family, start):
        sample.check_rows()
        raise no_maximum(family, sample.contiguous().x.size, lack)
    return with_fixed(start, fixed)


def _start_of_sums(sample: Sample, fixed: Mapping[int, float]) -> Theta:
    """Return the maximum over all parameters, to start from where some are fixed."""
    theta = sample.at(()).maximum() if fixed else None
    if theta is None or not _kernels.valid(sample.family, theta):
        raise ParameterError("start is needed: a summary holds no rows to estimate it from")
    return theta


def _start_beside(sample: Sample) -> Theta | None:
    """Return start values from the rows and others put on both sides of each."""
    start = get_family(sample.family).start
    assert start is not None
    for width in _WIDTHS:
        theta = start(sample.contiguous().spread(width))
        if theta is not None and _kernels.valid(sample.family, theta):
            return theta
    return None


def _pilot_rows(n: int) -> int:
    """Return how many rows bring a climb on all n so near the maximum that its third look is the last.

    From m rows the error, in units of what one row says, is m**(-1/2); after two steps it is m**-2, and the
    third look sees L = n / m**4. A climb has arrived where that is below 1e-12 and 1e-19 n.
    """
    return int(6e4 * max(1.0, math.sqrt(math.sqrt(n / 1e7))))
