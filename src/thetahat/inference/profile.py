"""The log-likelihood along some parameters, maximised over the others, and the limits it sets.

Venzon and Moolgavkar (1988), A method for computing profile-likelihood-based confidence intervals, Applied
Statistics 37, 87-94: the limits of a parameter are where the profile lies z**2 / 2 below the maximum.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from thetahat.errors import ThetahatError
from thetahat.families import Family
from thetahat.sample import Sample
from thetahat.solvers.newton import not_converged_error
from thetahat.solvers.profile_maximum import Ending, ProfilePoint, profile_maximum

__all__ = ["Profile", "profile_limits"]

Theta = tuple[float, ...]

_FAR = 230.0  # a factor 1e100: a limit farther out is reported as the end of the domain
_MAX_EVALUATIONS = 120
_PATIENCE = 20  # evaluations after which the steps of a search without an upper bound are doubled


class Profile(NamedTuple):
    """A sample, and the maximum of its likelihood over the parameters that are not fixed."""

    sample: Sample
    theta: Theta
    log_likelihood: float
    fixed: tuple[int, ...] = ()

    @property
    def family(self) -> Family:
        """The description of the family."""
        return self.sample.family

    def along(self, values: Mapping[int, float], start: Theta | None = None) -> ProfilePoint:
        """Return the maximum over the other parameters, some fixed at these values."""
        all_fixed = {place: self.theta[place] for place in self.fixed} | dict(values)
        return profile_maximum(self.sample, start or self.theta, all_fixed)

    def no_maximum_error(self, point: ProfilePoint, places: Iterable[int]) -> ThetahatError:
        """Return the error of an unbounded likelihood, with these parameters fixed too."""
        return not_converged_error(self.sample, point.theta, (*self.fixed, *places), at_limit=True)


def profile_limits(profile: Profile, place: int, error: float, z: float) -> tuple[float, float]:
    """Return where the profile of a parameter with this standard error lies z**2 / 2 below the maximum."""
    below, above = (_ProfileSide(profile, place, error, side, z) for side in (-1, 1))
    return below.limit(), above.limit()


class _ProfileSide:
    """One side of a profile: the root of twice its drop, at a distance in the free coordinate."""

    def __init__(self, profile: Profile, place: int, error: float, side: int, z: float) -> None:
        self._profile, self._place, self._side, self._z = profile, place, side, z
        self._start = profile.theta
        self._value, self._parameter = profile.theta[place], profile.family.parameters[place]
        slope = self._parameter.slope(self._value)
        self._unit = error / slope
        self._unbounded: dict[float, ProfilePoint] = {}  # by distance; the search does not go as far
        self._rounding = 2.0**-51 * abs(self._value) / slope

    def limit(self) -> float:
        """Return where the root is z, by Newton's method between bounds; the end of the domain if nowhere.

        The root is nearly linear and Newton's method converges quadratically, so the last step needs no
        evaluation. If the likelihood is unbounded (student_t's), this is the profile of the maximum found.
        """
        unit, z = self._unit, self._z
        end = self._end(z * unit)
        near, nearest = (share * unit + self._rounding for share in (1e-6, 1e-10))
        low, high, s = 0.0, math.inf, min(z * unit, end)
        for evaluation in range(1, _MAX_EVALUATIONS):
            root, slope = self._root(s)
            if root < z and s == end:
                return self._parameter.low if self._side < 0 else self._parameter.high
            low, high = (low, s) if root >= z else (s, high)
            step = (z - root) / slope if slope > 0 else math.inf
            if high - low <= nearest:
                if high in self._unbounded:
                    raise self._profile.no_maximum_error(self._unbounded[high], [self._place])
                break
            s += step
            if abs(step) <= near and low <= s <= high:
                break
            if high == math.inf:
                s = min(s if evaluation < _PATIENCE else max(s, 2 * low), 4 * low, end)
            elif not low < s < high or evaluation % 10 == 0:
                s = low + (high - low) / 2
        return self._at(s)

    def _at(self, s: float) -> float:
        return self._parameter.moved(self._value, self._side * s)

    def _end(self, first: float) -> float:
        """Return the largest distance of a search that begins with this one."""
        if self._parameter.transformed:
            return _FAR
        bound = self._parameter.low if self._side < 0 else self._parameter.high
        return min(abs(bound - self._value) * (1 - 2.0**-30), first * 2.0**60)

    def _root(self, s: float) -> tuple[float, float]:
        """Return the root of twice the drop at a distance, and its derivative."""
        value = self._at(s)
        point = self._profile.along({self._place: value}, self._start)
        drop = self._profile.log_likelihood - point.log_likelihood
        if drop == math.inf:
            return math.inf, 0.0
        if point.ending == Ending.UNBOUNDED:
            self._unbounded[s] = point
            return math.inf, 0.0
        if point.ending == Ending.CONVERGED:
            self._start = point.theta
        root = math.sqrt(2 * max(drop, 0.0))
        fall = -self._side * point.score[self._place] * self._parameter.slope(value)
        return root, fall / root if root > 0 else 0.0
