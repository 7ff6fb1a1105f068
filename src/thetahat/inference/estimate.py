"""Quantiles of the fitted distribution, with standard errors by the delta method."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import numpy as np

from thetahat import _core
from thetahat._checks import as_numbers, check_level
from thetahat._distribution import distribution
from thetahat._fitted import Fitted
from thetahat._quantile import normal_quantile
from thetahat.errors import ParameterError
from thetahat.families import BOUNDARY, Family, Parameter

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["Estimate", "quantile", "quantiles_of_groups", "return_level", "return_levels_of_groups"]


Value = TypeVar("Value", bound="float | NDArray[np.float64]")


class _Question(NamedTuple):
    """What is asked of a distribution of SciPy: the name of one of its functions, and probabilities."""

    function: str
    shares: Array

    def of(self, frozen: Any) -> Array:
        return np.asarray(getattr(frozen, self.function)(self.shares), dtype=np.float64)


class Estimate(NamedTuple, Generic[Value]):
    """An estimate, or an array of them, with standard errors and confidence limits.

    Attributes
    ----------
    value, stderr, low, high : float or ndarray of float64
        All of the shape of the argument.
    """

    value: Value
    stderr: Value
    low: Value
    high: Value


def quantile(fit: Fitted, p: ArrayLike, level: float) -> Estimate[Any]:
    """Return what `Fit.quantile` returns."""
    return _estimate(fit, _of_shares(p), level)


def return_level(fit: Fitted, period: ArrayLike, level: float) -> Estimate[Any]:
    """Return what `Fit.return_level` returns."""
    return _estimate(fit, _of_period(period), level)


def quantiles_of_groups(
    family: Family, theta: Array, cov: Array, free: list[int], p: ArrayLike, level: float
) -> Estimate[Array]:
    """Return what `GroupFits.quantile` returns; theta has the parameters of a group in each row."""
    question = _of_shares(p)
    _check_normal(family, free)
    return Estimate(*_estimates(family, theta, cov, free, question, level))


def return_levels_of_groups(
    family: Family, theta: Array, cov: Array, free: list[int], period: ArrayLike, level: float
) -> Estimate[Array]:
    """Return what `GroupFits.return_level` returns."""
    question = _of_period(period)
    _check_normal(family, free)
    return Estimate(*_estimates(family, theta, cov, free, question, level))


def _of_shares(p: ArrayLike) -> _Question:
    return _Question("ppf", _between("p", p, 0, 1))


def _of_period(period: ArrayLike) -> _Question:
    """Return the question of a return level; 1 / period keeps the digits that 1 - 1 / period would lose."""
    return _Question("isf", 1 / _between("period", period, 1, math.inf))


def _between(name: str, values: ArrayLike, low: float, high: float) -> Array:
    """Return numbers as an array; raise unless all lie strictly between low and high."""
    array = as_numbers(name, values)
    if not ((array > low) & (array < high)).all():
        wanted = f"lie strictly between {low} and {high}" if high < math.inf else f"be finite and above {low}"
        raise ParameterError(f"{name} must {wanted}, got {values!r}")
    return array


def _estimate(fit: Fitted, question: _Question, level: float) -> Estimate[Any]:
    """Return quantiles of one fit; raise where doubles cannot hold them, or their standard errors."""
    family = fit._family
    free = [place for place, name in enumerate(family.names) if name not in fit.fixed]
    _check_normal(family, free)
    parts = [part[0] for part in _estimates(family, fit.theta[None], fit.cov[None], free, question, level)]
    if np.isnan(parts[0]).any():
        raise ParameterError(f"quantiles of {family.name} so far out are beyond what doubles can hold")
    if not np.isfinite(parts[1]).all():
        raise ParameterError("standard errors of quantiles require a finite cov: that of this fit is not")
    return Estimate(*(part if part.ndim else float(part) for part in parts))


def _estimates(
    family: Family, theta: Array, cov: Array, free: list[int], question: _Question, level: float
) -> tuple[Array, Array, Array, Array]:
    """Return quantiles with delta-method standard errors, and limits in the free coordinate of a row.

    NaN where doubles cannot hold them. The first axis is that of theta and cov: one fit in each row.
    """
    z = normal_quantile(0.5 + check_level(level) / 2)
    with np.errstate(all="ignore"):
        quantiles: _Quantiles | _FormulaQuantiles
        laws = [family.law(one) for one in theta.tolist()]
        if any(laws):
            quantiles = _FormulaQuantiles(family, laws, question)
        else:
            quantiles = _Quantiles(family, theta, question)
        value, row = quantiles.value, quantiles.row
        slopes = np.array([quantiles.slope(place) for place in free]).reshape(len(free), *value.shape)
        inner = np.ascontiguousarray(cov[:, free][:, :, free])
        errors = np.sqrt(_variances(slopes, inner))
        low, high = (row.moved(value, side * z * errors) for side in (-1, 1))
        return value, errors * row.slope(value), low, high


def _variances(slopes: Array, cov: Array) -> Array:
    """Return g' cov g for each fit, the second axis of the slopes g, added up in one order for any shape."""
    total = np.zeros(slopes.shape[1:])
    for i, one in enumerate(slopes):
        for j, other in enumerate(slopes):
            total += one * cov[:, i, j].reshape(-1, *(1,) * (total.ndim - 1)) * other
    return total


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
    """Quantiles of fitted distributions, and their derivatives with respect to the parameters.

    A quantile is written as loc + q, where q does not depend on loc, and as log(q) or log(q / (1 - q)) where
    rows are positive, or between 0 and 1. Parameters stand in rows, a fit in each.
    """

    def __init__(self, family: Family, theta: Array, question: _Question) -> None:
        self._family, self._question = family, question
        of_shares = (1,) * question.shares.ndim  # the axes after that of the fits
        self._theta = tuple(column.reshape(-1, *of_shares) for column in theta.T)
        frozen = distribution(family, self._theta)
        self.row = _row(frozen, "loc" in family.scipy(*self._theta)[1])
        value = question.of(frozen)
        inside = np.isfinite(value) & (value > self.row.low) & (value < self.row.high)
        self.value = np.where(inside, value, math.nan)
        low, high = (self.row.free(np.asarray(frozen.ppf(share))) for share in (0.25, 0.75))
        self._spread = np.ldexp(1.0, np.minimum(np.frexp(high - low)[1], 1023))

    def slope(self, place: int) -> Array:
        """Return the derivative by a parameter, in central differences.

        The error of the five-point formula is of order h**4: rounding, for the h of a shape. The derivative
        in a location is exact for any h, and steps by a power of two keep its digits.
        """
        parameter, value = self._family.parameters[place], self._theta[place]
        h = self._spread if parameter.low == -math.inf else np.full_like(value, 2.0**-10)
        below2, below1, above1, above2 = (
            self._at(place, parameter.moved(value, k * h)) for k in (-2, -1, 1, 2)
        )
        rise = 8 * (above1 - below1) - (above2 - below2)
        return np.asarray(rise.sum(axis=0) / (12 * h * parameter.slope(value)))

    def _at(self, place: int, moved: Array) -> Array:
        """Return the loc and the rest of the quantiles, in the row's coordinate, with a parameter moved."""
        theta = (*self._theta[:place], moved, *self._theta[place + 1 :])
        rest = self.row.free(self._question.of(distribution(self._family, theta, loc=0.0)))
        return np.stack([np.broadcast_to(self._family.scipy(*theta)[1].get("loc", 0.0), rest.shape), rest])


class _FormulaQuantiles:
    """Quantiles of formulas without a name in SciPy, with the derivatives that implicit functions have."""

    def __init__(self, family: Family, laws: list[Any], question: _Question) -> None:
        low, high = family.ends
        self.row = Parameter("x")
        if low > -math.inf:
            self.row = Parameter("x", low, high, _core.LOG if high == math.inf else _core.LOGIT)
        self.value = np.stack([question.of(law) for law in laws])
        found = [_slopes(law, x.ravel()) for law, x in zip(laws, self.value, strict=True)]
        self._slopes = np.stack(found).transpose(2, 0, 1).reshape(-1, *self.value.shape)

    def slope(self, place: int) -> Array:
        """Return the derivative of the quantile's free coordinate by a parameter."""
        return np.asarray(self._slopes[place] / self.row.slope(self.value))


def _slopes(law: Any, x: Array) -> Array:
    """Return the derivatives of quantiles by the parameters: those of the nearer tail, over the density."""
    (log_p, of_below), (log_q, of_above) = (law.log_tail(x, upper=side) for side in (False, True))
    rise = np.where(
        (log_p <= log_q)[:, None],
        -np.exp(log_p)[:, None] * of_below,
        np.exp(log_q)[:, None] * of_above,
    )
    return np.asarray(rise / law.pdf(x)[:, None])


def _row(frozen: Any, located: bool) -> Parameter:
    """Return how rows are written free of the ends of their support."""
    low, high = frozen.support()
    if located or np.any(low < 0):
        return Parameter("x")
    if np.all((low == 0) & (high == 1)):
        return Parameter("x", low=0.0, high=1.0, coordinate=_core.LOGIT)
    return Parameter("x", low=0.0, coordinate=_core.LOG)
