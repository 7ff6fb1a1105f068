"""The result of a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat import _sums
from thetahat._checks import check_choice, check_count, check_level
from thetahat._estimates import EstimatesByName
from thetahat._plotted import Plotted
from thetahat._records import read_record, to_record
from thetahat._report import report, report_html
from thetahat._rows_of_fit import agrees, equal_rows_of
from thetahat._theta import Theta
from thetahat.errors import ParameterError
from thetahat.families import Family
from thetahat.inference import METHODS as INTERVALS
from thetahat.inference import (
    LikelihoodRatio,
    Profile,
    confidence_limits,
    likelihood_ratio,
)
from thetahat.sample import Sample
from thetahat.solvers import COVARIANCES
from thetahat.solvers.progress import counting

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from thetahat.goodness.of_fit import GoodnessOfFit

    Array = NDArray[np.float64]

__all__ = ["Fit"]


class Fit(Plotted, EstimatesByName):
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
    kinds : Kinds or None
        Of a censored sample, how many rows are `exact`, `right`-censored, `left`-censored, known by an
        `interval`, and how many of all are `truncated`; else None.
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
        if not agrees(self, value):
            raise ParameterError(f"{what} needs the data again, but they changed after the fit: refit")
        return Profile(self._sample, self._theta, value, self._fixed)

    def gof(
        self,
        x: ArrayLike | None = None,
        *,
        bootstrap: int = 999,
        rng: Any = None,
        progress: bool = False,
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

        Of censored rows, the fit is compared with Kaplan-Meier's estimate, or Turnbull's, as far as that is
        known, and replicates are censored by the same limits: those of exact rows, which are not known, are
        drawn from Kaplan-Meier's estimate of limits; replicates of binned rows are sorted into the bins.

        Parameters
        ----------
        x : array_like, shape (n,), optional
            The rows that were fitted, if the fit no longer has them (a pickle, a record).
        bootstrap : int, default 999
            Number of replicates.
        rng : optional
            As in `fit`; the same seed gives the same p-values.
        progress : bool, default False
            Show a progress bar with the replicates done and the time left (needs tqdm).
        threads : int, optional
            Number of replicates in work at once; by default the number of processors of this process. The
            p-values do not depend on it, and each thread holds three numbers for each row. Replicates of
            censored rows are fitted one by one.

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
        from thetahat.goodness.of_fit import goodness_of_fit

        rows = equal_rows_of(self, self._sample, x, "gof")
        check_count("bootstrap", bootstrap)
        with counting(bootstrap, "replicates", progress) as done:
            return goodness_of_fit(self, rows, bootstrap, rng, threads, done)

    def _repr_html_(self) -> str:
        """Return the fit as a table for a notebook."""
        return report_html(self)

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
        if self._sample is not None and self._family.sufficient and self.kinds is None:
            sums = self._sample.at(self._theta).numbers()
        return _unpickled, (self.to_dict(), sums, self._family)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value:.6g}" for name, value in self.params.items())
        return f"<Fit {self.family}({values}), n={self.n}, {self.status}>"

    def __str__(self) -> str:
        return report(self)


def _unpickled(record: dict[str, Any], sums: tuple[float, ...] | None, _family: Family) -> Fit:
    """Return a fit from its record, and from its sufficient statistics instead of its sample.

    The family is there so that records find the formula of one, which its pickle defines.
    """
    parts = read_record(record)
    if sums is not None:
        of_rows = _sums.Sums.from_numbers(parts["family"].model, sums)
        parts["sample"] = Sample(parts["family"], None, sums=of_rows, omitted=parts["omitted"])
    return Fit(**parts)
