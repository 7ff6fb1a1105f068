"""Newton's method on a sample: one pass for each iterate, until it converges."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence

from thetahat import _sums
from thetahat._sums import Newton
from thetahat.errors import ConvergenceError, NoMaximumError
from thetahat.sample import Sample
from thetahat.solvers._method import Theta, Values, no_maximum_error
from thetahat.solvers.degenerate import degenerate_error
from thetahat.solvers.limits import limit_error

__all__ = ["iterate", "missing_condition_of", "newton", "not_converged_error", "values_at", "with_fixed"]


def newton(sample: Sample, start: Theta, fixed: Sequence[int]) -> tuple[Theta, Values]:
    """Return the maximum that Newton's method reaches from a start, and the values of its last evaluation."""
    solver, theta, sums = iterate(sample, start, fixed)
    if not solver.converged:
        raise not_converged_error(sample, solver.theta, fixed, solver.at_limit)
    return solver.theta, values_at(sums, theta, fixed=fixed)


def iterate(sample: Sample, theta: Theta, fixed: Sequence[int]) -> tuple[Newton, Theta, _sums.Sums]:
    """Iterate from theta until it ends; return the solver, the last theta evaluated, and the sums there."""
    solver = Newton(sample.model, theta, fixed)
    sums = sample.at(theta)
    while solver.iterate(sums):
        theta = solver.theta
        sums = sample.at(theta)
    return solver, theta, sums


def not_converged_error(
    sample: Sample, theta: Theta, fixed: Sequence[int], at_limit: bool
) -> NoMaximumError | ConvergenceError:
    """Return the error of an iteration that ended at theta, where the likelihood may tend to a limit."""
    family, (n, rows) = sample.family, sample.counts
    if family.known and sample.has_rows:
        sample.check_support(theta, "fixed")
    if error := degenerate_error(family, theta, n, rows):
        return error
    if not fixed and sample.has_rows and (missing := missing_condition_of(sample)):
        return no_maximum_error(family, rows, missing)
    if not fixed and sample.has_rows and family.limiting and sample.censored is None:
        error = limit_error(
            sample, sample.at(theta).evaluate(theta)[0] if family.model.valid(theta) else -math.inf
        )
        if error is not None:
            return error
    at = dict(zip(family.names, theta, strict=True))
    if any(not math.isfinite(value) or 0 < abs(value) < sys.float_info.min for value in theta):
        return NoMaximumError(
            f"no maximum of the {family.name} likelihood of these {rows} row(s) was found: the search led to"
            f" {at}, where doubles lose their digits; multiply x by a power of 2, or weights by a factor, so"
            f" that they are not that small or large. A maximum requires {family.condition}"
        )
    if at_limit:
        return NoMaximumError(
            f"no maximum of the {family.name} likelihood of these {rows} row(s) was found: it still increases"
            f" at {at}; a maximum requires {family.condition}"
        )
    return ConvergenceError(
        f"Newton's method ended before it found the maximum of the {family.name} likelihood of these {rows}"
        f" row(s), at {at}; pass start= with parameters nearer to it"
    )


def missing_condition_of(sample: Sample) -> str | None:
    """Return the condition of a maximum that the rows violate, with no parameter fixed; None if not known."""
    family = sample.family
    if family.missing_condition is None or sample.censored is not None:
        return None
    figures = family.model.existence(*sample.contiguous())
    return None if figures is None else family.missing_condition(*figures)


def values_at(
    sums: _sums.Sums, theta: Theta, products: _sums.Sums | None = None, fixed: Sequence[int] = ()
) -> Values:
    """Return log-likelihood, covariance, standard errors and Newton decrement of sums at their theta."""
    log_likelihood, _, _, cov, stderr, decrement = sums.evaluate(theta, products, fixed)
    return Values(log_likelihood, cov, stderr, decrement)


def with_fixed(theta: Theta, fixed: Mapping[int, float]) -> Theta:
    """Return theta with the fixed parameters at their values."""
    return tuple(fixed.get(j, value) for j, value in enumerate(theta))
