"""The best exact route: an equation of the sums where there is one, else a climb by Newton's method."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, NamedTuple

from thetahat import _kernels
from thetahat._kernels import Climb
from thetahat.errors import NoMaximumError
from thetahat.families import get_family
from thetahat.sample import Sample
from thetahat.solvers._method import Method, Outcome, Task, Theta, Values
from thetahat.solvers.kink import maximum_at_median

__all__ = ["Crest", "Exact", "crest", "start_values", "values_at", "with_fixed"]

_START = 10_000  # rows that start values are taken from
_WIDTHS = (2.0**-1, 2.0**-10, 2.0**-30)  # of what is put beside equal rows, in their own size
_NONE: Mapping[int, float] = MappingProxyType({})


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
            theta, _ = _climb(Sample(sample.family, pilot.x, pilot.weights, threads=1), theta, held)
        theta, values = _climb(sample, theta, held)
        return Outcome(theta, values=values)  # the last step is beyond what standard errors show
    return Outcome(_climb(sample, theta, held)[0])


def start_values(sample: Sample, rows: int, fixed: Mapping[int, float] = _NONE) -> Theta:
    """Return start values from some of the rows, or from all where those are too much alike.

    Parameters that are fixed start where they stay. With these, equal rows too may have a maximum: the others
    start from rows put on both sides.
    """
    family = get_family(sample.family)
    if len(fixed) == len(family.names):
        return tuple(fixed[j] for j in range(len(fixed)))
    assert family.start is not None
    start = family.start(sample.pilot(rows)) or family.start(sample.contiguous())
    for width in _WIDTHS if start is None and fixed else ():
        beside = family.start(sample.contiguous().spread(width))
        if beside is not None and _kernels.valid(sample.family, beside):
            return with_fixed(beside, fixed)
    if start is None or not _kernels.valid(sample.family, start):
        sample.check_rows()
        raise NoMaximumError(
            f"the {family.name} likelihood of these {sample.size} row(s) has no maximum:"
            f" it takes {family.exists}"
        )
    return with_fixed(start, fixed)


def with_fixed(theta: Theta, fixed: Mapping[int, float]) -> Theta:
    """Return theta with fixed parameters in their places."""
    return tuple(fixed.get(j, value) for j, value in enumerate(theta))


def values_at(
    sums: _kernels.Sums, theta: Theta, products: _kernels.Products | None = None, held: Sequence[int] = ()
) -> Values:
    """Return what sums say at the theta they were taken at."""
    log_likelihood, _, _, cov, stderr, decrement = sums.evaluate(theta, products, held)
    return Values(log_likelihood, cov, stderr, decrement)


class Crest(NamedTuple):
    """A maximum over some parameters, and what the sample says there."""

    theta: Theta
    log_likelihood: float
    score: Theta
    arrived: bool = True  # else it is only approached, as parameters run to the edge of their domain


def crest(sample: Sample, start: Theta, fixed: Mapping[int, float]) -> Crest:
    """Return the maximum with some parameters fixed; a climb to it starts from the others' start.

    Where it is only approached, as a parameter runs to the edge of its domain (student_t's nu to infinity),
    this is a point from which nothing is left to climb.
    """
    theta = with_fixed(start, fixed)
    if len(fixed) == len(theta) or not get_family(sample.family).smooth:
        theta = Exact().run(Task(sample, fixed=dict(fixed))).theta
        return _seen(sample.at(theta), theta, theta)
    climb, theta, sums = _looks(sample, theta, tuple(fixed))
    if climb.arrived:
        return _seen(sums, theta, climb.theta)
    if not climb.flat or _left_to_climb(sums, theta, climb.flat) > 1e-9 + 1e-12 * sums.n:
        raise _still_rising(sample.family, sums.rows, climb.theta)
    flat = {place: theta[place] for place in climb.flat}
    return crest(sample, theta, {**fixed, **flat})._replace(arrived=False)


def _seen(sums: _kernels.Sums, looked: Theta, theta: Theta) -> Crest:
    """Return the crest at theta, by the last look beside it."""
    value, score, *_ = sums.evaluate(looked)
    return Crest(theta, value if value < math.inf else -math.inf, score)


def _left_to_climb(sums: _kernels.Sums, theta: Theta, places: Sequence[int]) -> float:
    """Return what the log-likelihood has yet to gain as parameters run to the edge of their domain.

    What is left falls like exp(-t), t the parameter's logarithm, so that it equals its own slope.
    """
    score, parameters = sums.evaluate(theta)[1], get_family(sums.family_index).parameters
    return max(abs(score[j]) * parameters[j].slope(theta[j]) for j in places)


def _climb(sample: Sample, start: Theta, held: Sequence[int]) -> tuple[Theta, Values]:
    """Climb from a start; return the maximum, and what the last look before the last step saw."""
    climb, theta, sums = _looks(sample, start, held)
    if not climb.arrived:
        raise _still_rising(sample.family, sums.rows, climb.theta)
    return climb.theta, values_at(sums, theta, held=held)


def _looks(sample: Sample, theta: Theta, held: Sequence[int]) -> tuple[Climb, Theta, _kernels.Sums]:
    """Climb from theta as far as it goes; return the climb, and where its last look was and what it saw."""
    climb = Climb(sample.family, theta, held)
    sums = sample.at(theta)
    while climb.look(sums):
        theta = climb.theta
        sums = sample.at(theta)
    return climb, theta, sums


def _still_rising(index: int, rows: int, theta: Theta) -> NoMaximumError:
    family = get_family(index)
    return NoMaximumError(
        f"the {family.name} likelihood of these {rows} row(s) still rises at"
        f" {dict(zip(family.names, theta, strict=True))}: a maximum takes {family.exists}"
    )


def _pilot_rows(n: int) -> int:
    """Return how many rows bring a climb on all n so near the maximum that its third look is the last.

    From m rows the error, in units of what one row says, is m**(-1/2); after two steps it is m**-2, and the
    third look sees L = n / m**4. A climb has arrived where that is below 1e-12 and 1e-19 n.
    """
    return int(6e4 * max(1.0, math.sqrt(math.sqrt(n / 1e7))))
