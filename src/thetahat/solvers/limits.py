"""The limit of a family that a likelihood without a maximum increases towards: the nearest that is likelier.

Near a limit the parameters that describe it run off, and Newton's method ends where doubles lose their
digits. The log-likelihoods of the limits themselves say whether that is where it was going.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from thetahat import _sums
from thetahat.errors import NoMaximumError
from thetahat.families import Family, find_family
from thetahat.sample import Sample

__all__ = ["ENOUGH", "FAR", "Limit", "is_interior", "limit_error", "nearest_limit"]

_SLACK = 1e-5  # of a log-likelihood near a limit, for each row: digits cancel there
ENOUGH = 1e-12  # a decrement
FAR = 100  # standard errors of a parameter, in its distances from its bounds, that are too large


class Limit(NamedTuple):
    """A limit of a family: the parameters there and the distribution, and its log-likelihood."""

    words: str
    log_likelihood: float


def is_interior(family: Family, fit: _sums.ExactFit) -> bool:
    """Whether a fit that has converged has derivatives of a maximum, and is far from bounds of domains."""
    _, _, _, _, stderr, decrement = fit.sums.evaluate(fit.evaluated)
    if not (decrement <= ENOUGH and all(map(math.isfinite, stderr))):
        return False
    of_each = zip(family.parameters, fit.theta, stderr, strict=True)
    return all(error <= FAR * min(value - p.low, p.high - value) for p, value, error in of_each)


def nearest_limit(sample: Sample, value: float) -> Limit | None:
    """Return the limit that a search which ended at this value was on its way to; None if to none."""
    found = [Limit(words, _log_likelihood(sample, law)) for words, law in sample.family.limiting.items()]
    there = [limit for limit in found if limit.log_likelihood > -math.inf]
    if value == -math.inf:  # the end is beyond what doubles hold: the highest limit, infinite ones last
        return max(
            there, key=lambda limit: (limit.log_likelihood < math.inf, limit.log_likelihood), default=None
        )
    least = value - _SLACK * (sample.counts[0] + abs(value))
    return min((limit for limit in there if limit.log_likelihood >= least), key=_height, default=None)


def _height(limit: Limit) -> float:
    return limit.log_likelihood


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
    """Return the error that names the limit, if a search that ended at this value was on its way to one."""
    limit, (_, rows) = nearest_limit(sample, value), sample.counts
    if limit is None:
        return None
    height = f", of log-likelihood {limit.log_likelihood:.10g}" if limit.log_likelihood < math.inf else ""
    return NoMaximumError(
        f"the {sample.family.name} likelihood of these {rows} row(s) has no maximum: it increases towards"
        f" {limit.words}{height}; a maximum requires {sample.family.existence}"
    )
