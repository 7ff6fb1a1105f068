"""The maximum over some of the parameters, wherever the others are: what tests and profiles are made of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import NamedTuple

from thetahat import _kernels
from thetahat.families import get_family
from thetahat.sample import Sample
from thetahat.solvers._method import Task, Theta
from thetahat.solvers.climb import looks, with_fixed
from thetahat.solvers.exact import Exact

__all__ = ["Crest", "Ending", "crest"]


class Ending(Enum):
    """How a climb ends."""

    TOP = "at a maximum"
    EDGE = "where a maximum is approached, as parameters run to the edge of their domain"
    NOWHERE = "where the likelihood still rises"


class Crest(NamedTuple):
    """Where a climb over some parameters ends, and what the sample says there."""

    theta: Theta
    log_likelihood: float
    score: Theta
    ending: Ending = Ending.TOP


def crest(sample: Sample, start: Theta, fixed: Mapping[int, float]) -> Crest:
    """Return where a climb from start ends, with some parameters fixed.

    At the edge of a domain nothing is left to climb from there: as student_t's nu runs to infinity, or
    generalized_pareto's shape to -1, with a scale beyond the largest row.
    """
    theta = with_fixed(start, fixed)
    if len(fixed) == len(theta) or not get_family(sample.family).smooth:
        theta = Exact().run(Task(sample, fixed=dict(fixed))).theta
        return _seen(sample.at(theta), theta, theta)
    way, theta, sums = looks(sample, theta, tuple(fixed))
    if way.arrived:
        return _seen(sums, theta, way.theta)
    bounds = {place: _bound(sample.family, place) for place in way.edge}
    flat = {place: theta[place] for place in way.flat if place not in bounds}
    if not (bounds or flat) or _left_to_climb(sums, theta, flat) > 1e-9 + 1e-12 * sums.n:
        return _seen(sums, theta, theta)._replace(ending=Ending.NOWHERE)
    rest = crest(sample, theta, {**fixed, **flat, **bounds})
    return rest._replace(ending=Ending.EDGE) if rest.ending == Ending.TOP else rest


def _bound(family: int, place: int) -> float:
    """Return the last value of a parameter above the bound that a climb runs to."""
    return math.nextafter(get_family(family).parameters[place].low, math.inf)


def _seen(sums: _kernels.Sums, looked: Theta, theta: Theta) -> Crest:
    """Return the crest at theta, by the last look beside it."""
    value, score, *_ = sums.evaluate(looked)
    return Crest(theta, value if value < math.inf else -math.inf, score)


def _left_to_climb(sums: _kernels.Sums, theta: Theta, places: Iterable[int]) -> float:
    """Return what the log-likelihood has yet to gain as parameters run to the edge of their domain.

    What is left falls like exp(-t), t the parameter's logarithm, so that it equals its own slope.
    """
    score, parameters = sums.evaluate(theta)[1], get_family(sums.family_index).parameters
    return max((abs(score[j]) * parameters[j].slope(theta[j]) for j in places), default=0.0)
