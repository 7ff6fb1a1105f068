"""Fits on several threads, in several Python threads at once: what a thread sanitizer should watch."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

import thetahat as th

x = np.random.default_rng(0).normal(5.0, 2.0, 3_000_000)
alone = th.fit(x, "normal", threads=1).theta.tobytes()
sgd = th.SGD(learning_rate=1e-6, epochs=2, batch_size=10)
shared = np.random.default_rng(1)  # its lock keeps the ascents that draw from it apart


def work(i: int) -> bool:
    same = th.fit(x, "normal", threads=4).theta.tobytes() == alone
    th.fit(x[i:], "normal", method=sgd, start=(0, 1), rng=i)
    th.fit(x[:100_000], "normal", method=sgd, start=(0, 1), rng=shared)
    th.log_likelihood_and_score(x[: 1_000_000 + i], "normal", (1, 2), threads=3)
    th.logpdf(x[i::7], "normal", (1, 2))
    return same


with ThreadPoolExecutor(4) as pool:
    results = list(pool.map(work, range(8)))
print(f"{sum(results)} of {len(results)} with the bits of one thread")
raise SystemExit(not all(results))
