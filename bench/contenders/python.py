"""The notebook's loops in plain Python."""

from __future__ import annotations

import random
from collections.abc import Iterator

from contest import Case, Run
from jobs import RATE, START, ascended, stochastic

Vector = list[float]


def minibatches(x: Vector, batch_size: int) -> Iterator[Vector]:
    starts = list(range(0, len(x), batch_size))
    random.shuffle(starts)
    for start in starts:
        yield x[start : start + batch_size]


def score(x: Vector, mu: float, sigma: float) -> Vector:
    return [
        sum((value - mu) / sigma**2 for value in x),
        sum(((value - mu) / sigma) ** 2 for value in x) / sigma - len(x) / sigma,
    ]


def gradient_step(theta: Vector, gradient: Vector, rate: float) -> Vector:
    return [value + rate * slope for value, slope in zip(theta, gradient, strict=True)]


@stochastic.enter("the notebook's pure Python")
def loop(case: Case) -> Run:
    case = case._replace(epochs=min(case.epochs, 10))
    x = case.x.tolist()

    def call() -> Vector:
        theta = list(START)
        for _ in range(case.epochs):
            for batch in minibatches(x, case.batch_size):
                theta = gradient_step(theta, score(batch, *theta), RATE)
        return theta

    return Run(call, ascended(case, RATE), case.n * case.epochs, tolerance=0.01)
