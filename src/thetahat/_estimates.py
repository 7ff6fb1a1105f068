"""The estimates of a fit: by the names of the parameters, and of quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

from thetahat._fitted import Fitted
from thetahat._tables import library
from thetahat.inference import Estimate, confidence_limits, quantile, return_level

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["EstimatesByName"]


class EstimatesByName(Fitted):
    """Estimates, standard errors and intervals by name, as a dict and as a table, and those of quantiles."""

    @property
    def table(self) -> dict[str, dict[str, float]]:
        """The estimates by the names of the parameters, with standard errors and 95 % Wald intervals.

        Examples
        --------
        >>> import thetahat as th
        >>> fit = th.fit([1.0, 2.0, 4.0, 7.0], "normal")
        >>> {name: round(number, 4) for name, number in fit.table["mu"].items()}
        {'estimate': 3.5, 'stderr': 1.1456, 'low': 1.2546, 'high': 5.7454}
        """
        limits = confidence_limits(self, 0.95, None)
        return {
            name: {"estimate": value, "stderr": error, "low": low, "high": high}
            for (name, value), error, (low, high) in zip(
                self.params.items(), self.stderr.tolist(), limits, strict=True
            )
        }

    def to_pandas(self) -> Any:
        """Return `table` as a frame with a row for each parameter.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        MissingExtraError
            If pandas is not installed.

        Examples
        --------
        >>> import thetahat as th
        >>> frame = th.fit([1.0, 2.0, 4.0, 7.0], "normal").to_pandas()
        >>> float(frame.loc["mu", "estimate"])
        3.5
        """
        return library("pandas").DataFrame.from_dict(self.table, orient="index")

    @overload
    def quantile(self, p: float, level: float = 0.95) -> Estimate[float]: ...
    @overload
    def quantile(self, p: Sequence[Any] | NDArray[Any], level: float = 0.95) -> Estimate[Array]: ...
    @overload
    def quantile(self, p: ArrayLike, level: float = 0.95) -> Estimate[Any]: ...
    def quantile(self, p: ArrayLike, level: float = 0.95) -> Estimate[Any]:
        """Return quantiles of the fitted distribution, with standard errors by the delta method.

        The standard errors are sqrt(g' cov g), g the gradient of the quantile in the parameters. Limits are
        computed for the logarithm of a positive quantile, and for log(q / (1 - q)) of one between 0 and 1.
        Quantiles of angles are between mu - pi and mu + pi.

        Parameters
        ----------
        p : float or array_like
            The probability that a row is at most the quantile: strictly between 0 and 1.
        level : float, default 0.95
            Coverage of the limits, between 0 and 1.

        Returns
        -------
        Estimate
            `value`, `stderr`, `low` and `high`: numbers for one p, else arrays of its shape.

        Raises
        ------
        ParameterError
            If p or level is out of range; for families of counts, whose quantiles are integers (see `dist`);
            if the fitted parameters are ends of the support, which are not asymptotically normal; and if
            `cov` is not finite.
        MissingExtraError
            If SciPy is not installed.

        Examples
        --------
        >>> import thetahat as th
        >>> fit = th.fit([1.0, 2.0, 4.0, 7.0], "normal")
        >>> value, stderr, low, high = fit.quantile(0.9)
        >>> print(f"{value:.4f} ({stderr:.4f}), {low:.4f} to {high:.4f}")
        6.4364 (1.5461), 3.4062 to 9.4666
        """
        return quantile(self, p, level)

    @overload
    def return_level(self, period: float, level: float = 0.95) -> Estimate[float]: ...
    @overload
    def return_level(self, period: Sequence[Any] | NDArray[Any], level: float = 0.95) -> Estimate[Array]: ...
    @overload
    def return_level(self, period: ArrayLike, level: float = 0.95) -> Estimate[Any]: ...
    def return_level(self, period: ArrayLike, level: float = 0.95) -> Estimate[Any]:
        """Return the value that one in `period` rows exceeds on average: the quantile of 1 - 1 / period.

        Parameters
        ----------
        period : float or array_like
            Number of rows, above 1: of years, if a row is the maximum of a year.
        level : float, default 0.95
            Coverage of the limits, between 0 and 1.

        Returns
        -------
        Estimate
            As of `quantile`.

        Raises
        ------
        ParameterError, MissingExtraError
            As `quantile` does.

        Examples
        --------
        >>> import thetahat as th
        >>> fit = th.fit([31.0, 42.0, 35.0, 58.0, 39.0], "gumbel")
        >>> print(f"{fit.return_level(100).value:.1f}")
        67.0
        """
        return return_level(self, period, level)
