"""The log-likelihood along some parameters, maximised over the others, and the limits it sets.

Venzon and Moolgavkar (1988), A method for computing profile-likelihood-based confidence intervals, Applied
Statistics 37, 87-94: the limits of a parameter are where the profile lies z**2 / 2 below the maximum.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from thetahat.errors import NoMaximumError
from thetahat.families import Family, get_family
from thetahat.sample import Sample
from thetahat.solvers.climb import still_rising
from thetahat.solvers.crest import Crest, Ending, crest

__all__ = ["Profile", "profile_limits"]

Theta = tuple[float, ...]

_FAR = 230.0  # a factor 1e100: where a parameter may go by so much, it may go anywhere
_LOOKS = 120
_PATIENCE = 20  # looks, after which a search that has found no bound gets longer


class Profile(NamedTuple):
    """A sample, and the maximum of its likelihood over the parameters that are not fixed."""

    sample: Sample
    theta: Theta
    log_likelihood: float
    fixed: tuple[int, ...] = ()

    @property
    def family(self) -> Family:
        """What the family says of itself."""
        return get_family(self.sample.family)

    def along(self, values: Mapping[int, float], start: Theta | None = None) -> Crest:
        """Return where a climb over the other parameters ends, some fixed at these values."""
        all_fixed = {place: self.theta[place] for place in self.fixed} | dict(values)
        return crest(self.sample, start or self.theta, all_fixed)

    def rising(self, top: Crest, places: Iterable[int]) -> NoMaximumError:
        """Return the error of a climb that ended nowhere, with these parameters fixed too."""
        return still_rising(self.sample, top.theta, (*self.fixed, *places))


def profile_limits(profile: Profile, place: int, error: float, z: float) -> tuple[float, float]:
    """Return where the profile of a parameter with this standard error lies z**2 / 2 below the maximum."""
    below, above = (_Flank(profile, place, error, side, z) for side in (-1, 1))
    return below.limit(), above.limit()


class _Flank:
    """One side of a profile: the root of twice its drop, at a distance in the free coordinate."""

    def __init__(self, profile: Profile, place: int, error: float, side: int, z: float) -> None:
        self._profile, self._place, self._side, self._z = profile, place, side, z
        self._start = profile.theta
        self._value, self._parameter = profile.theta[place], profile.family.parameters[place]
        slope = self._parameter.slope(self._value)
        self._unit = error / slope
        self._lost: dict[float, Crest] = {}  # where climbs ended nowhere: the profile is not followed so far
        self._rounding = 2.0**-51 * abs(self._value) / slope

    def limit(self) -> float:
        """Return where the root is z, by Newton's method between bounds; the domain's end if it is nowhere.

        The root is nearly a straight line, and Newton's steps square their error: the last is not looked at.
        Of a likelihood without bound (student_t's) this is the profile of the maximum that was found.
        """
        unit, z = self._unit, self._z
        end = self._end(z * unit)
        near, nearest = (share * unit + self._rounding for share in (1e-6, 1e-10))
        low, high, s = 0.0, math.inf, min(z * unit, end)
        for look in range(1, _LOOKS):
            root, slope = self._root(s)
            if root < z and s == end:
                return self._parameter.low if self._side < 0 else self._parameter.high
            low, high = (low, s) if root >= z else (s, high)
            step = (z - root) / slope if slope > 0 else math.inf
            if high - low <= nearest:
                if high in self._lost:
                    raise self._profile.rising(self._lost[high], [self._place])
                break
            s += step
            if abs(step) <= near and low <= s <= high:
                break
            if high == math.inf:
                s = min(s if look < _PATIENCE else max(s, 2 * low), 4 * low, end)
            elif not low < s < high or look % 10 == 0:
                s = low + (high - low) / 2
        return self._at(s)

    def _at(self, s: float) -> float:
        return self._parameter.moved(self._value, self._side * s)

    def _end(self, first: float) -> float:
        """Return how far a search may go that begins with this distance."""
        if self._parameter.transformed:
            return _FAR
        bound = self._parameter.low if self._side < 0 else self._parameter.high
        return min(abs(bound - self._value) * (1 - 2.0**-30), first * 2.0**60)

    def _root(self, s: float) -> tuple[float, float]:
        """Return the root of twice the drop at a distance, and its derivative."""
        value = self._at(s)
        top = self._profile.along({self._place: value}, self._start)
        drop = self._profile.log_likelihood - top.log_likelihood
        if drop == math.inf:
            return math.inf, 0.0
        if top.ending == Ending.NOWHERE:
            self._lost[s] = top
            return math.inf, 0.0
        if top.ending == Ending.TOP:
            self._start = top.theta
        root = math.sqrt(2 * max(drop, 0.0))
        fall = -self._side * top.score[self._place] * self._parameter.slope(value)
        return root, fall / root if root > 0 else 0.0
