"""An estimator of scikit-learn: the density of independent columns, by maximum likelihood."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat.errors import MissingExtraError, NoMaximumError, ParameterError
from thetahat.families import Family, FamilyName, find_family
from thetahat.fit import fit
from thetahat.solvers import Exact, Method, MethodName
from thetahat.summary import Summary

try:
    from sklearn.base import BaseEstimator, DensityMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.metaestimators import available_if
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
except ImportError as error:
    raise MissingExtraError(
        'thetahat.sklearn needs scikit-learn 1.6: pip install "thetahat[sklearn]"'
    ) from error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["DistributionEstimator"]


def _has_sums(estimator: DistributionEstimator) -> bool:
    """Whether rows can be added to those of before, which are known by their sums alone."""
    return find_family(estimator.family).sufficient


class DistributionEstimator(DensityMixin, BaseEstimator):  # type: ignore[misc]
    """A family of distributions, fitted to each column of X by maximum likelihood.

    Columns are independent: the density of a row is the product of those of its values. The score is the
    log-likelihood, as that of scikit-learn's `KernelDensity`: `GridSearchCV` with the parameter ``family``
    chooses the family that gives rows held back the highest density.

    Parameters
    ----------
    family : str or Family, default "normal"
        One of `thetahat.families()`, or a family by its formula.
    fixed : mapping of str to float, optional
        Parameters with known values, as in `thetahat.fit`.
    method : Method or {"exact", "sgd"}, optional
        As in `thetahat.fit`; by default exact.
    random_state : int or Generator, optional
        The seed of methods that draw random numbers.

    Attributes
    ----------
    fits_ : list of Fit
        The fits of the columns: estimates, standard errors, tests, plots.
    n_features_in_ : int
        Number of columns.

    Examples
    --------
    >>> import numpy as np
    >>> from thetahat.sklearn import DistributionEstimator
    >>> X = np.random.default_rng(0).gamma(2, 3, (1000, 1))
    >>> estimator = DistributionEstimator(family="gamma").fit(X)
    >>> estimator.fits_[0]
    <Fit gamma(shape=2.00093, scale=3.0072), n=1000, converged>
    """

    def __init__(
        self,
        family: FamilyName | Family = "normal",
        *,
        fixed: Mapping[str, float] | None = None,
        method: Method | MethodName | None = None,
        random_state: Any = None,
    ) -> None:
        self.family = family
        self.fixed = fixed
        self.method = method
        self.random_state = random_state

    def fit(
        self, X: ArrayLike, y: Any = None, sample_weight: ArrayLike | None = None
    ) -> DistributionEstimator:
        """Fit the family to the rows of X.

        Parameters
        ----------
        X : array_like, shape (n, n_columns)
            The rows.
        y : ignored
        sample_weight : array_like, shape (n,), optional
            The weights of the rows.

        Returns
        -------
        DistributionEstimator
            Itself.
        """
        values, weights = self._rows(X, sample_weight, reset=True, least=2)
        self._summaries: list[Summary] | None = None
        method = Exact() if self.method is None else self.method
        rng = None if isinstance(method, Exact) or method == "exact" else _generator(self.random_state)
        self.fits_ = [
            fit(column, self.family, fixed=self.fixed, method=method, weights=weights, rng=rng)
            for column in values.T
        ]
        return self

    @available_if(_has_sums)  # type: ignore[untyped-decorator]
    def partial_fit(
        self, X: ArrayLike, y: Any = None, sample_weight: ArrayLike | None = None
    ) -> DistributionEstimator:
        """Add rows to those of earlier calls, and fit the family to all of them.

        It has the bits of `fit` with all rows, and keeps sums alone: only estimators of families with
        sufficient statistics have this method. Rows of which the likelihood has no maximum yet are added too;
        then there are no `fits_`.

        Parameters and returns are those of `fit`.
        """
        summaries = getattr(self, "_summaries", None)
        values, weights = self._rows(X, sample_weight, reset=summaries is None)
        if self.method is not None:
            raise ParameterError("partial_fit is exact: it does not use method")
        if summaries is None:
            summaries = [Summary(self.family) for _ in values.T]
        self._summaries = [
            summary.update(column, weights=weights)
            for summary, column in zip(summaries, values.T, strict=True)
        ]
        try:
            self.fits_ = [summary.fit(fixed=self.fixed) for summary in self._summaries]
        except NoMaximumError:
            self.__dict__.pop("fits_", None)
        return self

    def score_samples(self, X: ArrayLike) -> Array:
        """Return the log-density of each row.

        Parameters
        ----------
        X : array_like, shape (n, n_columns)

        Returns
        -------
        ndarray of float64, shape (n,)
        """
        check_is_fitted(self, "fits_")
        values, _ = self._rows(X, None, reset=False)
        densities = [np.asarray(each.logpdf(x)) for each, x in zip(self.fits_, values.T, strict=True)]
        total: Array = np.sum(densities, axis=0)
        return total

    def score(self, X: ArrayLike, y: Any = None) -> float:
        """Return the log-likelihood of the rows: the sum of their log-densities."""
        return float(self.score_samples(X).sum())

    def sample(self, n_samples: int = 1, random_state: Any = None) -> Array:
        """Return random rows of the fitted distribution, shape (n_samples, n_columns); it needs SciPy."""
        check_is_fitted(self, "fits_")
        rng = np.random.default_rng(_generator(random_state))
        return np.stack([each.rvs(n_samples, rng) for each in self.fits_], axis=1)

    def _rows(
        self, X: ArrayLike, sample_weight: ArrayLike | None, reset: bool, least: int = 1
    ) -> tuple[Array, Array | None]:
        """Return the rows and their weights."""
        find_family(self.family)
        values = validate_data(self, X, reset=reset, dtype=np.float64, ensure_min_samples=least)
        if sample_weight is None:
            return values, None
        return values, _check_sample_weight(sample_weight, values, dtype=np.float64, ensure_non_negative=True)


def _generator(random_state: Any) -> Any:
    """Return what `thetahat.fit` takes as rng for a random state of scikit-learn."""
    if random_state is None or isinstance(random_state, Integral | np.random.Generator):
        return random_state
    return np.random.default_rng(check_random_state(random_state).randint(2**31))
