"""Exact fits: by an equation of the sums where there is one, else by Newton's method."""

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
from thetahat.solvers._method import Method, Problem, Solution, Theta, no_maximum_error
from thetahat.solvers.median import maximum_at_median
from thetahat.solvers.newton import iterate, missing_condition_of, newton, with_fixed

__all__ = ["Exact", "start_values"]

_FEW = 3000  # rows of the start values and of the first pilot
_WIDTHS = (2.0**-30, 2.0**-10, 2.0**-1)  # of the values put beside equal rows, relative to them


@dataclass(frozen=True)
class Exact(Method):
    """The maximum itself, to machine precision; the default.

    Families with sufficient statistics take one pass, and an equation of the sums. Others use Newton's
    method: on pilots of rows spread evenly over the sample, then in about three passes over all rows.

    Examples
    --------
    >>> import thetahat as th
    >>> th.fit([1.0, 2.0, 4.0, 7.0], "normal", method=th.Exact())
    <Fit normal(mu=3.5, sigma=2.29129), n=4, converged>
    """

    name: ClassVar[str] = "exact"
    iterates: ClassVar[bool] = False

    def run(self, problem: Problem) -> Solution:
        """Return the maximum."""
        sample, fixed, family = problem.sample, problem.fixed, get_family(problem.family)
        if len(fixed) == len(family.names):
            return Solution(tuple(fixed[j] for j in range(len(fixed))))
        if family.nonsmooth:
            return Solution(maximum_at_median(problem))
        if problem.solved:
            return Solution(problem.solve())
        if problem.start:
            with suppress(NoMaximumError):  # the start that the family estimates may be better
                return _maximum(sample, with_fixed(problem.start, fixed), tuple(fixed))
        return _maximum(sample, start_values(sample, _FEW, fixed), tuple(fixed))


def _maximum(sample: Sample, theta: Theta, fixed: Sequence[int]) -> Solution:
    """Return the maximum that Newton's method reaches from theta, on pilots of a large sample first."""
    if _kernels.sufficient[sample.family]:
        return Solution(newton(sample, theta, fixed)[0])
    pilots = [rows for rows in (_FEW, _pilot_rows(sample.size)) if 2 * rows < sample.size]
    for rows in pilots:
        theta = _newton_near(sample.pilot(rows), sample.family, theta, fixed)
    theta, values = newton(sample, theta, fixed)
    # After a large pilot, the last step is too small to change what standard errors show.
    return Solution(theta, values=values if len(pilots) == 2 else None)


def _newton_near(pilot: Pilot, family: int, theta: Theta, fixed: Sequence[int]) -> Theta:
    """Iterate on some of the rows until their maximum is near, relative to their standard errors.

    A step from a Newton decrement L leaves one of about L**2 / n. Where these rows have no maximum, return
    theta: the whole sample may have one nevertheless.
    """
    enough = math.sqrt(pilot.x.size) / 100
    solver, *_ = iterate(Sample(family, pilot.x, pilot.weights, threads=1), theta, fixed, enough)
    return solver.theta if solver.arrived or solver.decrement <= enough else theta


def start_values(sample: Sample, rows: int, fixed: Mapping[int, float]) -> Theta:
    """Return start values from some of the rows, or from all if those give none; fixed ones included."""
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
    missing = None
    if not fixed and missing_condition_of(family, pilot):
        missing = missing_condition_of(family, sample.contiguous())
    if start is None or missing or not _kernels.valid(sample.family, start):
        sample.check_rows()
        raise no_maximum_error(family, sample.contiguous().x.size, missing)
    return with_fixed(start, fixed)


def _start_of_sums(sample: Sample, fixed: Mapping[int, float]) -> Theta:
    """Return the maximum over all parameters, as the start where some are fixed."""
    theta = sample.at(()).maximum() if fixed else None
    if theta is None or not _kernels.valid(sample.family, theta):
        raise ParameterError("start is needed: a summary has no rows to estimate it from")
    return theta


def _start_beside(sample: Sample) -> Theta | None:
    """Return start values from the rows and values on both sides of each."""
    start = get_family(sample.family).start
    assert start is not None
    for width in _WIDTHS:
        theta = start(sample.contiguous().spread(width))
        if theta is not None and _kernels.valid(sample.family, theta):
            return theta
    return None


def _pilot_rows(n: int) -> int:
    """Return the size of a pilot after which the third evaluation on all n rows is the last.

    After m rows the error is m**(-1/2) standard errors of one row; after two steps it is m**-2, and the third
    evaluation finds a Newton decrement of n / m**4. The iteration ends below 1e-12 and 1e-19 n.
    """
    return int(6e4 * max(1.0, math.sqrt(math.sqrt(n / 1e7))))
