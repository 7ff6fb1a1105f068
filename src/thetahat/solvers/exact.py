"""Exact fits: by an equation of the sums where there is one, else by Newton's method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from thetahat import _sums
from thetahat.errors import ParameterError
from thetahat.sample import Sample
from thetahat.solvers._method import Method, Problem, Solution, Theta, no_maximum_error
from thetahat.solvers.censored import maximum_of_censored, start_of_censored
from thetahat.solvers.degenerate import degenerate_error
from thetahat.solvers.limits import is_interior, limit_error
from thetahat.solvers.median import maximum_at_median
from thetahat.solvers.newton import missing_condition_of, not_converged_error, values_at, with_fixed

__all__ = ["Exact", "start_values"]

_MOST = 2**62  # rows that the core counts; sums may be those of more


@dataclass(frozen=True)
class Exact(Method):
    """The maximum itself, to machine precision; the default.

    Families with sufficient statistics take one pass, and an equation of the sums. Others use Newton's
    method: on pilots of rows spread evenly over the sample, then in about three passes over all rows, one
    for weibull and gumbel, whose sums near the maximum give those there.

    Examples
    --------
    >>> import thetahat as th
    >>> th.fit([1.0, 2.0, 4.0, 7.0], "normal", method=th.Exact())
    <Fit normal(mu=3.5, sigma=2.29129), n=4, converged>
    """

    name: ClassVar[str] = "exact"
    iterates: ClassVar[bool] = False

    def run(self, problem: Problem) -> Solution:
        """Return the maximum; raise `NoMaximumError` if there is none."""
        family, censored = problem.family, problem.sample.censored
        solution = self._maximum(problem) if censored is None else maximum_of_censored(problem)
        if not family.labelled:
            return solution
        if error := degenerate_error(family, solution.theta, *problem.sample.counts, converged=True):
            raise error
        ordered = family.in_label_order(solution.theta)
        if ordered == solution.theta or problem.fixed or problem.start:
            return solution
        return self.run(problem._replace(start=ordered))

    def _maximum(self, problem: Problem) -> Solution:
        sample, fixed, family = problem.sample, problem.fixed, problem.family
        if family.nonsmooth and len(fixed) < len(family.names):
            return Solution(maximum_at_median(problem))
        start = problem.start
        if not start and not sample.has_rows and not problem.solved and len(fixed) < len(family.names):
            start = with_fixed(_start_of_sums(sample, fixed), fixed)
        rows = min(sample.rows_to_choose(problem.solved), _MOST)
        fit = sample.run(_sums.ExactFit(family.model, rows, fixed, start))
        state, theta = fit.state, fit.theta
        if state == "no maximum":
            return Solution(problem.check(None, sample.counts[1]))
        if state == "no start":
            raise _no_start(sample, fixed)
        if state in ("failed", "unfinished") or not (fit.converged or sample.has_rows):
            raise not_converged_error(sample, theta, tuple(fixed), state == "failed")
        if family.limiting and not fixed and sample.has_rows and not is_interior(family, fit):
            error = limit_error(sample, fit.sums.evaluate(fit.evaluated)[0])
            if error is not None:
                raise error
        if family.solved:
            problem.check(theta, sample.counts[1])
        if family.sufficient or fit.evaluated == theta:
            return Solution(theta, sums=fit.sums)
        return Solution(theta, values=values_at(fit.sums, fit.evaluated, fixed=tuple(fixed)))


def start_values(sample: Sample, rows: int, fixed: Mapping[int, float]) -> Theta:
    """Return start values from some of the rows, or from all if those give none; fixed ones included."""
    family = sample.family
    if len(fixed) == len(family.names):
        return tuple(fixed[j] for j in range(len(fixed)))
    if sample.censored is not None:
        return start_of_censored(sample, fixed)[0]
    if not sample.has_rows:
        return with_fixed(_start_of_sums(sample, fixed), fixed)
    fit = _sums.ExactFit(family.model, 0, dict(fixed))
    fit.take_pilot(*sample.pilot(rows))
    if fit.state == "all rows":
        fit.take_pilot(*sample.contiguous())
    if fit.state == "no start":
        raise _no_start(sample, fixed)
    return fit.theta


def _no_start(sample: Sample, fixed: Mapping[int, float]) -> Exception:
    """Return the error of rows from which there are no start values."""
    sample.check_rows()
    sample.family.check_starts()
    missing = None if fixed else missing_condition_of(sample)
    return no_maximum_error(sample.family, sample.contiguous().x.size, missing)


def _start_of_sums(sample: Sample, fixed: Mapping[int, float]) -> Theta:
    """Return where the sums were taken, or the maximum over all parameters, if some are fixed."""
    if sample.sums_at:
        return sample.sums_at
    theta = sample.at(()).maximum() if fixed and sample.family.solved else sample.family.known_start
    if theta is None or not sample.family.model.valid(theta):
        raise ParameterError("start is needed: a summary has no rows to estimate it from")
    return theta
