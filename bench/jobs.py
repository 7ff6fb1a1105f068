"""The jobs, and what their answers must be."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from contest import Case, Job
from group_jobs import GROUP_JOBS

import thetahat

THETA = (0.5, 1.5)  # where log-likelihood and score are taken
START = (0.0, 1.0)  # where iterative methods start
HALF_LOG_2_PI = math.log(2 * math.pi) / 2

SIZES = [Case("1e4", 10**4), Case("1e6", 10**6), Case("3e7", 3 * 10**7)]
LARGE = ("1e6", "3e7")  # worth a second thread

one_pass = Job("one pass", "Normal: log-likelihood and score from all rows", "row", SIZES)


def of_kind(kind: str, title: str) -> Job:
    cases = [case._replace(kind=kind) for case in SIZES]
    return Job(f"one pass, {kind}", f"Normal, {title}: log-likelihood and score from all rows", "row", cases)


one_pass_of = {
    "float64": one_pass,
    "float32": of_kind("float32", "float32"),
    "int16": of_kind("int16", "int16"),
    "strided": of_kind("strided", "every second float64"),
    "weighted": of_kind("weighted", "float64 and their weights"),
    "masked": of_kind("masked", "float64, a seventh masked"),
}

one_pass_by_family = Job(
    "one pass by family", "By family: log-likelihood and score from all rows", "row", SIZES[1:]
)
fit_of = {
    family: Job(f"fit, {family}", f"{family}: fit of all rows", "row", SIZES)
    for family in thetahat.families()
}

small_fit = Job("small fit", "Normal: fit of 100 values", "row", [Case("100", 100)])

RATE = 1e-4
stochastic = Job(
    "stochastic ascent",
    "Normal: mini-batches of 1000 shuffled samples",
    "sample and epoch",
    [Case(f"batches of {size}", 1000, size, 1000) for size in (1, 10, 1000)],
)

FULL_RATE = 1e-7
full_ascent = Job(
    "gradient ascent",
    "Normal: full-batch gradient ascent on 1e6 rows",
    "row and epoch",
    [Case("1000 epochs", 10**6, 10**6, 1000)],
)

RACE = Case("1e6", 10**6)
race_of = {
    family: Job(f"race, {family}", f"{title}: to 0.1 standard error of the maximum", "row", [RACE])
    for family, title in {"normal": "Normal", "student_t": "Student t"}.items()
}

steps_by_family = Job(
    "steps by family", "By family: steps of stochastic ascent, a row each", "step", [Case("1e6", 10**6)]
)
steps_by_size = Job(
    "steps by size",
    "Steps of stochastic ascent, a row each: a few rows again and again, and very many once",
    "step",
    [Case("1000 epochs of 1e3", 1000, 1, 1000), Case("1e8", 10**8)],
)

JOBS = (
    *one_pass_of.values(),
    one_pass_by_family,
    *fit_of.values(),
    small_fit,
    stochastic,
    full_ascent,
    *race_of.values(),
    steps_by_family,
    steps_by_size,
    *GROUP_JOBS,
)


@cache
def values(case: Case) -> tuple[float, float, float]:
    """Log-likelihood and score by their definition, term by term."""
    mu, sigma = THETA
    x, weights = case.sample.counted()
    n = float(weights.sum())
    z = (x - mu) / sigma
    squares = float((weights * z * z).sum())
    log_likelihood = -squares / 2 - n * (math.log(sigma) + HALF_LOG_2_PI)
    return log_likelihood, float((weights * z).sum()) / sigma, (squares - n) / sigma


def values_from_sums(n: int, sum_d: Any, sum_d2: Any) -> tuple[Any, Any, Any]:
    """Log-likelihood and score from sum (x - mu) and sum (x - mu)^2."""
    _, sigma = THETA
    squares = sum_d2 / sigma**2
    log_likelihood = -squares / 2 - n * (math.log(sigma) + HALF_LOG_2_PI)
    return log_likelihood, sum_d / sigma**2, (squares - n) / sigma


@cache
def total(case: Case) -> float:
    x, weights = case.sample.counted()
    return float((weights * x).sum())


@cache
def maximum(case: Case) -> tuple[float, float]:
    x, weights = case.sample.counted()
    mean = np.average(x, weights=weights)
    return float(mean), float(np.sqrt(np.average((x - mean) ** 2, weights=weights)))


def own_precision(case: Case) -> float:
    """Return how near an answer is that was added up in the rows' own type."""
    return 1e-5 if case.kind == "float32" else 1e-9


@cache
def ascended(case: Case, rate: float) -> tuple[float, float]:
    """Where an ascent on the case's batches ends, rows in their order: a shuffled one ends near it."""
    mu, sigma = START
    starts = range(0, case.n, case.batch_size)
    batches = [case.x[start : start + case.batch_size] for start in starts]
    sums = [(len(batch), float(batch.sum()), float(batch @ batch)) for batch in batches]
    for _ in range(case.epochs):
        for n, total, squares in sums:
            d, d2 = total - n * mu, squares - 2 * mu * total + n * mu * mu
            mu, sigma = mu + rate * d / sigma**2, sigma + rate * (d2 / sigma**2 - n) / sigma
    return mu, sigma
