"""thetahat itself, through its public functions."""

from __future__ import annotations

from functools import partial

from contest import Case, Run
from drawn import drawn, slope, theta_of, values_of
from jobs import (
    FULL_RATE,
    LARGE,
    RATE,
    START,
    THETA,
    ascended,
    fit_of,
    full_ascent,
    maximum,
    one_pass_by_family,
    one_pass_of,
    small_fit,
    stochastic,
    values,
)

import thetahat as th
from thetahat.families import REGULAR, find_family


def evaluate(case: Case, threads: int) -> Run:
    x, weights = case.sample
    call = partial(th.log_likelihood_and_score, x, "normal", THETA, threads=threads, weights=weights)
    return Run(call, values(case), case.n)


def evaluate_float64(case: Case, threads: int) -> Run:
    return evaluate(case._replace(kind="float64"), threads)


def fit(case: Case, threads: int) -> Run:
    x, weights = case.sample
    call = lambda: th.fit(x, "normal", threads=threads, weights=weights).theta  # noqa: E731
    return Run(call, maximum(case), case.n)


for kind, job in one_pass_of.items():
    for setup, name in ((evaluate, "thetahat"), (fit, "thetahat, whole fit")):
        job.enter(name)(partial(setup, threads=1))
        job.enter(name, threads=2, only=LARGE)(partial(setup, threads=2))
    if kind != "float64":
        job.enter("thetahat, float64")(partial(evaluate_float64, threads=1))
        job.enter("thetahat, float64", threads=2, only=LARGE)(partial(evaluate_float64, threads=2))

small_fit.enter("thetahat")(partial(fit, threads=1))


def evaluate_family(case: Case, family: str, threads: int) -> Run:
    x, theta = drawn(family, case.n), theta_of(family)
    call = partial(th.log_likelihood_and_score, x, family, theta, threads=threads)
    return Run(call, values_of(family, case.n), case.n)


def fit_family(case: Case, family: str, threads: int) -> Run:
    x = drawn(family, case.n)
    kinds = [parameter.regularity for parameter in find_family(family).parameters]

    def call() -> th.Fit:
        return th.fit(x, family, threads=threads)

    def answer(fit: th.Fit) -> list[float]:
        slopes = slope(family, case.n, tuple(fit.theta))
        return [value for value, kind in zip(slopes, kinds, strict=True) if kind == REGULAR]

    return Run(call, [0.0] * kinds.count(REGULAR), case.n, tolerance=1e-6, answer=answer)


for family, job in fit_of.items():
    one_pass_by_family.enter(family)(partial(evaluate_family, family=family, threads=1))
    one_pass_by_family.enter(family, threads=2)(partial(evaluate_family, family=family, threads=2))
    job.enter("thetahat")(partial(fit_family, family=family, threads=1))
    job.enter("thetahat", threads=2, only=LARGE)(partial(fit_family, family=family, threads=2))


def sgd(case: Case, shuffle: str | None) -> Run:
    x = case.x
    method = th.SGD(learning_rate=RATE, epochs=case.epochs, batch_size=case.batch_size, shuffle=shuffle)
    rng = None if shuffle is None else 0

    def call() -> object:
        return th.fit(x, "normal", method=method, start=START, rng=rng, threads=1).theta

    return Run(call, ascended(case, RATE), case.n * case.epochs, tolerance=0.01)


@stochastic.enter("thetahat")
def notebook(case: Case) -> Run:
    """The order everybody else takes too: batches shuffled, which at size 1 is to shuffle rows."""
    return sgd(case, "rows" if case.batch_size == 1 else "batches")


stochastic.enter('thetahat, shuffle="rows"', only=["batches of 10", "batches of 1000"])(
    partial(sgd, shuffle="rows")
)
stochastic.enter("thetahat, shuffle=None")(partial(sgd, shuffle=None))


@full_ascent.enter("thetahat")
def gradient_ascent(case: Case) -> Run:
    x, method = case.x, th.GradientAscent(learning_rate=FULL_RATE, epochs=case.epochs)

    def call() -> object:
        return th.fit(x, "normal", method=method, start=START, threads=1).theta

    return Run(call, ascended(case, FULL_RATE), case.n * case.epochs)


@full_ascent.enter("thetahat, one pass alone", floor=True)
def one_pass_alone(case: Case) -> Run:
    return evaluate(case, threads=1)._replace(units=case.n * case.epochs)
