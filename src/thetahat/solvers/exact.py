"""The best exact route: an equation of the sums where there is one, else a climb by Newton's method."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

from thetahat import _kernels
from thetahat.errors import NoMaximumError
from thetahat.families import get_family
from thetahat.sample import Sample
from thetahat.solvers._method import Method, Outcome, Task, Theta
from thetahat.solvers.climb import climb, with_fixed
from thetahat.solvers.kink import maximum_at_median

__all__ = ["Exact", "start_values"]

_START = 10_000  # rows that start values are taken from
_WIDTHS = (2.0**-30, 2.0**-10, 2.0**-1)  # of what is put beside equal rows, in their own size


@dataclass(frozen=True)
class Exact(Method):
    """The maximum itself, to machine precision; the default.

    Families whose sums are sufficient take one pass and an equation of the sums. Others climb by Newton's
    method: on a pilot of rows spread evenly over the sample, then three times or so on all of them.

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
        if _kernels.solved[task.family] and (not fixed or _kernels.EDGE in peaks):
            return Outcome(task.solve())
        if task.start:
            with suppress(NoMaximumError):  # the family's own start may be a better one
                return _maximum(sample, with_fixed(task.start, fixed), tuple(fixed))
        return _maximum(sample, start_values(sample, _START, fixed), tuple(fixed))


def _maximum(sample: Sample, theta: Theta, held: Sequence[int]) -> Outcome:
    """Return where a climb from theta ends, on a pilot of a large sample first."""
    rows = _pilot_rows(sample.size)
    if 2 * rows < sample.size and not _kernels.sufficient[sample.family]:
        pilot = sample.pilot(rows)
        with suppress(NoMaximumError):  # the whole sample may have one all the same
            theta, _ = climb(Sample(sample.family, pilot.x, pilot.weights, threads=1), theta, held)
        theta, values = climb(sample, theta, held)
        return Outcome(theta, values=values)  # the last step is beyond what standard errors show
    return Outcome(climb(sample, theta, held)[0])


def start_values(sample: Sample, rows: int, fixed: Mapping[int, float]) -> Theta:
    """Return start values from some of the rows, or from all where those are too much alike.

    Parameters that are fixed start where they stay.
    """
    family = get_family(sample.family)
    if len(fixed) == len(family.names):
        return tuple(fixed[j] for j in range(len(fixed)))
    assert family.start is not None
    start = family.start(sample.pilot(rows)) or family.start(sample.contiguous())
    if start is None and fixed:  # then equal rows too may have a maximum
        start = _start_beside(sample)
    if start is None or not _kernels.valid(sample.family, start):
        sample.check_rows()
        raise NoMaximumError(
            f"the {family.name} likelihood of these {sample.size} row(s) has no maximum:"
            f" it takes {family.exists}"
        )
    return with_fixed(start, fixed)


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
