"""Fits, and the log-likelihood and its derivatives at given parameters."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from thetahat import _core, _sums
from thetahat._checks import check_choice, check_threads
from thetahat._theta import Theta, check_fixed, check_theta
from thetahat.data.source import source_of
from thetahat.errors import ParameterError
from thetahat.families import BOUNDARY, REGULAR, Family, FamilyName, find_family
from thetahat.result import Fit
from thetahat.sample import Sample
from thetahat.solvers import (
    COVARIANCES,
    SGD,
    Exact,
    Method,
    MethodName,
    Monitoring,
    Problem,
    Trace,
    as_method,
)
from thetahat.solvers.censored import refuse_edges
from thetahat.solvers.exact import start_values
from thetahat.solvers.limits import is_interior
from thetahat.solvers.newton import with_fixed
from thetahat.solvers.progress import reading
from thetahat.solvers.state import Callback

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["fit", "fit_sample"]

_EXACT = Exact()
_NO_MONITORING = Monitoring()
_RAISE = "raise"
_EVERY = 60.0
_PILOT = 1000  # rows of the start values of an iterative method


def fit(
    x: ArrayLike,
    family: FamilyName | Family,
    *,
    method: Method | MethodName = _EXACT,
    start: Theta | None = None,
    fixed: Mapping[str, float] | None = None,
    rng: Any = None,
    trace: Trace = False,
    progress: bool = False,
    callback: Callback | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: float = _EVERY,
    threads: int | None = None,
    nan_policy: str = _RAISE,
    weights: ArrayLike | None = None,
    cov: str = COVARIANCES[0],
) -> Fit:
    """Fit a family of distributions to a sample by maximum likelihood.

    Parameters
    ----------
    x : array_like, shape (n,), Source or Censored
        The sample: real finite numbers of any integer type, float16, float32 or float64, as a list, a NumPy
        array of any byte order and stride, a pandas or polars Series, an Arrow array or chunked array, or a
        table of one column. It is read in place, block by block, and never modified. Rows that are masked
        (NumPy) are left out; null ones (pandas, polars, Arrow) obey `nan_policy`, as NaN does. `SGD` makes a
        float64 copy of samples with such rows, with weights or in several chunks. A `Source`, from `scan`, is
        read where it lies, once for each pass; `SGD` holds all of its rows in memory. Rows that are censored,
        truncated or binned are a `Censored`.
    family : str or Family
        One of `families()`, or a family by its formula.
    method : Method or {"exact", "sgd"}, default Exact()
        `Exact()`, `GradientAscent(...)` or `SGD(...)`; of the names, the method with its defaults.
    start : sequence of float, or dict by name, optional
        Start values of an iterative method, or of Newton's method in `Exact()`, which begins there on all
        rows: all parameters, in the family's order or by name. By default they are estimated from some of the
        rows; where the likelihood may have several maxima there are several starts, and the highest maximum
        that they lead to is the fit. `Exact()` also tries these if it does not converge from `start`. An
        `SGD` with a preconditioner starts its pilot there.
    fixed : mapping of str to float, optional
        Parameters with known values, such as ``{"nu": 4}``: only the others are fitted. If all are fixed, the
        sample is evaluated there.
    rng : None, int, SeedSequence, BitGenerator or Generator, optional
        Source of the shuffles of `SGD`, as for `numpy.random.default_rng`. The same seed gives the same bits.
    trace : "epoch" or int, optional
        Keep the parameters after every epoch, or after every so many steps, at least 1: a step is a batch of
        `SGD`, an epoch of `GradientAscent`. True means ``"epoch"``; False, the default, keeps none.
    progress : bool, default False
        Show a progress bar, with the time left, on the terminal or in a notebook (needs tqdm): with epoch,
        learning rate, parameters and `newton_decrement`; of an exact fit of a `Source`, of the rows read in
        each pass. Exact fits of rows in memory show none.
    callback : callable, optional
        Called with a `State` after every epoch; the fit ends if it returns a true value.
    checkpoint : path, optional
        A file from which the same call resumes after a kill, with the same bits at the end; a fit that ended
        is returned at once. The version of thetahat, the family, the settings, `start`, `fixed`, `trace`, the
        seed, and all rows and weights (their CRC-32, which costs a pass) must be the same. Of a generator
        only the type is compared, since the file stores its state; of a function, the name. `callback` is not
        compared, and is called again for the epochs since the last save. Writing never damages the save
        before, which is kept as ``<path>.previous``.
    checkpoint_every : float, default 60.0
        Seconds between two checkpoints, 0 or more. The end of the fit is always saved.
    threads : int, optional
        Number of threads that read the sample; by default the number of processors of this process. The
        result does not depend on it.
    nan_policy : {"raise", "omit"}, default "raise"
        Whether NaN and null rows are an error, or are left out and counted.
    weights : array_like, shape (n,), optional
        A number of at least 0 for each row, which multiplies its log-likelihood and its score, in stochastic
        steps too. A row of weight 2 is equivalent to two equal rows, one of weight 0 is left out, whatever
        its value: values with their counts are a sample. `n` is then the sum of the weights. Rows and weights
        are matched by position, whatever the index of a Series.
    cov : {"information", "sandwich"}, default "information"
        The covariance of the estimates. ``"information"``: C, the inverse of the observed information, for
        weights that are numbers of rows; it assumes that the model is correctly specified. ``"sandwich"``:
        ``C (sum w_i**2 g_i g_i') C``, g_i the score of row i (Huber 1967), which is valid under
        misspecification and for survey weights; it costs one more pass.

    Returns
    -------
    Fit

    Raises
    ------
    SampleError
        If the sample is empty, not one-dimensional, or contains NaN or infinities: their number and the index
        of the first.
    SampleTypeError
        If it does not contain real numbers.
    NoMaximumError
        If the likelihood of this sample has no maximum, whatever the method.
    ConvergenceError
        If Newton's method ends before it has found a maximum, or that there is none.
    ParameterError, UnknownFamilyError
        If a setting is outside its domain.
    CheckpointError
        If a checkpoint is damaged, belongs to another fit, or cannot be written.

    Examples
    --------
    >>> import thetahat as th
    >>> fit = th.fit([1.0, 2.0, 4.0, 7.0], "normal")
    >>> fit.params
    {'mu': 3.5, 'sigma': 2.29128784747792}
    >>> fit.stderr
    array([1.14564392, 0.81009259])
    >>> method = th.GradientAscent(learning_rate=0.1, epochs=1000)
    >>> th.fit([1.0, 2.0, 4.0, 7.0], "normal", method=method, start=(0, 1)).status
    'converged'
    """
    described = find_family(family)
    # By identity: what is equal to a default and not the same object goes the longer way, with the same bits.
    sample_alone = weights is None and nan_policy is _RAISE
    not_followed = trace is False and progress is False and callback is None and checkpoint is None
    usual = method is _EXACT and start is None and fixed is None and rng is None and cov is COVARIANCES[0]
    if sample_alone and not_followed and usual and checkpoint_every is _EVERY:
        plain = _fit_plain(described, x, threads)
        if plain is not None:
            return plain

    def read() -> Sample:
        return Sample(described, source_of(x, weights, nan_policy), threads)

    monitoring = Monitoring(trace, progress, callback, checkpoint, checkpoint_every)
    return fit_sample(described, read, method, start, fixed, rng, monitoring, cov)


def _fit_plain(family: Family, x: Any, threads: int | None) -> Fit | None:
    """Return the exact fit of a plain array by the shortest way; None where it needs another.

    So short an array is read by one thread, however many there may be.
    """
    if threads is not None:
        check_threads(threads)
    rows = _core.plain_rows(x)
    if rows is None or rows.n >= _core.THREAD_ROWS or family.nonsmooth or family.known:
        return None
    exact = _sums.fit_plain(family.model, rows)
    if exact is None or (family.limiting and not is_interior(family, exact)):
        return None
    if family.labelled and not _has_all_parts(family, exact):
        return None
    return Fit.of_plain(family, x, _EXACT, exact)


def _has_all_parts(family: Family, exact: _sums.ExactFit) -> bool:
    """Whether the parts of a mixture count, and lie in their order."""
    theta = exact.theta
    return not family.degeneracy(theta, exact.sums.n, True) and family.in_label_order(theta) == theta


def fit_sample(
    family: Family,
    read: Callable[[], Sample],
    method: Method | MethodName,
    start: Theta | None = None,
    fixed: Mapping[str, float] | None = None,
    rng: Any = None,
    monitoring: Monitoring = _NO_MONITORING,
    cov: str = COVARIANCES[0],
) -> Fit:
    """Return the fit of a sample, which is read after the settings are checked."""
    method = as_method(method)
    fixed_values = _check_fixed(family, fixed)
    if check_choice("cov", cov, COVARIANCES) != COVARIANCES[0] or method.iterates:
        _check_regularity(family, method, cov, fixed_values)
    if rng is not None and not method.draws:
        raise ParameterError("rng is not used: this method draws no random numbers")
    monitoring = monitoring.check()
    if not method.iterates and monitoring and monitoring._replace(progress=False):
        raise ParameterError(
            "trace, callback and checkpoint require an iterative method (GradientAscent, SGD)"
        )
    first = () if start is None else check_theta(family, start, "start")
    problem = Problem(read(), first, first, fixed_values, rng, monitoring)
    if problem.sample.censored is not None:
        refuse_edges(family, fixed_values)
        if isinstance(method, SGD):
            raise ParameterError(
                f"method: {method.name} takes exact rows alone: fit censored or truncated ones by Exact() or"
                " GradientAscent(...)"
            )
    elif first and not method.iterates and family.solved and not fixed_values:
        raise ParameterError(f"start is not used: {family.name} has a closed-form maximum")
    if method.together and problem.sample.source is not None:
        problem.sample.source.check_together(type(method).__name__)
    if method.iterates or not monitoring.progress:
        return _solve(problem, method, cov)
    with reading(problem.sample.source, progress=True):
        return _solve(problem, method, cov)


def _solve(problem: Problem, method: Method, cov: str) -> Fit:
    """Return the fit of a problem whose settings are checked."""
    first, fixed_values = problem.given, problem.fixed
    if method.iterates and problem.solved:
        problem.solve()  # raises if there is no maximum
    if method.starts:
        problem = problem._replace(
            start=with_fixed(first, fixed_values) or start_values(problem.sample, _PILOT, fixed_values)
        )
    solution = method.run(problem)
    if solution.ending == "diverged" and first and method.starts and problem.sample.has_rows:
        problem.sample.check_support(problem.start, "start")
    fit = Fit.from_solution(solution, problem, method, cov)
    if problem.family.known and fit.log_likelihood == -math.inf:
        problem.sample.check_support(solution.theta, "fixed")
    return fit


def _check_fixed(family: Family, fixed: Mapping[str, float] | None) -> dict[int, float]:
    """Return the values of fixed parameters by place; raise if they are outside the domain."""
    fixed_values = check_fixed(family, fixed)
    if len(fixed_values) == len(family.names):
        check_theta(family, [fixed_values[place] for place in sorted(fixed_values)], "fixed")
    return fixed_values


def _check_regularity(family: Family, method: Method, cov: str, fixed_values: Mapping[int, float]) -> None:
    """Raise if a method or a covariance requires scores of rows that are zero together at the maximum."""
    if family.of_process and (method.name == "sgd" or cov != COVARIANCES[0]):
        raise ParameterError(
            f"{family.name} is an intensity, whose log-likelihood is no sum over rows: use Exact() or"
            ' GradientAscent(...), and cov="information"'
        )
    free = [
        parameter.regularity for place, parameter in enumerate(family.parameters) if place not in fixed_values
    ]
    if method.iterates and BOUNDARY in free:
        raise ParameterError(
            f"method: the maximum of {family.signature} lies on the boundary of the support, where the"
            f" score is not zero and {method.name} does not converge: use Exact()"
        )
    if cov != COVARIANCES[0] and any(regularity != REGULAR for regularity in free):
        raise ParameterError(
            f'cov="{cov}" requires a score that is zero at the maximum: that of {family.signature}'
            ' is not, use cov="information"'
        )
