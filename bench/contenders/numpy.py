"""NumPy: its own mean and std; the formulas in arrays, with their one temporary allocated once."""

from __future__ import annotations

from typing import Any

import numpy as np
from contest import Case, Run
from jobs import (
    FULL_RATE,
    START,
    THETA,
    ascended,
    full_ascent,
    maximum,
    one_pass,
    one_pass_of,
    own_precision,
    small_fit,
    values,
    values_from_sums,
)


@one_pass.enter("numpy mean + std")
@one_pass_of["float32"].enter("numpy mean + std")
@one_pass_of["int16"].enter("numpy mean + std")
@one_pass_of["strided"].enter("numpy mean + std")
@one_pass_of["masked"].enter("numpy mean + std")
@small_fit.enter("numpy mean + std")
def mean_std(case: Case) -> Run:
    x = case.x
    return Run(lambda: (x.mean(), x.std()), maximum(case), case.n, tolerance=own_precision(case))


@one_pass_of["weighted"].enter("numpy average, twice")
def averages(case: Case) -> Run:
    x, weights = case.sample

    def call() -> tuple[Any, Any]:
        mean = np.average(x, weights=weights)
        return mean, np.sqrt(np.average((x - mean) ** 2, weights=weights))

    return Run(call, maximum(case), case.n)


@one_pass.enter("numpy mean + std(mean=mean)")
@small_fit.enter("numpy mean + std(mean=mean)")
def mean_std_reused(case: Case) -> Run:
    x = case.x

    def call() -> tuple[Any, Any]:
        mean = x.mean(keepdims=True)
        return mean, x.std(mean=mean)

    return Run(call, maximum(case), case.n)


@one_pass.enter("numpy log-likelihood + score", threads=2)  # the dot product takes both
def evaluate(case: Case) -> Run:
    x, d = case.x, np.empty(case.n)

    def call() -> tuple[Any, Any, Any]:
        np.subtract(x, THETA[0], out=d)
        return values_from_sums(x.size, d.sum(), d @ d)

    return Run(call, values(case), case.n)


@full_ascent.enter("numpy, a pass per epoch", threads=2)
def gradient_ascent(case: Case) -> Run:
    case = case._replace(epochs=min(case.epochs, 10))
    x, d = case.x, np.empty(case.n)

    def call() -> tuple[float, float]:
        mu, sigma = START
        for _ in range(case.epochs):
            np.subtract(x, mu, out=d)
            q = 1 / sigma
            score = d.sum() * q * q, (d @ d * q * q - x.size) * q
            mu, sigma = mu + FULL_RATE * score[0], sigma + FULL_RATE * score[1]
        return mu, sigma

    return Run(call, ascended(case, FULL_RATE), case.n * case.epochs)
