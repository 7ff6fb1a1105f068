"""The result of a fit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat import _sums
from thetahat._checks import check_choice, check_level
from thetahat._estimates import EstimatesByName
from thetahat._records import read_record, to_record
from thetahat._report import report
from thetahat._theta import Theta
from thetahat.data.arrays import as_rows
from thetahat.data.source import ArraySource
from thetahat.errors import ParameterError
from thetahat.inference import METHODS as INTERVALS
from thetahat.inference import (
    LikelihoodRatio,
    Profile,
    confidence_limits,
    likelihood_ratio,
)
from thetahat.pilot import Pilot
from thetahat.sample import Sample
from thetahat.solvers import COVARIANCES

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from thetahat.goodness import GoodnessOfFit

    Array = NDArray[np.float64]

__all__ = ["Fit"]

_DRAWN = 10**6  # rows of a source whose density is drawn


class Fit(EstimatesByName):
    """A fitted distribution.

    Made by `thetahat.fit`. What needs more than the parameters is computed on access. The fit keeps a
    reference to its sample for methods that need the data again; records do not contain it, pickles only its
    sufficient statistics.

    Examples
    --------
    >>> import thetahat as th
    >>> fit = th.fit([1.0, 2.0, 4.0, 7.0], "normal")
    >>> fit
    <Fit normal(mu=3.5, sigma=2.29129), n=4, converged>
    >>> fit.confint(0.9)
    array([[1.61558344, 5.38441656],
           [1.28090961, 4.09864985]])
    >>> th.Fit.from_dict(fit.to_dict()).params == fit.params
    True

    Attributes
    ----------
    family : str
        Name of the family.
    method : Method
        How the fit was made.
    n : int or float
        Number of rows; with weights, their sum.
    rows : int
        Number of rows of positive weight.
    omitted : int
        Number of rows left out: masked, of weight 0, or NaN or null with ``nan_policy="omit"``.
    skipped : int
        Number of a stream's `rows` that are not in the estimate, since it gave them no finite log-likelihood
        when they came.
    passes : int
        Number of passes over the sample.
    fixed : tuple of str
        The parameters that were fixed; their standard errors are 0.
    cov_type : str
        The kind of `cov` and `stderr`: ``"information"`` or ``"sandwich"``.
    epochs : int
        Epochs done; 0 for an exact fit.
    trace : ndarray of float64, shape (n_kept, n_params), or None
        Start values and the parameters after each epoch, or after every so many steps, as requested.
    trace_epochs : ndarray of float64, shape (n_kept,), or None
        Epochs done at each row of `trace`.
    """

    def confint(self, level: float = 0.95, method: str = "wald") -> Array:
        """Return confidence intervals.

        Parameters
        ----------
        level : float, default 0.95
            Coverage, between 0 and 1.
        method : {"wald", "profile"}, default "wald"
            ``"wald"``: a multiple of the standard error on an unbounded scale: the logarithm of a positive
            parameter, log(p / (1 - p)) of one between 0 and 1, otherwise the parameter itself, cut off at the
            end of its domain (generalized_pareto's shape, at -1).
            ``"profile"``: the values that a likelihood-ratio test does not reject, to 1e-8 of a standard
            error; each evaluation maximises over the other parameters (Venzon and Moolgavkar 1988). If the
            likelihood never drops far enough, the limit is the end of the domain.

        Returns
        -------
        ndarray of float64, shape (n_params, 2)
            Lower and upper limits. A parameter whose maximum lies on the boundary of the support (uniform's
            ends, pareto's minimum) has an exact one-sided interval with both methods. The limits of a fixed
            parameter are its value.

        Raises
        ------
        ParameterError
            If level or method is invalid. For ``"profile"``, also with ``cov="sandwich"``, if the fit did not
            end at the maximum, or if the data are needed again and were lost or changed.

        Examples
        --------
        >>> import thetahat as th
        >>> fit = th.fit([1.0, 2.0, 4.0, 7.0], "normal")
        >>> fit.confint(method="profile").round(4)
        array([[0.5903, 6.4097],
               [1.3039, 5.619 ]])
        """
        check_choice("method", method, INTERVALS)
        profile = self._profile("a profile interval") if method == "profile" else None
        return np.array(confidence_limits(self, check_level(level), profile))

    def test(self, theta0: Theta) -> LikelihoodRatio:
        """Return the likelihood-ratio test of the hypothesis that parameters have given values.

        Twice the drop of the log-likelihood has asymptotically the chi-square distribution, with as many
        degrees of freedom as `theta0` has fitted parameters (Wilks 1938).

        Parameters
        ----------
        theta0 : mapping of str to float, or sequence of float
            Values of some parameters by name, such as ``{"mu": 0}``, the others being fitted again; or of
            all. Parameters that were fixed in the fit stay fixed.

        Returns
        -------
        LikelihoodRatio
            With `statistic`, `df`, `pvalue`, and `log_likelihood` and `params` under the hypothesis.

        Raises
        ------
        ParameterError
            If theta0 is outside the domain; as for profile intervals; and for parameters whose maximum lies
            on the boundary of the support, where the ratio does not follow the chi-square distribution.
        NoMaximumError
            If there is no maximum under the hypothesis.

        Examples
        --------
        >>> import thetahat as th
        >>> th.fit([1.0, 2.0, 4.0, 7.0], "normal").test({"mu": 0})
        <LikelihoodRatio chi-square = 4.81589, df = 1, p = 0.0282>
        """
        return likelihood_ratio(self._profile("a likelihood-ratio test"), theta0)

    def _profile(self, what: str) -> Profile:
        """Return the likelihood around the maximum; raise if the fit does not determine it."""
        if self.cov_type != COVARIANCES[0]:
            raise ParameterError(
                f'{what} assumes that the model is correctly specified, unlike cov="sandwich": fit with'
                ' cov="information"'
            )
        if self.status != "converged":
            raise ParameterError(
                f"{what} requires a fit at the maximum, but its status is {self.status}: use Exact()"
            )
        if np.isnan(self.stderr).any():
            raise ParameterError(
                f"{what} assumes a regular maximum: {self.family} has no standard errors at {self.params}"
            )
        if self._sample is None:
            raise ParameterError(f"{what} needs the data again; a fit from a record or a pickle has none")
        value = self._sample.at(self._theta).evaluate(self._theta)[0]
        if not self._agrees(value):
            raise ParameterError(f"{what} needs the data again, but they changed after the fit: refit")
        return Profile(self._sample, self._theta, value, self._fixed)

    def _agrees(self, log_likelihood: float) -> bool:
        """Whether this is the log-likelihood of the fit, except for the order of summation."""
        mine = self.log_likelihood
        return log_likelihood == mine or abs(log_likelihood - mine) <= 1e-9 * (abs(mine) + self.n) < math.inf

    def gof(
        self,
        x: ArrayLike | None = None,
        *,
        bootstrap: int = 999,
        rng: Any = None,
        threads: int | None = None,
    ) -> GoodnessOfFit:
        """Test how well the distribution fits: Kolmogorov-Smirnov, Anderson-Darling, Cramer-von Mises.

        Tables of these tests are invalid if parameters are estimated from the same rows. The p-values are
        from a parametric bootstrap (Stute, Gonzales Manteiga and Presedo Quindimil 1993): samples are drawn
        from the fit, each is fitted with the same `fixed`, and a p-value is the share of statistics,
        including the observed one, that are at least as large. A small p-value is evidence against the
        family.

        It draws and fits `bootstrap` samples of the size of the data, on all processors. In long ones the
        fitted distribution function is computed at some 1000 rows and interpolated between them, which
        changes statistics by some 1e-4 of what they differ by chance. Fewer replicates give
        coarser p-values, at least ``1 / (bootstrap + 1)``; Ctrl-C interrupts it.

        For counts, D and W squared are evaluated where both distribution functions jump, and the bootstrap
        has the same ties; A squared is not defined. Angles are cut opposite to their mean direction.

        Parameters
        ----------
        x : array_like, shape (n,), optional
            The rows that were fitted, if the fit no longer has them (a pickle, a record).
        bootstrap : int, default 999
            Number of replicates.
        rng : optional
            As in `fit`; the same seed gives the same p-values.
        threads : int, optional
            Number of replicates in work at once; by default the number of processors of this process. The
            p-values do not depend on it, and each thread holds three numbers for each row.

        Returns
        -------
        GoodnessOfFit

        Raises
        ------
        ParameterError
            If the fit is not at the maximum, its rows are lost, changed or weighted, or `x` has other rows.
        NoMaximumError
            If no replicate could be fitted.
        MissingExtraError
            If SciPy is not installed.

        Examples
        --------
        >>> import thetahat as th
        >>> x = [0.4, 0.9, 1.1, 1.8, 2.5, 3.1, 4.7, 9.6]
        >>> test = th.fit(x, "exponential").gof(bootstrap=99, rng=0)
        >>> round(test.kolmogorov_smirnov.statistic, 4)
        0.1333
        """
        from thetahat.goodness import goodness_of_fit

        rows, weights = self._rows(x)
        if weights is not None and np.any(weights != 1):
            raise ParameterError("gof is not supported with weights: replicates are samples of equal rows")
        return goodness_of_fit(self, rows, bootstrap, rng, threads)

    def plot(self, kind: str | None = None, *, x: ArrayLike | None = None, name: str = "value") -> Figure:
        """Draw the fit over its sample.

        The density over the histogram (of counts, their probabilities), the quantiles of the rows against
        those of the fit (Q-Q), the share of the rows against probability (P-P), and, for an iterative fit
        with a trace, the path of the first two fitted parameters over contours of the log-likelihood, and all
        parameters by epoch. Bands contain 95 % of samples from the fit at each point, by the beta
        distribution of order statistics; since parameters are estimated, fewer than 5 % of the rows should be
        outside.

        Of large samples about 1500 points are drawn, evenly spaced in probability and more densely towards
        both ends; above two million rows only the tails are exact, the rest is from a subsample, and the axis
        says so. Of a source of more than 1e7 rows, the density is drawn over a million, and other panels need
        memory for all. The axes of a heavy-tailed Q-Q plot are logarithmic. Contours are k**2 / 2 below the
        maximum: near it, k standard errors away. Without sufficient statistics they are from about 10,000
        rows, moved to the maximum of all.

        Parameters
        ----------
        kind : {"density", "qq", "pp", "trace"}, optional
            One panel; by default all of them. There is no Q-Q plot of counts, which would be a staircase, and
            neither Q-Q nor P-P with weights.
        x : array_like, shape (n,), optional
            The rows that were fitted, if the fit no longer has them (a pickle, a record).
        name : str, default "value"
            What the values are, for the axis.

        Returns
        -------
        matplotlib.figure.Figure
            ``figure.savefig(path)`` writes it.

        Raises
        ------
        ParameterError
            If the fit has no such panel, its rows are lost or changed, or `x` has other rows.
        SampleError
            If changed rows are outside the support; if the values, or their range, are too large or small for
            axes in float64.
        MissingExtraError
            If matplotlib is not installed, or SciPy, which Q-Q and P-P need.

        Examples
        --------
        >>> import thetahat as th
        >>> figure = th.fit([1.0, 2.0, 4.0, 7.0], "normal").plot("density")
        >>> figure.savefig("normal.png")  # doctest: +SKIP
        """
        from thetahat.plots import fit_figure

        density_alone = isinstance(kind, str) and kind == "density" and x is None
        if density_alone and self._sample is not None and self._sample.is_long:
            drawn = self._sample.read().sample(_DRAWN, 0).contiguous()
            return fit_figure(drawn.x, self, f"{name}, of {_DRAWN:,} rows", kind, drawn.weights)
        rows, weights = self._rows(x)
        return fit_figure(rows, self, name, kind, weights)

    def _rows(self, x: ArrayLike | None) -> Pilot:
        """Return the rows of the fit: those given, or those that it still has."""
        if x is not None:
            rows = Pilot(as_rows(x, "omit" if self.omitted else "raise"))
            if rows.x.size != self.rows or self.n != self.rows:
                raise ParameterError(
                    f"x must be the {self.rows} rows that were fitted, without weights; it has {rows.x.size}"
                )
        elif self._sample is None or not self._sample.has_rows:
            raise ParameterError("this fit no longer has its rows: pass them as x")
        else:
            rows = self._sample.contiguous()
        sums = Sample(self._family, ArraySource(*rows)).at(self._theta)
        if self.method.sees_all and not self._agrees(sums.evaluate(self._theta)[0]):
            raise ParameterError(
                "the rows have changed since the fit" if x is None else "x does not have the rows of this fit"
            )
        return rows

    def to_dict(self) -> dict[str, Any]:
        """Return the fit as numbers, strings, lists and dicts, for strict JSON.

        NaN becomes None, infinities become strings.
        """
        return to_record(self)

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Fit:
        """Return the fit that `to_dict` wrote.

        Raises
        ------
        ParameterError
            If the record is not that of a fit.
        """
        if not isinstance(record, dict):
            raise ParameterError(f"not the record of a fit: {type(record).__name__}, and no dict")
        try:
            fit = cls(**read_record(record))
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise ParameterError(f"not the record of a fit: {error}") from error
        if fit.status != record["status"]:
            raise ParameterError(
                f"not the record of a fit: status {record['status']!r} contradicts its numbers"
            )
        return fit

    def __reduce__(self) -> tuple[Any, ...]:
        sums = None
        if self._sample is not None and self._family.sufficient:
            sums = self._sample.at(self._theta).numbers()
        return _unpickled, (self.to_dict(), sums)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value:.6g}" for name, value in self.params.items())
        return f"<Fit {self.family}({values}), n={self.n}, {self.status}>"

    def __str__(self) -> str:
        return report(self)


def _unpickled(record: dict[str, Any], sums: tuple[float, ...] | None) -> Fit:
    """Return a fit from its record, and from its sufficient statistics instead of its sample."""
    parts = read_record(record)
    if sums is not None:
        of_rows = _sums.Sums.from_numbers(parts["family"].model, sums)
        parts["sample"] = Sample(parts["family"], None, sums=of_rows, omitted=parts["omitted"])
    return Fit(**parts)
