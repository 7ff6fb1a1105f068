"""numba: the loops written by hand, in the fastest form found."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from contest import Case, Run
from jobs import RATE, START, THETA, ascended, one_pass, stochastic, values, values_from_sums


def evaluate(case: Case, parallel: bool) -> Run:
    import numba

    # Indexed: a loop over the values themselves is not turned into vector instructions.
    @numba.njit(fastmath=True, parallel=parallel)
    def sums(x, mu):
        sum_d = sum_d2 = 0.0
        for i in numba.prange(x.size):
            d = x[i] - mu
            sum_d += d
            sum_d2 += d * d
        return sum_d, sum_d2

    x = case.x
    return Run(lambda: values_from_sums(x.size, *sums(x, THETA[0])), values(case), case.n)


one_pass.enter("numba, by hand", needs=["numba"])(partial(evaluate, parallel=False))
one_pass.enter("numba, by hand, prange", threads=2, needs=["numba"])(partial(evaluate, parallel=True))


@stochastic.enter("numba, np.random.shuffle", only=["batches of 1"], needs=["numba"])
def shuffle_then_step(case: Case) -> Run:
    import numba

    @numba.njit(fastmath=True)
    def ascend(x, epochs, rate, mu, sigma):
        x = x.copy()
        for _ in range(epochs):
            np.random.shuffle(x)  # noqa: NPY002 - numba's own, compiled
            for value in x:
                d, q = value - mu, 1 / sigma
                z = d * q
                mu += rate * z * q
                sigma += rate * (z * z - 1) * q
        return mu, sigma

    return _run(case, partial(ascend, case.x, case.epochs, RATE, *START))


@stochastic.enter("numba, by hand, shuffle among the steps", needs=["numba"])
def shuffle_among_steps(case: Case) -> Run:
    # Faster than numba's np.random: a NumPy generator passed in, and an index from one random double.
    rng = np.random.default_rng(0)
    if case.batch_size == 1:
        return _run(case, partial(_ascend_by_samples(), case.x, case.epochs, RATE, *START, rng))
    return _run(case, partial(_ascend_by_batches(), case.x, case.batch_size, case.epochs, RATE, *START, rng))


def _ascend_by_samples() -> Callable[..., tuple[float, float]]:
    import numba

    @numba.njit(fastmath=True)
    def ascend(x, epochs, rate, mu, sigma, rng):
        x = x.copy()
        for _ in range(epochs):
            for i in range(x.size):
                j = i + int(rng.random() * (x.size - i))
                x[i], x[j] = x[j], x[i]
                d, q = x[i] - mu, 1 / sigma
                z = d * q
                mu += rate * z * q
                sigma += rate * (z * z - 1) * q
        return mu, sigma

    return ascend


def _ascend_by_batches() -> Callable[..., tuple[float, float]]:
    import numba

    @numba.njit(fastmath=True)
    def ascend(x, size, epochs, rate, mu, sigma, rng):
        starts = np.arange(0, x.size, size)
        for _ in range(epochs):
            for i in range(starts.size):
                j = i + int(rng.random() * (starts.size - i))
                starts[i], starts[j] = starts[j], starts[i]
                stop = min(starts[i] + size, x.size)
                sum_d = sum_d2 = 0.0
                for k in range(starts[i], stop):
                    d = x[k] - mu
                    sum_d += d
                    sum_d2 += d * d
                q = 1 / sigma
                mu += rate * sum_d * q * q
                sigma += rate * (sum_d2 * q * q - (stop - starts[i])) * q
        return mu, sigma

    return ascend


def _run(case: Case, call: Callable[[], tuple[float, float]]) -> Run:
    return Run(call, ascended(case, RATE), case.n * case.epochs, tolerance=0.01)
