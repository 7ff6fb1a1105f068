"""Goodness of fit: distances between a fitted distribution and its rows, with bootstrap p-values."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from thetahat._checks import as_generator, check_count, check_threads
from thetahat._fitted import Fitted, refit
from thetahat._html import table
from thetahat._records import to_json
from thetahat.data.censored import Censored
from thetahat.data.censored_rows import Limits
from thetahat.data.passes import default_threads
from thetahat.data.source import source_of
from thetahat.errors import ConvergenceError, NoMaximumError, ParameterError, SampleError
from thetahat.goodness.censored import Mechanism, statistics_of_censored
from thetahat.goodness.tabulated import statistics_of_counts, statistics_of_sorted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["GoodnessOfFit", "TestStatistic", "fit_anew", "goodness_of_fit", "unrolled"]

_MANY = 0.1  # share of failed replicates above which the p-values are unreliable

_NAMES = ("Kolmogorov-Smirnov", "Anderson-Darling", "Cramer-von Mises")


class TestStatistic(NamedTuple):
    """A distance between the rows and the fitted distribution, and its p-value.

    Attributes
    ----------
    statistic : float
        The distance.
    pvalue : float
        Probability of a distance of at least this size if the rows are of the family.
    """

    statistic: float
    pvalue: float


@dataclass(frozen=True, repr=False)
class GoodnessOfFit:
    """Tests of a fitted distribution; made by `Fit.gof`.

    Attributes
    ----------
    family : str
        Name of the family.
    kolmogorov_smirnov : TestStatistic
        D, the largest distance between the distribution functions of the rows and of the fit.
    anderson_darling : TestStatistic or None
        A squared, which gives the tails more weight; None for counts, and if a row lies at an end of the
        fitted support.
    cramer_von_mises : TestStatistic
        W squared, n times the mean squared distance.
    bootstrap : int
        Number of replicates requested.
    failed : int
        Replicates that could not be fitted, most often because their likelihood has no maximum; the p-values
        come from the others.
    """

    family: str
    kolmogorov_smirnov: TestStatistic
    anderson_darling: TestStatistic | None
    cramer_von_mises: TestStatistic
    bootstrap: int
    failed: int

    def __repr__(self) -> str:
        lines = [f"{name:18}  {statistic:>10}  {pvalue:>8}" for name, statistic, pvalue in self._cells()]
        return "\n".join([self._heading(), "", *lines, *(["", self._note()] if self._note() else [])])

    def _repr_html_(self) -> str:
        """Return the tests as a table for a notebook."""
        titles, *rows = self._cells()
        return table(self._heading(), titles, rows, [self._note()])

    def _heading(self) -> str:
        left_out = f", {self.failed} of which could not be fitted" if self.failed else ""
        return (
            f"goodness of fit, {self.family}; p-values from {self.bootstrap} bootstrap replicates{left_out}"
        )

    def _cells(self) -> list[tuple[str, str, str]]:
        """Return the titles of the columns, and the tests that there are."""
        tests = zip(_NAMES, self._statistics(), strict=True)
        return [
            ("", "statistic", "p-value"),
            *((name, f"{test.statistic:.5g}", f"{test.pvalue:.4g}") for name, test in tests if test),
        ]

    def _note(self) -> str:
        """Return a warning, if there is a reason for one."""
        if self.failed <= _MANY * self.bootstrap:
            return ""
        return "p-values are unreliable: more than a tenth of the replicates could not be fitted"

    def _statistics(self) -> tuple[TestStatistic | None, ...]:
        return self.kolmogorov_smirnov, self.anderson_darling, self.cramer_von_mises

    def to_dict(self) -> dict[str, Any]:
        """Return the tests as numbers, strings and dicts alone, ready for strict JSON."""
        names = ("kolmogorov_smirnov", "anderson_darling", "cramer_von_mises")
        statistics = {
            name: test and {key: to_json(value) for key, value in test._asdict().items()}
            for name, test in zip(names, self._statistics(), strict=True)
        }
        return {"family": self.family, **statistics, "bootstrap": self.bootstrap, "failed": self.failed}


def goodness_of_fit(
    fit: Fitted,
    x: Array | Limits,
    bootstrap: int,
    rng: Any,
    threads: int | None = None,
    done: Callable[[int], object] | None = None,
) -> GoodnessOfFit:
    """Return the tests of a fit; `Fit.gof` describes them.

    Parameters
    ----------
    fit : Fitted
        At the maximum.
    x : ndarray of float64, shape (n,), or Limits
        Its rows.
    bootstrap : int
        Number of replicates.
    rng
        As in `thetahat.fit`.
    threads : int, optional
        Number of replicates in work at once; by default the number of processors of this process. Those of
        censored rows are drawn and fitted one by one.
    done : callable, optional
        Called now and then with the number of replicates that are done.
    """
    from thetahat.goodness.replicates import Draws, distances_of_replicates

    check_count("bootstrap", bootstrap)
    threads = default_threads() if threads is None else check_threads(threads)
    if fit.status != "converged":
        raise ParameterError(
            f"gof: replicates are fitted exactly, but this fit ({fit.status}) is not at the maximum;"
            " use Exact()"
        )
    generator = as_generator(rng)
    with np.errstate(all="ignore"):  # what overflows gives no statistic
        observed = statistics_of_censored(fit, x) if isinstance(x, Limits) else statistics(fit, x)
    if not np.isfinite(observed[[0, 2]]).all():
        raise ParameterError(
            f"gof: the probabilities of this {fit.family} fit are beyond what doubles can hold"
        )
    if isinstance(x, Limits):
        by_chance = _distances_of_censored(fit, x, bootstrap, generator, done)
    else:
        draws = Draws(fit._family, fit._theta, fit._fixed, x.size)
        seed = int(generator.integers(2**63))
        by_chance = distances_of_replicates(draws, bootstrap, seed, threads, done)
    return _tested(fit.family, observed, by_chance)


def _distances_of_censored(
    fit: Fitted,
    limits: Limits,
    replicates: int,
    generator: np.random.Generator,
    done: Callable[[int], object] | None,
) -> Array:
    """Return D, A squared and W squared of replicates that are censored and truncated as the rows are.

    Replicates that could not be fitted are rows of NaN.
    """
    mechanism, distribution = Mechanism(limits), fit.dist()
    out = np.full((replicates, 3), np.nan)
    with np.errstate(all="ignore"):  # what overflows gives no replicate
        for place in range(replicates):
            drawn = mechanism.draw(distribution, generator)
            with suppress(ConvergenceError, NoMaximumError, SampleError, ParameterError):
                out[place] = statistics_of_censored(fit_anew(fit, drawn), drawn.limits())
            if done is not None:
                done(place + 1)
    return out


def _tested(family: str, observed: Array, by_chance: Array) -> GoodnessOfFit:
    """Return the tests of observed statistics by those of replicates, NaN where there is none."""
    bootstrap = len(by_chance)
    failed = int(np.isnan(by_chance).all(axis=1).sum())
    if failed == bootstrap:
        raise NoMaximumError(f"gof: none of the {bootstrap} {family} replicates could be fitted")
    larger, counted = (by_chance >= observed).sum(axis=0), (~np.isnan(by_chance)).sum(axis=0)
    pvalues = (1 + larger) / (1 + counted)
    D, A2, W2 = (TestStatistic(*pair) for pair in zip(observed.tolist(), pvalues.tolist(), strict=True))
    return GoodnessOfFit(family, D, None if np.isnan(A2.statistic) else A2, W2, bootstrap, failed)


def fit_anew(fit: Fitted, x: Array | Censored, weights: Array | None = None) -> Fitted:
    """Return the exact fit to other rows, with the same parameters fixed."""
    return refit(fit, source_of(x, weights), {name: fit.params[name] for name in fit.fixed})


def statistics(fit: Fitted, x: Array) -> Array:
    """Return D, A squared and W squared; A squared is NaN if undefined."""
    if fit._family.counts:
        return statistics_of_counts(fit._family, fit._theta, *np.unique(x, return_counts=True))
    return statistics_of_sorted(fit._family, fit._theta, np.sort(unrolled(fit, x)))


def unrolled(fit: Fitted, x: Array) -> Array:
    """Return rows; angles are moved to the turn around their mean direction, which is cut opposite to it."""
    if not fit._family.circular:
        return x
    start: float = fit.theta[0] - np.pi
    return start + np.remainder(x - start, 2 * np.pi)
