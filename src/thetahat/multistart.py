"""Independent stochastic ascents from several starts, in the lanes of vector registers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat import _sgd
from thetahat._checks import as_generator, check_positive
from thetahat._theta import Theta, check_known, check_theta
from thetahat.data.arrays import as_rows, chunks_of
from thetahat.data.source import ArraySource
from thetahat.errors import ParameterError, SampleError
from thetahat.families import Family, FamilyName, find_family
from thetahat.result import Fit
from thetahat.sample import Sample
from thetahat.solvers import COVARIANCES, SGD, Problem, Solution
from thetahat.solvers.monitoring import locked

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["fit_multistart"]


def fit_multistart(
    x: ArrayLike,
    family: FamilyName | Family,
    *,
    method: SGD,
    start: Theta | Sequence[Theta],
    learning_rate: Sequence[float] | None = None,
    rng: Any = None,
) -> list[Fit]:
    """Fit by `SGD` from several starts, or with several rates: sixteen ascents in the time of one or two.

    A step on a single row needs the result of the step before it, which leaves most of a processor idle:
    independent ascents run in the lanes of its registers. Each has the bits that `fit` gives alone.

    Parameters
    ----------
    x : array_like, shape (n,) or (k, n)
        One sample for all ascents, or k samples of equal length, one for each. All ascents take their rows in
        the same random order.
    family : str
        One of `families()`, except those whose maximum lies on the boundary of the support. Normal, logistic,
        gumbel, laplace and exponential use the lanes of registers; the ascents of others run one after
        another at each row.
    method : SGD
        With a constant learning rate, in batches of one row; `epochs` and `shuffle` are free.
    start : sequence of float, shape (p,) or (k, p), or dict by name, or sequence of dicts
        The start of all ascents, or of each.
    learning_rate : sequence of float, shape (k,), optional
        The rate of each ascent; by default that of the method.
    rng : optional
        As in `fit`.

    Returns
    -------
    list of Fit
        One for each ascent, as many as there are samples, starts or rates.

    Raises
    ------
    NoMaximumError, ParameterError, SampleError, TypeError, UnknownFamilyError
        As `fit` does; also if the numbers of samples, starts and rates differ.

    Examples
    --------
    >>> import numpy as np
    >>> import thetahat as th
    >>> x = np.random.default_rng(0).normal(1, 2, 1000)
    >>> method = th.SGD(learning_rate=1e-4, epochs=100)
    >>> fits = th.fit_multistart(x, "normal", method=method, start=(0, 1), learning_rate=[1e-4, 2e-4], rng=0)
    >>> fits[0].params == th.fit(x, "normal", method=method, start=(0, 1), rng=0).params
    True
    """
    described = find_family(family)
    check_known(described, ())
    rate = _plain_rate(method)
    if described.has_boundary:
        raise ParameterError(
            f"the maximum of {described.name} lies on the boundary of the support: use fit with Exact()"
        )
    if rng is not None and not method.draws:
        raise ParameterError("rng is not used: this method draws no random numbers")
    groups = _groups_of(x)
    starts = _starts(described, start)
    rates = [rate] if learning_rate is None else _rates(learning_rate)
    lists = {"samples": 1 if groups is None else len(groups), "starts": len(starts), "rates": len(rates)}
    count = max(lists.values())
    if any(length not in (1, count) for length in lists.values()):
        raise ParameterError(
            f"fit_multistart: the numbers {lists} do not match: give one of each, or as many as of the others"
        )
    samples = [_checked(described, group) for group in ([x] if groups is None else groups)]
    starts, rates = starts * (count // len(starts)), rates * (count // len(rates))
    solutions = _run_lanes(described, samples, groups, starts, rates, method, rng)
    fits = []
    for k, (solution, start, rate) in enumerate(zip(solutions, starts, rates, strict=True)):
        sample = copy(samples[k % len(samples)])  # each counts its own passes
        if solution.ending == "diverged":
            sample.check_support(start, "start")
        fits.append(
            Fit.from_solution(
                solution, Problem(sample, start), replace(method, learning_rate=rate), COVARIANCES[0]
            )
        )
    return fits


def _checked(family: Family, x: ArrayLike) -> Sample:
    """Return a sample; raise if it is invalid, or if its likelihood has no maximum."""
    sample = Sample(family, ArraySource(x))
    sample.check_rows()
    problem = Problem(sample)
    if problem.solved:
        problem.solve()
    return sample


def _run_lanes(
    family: Family,
    samples: Sequence[Sample],
    groups: Array | None,
    starts: list[tuple[float, ...]],
    rates: list[float],
    method: SGD,
    rng: Any,
) -> list[Solution]:
    """Return where the ascents end; each group of lanes takes the rows in the same random order."""
    bits = as_generator(rng).bit_generator if method.draws else None
    drawn_from: Any = None if bits is None else bits.state
    rows = samples[0].in_order() if groups is None else chunks_of(np.arange(float(groups.shape[1])))[0]
    solutions: list[Solution] = []
    for first in range(0, len(starts), _sgd.LANES):
        part = slice(first, first + _sgd.LANES)
        lanes = _sgd.Lanes(family.model, starts[part], rates[part])
        if bits is not None:
            bits.state = drawn_from
        with locked(bits):
            lanes.run(rows, method.shuffle, method.epochs, bits, None if groups is None else groups[part])
        solutions += [
            Solution(theta, "diverged" if diverged else "max_epochs", epochs)
            for theta, epochs, diverged in lanes.ends()
        ]
    return solutions


def _plain_rate(method: object) -> float:
    """Return the rate of a method that lanes can run; raise if it cannot."""
    if isinstance(method, SGD) and isinstance(method.learning_rate, float):
        rate, epochs = method.learning_rate, method.epochs
        plain = SGD(learning_rate=rate, epochs=epochs, shuffle=method.shuffle)
        if method in (plain, replace(plain, batch_size=1)):
            return rate
    raise ParameterError(
        "fit_multistart requires SGD(learning_rate=..., epochs=..., shuffle=...) with a constant rate and"
        f" batches of one row; got {method!r}"
    )


def _groups_of(x: ArrayLike) -> Array | None:
    """Return samples of equal length, one a row; None for one sample."""
    try:
        shape = np.shape(x)
    except ValueError as error:
        raise SampleError(
            "x holds samples of different lengths: fit_multistart needs equal lengths"
        ) from error
    if len(shape) != 2:
        return None
    if 0 in shape:
        raise SampleError(f"x has shape {shape}: there is no row in it")
    groups = [as_rows(group) for group in (x if isinstance(x, np.ma.MaskedArray) else np.asarray(x))]
    lengths = {group.size for group in groups}
    if len(lengths) > 1:
        raise SampleError(
            f"x holds samples of {min(lengths)} to {max(lengths)} rows without those masked: fit_multistart"
            " needs equal lengths"
        )
    return np.array(groups)


def _starts(family: Family, start: Theta | Sequence[Theta]) -> list[tuple[float, ...]]:
    thetas: Any = start
    if _is_listed(thetas) and len(thetas) and (isinstance(thetas[0], Mapping) or _is_listed(thetas[0])):
        return [check_theta(family, theta, f"start {k}") for k, theta in enumerate(thetas)]
    return [check_theta(family, thetas, "start")]


def _is_listed(value: Any) -> bool:
    """Whether a value is a sequence of others, or an array that is one."""
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _rates(learning_rate: Sequence[float]) -> list[float]:
    if not _is_listed(learning_rate) or any(map(_is_listed, learning_rate)):
        raise ParameterError(
            f"learning_rate must be a sequence of rates, one for each ascent; got {learning_rate!r}"
        )
    return [float(check_positive("learning_rate", rate)) for rate in learning_rate]
