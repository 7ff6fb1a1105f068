"""Quantiles of the fitted distribution, with standard errors by the delta method."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from thetahat import _core
from thetahat._checks import as_numbers, check_level
from thetahat._distribution import distribution
from thetahat._fitted import Fitted
from thetahat._quantile import normal_quantile
from thetahat.errors import ParameterError
from thetahat.families import BOUNDARY, Family, Parameter, find_family

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["Estimate", "quantile", "return_level"]

Theta = tuple[float, ...]


class Estimate(NamedTuple):
    """An estimate, or an array of them, with standard errors and confidence limits.

    Attributes
    ----------
    value, stderr, low, high : float or ndarray of float64
        All of the shape of the argument.
    """

    value: float | Array
    stderr: float | Array
    low: float | Array
    high: float | Array


def quantile(fit: Fitted, p: ArrayLike, level: float) -> Estimate:
    """Return what `Fit.quantile` returns."""
    shares = _between("p", p, 0, 1)
    return _estimate(fit, lambda distribution: distribution.ppf(shares), level)


def return_level(fit: Fitted, period: ArrayLike, level: float) -> Estimate:
    """Return what `Fit.return_level` returns; 1 / period keeps the digits that 1 - 1 / period would lose."""
    shares = 1 / _between("period", period, 1, math.inf)
    return _estimate(fit, lambda distribution: distribution.isf(shares), level)


def _between(name: str, values: ArrayLike, low: float, high: float) -> Array:
    """Return numbers as an array; raise unless all lie strictly between low and high."""
    array = as_numbers(name, values)
    if not ((array > low) & (array < high)).all():
        wanted = f"lie strictly between {low} and {high}" if high < math.inf else f"be finite and above {low}"
        raise ParameterError(f"{name} must {wanted}, got {values!r}")
    return array


def _estimate(fit: Fitted, ask: Callable[[Any], Any], level: float) -> Estimate:
    """Return quantiles with delta-method standard errors, and limits in the free coordinate of a row."""
    z = normal_quantile(0.5 + check_level(level) / 2)
    family = find_family(fit.family)
    free = [place for place, name in enumerate(family.names) if name not in fit.fixed]
    _check_normal(family, free)
    with np.errstate(all="ignore"):  # what overflows is told below
        quantiles = _Quantiles(family, tuple(fit.theta.tolist()), ask)
        slopes = np.array([quantiles.slope(place) for place in free]).reshape(
            len(free), *quantiles.value.shape
        )
        errors = np.sqrt(np.einsum("i...,ij,j...->...", slopes, fit.cov[np.ix_(free, free)], slopes))
        if not np.isfinite(errors).all():
            raise ParameterError("standard errors of quantiles require a finite cov: that of this fit is not")
        stderr = errors * _each(quantiles.row.slope, quantiles.value)
        low, high = (_each(quantiles.row.moved, quantiles.value, side * z * errors) for side in (-1, 1))
    return Estimate(*(part if part.ndim else float(part) for part in (quantiles.value, stderr, low, high)))


def _each(function: Callable[..., float], *values: Array) -> Array:
    """Return the function of each number, of none too."""
    return np.asarray(np.vectorize(function, otypes=[np.float64])(*values))


def _check_normal(family: Family, free: list[int]) -> None:
    """Raise where estimates of quantiles are not nearly normal."""
    if family.counts:
        raise ParameterError(
            f"quantiles of {family.name} are integers, without standard errors: see fit.dist().ppf(p)"
        )
    if free and all(family.parameters[place].regularity == BOUNDARY for place in free):
        raise ParameterError(
            f"the fitted ends of {family.name} are not nearly normal, nor are its quantiles: see"
            " fit.dist().ppf(p), and confint for exact intervals of the ends"
        )


class _Quantiles:
    """Quantiles of a fitted distribution, and their derivatives with respect to the parameters.

    A quantile is written as loc + q, where q does not depend on loc, and as log(q) or log(q / (1 - q)) where
    rows are positive, or between 0 and 1.
    """

    def __init__(self, family: Family, theta: Theta, ask: Callable[[Any], Any]) -> None:
        self._family, self._theta, self._ask = family, theta, ask
        frozen = distribution(family, theta)
        self.row = _row(frozen, "loc" in family.scipy(*theta)[1])
        self.value = np.asarray(ask(frozen), dtype=np.float64)
        if not (np.isfinite(self.value) & (self.value > self.row.low) & (self.value < self.row.high)).all():
            raise ParameterError(f"quantiles of {family.name} so far out are beyond what doubles can hold")
        quartiles = [self.row.free(float(frozen.ppf(share))) for share in (0.25, 0.75)]
        self._spread = math.ldexp(1.0, min(math.frexp(quartiles[1] - quartiles[0])[1], 1023))

    def slope(self, place: int) -> Array:
        """Return the derivative by a parameter, in central differences.

        The error of the five-point formula is of order h**4: rounding, for the h of a shape. The derivative
        in a location is exact for any h, and steps by a power of two keep its digits.
        """
        parameter, value = self._family.parameters[place], self._theta[place]
        h = self._spread if parameter.low == -math.inf else 2.0**-10
        below2, below1, above1, above2 = (
            self._at(place, parameter.moved(value, k * h)) for k in (-2, -1, 1, 2)
        )
        rise = 8 * (above1 - below1) - (above2 - below2)
        return np.asarray(rise.sum(axis=0) / (12 * h * parameter.slope(value)))

    def _at(self, place: int, moved: float) -> Array:
        """Return the loc and the rest of the quantiles, in the row's coordinate, with a parameter moved."""
        theta = (*self._theta[:place], moved, *self._theta[place + 1 :])
        rest = _each(self.row.free, self._ask(distribution(self._family, theta, loc=0.0)))
        return np.stack([np.full_like(rest, self._family.scipy(*theta)[1].get("loc", 0.0)), rest])


def _row(frozen: Any, located: bool) -> Parameter:
    """Return how rows are written free of the ends of their support."""
    low, high = frozen.support()
    if located or low < 0:
        return Parameter("x")
    if (low, high) == (0, 1):
        return Parameter("x", low=0.0, high=1.0, coordinate=_core.LOGIT)
    return Parameter("x", low=0.0, coordinate=_core.LOG)
