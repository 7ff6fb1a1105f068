"""Fitted parameters, with log-likelihood, covariance and status."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np

from thetahat import _core, _sums
from thetahat._distribution import distribution
from thetahat._probability import Probability
from thetahat.data.censored_rows import Kinds
from thetahat.data.source import ArraySource, Source
from thetahat.families import Family, FamilyName
from thetahat.sample import Sample, check_sums
from thetahat.solvers import COVARIANCES, Exact, Method, Problem, Solution, Values
from thetahat.solvers.newton import values_at
from thetahat.solvers.row_scores import sandwich_of_censored

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["Fitted", "refit"]

CONVERGED = 1e-12  # newton_decrement of at most this is a maximum: a millionth of a standard error


class Fitted(Probability):
    """The part of `Fit` that comes from its method: parameters, their covariance, criteria, status."""

    _plain: Any = None  # the rows, where they are plain and no sample was made of them
    _fixed: tuple[int, ...] = ()
    _ending = "precision"
    cov_type, omitted, skipped, epochs = COVARIANCES[0], 0, 0, 0
    kinds: Kinds | None = None
    trace: Array | None = None
    trace_epochs: Array | None = None

    def __init__(
        self,
        family: Family,
        theta: tuple[float, ...],
        n: float,
        method: Method,
        *,
        rows: int,
        sample: Sample | None = None,
        sums: _sums.Sums | None = None,
        values: Values | None = None,
        fixed: tuple[int, ...] = (),
        cov_type: str = COVARIANCES[0],
        omitted: int = 0,
        skipped: int = 0,
        passes: int = 1,
        epochs: int = 0,
        ending: str = "precision",
        trace: Array | None = None,
        trace_epochs: Array | None = None,
        kinds: Kinds | None = None,
    ) -> None:
        self._family = family
        self._theta = theta
        self.n = n
        self.rows = rows
        self.method = method
        self._fixed = fixed
        self.cov_type = cov_type
        self.omitted = omitted
        self.skipped = skipped
        self.passes = passes
        self.epochs = epochs
        self._ending = ending
        self.trace = trace
        self.trace_epochs = trace_epochs
        self.kinds = kinds
        for kept in (trace, trace_epochs):
            if kept is not None:
                kept.flags.writeable = False
        self._sample = sample
        self._sums = sums
        if values is not None:
            self._values = values

    @classmethod
    def of_plain(cls, family: Family, x: Any, method: Method, exact: _sums.ExactFit) -> Self:
        """Return the exact fit of a plain array without weights; what can wait is computed on access."""
        fit = cls.__new__(cls)
        fit._family, fit._plain, fit.method = family, x, method
        fit._theta, fit._sums, fit.passes = exact.theta, exact.sums, exact.passes
        if exact.evaluated != fit._theta:
            fit._values = values_at(exact.sums, exact.evaluated)
        return fit

    @cached_property
    def _sample(self) -> Sample | None:
        return None if self._plain is None else Sample(self._family, ArraySource(self._plain))

    @cached_property
    def n(self) -> float:
        """Number of rows; with weights, their sum."""
        assert self._sums is not None
        return self._sums.n

    @cached_property
    def rows(self) -> int:
        """Number of rows of positive weight."""
        assert self._sums is not None
        return self._sums.rows

    @classmethod
    def from_solution(cls, solution: Solution, problem: Problem, method: Method, cov: str) -> Self:
        """Return the fit of a method's solution; sufficient statistics are evaluated on access."""
        sample, fixed = problem.sample, tuple(problem.fixed)
        theta, values = solution.theta, solution.values
        sums = solution.sums
        if sums is None and values is None:
            sums = sample.at(theta)
        if cov == "sandwich" and sample.censored is not None:
            values = sandwich_of_censored(sample, theta, fixed)
        elif cov == "sandwich":
            products = sample.score_products(theta)
            values = values_at(sums if sums is not None else sample.at(theta), theta, products, fixed)
        elif sums is not None and not sample.family.sufficient:
            values = values_at(check_sums(sums, theta), theta, fixed=fixed)
        n, rows = sample.counts if sums is None or sample.censored else (sums.n, sums.rows)
        return cls(
            sample.family,
            theta,
            n,
            method,
            rows=rows,
            sample=sample,
            sums=sums,
            values=values,
            fixed=fixed,
            cov_type=cov,
            omitted=sample.omitted,
            passes=sample.passes,
            epochs=solution.epochs,
            ending=solution.ending,
            trace=solution.trace,
            trace_epochs=solution.trace_epochs,
            kinds=None if sample.censored is None else sample.censored.kinds,
        )

    @cached_property
    def _values(self) -> Values:
        assert self._sums is not None
        return values_at(self._sums, self._theta, fixed=self._fixed)

    @property
    def family(self) -> FamilyName:
        """Name of the family."""
        return cast("FamilyName", self._family.name)

    @property
    def fixed(self) -> tuple[str, ...]:
        """Names of the parameters that were fixed."""
        return tuple(self._family.names[place] for place in self._fixed)

    def dist(self) -> Any:
        """Return the fitted distribution of SciPy: densities, quantiles, moments, random numbers.

        Of a formula without a name in SciPy it has the functions that need no moments, by quadrature: `pdf`,
        `logpdf` (`pmf`, `logpmf`), `cdf`, `sf`, `logcdf`, `logsf`, `ppf`, `isf`, `median`, `interval`,
        `support` and `rvs`.

        Of angles (von_mises) it is the distribution on one turn: the distribution function is 0 at mu - pi
        and 1 at mu + pi. Move angles to this turn first.

        Returns
        -------
        rv_frozen
            Of `scipy.stats`.

        Raises
        ------
        MissingExtraError
            If SciPy is not installed.

        Examples
        --------
        >>> import thetahat as th
        >>> float(th.fit([1.0, 2.0, 4.0, 7.0], "normal").dist().mean())
        3.5
        """
        return distribution(self._family, self._theta)

    @property
    def params(self) -> dict[str, float]:
        """The parameters by name."""
        return dict(zip(self._family.names, self._theta, strict=True))

    @property
    def theta(self) -> Array:
        """The parameters in their order: read-only, shape (n_params,)."""
        return _read_only(self._theta)

    @property
    def stderr(self) -> Array:
        """Standard errors, shape (n_params,): the roots of the diagonal of `cov`."""
        return _read_only(self._values.stderr)

    @property
    def cov(self) -> Array:
        """Covariance of the estimates, shape (n_params, n_params): the inverse of the observed information.

        NaN if a method ended where the log-likelihood is not concave (then `status` is not ``"converged"``).
        """
        p = len(self._theta)
        return _read_only(self._values.cov).reshape(p, p)

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood at the parameters, every constant included."""
        return self._values.log_likelihood

    @property
    def aic(self) -> float:
        """Akaike's information criterion, ``2 * k - 2 * log_likelihood`` for k fitted parameters."""
        return 2 * self._fitted - 2 * self.log_likelihood

    @property
    def aicc(self) -> float:
        """Akaike's criterion corrected for small samples, ``aic + 2 k (k + 1) / (n - k - 1)``.

        After Hurvich and Tsai (1989); infinite where n is at most k + 1.
        """
        k, rest = self._fitted, self.n - self._fitted - 1
        return self.aic + 2 * k * (k + 1) / rest if rest > 0 else math.inf

    @property
    def bic(self) -> float:
        """Schwarz's criterion, ``log(n) * k - 2 * log_likelihood`` for k fitted parameters."""
        return _core.log(self.n) * self._fitted - 2 * self.log_likelihood

    @property
    def _fitted(self) -> int:
        return len(self._theta) - len(self._fixed)

    @property
    def newton_decrement(self) -> float:
        """Squared distance to the maximum in standard errors, ``score' cov score``.

        The square of Newton's decrement: the log-likelihood at the maximum is larger by about half of it.
        """
        return self._values.newton_decrement

    @property
    def status(self) -> str:
        """How the fit ended.

        ``"converged"``: at the maximum. `newton_decrement` is at most 1e-12 beyond what the rounding of
        `theta` explains. All others end elsewhere, and `newton_decrement` is the squared distance to the
        maximum: ``"max_epochs"`` after all epochs, ``"tol"`` where the method's `tol` was reached,
        ``"callback"`` where the callback ended the fit, ``"precision"`` where an exact fit can come no nearer
        in double precision, ``"streaming"`` for the estimate of a stream, which has no epochs,
        ``"approximate"`` for one whose earlier rows are known by a quadratic model alone, far from where it
        was made. At ``"skipped"`` some rows of a stream are not in the estimate, which `skipped` counts. At
        ``"diverged"`` the next step would have left the domain of the parameters; `theta` is the last one
        inside.
        """
        if self._ending in ("diverged", "skipped"):
            return self._ending
        distance = self.newton_decrement
        at_maximum = distance >= 0 and distance - self._rounding <= CONVERGED
        return "converged" if at_maximum else self._ending

    @property
    def converged(self) -> bool:
        """Whether the fit is at the maximum: its status is ``"converged"``."""
        return self.status == "converged"

    @property
    def _rounding(self) -> float:
        """The Newton decrement that rounding of the parameters explains: squared, in standard errors."""
        moves = (
            2.0**-52 * value / error if error > 0 else 0.0
            for value, error in zip(self._theta, self._values.stderr, strict=True)
        )
        return sum(move * move for move in moves)


def refit(fit: Fitted, rows: Source, fixed: Mapping[str, float]) -> Fitted:
    """Return the exact fit of a fit's family to other rows, some parameters fixed."""
    family, method = fit._family, Exact()
    places = {family.names.index(name): value for name, value in fixed.items()}
    problem = Problem(Sample(family, rows), fixed=places)
    return Fitted.from_solution(method.run(problem), problem, method, COVARIANCES[0])


def _read_only(values: tuple[float, ...]) -> Array:
    array = np.array(values)
    array.flags.writeable = False
    return array
