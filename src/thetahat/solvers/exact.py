"""The best exact route: an equation of the sums where there is one, else a climb by Newton's method."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

from thetahat import _kernels
from thetahat._kernels import Climb
from thetahat.errors import NoMaximumError
from thetahat.families import get_family
from thetahat.sample import Sample
from thetahat.solvers._method import Method, Outcome, Task, Theta, Values
from thetahat.solvers.kink import maximum_at_median

__all__ = ["Exact", "start_values", "values_at"]

_START = 10_000  # rows that start values are taken from


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
        theta = task.start or start_values(sample, _START)
        theta = tuple(fixed.get(j, value) for j, value in enumerate(theta))
        rows = _pilot_rows(sample.size)
        if 2 * rows < sample.size and not _kernels.sufficient[task.family]:
            pilot = sample.pilot(rows)
            with suppress(NoMaximumError):  # the whole sample may have one all the same
                theta, _ = _climb(Sample(task.family, pilot.x, pilot.weights, threads=1), theta, tuple(fixed))
            theta, values = _climb(sample, theta, tuple(fixed))
            return Outcome(theta, values=values)  # the last step is beyond what standard errors show
        return Outcome(_climb(sample, theta, tuple(fixed))[0])


def start_values(sample: Sample, rows: int) -> Theta:
    """Return start values from some of the rows, or from all where those are too much alike."""
    family = get_family(sample.family)
    assert family.start is not None
    start = family.start(sample.pilot(rows)) or family.start(sample.contiguous())
    if start is None or not _kernels.valid(sample.family, start):
        sample.check_rows()
        raise NoMaximumError(
            f"the {family.name} likelihood of these {sample.size} row(s) has no maximum:"
            f" it takes {family.exists}"
        )
    return start


def values_at(
    sums: _kernels.Sums, theta: Theta, products: _kernels.Products | None = None, held: Sequence[int] = ()
) -> Values:
    """Return what sums say at the theta they were taken at."""
    log_likelihood, _, _, cov, stderr, decrement = sums.evaluate(theta, products, held)
    return Values(log_likelihood, cov, stderr, decrement)


def _climb(sample: Sample, start: Theta, held: Sequence[int]) -> tuple[Theta, Values]:
    """Climb from a start; return the maximum, and what the last look before the last step saw."""
    climb = Climb(sample.family, start, held)
    theta, sums = start, sample.at(start)
    while climb.look(sums):
        theta = climb.theta
        sums = sample.at(theta)
    if not climb.arrived:
        family = get_family(sample.family)
        raise NoMaximumError(
            f"the {family.name} likelihood of these {sums.rows} row(s) still rises at"
            f" {dict(zip(family.names, climb.theta, strict=True))}: a maximum takes {family.exists}"
        )
    return climb.theta, values_at(sums, theta, held=held)


def _pilot_rows(n: int) -> int:
    """Return how many rows bring a climb on all n so near the maximum that its third look is the last.

    From m rows the error, in units of what one row says, is m**(-1/2); after two steps it is m**-2, and the
    third look sees L = n / m**4. A climb has arrived where that is below 1e-12 and 1e-19 n.
    """
    return int(6e4 * max(1.0, math.sqrt(math.sqrt(n / 1e7))))
