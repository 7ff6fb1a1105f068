"""The maximum over some of the parameters, the others fixed: for likelihood-ratio tests and profiles."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import NamedTuple

from thetahat import _kernels
from thetahat.families import get_family
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
    if len(fixed) == len(theta) or not get_family(sample.family).regular:
        theta = Exact().run(Problem(sample, fixed=dict(fixed))).theta
        return _point_at(sample.at(theta), theta, theta)
    solver, theta, sums = iterate(sample, theta, tuple(fixed))
    if solver.arrived:
        return _point_at(sums, theta, solver.theta)
    bounds = {place: _bound(sample.family, place) for place in solver.edge}
    flat = {place: theta[place] for place in solver.flat if place not in bounds}
    if not (bounds or flat) or _remaining_gain(sums, theta, flat) > 1e-9 + 1e-12 * sums.n:
        return _point_at(sums, theta, theta)._replace(ending=Ending.UNBOUNDED)
    rest = profile_maximum(sample, theta, {**fixed, **flat, **bounds})
    return rest._replace(ending=Ending.BOUNDARY) if rest.ending == Ending.CONVERGED else rest


def _bound(family: int, place: int) -> float:
    """Return the smallest value of a parameter above its lower bound."""
    return math.nextafter(get_family(family).parameters[place].low, math.inf)


def _point_at(sums: _kernels.Sums, evaluated_at: Theta, theta: Theta) -> ProfilePoint:
    """Return theta with the values of the last evaluation, which is one Newton step away at most."""
    value, score, *_ = sums.evaluate(evaluated_at)
    return ProfilePoint(theta, value if value < math.inf else -math.inf, score)


def _remaining_gain(sums: _kernels.Sums, theta: Theta, places: Iterable[int]) -> float:
    """Return how much the log-likelihood can still increase as parameters tend to the boundary.

    The remaining gain decreases like exp(-t), t the logarithm of the parameter: it equals its own derivative.
    """
    score, parameters = sums.evaluate(theta)[1], get_family(sums.family_index).parameters
    return max((abs(score[j]) * parameters[j].slope(theta[j]) for j in places), default=0.0)
