"""thetahat itself, through its public functions."""

from __future__ import annotations

from functools import partial

from contest import Case, Run
from jobs import (
    FULL_RATE,
    LARGE,
    RATE,
    START,
    THETA,
    ascended,
    full_ascent,
    maximum,
    one_pass,
    small_fit,
    stochastic,
    values,
)

import thetahat as th


def evaluate(case: Case, threads: int) -> Run:
    call = partial(th.log_likelihood_and_score, case.x, "normal", THETA, threads=threads)
    return Run(call, values(case), case.n)


one_pass.enter("thetahat")(partial(evaluate, threads=1))
one_pass.enter("thetahat", threads=2, only=LARGE)(partial(evaluate, threads=2))


def fit(case: Case, threads: int) -> Run:
    x = case.x
    return Run(lambda: th.fit(x, "normal", threads=threads).theta, maximum(case), case.n)


one_pass.enter("thetahat, whole fit")(partial(fit, threads=1))
one_pass.enter("thetahat, whole fit", threads=2, only=LARGE)(partial(fit, threads=2))
small_fit.enter("thetahat")(partial(fit, threads=1))


def sgd(case: Case, order: str) -> Run:
    x = case.x
    method = th.SGD(learning_rate=RATE, epochs=case.epochs, batch_size=case.batch_size, order=order)
    rng = None if order == "sequential" else 0

    def call() -> object:
        return th.fit(x, "normal", method=method, start=START, rng=rng, threads=1).theta

    return Run(call, ascended(case, RATE), case.n * case.epochs, tolerance=0.01)


@stochastic.enter("thetahat")
def notebook(case: Case) -> Run:
    """The order everybody else takes too: batches shuffled, which at size 1 is to shuffle samples."""
    return sgd(case, "samples" if case.batch_size == 1 else "batches")


stochastic.enter('thetahat, order="samples"', only=["batches of 10", "batches of 1000"])(
    partial(sgd, order="samples")
)
stochastic.enter('thetahat, order="sequential"')(partial(sgd, order="sequential"))


@full_ascent.enter("thetahat")
def gradient_ascent(case: Case) -> Run:
    x, method = case.x, th.GradientAscent(learning_rate=FULL_RATE, epochs=case.epochs)

    def call() -> object:
        return th.fit(x, "normal", method=method, start=START, threads=1).theta

    return Run(call, ascended(case, FULL_RATE), case.n * case.epochs)


@full_ascent.enter("thetahat, one pass alone", floor=True)
def one_pass_alone(case: Case) -> Run:
    return evaluate(case, threads=1)._replace(units=case.n * case.epochs)
