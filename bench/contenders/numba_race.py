"""numba in the race: Fisher-scaled steps of rate 1 / (t + t0) and Fisher scoring, written by hand.

In (mu, log sigma, log nu). A row's step of a positive parameter, exp(e), is 1 + e + e^2 / 2: e is small.
Batches take one logarithm of a product of 8 rows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from itertools import product
from typing import Any

import numpy as np
from fisher import student_t_steps
from jobs import race_of
from race import T0, Array, Theta, enter, raced, rough

REFRESHED = 100  # rows for which Student t's information stays as it is


@cache
def _normal_rows() -> Any:
    import numba

    @numba.njit(fastmath=True)
    def ascend(x, mu, sigma, t0):
        for t in range(x.size):
            gamma = 1 / (t + 1 + t0)
            d = x[t] - mu
            z = d / sigma
            mu += gamma * d
            e = gamma * (z * z - 1) / 2
            sigma *= 1 + e * (1 + e / 2)
        return mu, sigma

    return ascend


@cache
def _normal_sums() -> Any:
    import numba

    @numba.njit(fastmath=True)
    def sums(x, mu):
        sum_d = sum_d2 = 0.0
        for i in range(x.size):  # from 0: only then it is known that no index is negative, and vectors do
            d = x[i] - mu
            sum_d += d
            sum_d2 += d * d
        return sum_d, sum_d2

    return sums


@cache
def _normal_batches() -> Any:
    import numba

    sums = _normal_sums()

    @numba.njit(fastmath=True)
    def ascend(x, mu, sigma, t0, size):
        for start in range(0, x.size, size):
            batch = x[start : start + size]
            sum_d, sum_d2 = sums(batch, mu)
            gamma = 1 / (start + batch.size + t0)
            mu += gamma * sum_d
            sigma *= np.exp(gamma * (sum_d2 / (sigma * sigma) - batch.size) / 2)
        return mu, sigma

    return ascend


@cache
def _student_t_rows() -> Any:
    import numba

    steps = numba.njit(student_t_steps)

    @numba.njit(fastmath=True)
    def ascend(x, mu, sigma, nu, t0):
        for start in range(0, x.size, REFRESHED):
            c, s_mu, s_sigma, s_both, s_nu = steps(nu)
            for t in range(start, min(start + REFRESHED, x.size)):
                gamma, k = 1 / (t + 1 + t0), nu + 1
                z = (x[t] - mu) / sigma
                q = 1 / (nu + z * z)
                kq = k * z * z * q
                g_sigma, g_nu = kq - 1, (c - nu * np.log(1 + z * z / nu) + kq) / 2
                mu += gamma * s_mu * sigma * k * z * q
                e = gamma * (s_sigma * g_sigma + s_both * g_nu)
                sigma *= 1 + e * (1 + e / 2)
                e = gamma * (s_both * g_sigma + s_nu * g_nu)
                nu *= 1 + e * (1 + e / 2)
        return mu, sigma, nu

    return ascend


@cache
def _student_t_sums(parallel: bool) -> Any:
    import numba

    @numba.njit(fastmath=True)
    def sums(x, mu, r):
        """Return the sums of z / v, q and log v over rows, 128 at a time."""
        sum_zw = sum_q = sum_log = 0.0
        v8 = np.empty(16)
        for start in range(0, x.size - 127, 128):
            block = x[start : start + 128]
            v8[:] = 1.0
            for i in range(0, 128, 16):
                for j in range(16):
                    z = (block[i + j] - mu) * r
                    v = 1 + z * z
                    zw = z / v
                    sum_zw += zw
                    sum_q += z * zw
                    v8[j] *= v
            for j in range(16):
                sum_log += np.log(v8[j])
        for i in range(x.size - x.size % 128, x.size):
            z = (x[i] - mu) * r
            v = 1 + z * z
            sum_zw += z / v
            sum_q += z * z / v
            sum_log += np.log(v)
        return sum_zw, sum_q, sum_log

    if not parallel:
        return sums

    @numba.njit(fastmath=True, parallel=True)
    def of_halves(x, mu, r):
        found, half = np.empty((2, 3)), x.size // 2
        for i in numba.prange(2):
            found[i] = sums(x[half:] if i else x[:half], mu, r)
        sum_zw, sum_q, sum_log = found[0] + found[1]
        return sum_zw, sum_q, sum_log

    return of_halves


@cache
def _student_t_step(parallel: bool) -> Any:
    import numba

    steps, sums = numba.njit(student_t_steps), _student_t_sums(parallel)

    @numba.njit(fastmath=True)
    def step(x, gamma, mu, sigma, nu):
        c, s_mu, s_sigma, s_both, s_nu = steps(nu)
        k, root = nu + 1, np.sqrt(nu)
        sum_zw, sum_q, sum_log = sums(x, mu, 1 / (sigma * root))
        g_sigma, g_nu = k * sum_q - x.size, (x.size * c - nu * sum_log + k * sum_q) / 2
        return (
            mu + gamma * s_mu * sigma * k * sum_zw / root,
            sigma * np.exp(gamma * (s_sigma * g_sigma + s_both * g_nu)),
            nu * np.exp(gamma * (s_both * g_sigma + s_nu * g_nu)),
        )

    return step


@cache
def _student_t_batches() -> Any:
    import numba

    step = _student_t_step(parallel=False)

    @numba.njit(fastmath=True)
    def ascend(x, mu, sigma, nu, t0, size):
        for start in range(0, x.size, size):
            batch = x[start : start + size]
            mu, sigma, nu = step(batch, 1 / (start + batch.size + t0), mu, sigma, nu)
        return mu, sigma, nu

    return ascend


def by_rows(family: str, x: Array, t0: int) -> Callable[[], Theta]:
    ascend = _normal_rows() if family == "normal" else _student_t_rows()
    return lambda: ascend(x, *rough(family, x), t0)


def by_batches(family: str, x: Array, setting: tuple[int, int]) -> Callable[[], Theta]:
    ascend = _normal_batches() if family == "normal" else _student_t_batches()
    return lambda: ascend(x, *rough(family, x), *setting)


def moments(family: str, x: Array) -> Callable[[], Theta]:
    """Return the running of one pass: the normal law needs no more."""
    sums = _normal_sums()

    def call() -> Theta:
        mu, _ = rough(family, x)
        sum_d, sum_d2 = sums(x, mu)
        mean = sum_d / x.size
        return mu + mean, (sum_d2 / x.size - mean * mean) ** 0.5

    return call


def scoring(family: str, x: Array, growth: int, parallel: bool) -> Callable[[], Theta]:
    """Return the running of Fisher scoring: on the first rows, on ever more of them, at last on all."""
    step, sizes = _student_t_step(parallel), [x.size]
    while sizes[0] > 1000:
        sizes.insert(0, sizes[0] // growth)

    def call() -> Theta:
        theta = rough(family, x)
        for size in sizes:
            theta = step(x[:size], 1 / size, *theta)
        return theta

    return call


SIZES = [128, 1024, 8192]
ROWS = {"normal": 100, "student_t": 100}
BATCHES = {"normal": (300, 8192), "student_t": (100, 8192)}
NUMBA = ["numba"]
for family in ROWS:
    name = "numba, by hand, Fisher-scaled steps"
    enter(family, name, by_rows, T0, ROWS[family], needs=NUMBA)
    enter(family, f"{name}, batches", by_batches, list(product(T0, SIZES)), BATCHES[family], needs=NUMBA)

race_of["normal"].enter("numba, by hand, one pass of sums", needs=NUMBA)(
    partial(raced, family="normal", prepare=moments)
)
for parallel, name in (
    (False, "numba, by hand, Fisher scoring"),
    (True, "numba, by hand, Fisher scoring, prange"),
):
    prepare = partial(scoring, parallel=parallel)
    enter("student_t", name, prepare, [2, 4, 8, 16], 8, threads=1 + parallel, needs=NUMBA)
