"""The functions of a fitted distribution: densities by compiled code, the others by SciPy or quadrature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from thetahat._checks import as_generator, as_numbers
from thetahat._core import apply
from thetahat._distribution import distribution, survival
from thetahat.families import Family

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["Probability"]


class Probability:
    """Densities, probabilities, quantiles and random rows of a fitted distribution."""

    _family: Family
    _theta: tuple[float, ...]

    @overload
    def logpdf(self, x: float) -> float: ...
    @overload
    def logpdf(self, x: Sequence[Any] | NDArray[Any]) -> Array: ...
    @overload
    def logpdf(self, x: ArrayLike) -> Any: ...
    def logpdf(self, x: ArrayLike) -> Any:
        """Return the log-density at x, of counts the log of the probability; it needs NumPy alone.

        Parameters
        ----------
        x : float or array_like
            Values, in any shape.

        Returns
        -------
        float or ndarray of float64
            A number for one x, else an array of its shape; ``-inf`` outside the support, NaN at NaN.

        Examples
        --------
        >>> import thetahat as th
        >>> fit = th.fit([1.0, 2.0, 4.0, 7.0], "normal")
        >>> round(fit.logpdf(3.5), 6)
        -1.748053
        """
        values = as_numbers("x", x)
        out = np.empty(values.size)
        self._family.model.log_density(self._theta, np.ascontiguousarray(values).ravel(), out)
        return _shaped(out, values.shape)

    @overload
    def pdf(self, x: float) -> float: ...
    @overload
    def pdf(self, x: Sequence[Any] | NDArray[Any]) -> Array: ...
    @overload
    def pdf(self, x: ArrayLike) -> Any: ...
    def pdf(self, x: ArrayLike) -> Any:
        """Return the density at x, of counts the probability; it needs NumPy alone.

        Parameters and returns are those of `logpdf`.

        Examples
        --------
        >>> import thetahat as th
        >>> th.fit([0, 1, 1, 2], "poisson").pdf([0, 1]).round(4)
        array([0.3679, 0.3679])
        """
        logs = np.asarray(self.logpdf(x))
        return _shaped(apply("exp", logs.ravel()), logs.shape)

    @overload
    def cdf(self, x: float) -> float: ...
    @overload
    def cdf(self, x: Sequence[Any] | NDArray[Any]) -> Array: ...
    @overload
    def cdf(self, x: ArrayLike) -> Any: ...
    def cdf(self, x: ArrayLike) -> Any:
        """Return the probability that a row is at most x.

        Angles are those of the turn around mu: see `dist`. Of a formula without a name in SciPy, it is the
        integral of the density, and needs no SciPy.

        Parameters
        ----------
        x : float or array_like
            Values, in any shape.

        Returns
        -------
        float or ndarray of float64

        Raises
        ------
        MissingExtraError
            If SciPy is not installed.

        Examples
        --------
        >>> import thetahat as th
        >>> th.fit([1.0, 2.0, 4.0, 7.0], "normal").cdf(3.5)
        0.5
        """
        return self._of_scipy("cdf", "x", x)

    @overload
    def sf(self, x: float) -> float: ...
    @overload
    def sf(self, x: Sequence[Any] | NDArray[Any]) -> Array: ...
    @overload
    def sf(self, x: ArrayLike) -> Any: ...
    def sf(self, x: ArrayLike) -> Any:
        """Return the probability that a row is above x, also where `cdf` is 1 to rounding.

        Parameters, returns and errors are those of `cdf`.

        Examples
        --------
        >>> import thetahat as th
        >>> th.fit([1.0, 2.0, 4.0, 7.0], "normal").sf(3.5)
        0.5
        """
        numbers = as_numbers("x", x)
        return _shaped(survival(self._family, self._theta, numbers), numbers.shape)

    @overload
    def ppf(self, p: float) -> float: ...
    @overload
    def ppf(self, p: Sequence[Any] | NDArray[Any]) -> Array: ...
    @overload
    def ppf(self, p: ArrayLike) -> Any: ...
    def ppf(self, p: ArrayLike) -> Any:
        """Return the quantiles of probabilities; `Fit.quantile` returns them with standard errors.

        Parameters
        ----------
        p : float or array_like
            Probabilities from 0 to 1; NaN is returned for others.

        Returns
        -------
        float or ndarray of float64

        Raises
        ------
        MissingExtraError
            If SciPy is not installed.

        Examples
        --------
        >>> import thetahat as th
        >>> th.fit([1.0, 2.0, 4.0, 7.0], "normal").ppf(0.5)
        3.5
        """
        return self._of_scipy("ppf", "p", p)

    def rvs(self, size: int | tuple[int, ...] = 1, rng: Any = None) -> Array:
        """Return random rows of the fitted distribution.

        Parameters
        ----------
        size : int or tuple of int, default 1
            Their number, or the shape of the array.
        rng : optional
            As in `thetahat.fit`; the same seed gives the same rows.

        Returns
        -------
        ndarray of float64, of shape `size`

        Raises
        ------
        MissingExtraError
            If SciPy is not installed.

        Examples
        --------
        >>> import thetahat as th
        >>> th.fit([1.0, 2.0, 4.0, 7.0], "normal").rvs(3, rng=0).shape
        (3,)
        """
        drawn = distribution(self._family, self._theta).rvs(size=size, random_state=as_generator(rng))
        return np.asarray(drawn, dtype=np.float64)

    def _of_scipy(self, function: str, name: str, values: ArrayLike) -> float | Array:
        numbers = as_numbers(name, values)
        found = getattr(distribution(self._family, self._theta), function)(numbers)
        return _shaped(np.asarray(found, dtype=np.float64), numbers.shape)


def _shaped(values: Array, shape: tuple[int, ...]) -> float | Array:
    """Return an array of this shape; of no shape, its number."""
    return values.reshape(shape) if shape else float(values.reshape(-1)[0])
