"""Stochastic gradient ascent: plain, preconditioned without tuning, and with all settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from thetahat import _sgd
from thetahat._checks import (
    as_generator,
    check_choice,
    check_count,
    check_flag,
    check_optional_choice,
    check_positive,
)
from thetahat.data.arrays import chunks_of, stretches
from thetahat.errors import ParameterError
from thetahat.solvers._method import Method, Problem, Solution
from thetahat.solvers._rule import Rule
from thetahat.solvers.median import maximum_at_median
from thetahat.solvers.monitoring import Monitor
from thetahat.solvers.newton import newton
from thetahat.solvers.pilot import PILOT_ROWS
from thetahat.solvers.schedules import Adam, Constant, InverseTime, Momentum, Rate, as_rate
from thetahat.solvers.sgd_run import SGDRun

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["SGD", "shuffled"]

_COORDINATES = ("textbook", "log")
_AVERAGES = ("polyak", "epoch")
_RATE = InverseTime()
_BATCH_SIZE = 64
_SPREAD_BATCH_SIZE = 2048
_PILOT_BATCHES = 8  # where rows are spread
_MANY_ROWS = 1 << 16  # a window: beyond, rows are not shuffled all together
_SHUFFLES = ("auto", "spread", "rows", "batches")


@dataclass(frozen=True, kw_only=True, repr=False)
class SGD(Method):
    """Stochastic gradient ascent on mini-batches, over one epoch or many.

    ``SGD()`` needs no tuning. A pilot of the first rows is fitted exactly; then each row t of one pass moves
    theta by ``1 / t`` times its score times the inverse of the information of one row, in unbounded
    coordinates. Theta then follows the maximum of the rows so far, as a running mean follows the mean: it
    ends a small fraction of a standard error from the maximum of all rows (Amari 1998; Toulis and Airoldi
    2017), and standard errors, confidence intervals and tests are valid there. The information is the
    observed one of the rows so far, updated every one or two thousand rows; it needs no closed form, and is
    right under misspecification.

    No step is longer than four standard errors. Where rows lie so far out that theta is a fifth of a standard
    error or more from the maximum of the quadratic model of the rows so far after such steps, it goes there.
    One epoch is then as near as the model is, and `newton_decrement` tells the distance. Each later epoch
    expands the log-likelihood of all rows about one theta and ends with a step of Newton's method from there:
    no epoch undoes an earlier one, and where the likelihood has a regular maximum a few epochs end at it.

    ``SGD(learning_rate=...)`` is plain: ``theta += learning_rate * score(batch; theta)``, the score summed
    over the batch, in textbook coordinates. With a constant rate a it does not end at the maximum. Passes
    over shuffled rows maximise ``l - a/4 * sum |score of a row|**2 / n`` (Smith et al. 2021), whose maximum
    is ``a (3 k - 1) / (4 sigma)`` above a normal sigma, k the kurtosis: 1.03e-4 for a = 1e-4 and sigma = 2.
    The mean over an epoch has the same bias; ``2 * mean(a) - mean(2 a)`` has none of first order (Dieuleveut,
    Durmus and Bach 2020), and `polish` has none at all.

    Parameters
    ----------
    learning_rate : float, Rate or callable, optional
        A constant; `InverseTime`, `Power` or `StepDecay`; or a function of the epoch, from 0. By default the
        preconditioned ascent that needs no tuning.
    epochs : int, default 1
        Passes over the sample, at least 1.
    batch_size : int, optional
        Rows in a batch, at least 1; at most the whole sample is used. A last shorter batch is used, not
        dropped. By default 1. If no learning rate is given 64, which is little beside the pilot, and 2048
        with ``shuffle="spread"``.
    shuffle : {"auto", "spread", "rows", "batches", None}, default "auto"
        What each epoch shuffles; None: nothing, each epoch takes the rows in their order.

        ``"rows"`` takes runs of 32 neighbouring rows in random order, 2048 runs at a time, and shuffles the
        65536 rows of such a window. In a sample of at most 65536 rows all orders are equally likely. In a
        longer one a window contains rows of 2048 places only, which matters where the rows are sorted.

        ``"spread"`` takes runs of 16 neighbouring rows in random order, 8320 runs at a time: one row of each,
        then another one of each, and so on. A batch of 2048 holds rows of 2048 places, and a window those of
        8320, which is enough for sorted rows too; and it costs less than to shuffle all rows.

        ``"batches"`` shuffles batches of neighbouring rows, which keep their order from 32 rows on. It is the
        fastest, and for rows that lie in random order. Where neighbours are alike, each batch pulls theta
        to its own maximum: on sorted rows ``SGD(shuffle="batches")`` ends a few tenths of a standard error to
        many of them away, the more the larger the batches.

        ``"auto"`` is ``"rows"``; but where no learning rate, batch size, update or average is given, and
        steps are not implicit, it is ``"spread"`` in samples of more than 65536 rows.
    preconditioner : {"information", None}, optional
        ``"information"``: steps are multiplied by the inverse of the observed information of one row, the
        default where no learning rate is given. A rate of 1/t is then optimal.
    coordinates : {"textbook", "log"}, optional
        What the steps move: the parameters themselves, or the logarithm of a positive one and log(p / (1 -
        p)) of one between 0 and 1, which no step can carry out of its domain. By default "log" with a
        preconditioner, else "textbook".
    reduction : {"sum", "mean"}, default "sum"
        Whether the score of a batch is the sum over its rows, or their mean.
    average : {"polyak", "epoch"}, optional
        Report the mean of theta over all steps, or over those of the last epoch, in the coordinates of the
        steps (Polyak and Juditsky 1992); by default the last theta. The rows of a pilot count as steps at its
        maximum.
    update : Momentum or Adam, optional
        How the scores of batches become steps; by default a step is the rate times the score.
    implicit : bool, default False
        Take the score at the end of the step instead of its start (Toulis and Airoldi 2017): stable for far
        starts and large rates. It requires ``coordinates="log"``; each step costs a few evaluations.
    tol : float, optional
        End after an epoch where `newton_decrement`, the squared distance to the maximum in standard errors,
        is at most this. It costs a pass in each epoch.
    polish : bool, default False
        Continue to the maximum by Newton's method, which costs a few more passes.

    Notes
    -----
    Accuracy of ``SGD()``. Over 78 distributions the parameter that is worst off ends 0.020 standard errors
    (rms, the median distribution) from the maximum at 2e4 rows and 0.010 at 2e5. It ends farther away for the
    nu of a student_t of nu = 6 (0.09 at 2e4 rows, 0.04 at 2e5), laplace's median (0.09 to 0.15, 0.06 to
    0.12), inverse_gaussian at a coefficient of variation of 9 (0.10, 0.06), and where the support ends among
    the rows (generalized_pareto of shape -0.25: 0.08, 0.09, single runs more). 95 % intervals cover 94.7 to
    95.2 %. `newton_decrement` of the fit tells how far from the maximum it ended; ``polish=True`` continues
    to the maximum.

    Where rows are far out (``tests/outliers.py``, seven samples each): the parameter that is farthest off, in
    sandwich standard errors, in the median sample; the median of the families and the worst of them after 1,
    2 and 10 epochs over 2e5 rows.

    ===================================  =================  =================  =================
    rows                                 1 epoch            2 epochs           10 epochs
    ===================================  =================  =================  =================
    of the family's law                  0.009, 0.024       0.000, 0.003       0.000, 0.001
    0.5 % of them 20 to 400 medians out  0.022, 0.22        0.000, 0.12        0.000, 0.002
    the same on both sides               0.033, 0.33        0.000, 0.15        0.000, 0.001
    Student's t, 3 degrees of freedom    0.050, 7.2         0.000, 19          0.000, 7.9
    lognormal(0, 2.3)                    0.021, 0.64        0.000, 0.29        0.000, 0.042
    ===================================  =================  =================  =================

    The worst families are laplace, whose median has no second derivative; gumbel in one epoch, 4 standard
    errors off on rows of Student's t; and gev, whose support may end among the rows, which in other samples
    happens with rows far out on both sides too. `newton_decrement` is large, or NaN, there.

    What a setting does to the end of the ascent (a: a constant rate; k: the kurtosis; the bias of sigma is
    that of a normal sample):

    * ``SGD()``, preconditioned steps at rate 1/t: bias O(log n / n), variance of the maximum, I^-1 / n [1]_
      [2]_.
    * A constant rate a over shuffled epochs: ends about the maximum of ``l - a/4 mean |g|**2``, for a normal
      sample
      ``a (3k - 1) / (4 sigma)`` too high in sigma, for any batch that is small beside the sample, with
      variance
      O(a^2) [3]_: 1.03e-4 for 1000 rows of normal(1, 2) at a rate of 1e-4.
    * ``average="epoch"``: the same bias; ``2 mean(a) - mean(2a)`` has none of first order [4]_. The variance
      of one
      epoch's mean is larger than that of its end, that of many epochs' smaller.
    * ``Power(a, 0.6)`` with ``average="polyak"``: the bias vanishes with t, the variance is near that of the
      maximum:
      0.1 and 0.2 standard errors from it at 2e4 rows [5]_.
    * ``StepDecay(a, 1/2, k)``: bias and variance are halved every k epochs [6]_.
    * ``update=Momentum(0.9)``: bias and variance of a rate of 10 a [7]_.
    * ``update=Adam()``: steps do not shrink with the score; without an average the end is several standard
      errors
      from the maximum [8]_.
    * ``implicit=True``: bias and variance of explicit steps to first order; neither a far start nor a large
      rate makes
      the ascent diverge [2]_.
    * ``polish=True``: no bias, the variance of the maximum.

    What `shuffle` leaves where neighbouring rows are alike: distance of ``SGD()`` from the maximum in
    standard
    errors (normal; mu, sigma; rms):

    ===================================  ==========  ==========  ==========  ==========
    rows                                 shuffle     2e4 rows    2e5 rows    2e6 rows
    ===================================  ==========  ==========  ==========  ==========
    in random order                      "auto"      0.01, 0.02  0.01, 0.01  0.00, 0.00
    AR(1), coefficient 0.999             "auto"      0.01, 0.02  0.02, 0.02  0.02, 0.05
    20 groups, one after another         "auto"      0.01, 0.02  0.01, 0.02  0.01, 0.02
    sorted                               "auto"      0.01, 0.02  0.03, 0.03  0.02, 0.02
    half ascending, half descending      "auto"      0.01, 0.02  0.03, 0.03  0.02, 0.03
    sorted                               "rows"      0.01, 0.02  0.07, 0.11  0.10, 0.13
    sorted, batches of 32                "batches"   0.48, 0.58  0.29, 0.31  0.12, 0.08
    sorted, batches of 2048              "batches"   36, 20      115, 30     26, 17
    sorted                               None        37, 85      547, 468    3332, 480
    ===================================  ==========  ==========  ==========  ==========

    The nu of student_t on 2e5 sorted rows ends 0.06 standard errors away, with ``shuffle="rows"`` 0.26. For
    the exact maximum, use `fit` with the default method.

    References
    ----------
    .. [1] S. Amari (1998), Natural gradient works efficiently in learning.
    .. [2] P. Toulis and E. M. Airoldi (2017), Asymptotic and finite-sample properties of estimators based on
       stochastic gradients.
    .. [3] S. L. Smith, B. Dherin, D. Barrett and S. De (2021), On the origin of implicit regularization in
       stochastic gradient descent.
    .. [4] A. Dieuleveut, A. Durmus and F. Bach (2020), Bridging the gap between constant step size stochastic
       gradient descent and Markov chains.
    .. [5] B. T. Polyak and A. B. Juditsky (1992), Acceleration of stochastic approximation by averaging.
    .. [6] H. Robbins and S. Monro (1951), A stochastic approximation method.
    .. [7] B. T. Polyak (1964), Some methods of speeding up the convergence of iteration methods.
    .. [8] D. P. Kingma and J. Ba (2015), Adam: a method for stochastic optimization.

    Examples
    --------
    >>> import numpy as np
    >>> import thetahat as th
    >>> x = np.random.default_rng(0).normal(1, 2, 20_000)
    >>> fit, best = th.fit(x, "normal", method=th.SGD(), rng=0), th.fit(x, "normal")
    >>> bool(np.all(np.abs(fit.theta - best.theta) < 0.1 * best.stderr))
    True
    >>> method = th.SGD(learning_rate=1e-4, epochs=300, batch_size=10, shuffle="batches")
    >>> th.fit(x[:1000], "normal", method=method, start=(0, 1), rng=0).status
    'max_epochs'
    """

    name: ClassVar[str] = "sgd"
    together: ClassVar[bool] = True
    learning_rate: float | Rate | Callable[[int], float] | None = None
    epochs: int = 1
    batch_size: int | None = None
    shuffle: str | None = "auto"
    preconditioner: str | None = None
    coordinates: str | None = None
    reduction: str = "sum"
    average: str | None = None
    update: Momentum | Adam | None = None
    implicit: bool = False
    tol: float | None = None
    polish: bool = False

    def __post_init__(self) -> None:
        if self.learning_rate is None:
            self._set(preconditioner="information")
        else:
            rate = as_rate(self.learning_rate)
            self._set(learning_rate=rate.rate if isinstance(rate, Constant) else rate)
        self._set(epochs=check_count("epochs", self.epochs))
        if self.batch_size is not None:
            self._set(batch_size=check_count("batch_size", self.batch_size))
        check_optional_choice("shuffle", self.shuffle, _SHUFFLES)
        check_optional_choice("preconditioner", self.preconditioner, ("information",))
        if self.coordinates is None:
            self._set(coordinates="log" if self.preconditioner else "textbook")
        check_choice("coordinates", self.coordinates, _COORDINATES)  # type: ignore[arg-type]
        check_choice("reduction", self.reduction, ("sum", "mean"))
        check_optional_choice("average", self.average, _AVERAGES)
        if self.update is not None and not isinstance(self.update, Momentum | Adam):
            raise ParameterError(f"update must be Momentum(...) or Adam(...), got {self.update!r}")
        self._set(implicit=check_flag("implicit", self.implicit), polish=check_flag("polish", self.polish))
        if self.tol is not None:
            self._set(tol=float(check_positive("tol", self.tol)))
        if self.shuffle == "auto" and not self._suits_any_order:
            self._set(shuffle="rows")
        self._check_together()

    @property
    def _suits_any_order(self) -> bool:
        """Whether batches may be large, and of any order, where nothing else is asked for."""
        plain = self.update is None and self.average is None and not self.implicit
        return plain and self.learning_rate is None and self.batch_size is None

    def _check_together(self) -> None:
        """Raise if settings contradict each other."""
        if self.coordinates != "log":
            for name, asked in (
                ("preconditioner", self.preconditioner is not None),
                ("implicit", self.implicit),
            ):
                if asked:
                    raise ParameterError(
                        f'{name} requires coordinates="log", where steps cannot leave the domain'
                    )
        if self.implicit and self.update is not None:
            raise ParameterError("implicit steps are not supported with Momentum or Adam: leave out update")
        if self.reduction == "mean" and self.learning_rate is None:
            raise ParameterError(
                'reduction="mean" requires a learning_rate: the default, 1/t, counts rows, not batches'
            )

    def __repr__(self) -> str:
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        shown = (f"{field.name}={given[field.name]!r}" for field in fields(self) if self._told(field.name))
        return f"SGD({', '.join(shown)})"

    def _told(self, name: str) -> bool:
        """Whether a setting differs from its default, given the others."""
        value = getattr(self, name)
        if name == "preconditioner":
            return value is not None and self.learning_rate is not None
        if name == "coordinates":
            return bool(value != ("log" if self.preconditioner else "textbook"))
        if name == "shuffle":
            return bool(value != ("auto" if self._suits_any_order else "rows"))
        return bool(value != type(self).__dataclass_fields__[name].default)

    def order(self, n: int) -> tuple[str | None, int]:
        """Return what an epoch over n rows shuffles, and the rows of its batches."""
        shuffle = self.shuffle
        if shuffle == "auto":
            shuffle = "spread" if n > _MANY_ROWS else "rows"
        usual = 1
        if self.learning_rate is None:
            usual = _SPREAD_BATCH_SIZE if shuffle == "spread" else _BATCH_SIZE
        return shuffle, min(self.batch_size or usual, n)

    @property
    def draws(self) -> bool:
        """Whether epochs are shuffled."""
        return self.shuffle is not None

    @property
    def starts(self) -> bool:
        """Whether it needs start values: with a preconditioner, the pilot gives them."""
        return self.preconditioner is None

    def compiled(self, batch_size: int, fixed: tuple[int, ...]) -> Rule:
        """Return the settings for the kernels."""
        rule = Rule(
            batch=batch_size,
            free_coordinates=self.coordinates == "log",
            preconditioned=self.preconditioner is not None,
            mean=self.reduction == "mean",
            average=self.average,
            implicit=self.implicit,
            fixed=fixed,
        )
        if isinstance(self.update, Momentum):
            rule = rule._replace(update="momentum", beta1=self.update.decay)
        if isinstance(self.update, Adam):
            beta1, beta2, epsilon = self.update.beta1, self.update.beta2, self.update.epsilon
            rule = rule._replace(update="adam", beta1=beta1, beta2=beta2, epsilon=epsilon)
        return rule if self.schedule.by_epoch else rule._replace(**self.schedule.terms(0)._asdict())

    @property
    def schedule(self) -> Rate:
        """The schedule of the learning rate."""
        return _RATE if self.learning_rate is None else as_rate(self.learning_rate)

    def run(self, problem: Problem) -> Solution:
        """Run whole epochs in compiled code."""
        rows = problem.sample.in_order()
        bits = as_generator(problem.rng).bit_generator if self.draws else None
        shuffle, batch_size = self.order(rows.n)
        rule = self.compiled(batch_size, tuple(problem.fixed))
        ascent = _sgd.Ascent(
            problem.family.model, rows, rule, shuffle=shuffle, epochs=self.epochs, bit_generator=bits
        )
        run = SGDRun(self, problem, ascent, bits, rows.n, pilot_rows(shuffle, batch_size))
        with Monitor(problem, self, self.epochs) as monitor:
            run.run(monitor)
        if not self.polish or ascent.diverged:
            return run.solution()
        if problem.solved:
            return run.polished(problem.solve())
        if problem.family.nonsmooth:
            return run.polished(maximum_at_median(problem))
        return run.polished(*newton(problem.sample, ascent.theta, tuple(problem.fixed)))


def pilot_rows(shuffle: str | None, batch_size: int) -> int:
    """Return the number of rows of a pilot, beside which a batch must be small in samples of any size."""
    return max(PILOT_ROWS, _PILOT_BATCHES * batch_size) if shuffle == "spread" else PILOT_ROWS


def shuffled(n: int, batch_size: int, shuffle: str, rng: Any) -> NDArray[np.int64]:
    """Return the order in which an epoch takes n rows."""
    bits = as_generator(rng).bit_generator
    numbers, rows = np.empty(n), np.empty(n, np.int64)
    for part in stretches(n):
        numbers[part] = np.arange(part.start, part.stop)
    reader = _sgd.EpochReader(chunks_of(numbers)[0], batch_size, shuffle, bits)
    with bits.lock:
        order = reader.rest()
    for part in stretches(n):
        rows[part] = order[part]
    return rows
