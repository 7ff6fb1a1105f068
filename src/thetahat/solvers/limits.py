"""The limit of a family that a likelihood without a maximum increases towards: the one that is likeliest.

Near a limit the parameters that describe it run off, and Newton's method ends where doubles lose their
digits. The log-likelihoods of the limits themselves say whether that is where it was going.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from thetahat import _sums
from thetahat.errors import NoMaximumError
from thetahat.families import find_family
from thetahat.sample import Sample

__all__ = ["Limit", "best_limit", "is_interior", "limit_error"]

_SLACK = 1e-7  # of a log-likelihood near a limit, for each row
_ENOUGH = 1e-12  # a decrement


class Limit(NamedTuple):
    """A limit of a family: the parameters there and the distribution, and its log-likelihood."""

    words: str
    log_likelihood: float


def is_interior(fit: _sums.ExactFit) -> bool:
    """Whether a fit that has converged has the derivatives of a maximum."""
    _, _, _, _, stderr, decrement = fit.sums.evaluate(fit.evaluated)
    return decrement <= _ENOUGH and all(map(math.isfinite, stderr))


def best_limit(sample: Sample) -> Limit | None:
    """Return the likeliest of the family's limits; None if it declares none that these rows have."""
    found = [Limit(words, _log_likelihood(sample, law)) for words, law in sample.family.limiting.items()]
    found = [limit for limit in found if limit.log_likelihood > -math.inf]
    return max(found, key=lambda limit: limit.log_likelihood, default=None)


def _log_likelihood(sample: Sample, law: object) -> float:
    """Return the highest log-likelihood of a limit: of a family by its name, or by what computes it."""
    if callable(law):
        rows = sample.contiguous()
        return float(law(rows.x, rows.weights))
    family = find_family(str(law))
    other = Sample(family, sample.read(), sample.threads)
    fit = other.run(_sums.ExactFit(family.model, sample.rows_to_choose(family.solved), {}))
    if not fit.converged:
        return -math.inf
    return float(fit.sums.evaluate(fit.evaluated)[0])


def limit_error(sample: Sample, value: float) -> NoMaximumError | None:
    """Return the error that names the limit, if a search that ended at this value was on its way to it."""
    limit = best_limit(sample)
    n, rows = sample.counts
    if limit is None or value > limit.log_likelihood + _SLACK * (n + abs(value)):
        return None
    return NoMaximumError(
        f"the {sample.family.name} likelihood of these {rows} row(s) has no maximum: it increases towards"
        f" {limit.words}, of log-likelihood {limit.log_likelihood:.10g}; a maximum requires"
        f" {sample.family.existence}"
    )
