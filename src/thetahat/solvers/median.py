"""The maximum of a likelihood that is not differentiable at the rows: a median, and the scale there."""

from __future__ import annotations

import math

from thetahat.data.arrays import empty
from thetahat.errors import SampleError
from thetahat.sample import Sample
from thetahat.solvers._method import Problem, Theta

__all__ = ["maximum_at_median"]

Interval = tuple[float, float]

_ALL: Interval = (-math.inf, math.inf)
_FEW = 2000  # rows of which all are copied, without a pilot
_ROOM = 1 << 16  # rows that may always be copied, and besides them a sixteenth of the sample
_PILOT = 2.0  # times n^(2/3) of n rows are a pilot
_ERRORS = 3.5  # of a pilot's median, on both sides of which the median is searched
_UNITS = (1.0, 2.0**500)  # of the scale; in the second, no sum of distances overflows


def maximum_at_median(problem: Problem) -> Theta:
    """Return the maximum over the free parameters: a location, and a scale that the sums are proportional to.

    Every nonsmooth family has these two parameters, in this order, as api.h requires.
    """
    mu = problem.fixed[0] if 0 in problem.fixed else median(problem.sample)
    if 1 in problem.fixed:
        return mu, problem.fixed[1]
    for unit in _UNITS:
        sums = problem.sample.at((mu, unit))
        if sums.finite:
            break
    return problem.check(sums.maximum((mu, unit), (0,)), sums.rows)


def median(sample: Sample) -> float:
    """Return the weighted median; if exactly half of the weight is up to one row, the midpoint to the next.

    One pass weighs the rows beside an interval that a pilot gives, and copies those inside. If the median is
    not in it, passes over the buckets of where it must be find an interval of few rows, and one more copies
    these.
    """
    interval = _by_pilot(sample) if sample.counted > _FEW else _ALL
    # The least row up to which there is half of the weight, then the least up to which there is more.
    found: list[float] = []
    while True:
        for low, high in _locate(sample, interval)[len(found) :]:
            if low < high:
                interval = _narrow(sample, (low, high), more=bool(found))
                break
            found.append(low)
        else:
            return _middle(*found)


def _by_pilot(sample: Sample) -> Interval:
    """Return the interval of some standard errors about the median of a pilot.

    Of n rows, a pilot of n^(2/3) leaves as many inside, so that neither it nor what is copied takes long.
    """
    pilot = sample.pilot(round(_PILOT * sample.counted ** (2 / 3)))
    w, n = pilot.weights, float(pilot.x.size)
    if w is not None:
        n = float(w.sum() ** 2 / (w @ w))
    off = min(_ERRORS * 0.5 / math.sqrt(n), 0.5)
    low, high = pilot.quantiles(0.5 - off, 0.5 + off)
    return low, high


def _locate(sample: Sample, interval: Interval) -> tuple[Interval, Interval]:
    """Return intervals that hold the two rows in the middle, from a pass beside an open interval."""
    sample.passes += 1
    partition = sample.read().beside(interval, _room(sample), sample.threads)
    located = partition.locate()
    if located is None:
        sample.check_rows()
        if partition.weight == 0:
            raise empty(sample.size, sample.read().what)
        raise SampleError("the weights of this sample add up to more than doubles can hold")
    return located


def _narrow(sample: Sample, interval: Interval, more: bool) -> Interval:
    """Return an interval of no more rows than can be copied, from passes over the buckets of an interval."""
    rows = sample.counted
    while rows > _room(sample) and interval[0] < interval[1]:
        sample.passes += 1
        interval, rows = sample.read().ranks(interval, sample.threads).bucket(more)
    return interval


def _room(sample: Sample) -> int:
    return min(sample.counted, _ROOM + sample.counted // 16, sample.read().most_copied)


def _middle(a: float, b: float) -> float:
    both = a + b
    return (0.5 * both if math.isfinite(both) else 0.5 * a + 0.5 * b) + 0.0  # no -0
