"""The log-likelihood of a sample and its derivatives at given parameters, and the log-density of rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from thetahat._theta import Theta, check_theta
from thetahat.data.arrays import as_rows, stretches
from thetahat.data.censored_rows import CensoredRows
from thetahat.data.source import source_of
from thetahat.errors import SampleError
from thetahat.families import Family, FamilyName, find_family
from thetahat.sample import Sample, check_intervals_allowed, check_sums
from thetahat.solvers.row_scores import log_probabilities

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["log_likelihood", "log_likelihood_and_score", "logpdf", "score"]


def log_likelihood(
    x: ArrayLike,
    family: FamilyName | Family,
    theta: Theta,
    *,
    threads: int | None = None,
    nan_policy: str = "raise",
    weights: ArrayLike | None = None,
) -> float:
    """Return the log-likelihood of a sample at given parameters, every constant included.

    Parameters
    ----------
    x : array_like, shape (n,), or Source
        The sample, as in `fit`.
    family : str or Family
        One of `families()`, or a family by its formula.
    theta : sequence of float, or dict by name
        The parameters, all of them: in the family's order, or such as ``{"mu": 0, "sigma": 1}``.
    threads, nan_policy, weights
        As in `fit`.

    Returns
    -------
    float
        ``sum(log f(x_i; theta))`` in nats. The normal ``log_likelihood(X, mu, sigma)`` of teaching notebooks,
        ``-1/2 sum(z**2) - n log(sigma)``, omits the constant ``-n/2 log(2 pi)``; here it is included, so that
        values are comparable across families and AIC and BIC are right. It is ``-inf`` if a row is outside
        the support at these parameters.

    Raises
    ------
    SampleError, SampleTypeError, ParameterError, UnknownFamilyError
        As `fit` does.

    Examples
    --------
    >>> import thetahat as th
    >>> th.log_likelihood([0.0, 1.0], "normal", (0, 1))
    -2.3378770664093453
    """
    return _evaluate(x, family, theta, threads, nan_policy, weights)[0]


def score(
    x: ArrayLike,
    family: FamilyName | Family,
    theta: Theta,
    *,
    threads: int | None = None,
    nan_policy: str = "raise",
    weights: ArrayLike | None = None,
) -> Array:
    """Return the score: the gradient of the log-likelihood, summed over the sample.

    Parameters
    ----------
    x, family, theta, threads, nan_policy, weights
        As in `log_likelihood`.

    Returns
    -------
    ndarray of float64, shape (n_params,)

    Raises
    ------
    ParameterError
        If rows are outside the support at these parameters: their number and the index of the first. Also as
        `fit` does.
    SampleError, SampleTypeError, UnknownFamilyError
        As `fit` does.

    Examples
    --------
    >>> import thetahat as th
    >>> th.score([0.0, 1.0], "normal", (0, 1))
    array([ 1., -1.])
    """
    return np.array(_evaluate(x, family, theta, threads, nan_policy, weights, smooth=True)[1])


def log_likelihood_and_score(
    x: ArrayLike,
    family: FamilyName | Family,
    theta: Theta,
    *,
    threads: int | None = None,
    nan_policy: str = "raise",
    weights: ArrayLike | None = None,
) -> tuple[float, Array]:
    """Return the log-likelihood and the score from one pass over the sample.

    Parameters
    ----------
    x, family, theta, threads, nan_policy, weights
        As in `log_likelihood`.

    Returns
    -------
    log_likelihood : float
    score : ndarray of float64, shape (n_params,)

    Raises
    ------
    ParameterError, SampleError, SampleTypeError, UnknownFamilyError
        As `score` does.

    Examples
    --------
    >>> import thetahat as th
    >>> th.log_likelihood_and_score([0.0, 1.0], "normal", (0, 1))
    (-2.3378770664093453, array([ 1., -1.]))
    """
    value, gradient = _evaluate(x, family, theta, threads, nan_policy, weights, smooth=True)
    return value, np.array(gradient)


def logpdf(x: ArrayLike, family: FamilyName | Family, theta: Theta) -> Array:
    """Return the log-density of each row.

    Parameters
    ----------
    x : array_like, shape (n,), or Censored
        Rows, as in `fit`; infinite ones are allowed and have log-density ``-inf``. Of a censored row, the
        logarithm of the probability of its interval; of a truncated one, that given that it was seen.
    family, theta
        As in `log_likelihood`.

    Returns
    -------
    ndarray of float64, shape (n,)

    Raises
    ------
    SampleError
        If rows are NaN: their number and the index of the first.
    SampleTypeError, ParameterError, UnknownFamilyError
        As `fit` does.

    Examples
    --------
    >>> import thetahat as th
    >>> th.logpdf([0.0, 1.0], "normal", (0, 1))
    array([-0.91893853, -1.41893853])
    """
    described = find_family(family)
    at = check_theta(described, theta, "theta")
    if isinstance(x, CensoredRows):
        check_intervals_allowed(described)
        x.known("raise")
        values = log_probabilities(described.model, x.limits(), at)
        if np.isnan(values).any():
            described.check_normalized(at)
        return values
    rows = as_rows(x)
    out = np.empty(rows.size)
    described.model.log_density(at, rows, out)
    if np.isnan(out).any():
        described.check_normalized(at)
    counts = [int(np.count_nonzero(np.isnan(rows[part]))) for part in stretches(rows.size)]
    if count := sum(counts):
        first = int(np.argmax(np.isnan(rows)))
        raise SampleError(f"x holds {count} value(s) that are NaN, the first at index {first}", first, count)
    return out


def _evaluate(
    x: ArrayLike,
    family: FamilyName | Family,
    theta: Theta,
    threads: int | None,
    nan_policy: str,
    weights: ArrayLike | None,
    smooth: bool = False,
) -> tuple[float, tuple[float, ...]]:
    """Return the log-likelihood and the score; with `smooth`, raise if rows have no score."""
    described = find_family(family)
    at = check_theta(described, theta, "theta")
    sample = Sample(described, source_of(x, weights, nan_policy), threads)
    sums = sample.at(at, moments=False)
    if not sums.finite and sample.has_outside(at):
        value, gradient = -math.inf, (math.nan,) * len(at)
    else:
        value, gradient = check_sums(sums, at).evaluate(at)[:2]
    if not math.isfinite(value):
        described.check_normalized(at)
    if smooth and value == -math.inf:
        sample.check_support(at, "theta")
    return value, gradient
