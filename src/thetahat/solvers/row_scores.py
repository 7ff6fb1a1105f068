"""What single rows of a censored sample add to the log-likelihood and to the score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from thetahat._censored import Intervals
from thetahat._core import Model
from thetahat.data.censored_rows import Limits
from thetahat.data.censored_source import CensoredSource
from thetahat.errors import ParameterError
from thetahat.sample import Sample
from thetahat.solvers._method import Theta, Values
from thetahat.solvers.newton import values_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["log_probabilities", "sandwich_of_censored"]


def log_probabilities(model: Model, limits: Limits, theta: Theta) -> Array:
    """Return the log-density of exact rows and the log-probability of the others, given their windows."""
    exact, truncated = limits.exact, limits.truncated
    out = np.empty(exact.size)
    density = np.empty(int(exact.sum()))
    model.log_density(theta, np.ascontiguousarray(limits.lower[exact]), density)
    out[exact] = density
    out[~exact] = _of_intervals(model, limits.lower[~exact], limits.upper[~exact], theta)
    out[truncated] -= _of_intervals(model, limits.low[truncated], limits.high[truncated], theta)
    return out


def _of_intervals(model: Model, lower: Array, upper: Array, theta: Theta) -> Array:
    if not lower.size:
        return lower
    return _intervals(lower, upper).log_probability(model, theta)


def _intervals(lower: Array, upper: Array) -> Intervals:
    ends = (np.ascontiguousarray(end) for end in (lower, upper))
    return Intervals(*ends, np.ones(lower.size), float(lower.size))


def sandwich_of_censored(sample: Sample, theta: Theta, fixed: Sequence[int]) -> Values:
    """Return the values at theta with the sandwich covariance, C (sum w**2 g g') C."""
    values = values_at(sample.at(theta), theta, fixed=fixed)
    p = len(theta)
    C = np.array(values.cov).reshape(p, p)
    cov = C @ _products(sample, theta) @ C
    stderr = tuple(np.sqrt(np.diag(cov)).tolist())
    return values._replace(cov=tuple(cov.ravel().tolist()), stderr=stderr)


def _products(sample: Sample, theta: Theta) -> Array:
    """Return the sum of w**2 g g' over all rows, g the score of a row, that of its window subtracted."""
    censored = sample.censored
    if not isinstance(censored, CensoredSource):
        raise ParameterError("a summary has only the sums of the rows, and the sandwich needs the rows")
    limits, model = censored.limits, sample.family.model
    truncated = limits.truncated
    scores = _intervals(limits.lower, limits.upper).scores(model, theta)
    if truncated.any():
        windows = _intervals(limits.low[truncated], limits.high[truncated])
        scores[truncated] -= windows.scores(model, theta)
    weights = censored.weights
    weighted = scores if weights is None else scores * weights[:, None]
    return np.einsum("ij,ik->jk", weighted, weighted)
