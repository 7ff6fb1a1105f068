"""The distribution of a formula: its functions by quadrature of the density, its quantiles by inversion."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from thetahat import _censored, _core
from thetahat._checks import as_generator
from thetahat._doubles import between, number, ordered
from thetahat.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from thetahat._core import Model
    from thetahat._formulas import Formula

    Array = NDArray[np.float64]

__all__ = ["Definition", "FormulaLaw"]

_MOST_STEPS = 200  # of an inversion: of halves of the doubles alone there are 64
_ROUNDING = 2.0**-50
_LAST = 2.0**-26  # distance of the logarithm of a probability from which one more step leads to rounding
_PARTS = (256, 16, 16, 16)  # of the cells in which quantiles are looked for


class Definition(Protocol):
    """What is known of a family."""

    ends: tuple[float, float]

    @property
    def name(self) -> str: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def counts(self) -> bool: ...
    @property
    def of_process(self) -> bool: ...
    @property
    def model(self) -> Model: ...
    @property
    def compiled(self) -> Formula: ...


class FormulaLaw:
    """A family by a formula at one theta, with the functions that a frozen distribution of SciPy has.

    The density is integrated on panels that are halved until both halves agree with the whole, from either
    end of the support: each tail has digits of its own. Quantiles are found by Newton's method, inside
    brackets.

    Parameters
    ----------
    family : Definition
        The family.
    theta : sequence of float
        Its parameters.
    """

    def __init__(self, family: Definition, theta: Any) -> None:
        if family.of_process:
            raise ParameterError(
                f"{family.name} is the intensity of a Poisson process (extended=True), and no distribution of"
                " a row: write the family with normalized=False"
            )
        self._family = family
        self._theta = np.array([float(value) for value in theta])

    def __repr__(self) -> str:
        values = zip(self._family.names, self._theta.tolist(), strict=True)
        return f"<distribution {self._family.name}({', '.join(f'{name}={v:.6g}' for name, v in values)})>"

    def support(self) -> tuple[float, float]:
        """Return the ends of the support."""
        return self._family.ends

    def logpdf(self, x: ArrayLike) -> Any:
        """Return the log-density at x; -inf outside the support."""
        return _each(self._log_density, x)

    def pdf(self, x: ArrayLike) -> Any:
        """Return the density at x."""
        return _each(lambda values: _core.apply("exp", self._log_density(values)), x)

    logpmf, pmf = logpdf, pdf  # of counts

    def cdf(self, x: ArrayLike) -> Any:
        """Return the probability of a row up to x."""
        return _each(lambda values: self._both(values)[0], x)

    def sf(self, x: ArrayLike) -> Any:
        """Return the probability of a row above x."""
        return _each(lambda values: self._both(values)[1], x)

    def logcdf(self, x: ArrayLike) -> Any:
        """Return the logarithm of `cdf`, also where that is 0 to double precision."""
        return _each(lambda values: self.log_tail(values, upper=False)[0], x)

    def logsf(self, x: ArrayLike) -> Any:
        """Return the logarithm of `sf`, also where that is 0 to double precision."""
        return _each(lambda values: self.log_tail(values, upper=True)[0], x)

    def ppf(self, p: ArrayLike) -> Any:
        """Return the quantiles of probabilities from 0 to 1; NaN of others."""
        return _each(lambda values: self._quantiles(values, 1 - values), p)

    def isf(self, p: ArrayLike) -> Any:
        """Return the quantiles that are exceeded with probabilities from 0 to 1; NaN of others."""
        return _each(lambda values: self._quantiles(1 - values, values), p)

    def median(self) -> float:
        """Return the median."""
        return float(self.ppf(0.5))

    def interval(self, confidence: float) -> tuple[float, float]:
        """Return the quantiles between which a row lies with this probability, as much on either side."""
        outside = (1 - confidence) / 2
        return float(self.ppf(outside)), float(self.isf(outside))

    def rvs(self, size: int | tuple[int, ...] = 1, random_state: Any = None) -> Array:
        """Return random rows: quantiles of random probabilities."""
        u = as_generator(random_state).random(size)
        return np.asarray(self.ppf(np.maximum(u, 2.0**-54)))

    def log_tail(self, x: Array, upper: bool) -> tuple[Array, Array]:
        """Return the logarithms of the probabilities above x, or up to it, and their gradients."""
        nothing, everything = (math.inf, -math.inf) if upper else (-math.inf, math.inf)
        values = np.where(x == nothing, -math.inf, np.where(x == everything, 0.0, math.nan))
        gradients = np.zeros((x.size, self._theta.size))
        asked = np.isfinite(x)
        if asked.any():
            ends = np.full(int(asked.sum()), nothing)
            limits = (x[asked], ends) if upper else (ends, x[asked])
            theta = self._theta.tolist()
            values[asked], gradients[asked] = _censored.scores(self._family.model, theta, *limits)
            self._check_found(values[asked])
        return values, gradients

    def _log_density(self, x: Array) -> Array:
        out = np.empty(x.size)
        self._family.model.log_density(tuple(self._theta), x, out)
        return out

    def _both(self, x: Array) -> tuple[Array, Array]:
        """Return the probabilities up to each x, and above it."""
        x = np.floor(x) if self._family.counts else x
        low, high = self._family.ends
        inside = (x >= low) & (x + 1 <= high) if self._family.counts else (x > low) & (x < high)
        inside &= np.isfinite(x)
        below = np.where(np.isnan(x), math.nan, np.where(x > low, 1.0, 0.0))
        above = 1 - below
        if inside.any():
            distinct, place = np.unique(x[inside], return_inverse=True)
            found = self._family.compiled.cumulative(self._theta, distinct)
            self._check_found(found[0])
            below[inside], above[inside] = (of_distinct[place] for of_distinct in found)
        return below, above

    def _check_found(self, values: Array) -> None:
        if np.isnan(values).any():
            theta = zip(self._family.names, self._theta.tolist(), strict=True)
            raise ParameterError(
                f"the integral of the density of {self._family.name} was not found at"
                f" {', '.join(f'{name} = {value:.6g}' for name, value in theta)}: it is not finite, or lies"
                " where nodes do not find it"
            )

    def _quantiles(self, p: Array, q: Array) -> Array:
        """Return the quantiles of probabilities p up to them, and q above."""
        low, high = self._family.ends
        x = np.full(p.size, math.nan)
        x[p == 0], x[q == 0] = low - self._family.counts, high
        inside = (p > 0) & (q > 0)
        if inside.any():
            search = self._integers if self._family.counts else self._numbers
            x[inside] = search(p[inside], q[inside])
        return x

    def _numbers(self, p: Array, q: Array) -> Array:
        """Return quantiles by Newton's method in the logarithm of the nearer tail, in brackets of doubles."""
        upper, target = q < p, np.log(np.minimum(p, q))
        left, right = self._brackets(p, q)
        x = number(between(left, right))
        open_ = np.arange(p.size)
        for step in range(_MOST_STEPS):
            at, above = x[open_], upper[open_]
            tail = np.where(above, *self._both(at)[::-1])
            with np.errstate(all="ignore"):
                off = np.log(tail) - target[open_]
                move = np.where(above, 1.0, -1.0) * off * (tail / np.exp(self._log_density(at)))
                moved = at + move
            short = (off > 0) == above  # of the quantile
            here = ordered(at)
            left[open_], right[open_] = (
                np.where(short, here, left[open_]),
                np.where(short, right[open_], here),
            )
            low, high = left[open_], right[open_]
            trusted = (moved >= number(low)) & (moved <= number(high))
            done = (np.abs(off) <= _LAST) & trusted | (high - low <= 1)
            trusted &= done | (step % 4 < 3)
            x[open_] = np.where(trusted, moved, np.where(done, at, number(between(low, high))))
            open_ = open_[~done]
            if not open_.size:
                break
        return x

    def _brackets(self, p: Array, q: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return doubles, by their places, between which each quantile lies: cut several times."""
        most = np.finfo(np.float64).max
        low, high = ordered(np.clip(self._family.ends, -most, most))
        left, right = np.full(p.size, low), np.full(p.size, high)
        for parts in _PARTS:
            start, first = np.unique(left, return_index=True)
            end = right[first]
            steps = (end // parts - start // parts)[:, None] * np.arange(1, parts)
            cuts = np.unique(np.clip(start[:, None] + steps, start[:, None], end[:, None]))
            below, above = self._both(number(cuts))
            place = np.where(p <= q, np.searchsorted(below, p), np.searchsorted(-above, -q))
            left = np.maximum(left, cuts[np.maximum(place - 1, 0)] * (place > 0) + low * (place == 0))
            right = np.minimum(right, np.append(cuts, high)[place])
        return left, right

    def _integers(self, p: Array, q: Array) -> Array:
        """Return the least counts up to which there is a probability of p, by halves."""
        low, high = (float(end) for end in self._family.ends)
        left = np.full(p.size, low - 1 if low > -math.inf else -1.0)
        right = np.full(p.size, high if high < math.inf else 1.0)
        while high == math.inf and (short := ~self._has(right, p, q)).any():
            right[short] *= 2
        while low == -math.inf and (far := self._has(left, p, q)).any():
            left[far] *= 2
        while (apart := right - left > 1).any():
            middle = np.where(apart, np.floor(left + (right - left) / 2), right)
            has = self._has(middle, p, q)
            left, right = np.where(apart & ~has, middle, left), np.where(apart & has, middle, right)
        return right

    def _has(self, x: Array, p: Array, q: Array) -> NDArray[np.bool_]:
        """Return whether there is a probability of p up to x."""
        below, above = self._both(x)
        return np.where(p <= q, below >= p * (1 - _ROUNDING), above <= q * (1 + _ROUNDING))


def _each(function: Callable[[Array], Array], values: ArrayLike) -> Any:
    """Return a function of numbers in the shape of these; of one number, a number."""
    numbers = np.asarray(values, dtype=np.float64)
    found = function(np.ascontiguousarray(numbers).ravel())
    return found.reshape(numbers.shape) if numbers.shape else found[0]
