"""What single rows of a censored sample add to the log-likelihood and to the score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from thetahat._censored import log_probability, scores
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
    out, truncated = log_probability(model, theta, *_ends(limits.lower, limits.upper)), limits.truncated
    if truncated.any():
        out[truncated] -= log_probability(model, theta, *_ends(limits.low[truncated], limits.high[truncated]))
    return out


def _ends(lower: Array, upper: Array) -> tuple[Array, Array]:
    return np.ascontiguousarray(lower), np.ascontiguousarray(upper)


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
    of_rows = scores(model, theta, *_ends(limits.lower, limits.upper))[1]
    if truncated.any():
        of_rows[truncated] -= scores(model, theta, *_ends(limits.low[truncated], limits.high[truncated]))[1]
    weights = censored.weights
    weighted = of_rows if weights is None else of_rows * weights[:, None]
    products: Array = np.einsum("ij,ik->jk", weighted, weighted)
    return products
