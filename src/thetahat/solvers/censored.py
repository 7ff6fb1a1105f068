"""Exact fits of censored and truncated rows: Newton's method on exact rows and intervals together."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping

import numpy as np

from thetahat import _sums
from thetahat.data.censored_source import CensoredSource
from thetahat.data.limit_table import LimitTable
from thetahat.errors import ConvergenceError, NoMaximumError, ParameterError, ThetahatError
from thetahat.families import REGULAR, Family
from thetahat.sample import Sample
from thetahat.solvers._method import Problem, Solution, Theta
from thetahat.solvers.censored_start import starts_of
from thetahat.solvers.degenerate import degenerate_error
from thetahat.solvers.existence import Missing, missing_maximum
from thetahat.solvers.newton import values_at, with_fixed
from thetahat.solvers.window_limit import window_limit

__all__ = ["maximum_of_censored", "refuse_edges", "start_of_censored"]

_FEW, _SOME = 300, 5000  # rows of start values; rows that are fitted before all are
_VAGUE = 1e3  # a standard error of a free coordinate above which a maximum may be none


def refuse_edges(family: Family, fixed: Container[int]) -> None:
    """Raise if a free parameter has a maximum in a kink, or on the boundary of the support."""
    sharp = [
        parameter.name
        for place, parameter in enumerate(family.parameters)
        if parameter.regularity != REGULAR and place not in fixed
    ]
    if sharp:
        raise ParameterError(
            f"fits of {family.name} to censored or truncated rows need a value of {' and '.join(sharp)},"
            " where the likelihood has a kink or an edge: pass fixed={"
            + ", ".join(f"{name!r}: ..." for name in sharp)
            + "}; log_likelihood, score and logpdf need none"
        )


def maximum_of_censored(problem: Problem) -> Solution:
    """Return the maximum; raise `NoMaximumError` with what the likelihood increases towards if there is none.

    Where no parameter is fixed, limits alone tell of most samples without a maximum; of the others, Newton's
    method does, and of truncated rows the likelihood of its limit.
    """
    sample, family, fixed = problem.sample, problem.family, problem.fixed
    refuse_edges(family, fixed)
    if sample.censored is not None and sample.censored.n_rows == 0:
        raise sample.empty()
    if len(fixed) == len(family.names):
        theta = with_fixed((0.0,) * len(fixed), fixed)
        return Solution(theta, sums=sample.at(theta))
    sample.check_intervals()
    if not fixed and isinstance(sample.censored, CensoredSource):
        _reject_without_maximum(family, sample.censored)
    starts = [problem.start] if problem.start else start_of_censored(sample, fixed)
    reasons: list[ThetahatError] = []
    for start in starts:
        try:
            return _maximum_from(sample, start, fixed)
        except (ConvergenceError, NoMaximumError) as error:
            reasons.append(error)
    raise reasons[0]


def start_of_censored(sample: Sample, fixed: Mapping[int, float]) -> list[Theta]:
    """Return start values, the likeliest first; raise where no rows give any."""
    censored = sample.censored
    if not isinstance(censored, CensoredSource):
        return [_start_of_sums(sample, fixed)]
    few = censored.some(_FEW)
    starts = starts_of(sample.family, few.limits, few.weights, Sample(sample.family, few, 1), fixed)
    if not starts:
        sample.check_rows()
        if sample.family.has_boundary:  # which is fixed
            sample.check_support(with_fixed((1.0,) * len(sample.family.names), fixed), "fixed")
        raise ConvergenceError(
            f"no start values of {sample.family.name} were found for these {censored.n_rows} censored row(s):"
            " pass start="
        )
    return starts


def _start_of_sums(sample: Sample, fixed: Mapping[int, float]) -> Theta:
    """Return where the sums of exact rows were taken, or their maximum, as if there were no others."""
    if sample.sums_at:
        return with_fixed(sample.sums_at, fixed)
    sums, model = sample.at(()), sample.family.model
    theta = sample.family.known_start
    if sums.rows and model.solved:
        theta = _sums.Sums.from_numbers(model, sums.numbers()).maximum()
    if theta is None or not model.valid(theta):
        raise ParameterError("start is needed: a summary has no rows to estimate it from")
    return with_fixed(theta, fixed)


def _reject_without_maximum(family: Family, censored: CensoredSource) -> None:
    """Raise if the limits alone tell that there is no maximum; what few rows contradict needs no others."""
    few = censored.some(_FEW)
    missing = missing_maximum(family, few.limits, few.weights)
    one_sided = few.kinds.exact == few.kinds.interval == 0
    if few.n_rows < censored.n_rows and (missing or one_sided):
        missing = missing_maximum(family, censored.limits, censored.weights)
    if missing:
        raise _no_maximum(family, censored, missing)


def _maximum_from(sample: Sample, start: Theta, fixed: Mapping[int, float]) -> Solution:
    """Return the maximum that Newton's method reaches from a start, on some of the rows first."""
    censored = sample.censored
    assert censored is not None
    if isinstance(censored, CensoredSource) and censored.n_rows > 2 * _SOME:
        some = Sample(sample.family, censored.some(_SOME), 1)
        begun = some.run(_sums.ExactFit(some.model, _SOME, dict(fixed), start))
        start = begun.theta if begun.converged else start
    fit = sample.run(_sums.ExactFit(sample.model, sample.counted, dict(fixed), start))
    at = fit.theta if sample.family.sufficient else fit.evaluated
    values = values_at(fit.sums, at, fixed=tuple(fixed))
    if fit.converged and not _is_vague(sample, fit.theta, values.stderr, values.log_likelihood):
        limit = _limit_inside_windows(sample, fixed, values.log_likelihood)
        if limit is None:
            return Solution(fit.theta, values=values)
        raise _no_maximum(sample.family, censored, limit)
    raise _not_found(sample, start, fit, fixed)


def _is_vague(sample: Sample, theta: Theta, stderr: tuple[float, ...], log_likelihood: float) -> bool:
    """Whether the likelihood does not fall along the parameter that is known least: it tends to a limit."""
    family = sample.family
    errors = [
        error / parameter.slope(value) if parameter.transformed else 0.0
        for parameter, value, error in zip(family.parameters, theta, stderr, strict=True)
    ]
    if all(error <= _VAGUE for error in errors):
        return False
    place = int(np.argmax(np.where(np.isnan(errors), math.inf, errors)))
    ahead = [
        tuple(
            parameter.moved(value, side * 5.0) if j == place else value
            for j, (parameter, value) in enumerate(zip(family.parameters, theta, strict=True))
        )
        for side in (-1, 1)
    ]
    rounding = 1e-12 * (abs(log_likelihood) + sample.counts[0])
    return any(
        family.model.valid(there) and sample.at(there).evaluate(there)[0] >= log_likelihood - rounding
        for there in ahead
    )


def _limit_inside_windows(
    sample: Sample, fixed: Mapping[int, float], log_likelihood: float
) -> Missing | None:
    """Return the limit of truncated rows whose likelihood is as high as this; None if it is lower."""
    ends, censored = sample.family.censoring, sample.censored
    if fixed or not (ends.falling or ends.rising) or not isinstance(censored, CensoredSource):
        return None
    if censored.kinds.truncated < censored.n_rows:
        return None
    limit = window_limit(
        censored.limits, censored.weights, ends.log_rows, bool(ends.falling), bool(ends.rising)
    )
    if limit is None or limit.log_likelihood < log_likelihood - 1e-9 * (1 + abs(log_likelihood)):
        return None
    what = "their logarithms" if ends.log_rows else "rows"
    return Missing(
        f"inside the truncation, a density exp(-{limit.rate:.6g} y) of {what} is likelier than any of the"
        f" family (log-likelihood {limit.log_likelihood:.10g})",
        ends.falling if limit.rate > 0 else ends.rising,
    )


def _not_found(
    sample: Sample, start: Theta, fit: _sums.ExactFit, fixed: Mapping[int, float]
) -> NoMaximumError | ConvergenceError:
    """Return the error of Newton's method that ended at no maximum."""
    family, censored = sample.family, sample.censored
    theta = fit.theta if all(map(math.isfinite, fit.theta)) else start
    assert censored is not None
    if error := degenerate_error(family, theta, *sample.counts):
        return error
    reached = sample.at(theta).evaluate(theta)[0] if family.model.valid(theta) else -math.inf
    if reached > -math.inf and (limit := _limit_inside_windows(sample, fixed, reached)):
        return _no_maximum(family, censored, limit)
    at = dict(zip(family.names, theta, strict=True))
    if fit.state == "failed" or fit.converged:
        towards = _towards(family, start, theta, fixed)
        return _no_maximum(family, censored, Missing(f"the likelihood still increases at {at}", towards))
    return ConvergenceError(
        f"Newton's method ended before it found the maximum of the {family.name} likelihood of these"
        f" {censored.n_rows} row(s) ({censored.kinds}), at {at}; pass start= with parameters nearer to it"
    )


def _towards(family: Family, start: Theta, theta: Theta, fixed: Mapping[int, float]) -> str:
    """Return the end of the domain that the parameter has gone to that has moved farthest."""
    moves = [
        0.0 if place in fixed else float(parameter.free(value) - parameter.free(first))
        for place, (parameter, first, value) in enumerate(zip(family.parameters, start, theta, strict=True))
    ]
    sizes = [
        abs(move) if parameter.transformed else math.log1p(abs(move))
        for move, parameter in zip(moves, family.parameters, strict=True)
    ]
    place = int(np.argmax(sizes))
    parameter, up = family.parameters[place], moves[place] > 0
    end = parameter.high if up else parameter.low
    limit = family.limits.get((parameter.name, "high" if up else "low"), "")
    told = f"{parameter.name} = {end:g}".replace("inf", "infinity")
    return told + f", the limit {limit}" * bool(limit)


def _no_maximum(family: Family, censored: CensoredSource | LimitTable, missing: Missing) -> NoMaximumError:
    return NoMaximumError(
        f"the {family.name} likelihood of these {censored.n_rows} row(s) ({censored.kinds}) has no maximum:"
        f" {missing.condition}, and it increases towards {missing.limit}"
    )
