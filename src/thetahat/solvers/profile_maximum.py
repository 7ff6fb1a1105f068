"""The maximum over some of the parameters, the others fixed: for likelihood-ratio tests and profiles."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import NamedTuple

from thetahat import _sums
from thetahat.families import Family
from thetahat.sample import Sample
from thetahat.solvers._method import Problem, Theta
from thetahat.solvers.exact import Exact
from thetahat.solvers.newton import iterate, with_fixed

__all__ = ["Ending", "ProfilePoint", "profile_maximum"]


class Ending(Enum):
    """Where Newton's method ends."""

    CONVERGED = "at a maximum"
    BOUNDARY = "at the boundary of the domain, where the likelihood approaches its supremum"
    UNBOUNDED = "where the likelihood still increases"


class ProfilePoint(NamedTuple):
    """The maximum over the parameters that are not fixed, with log-likelihood and score there."""

    theta: Theta
    log_likelihood: float
    score: Theta
    ending: Ending = Ending.CONVERGED


def profile_maximum(sample: Sample, start: Theta, fixed: Mapping[int, float]) -> ProfilePoint:
    """Return the maximum that Newton's method reaches from start, with some parameters fixed.

    Parameters may tend to the boundary of their domain, as student_t's nu to infinity, or the shape of
    generalized_pareto to -1 at a scale above the largest row. The maximum is then taken over the others, with
    these fixed where Newton's method left them.
    """
    theta = with_fixed(start, fixed)
    if len(fixed) == len(theta) or not sample.family.regular:
        solution = Exact().run(Problem(sample, fixed=dict(fixed)))
        theta, sums = solution.theta, solution.sums
        return _point_at(sample.at(theta) if sums is None else sums, theta, theta)
    solver, theta, sums = iterate(sample, theta, tuple(fixed))
    if solver.converged:
        return _point_at(sums, theta, solver.theta)
    bounds = {place: _bound(sample.family, place) for place in solver.at_bound}
    flat = {place: theta[place] for place in solver.zero_curvature if place not in bounds}
    if not (bounds or flat) or _remaining_gain(sample.family, sums, theta, flat) > 1e-9 + 1e-12 * sums.n:
        return _point_at(sums, theta, theta)._replace(ending=Ending.UNBOUNDED)
    rest = profile_maximum(sample, theta, {**fixed, **flat, **bounds})
    return rest._replace(ending=Ending.BOUNDARY) if rest.ending == Ending.CONVERGED else rest


def _bound(family: Family, place: int) -> float:
    """Return the smallest value of a parameter above its lower bound."""
    return math.nextafter(family.parameters[place].low, math.inf)


def _point_at(sums: _sums.Sums, evaluated_at: Theta, theta: Theta) -> ProfilePoint:
    """Return theta with the values of the last evaluation, which is one Newton step away at most."""
    value, score, *_ = sums.evaluate(evaluated_at)
    return ProfilePoint(theta, value if value < math.inf else -math.inf, score)


def _remaining_gain(family: Family, sums: _sums.Sums, theta: Theta, places: Iterable[int]) -> float:
    """Return how much the log-likelihood can still increase as parameters tend to the boundary.

    The remaining gain decreases like exp(-t), t the logarithm of the parameter: it equals its own derivative.
    """
    score, parameters = sums.evaluate(theta)[1], family.parameters
    return max((abs(score[j]) * parameters[j].slope(theta[j]) for j in places), default=0.0)
