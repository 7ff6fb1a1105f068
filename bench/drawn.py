"""A sample of each family: drawn by the reference at fixed parameters, repeated to the length of a case."""

from __future__ import annotations

from functools import cache, lru_cache
from random import Random

import numpy as np
from numpy.typing import NDArray

from thetahat.reference import Likelihood

PERIOD = 10_000  # rows; more than a branch predictor learns, few enough for the reference; divides every n


def theta_of(family: str) -> tuple[float, ...]:
    theta: tuple[float, ...] = Likelihood(family).family.THETAS[0]
    return theta


@cache
def period(family: str, n: int) -> list[float]:
    random, draw, theta = Random(20), Likelihood(family).family.draw, theta_of(family)
    return [draw(random, theta) for _ in range(min(n, PERIOD))]


@lru_cache(maxsize=2)
def drawn(family: str, n: int) -> NDArray[np.float64]:
    """Return n rows."""
    x = np.resize(np.array(period(family, n), np.float64), n)
    np.random.default_rng(21).shuffle(x)  # lest evenly spaced rows be the same few again and again
    x.flags.writeable = False
    return x


@cache
def values_of(family: str, n: int) -> tuple[float, ...]:
    """Log-likelihood and score where the rows were drawn, by the reference."""
    rows, theta, likelihood = period(family, n), theta_of(family), Likelihood(family)
    once = likelihood.log_likelihood(rows, theta), *likelihood.score(rows, theta)
    return tuple(n / len(rows) * value for value in once)


def slope(family: str, n: int, theta: tuple[float, ...]) -> list[float]:
    """Return the score per row by the reference: 0 at a maximum."""
    rows = period(family, n)
    return [value / len(rows) for value in Likelihood(family).score(rows, theta)]
