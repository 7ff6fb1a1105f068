"""The rows of a fit: those that it still has, or those that the user passes again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._fitted import Fitted
from thetahat.data.arrays import as_rows
from thetahat.data.censored_rows import Limits
from thetahat.data.censored_source import CensoredSource
from thetahat.data.source import ArraySource, source_of
from thetahat.errors import ParameterError
from thetahat.pilot import Pilot
from thetahat.sample import Sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["agrees", "censored_of", "equal_rows_of", "rows_of"]

_MOST = 10**7  # rows that are repeated by their weights


def agrees(fit: Fitted, log_likelihood: float) -> bool:
    """Whether this is the log-likelihood of the fit, except for the order of summation."""
    mine = fit.log_likelihood
    return log_likelihood == mine or abs(log_likelihood - mine) <= 1e-9 * (abs(mine) + fit.n) < math.inf


def rows_of(fit: Fitted, sample: Sample | None, x: Any, user: str) -> Pilot:
    """Return the rows of a fit for their user: those given, or its own; raise if lost, or others."""
    if x is not None:
        rows = Pilot(as_rows(x, "omit" if fit.omitted else "raise"))
        if rows.x.size != fit.rows or fit.n != fit.rows:
            raise ParameterError(
                f"x must be the {fit.rows} rows that were fitted, without weights; it has {rows.x.size}"
            )
    elif sample is None or not sample.has_rows:
        raise ParameterError("this fit no longer has its rows: pass them as x")
    else:
        sample.read().check_together(user)
        rows = sample.contiguous()
    _check(fit, Sample(fit._family, ArraySource(*rows)), x)
    return rows


def censored_of(fit: Fitted, sample: Sample | None, x: Any) -> CensoredSource:
    """Return the censored rows of a fit, those given or those of its sample."""
    if x is not None:
        source = source_of(x, None, "omit" if fit.omitted else "raise")
        if not isinstance(source, CensoredSource) or source.n_rows != fit.rows or fit.n != fit.rows:
            raise ParameterError(f"x must be the Censored of {fit.rows} rows that was fitted, unweighted")
    elif sample is None or not isinstance(sample.censored, CensoredSource):
        raise ParameterError("this fit no longer has its rows: pass them as x")
    else:
        source = sample.censored
    _check(fit, Sample(fit._family, source), x)
    return source


def equal_rows_of(fit: Fitted, sample: Sample | None, x: Any, user: str) -> NDArray[np.float64] | Limits:
    """Return the rows of a fit of which each counts once; raise if they have other weights."""
    if fit.kinds is None:
        rows, weights = rows_of(fit, sample, x, user)
        if weights is not None and np.any(weights != 1):
            raise ParameterError("gof is not supported with weights: replicates are samples of equal rows")
        return rows
    source = censored_of(fit, sample, x)
    if source.weights is None:
        return source.limits
    if np.any(source.weights != np.rint(source.weights)) or source.weights.sum() > _MOST:
        raise ParameterError("gof: weights of censored rows must be numbers of rows, at most 1e7 in all")
    return source.limits.of(np.repeat(np.arange(source.n_rows), source.weights.astype(np.intp)))


def _check(fit: Fitted, sample: Sample, x: Any) -> None:
    """Raise if the fit has another log-likelihood than these rows."""
    if fit.method.sees_all and not agrees(fit, sample.at(fit._theta).evaluate(fit._theta)[0]):
        raise ParameterError(
            "the rows have changed since the fit" if x is None else "x does not have the rows of this fit"
        )
