"""Seconds of the 999 replicates of `Fit.gof` at a million rows, of the clock and of processors.

    python bench/goodness.py [ROWS [REPLICATES [FAMILY ...]]]

What is done once, the observed statistics and the tables, is measured alone and left out of the replicates.
Seconds of processors count the work of all threads: other work on the machine blurs them less, and the best
single replicate, on one thread, least.
"""

import sys
from collections.abc import Callable
from functools import partial
from time import perf_counter, process_time, thread_time

import numpy as np
from scipy import stats

import thetahat as th
from thetahat.families import find_family
from thetahat.goodness.replicates import Draws
from thetahat.reference import Likelihood


def sample(family: str, n: int) -> np.ndarray:
    """Return rows of a family at the first parameters of its reference."""
    fixed = dict(zip(find_family(family).names, Likelihood(family).family.THETAS[0], strict=True))
    law = th.family(family).scipy(*fixed.values())
    return np.asarray(getattr(stats, law[0])(**law[1]).rvs(n, random_state=0), dtype=float)


def seconds(act: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds of the clock and of processors."""
    wall, cpu = perf_counter(), process_time()
    act()
    return perf_counter() - wall, process_time() - cpu


def best_replicate(fit: th.Fit, replicates: int) -> float:
    """Return the least seconds that one thread needs for a replicate."""
    draws, best = Draws(fit._family, fit._theta, (), fit.rows), float("inf")
    for seed in range(replicates):
        began = thread_time()
        draws.statistics(np.random.SeedSequence(seed))
        best = min(best, thread_time() - began)
    return best


def main() -> None:
    given = [int(float(text)) for text in sys.argv[1:3]]
    n, replicates = given + [1_000_000, 20][len(given) :]
    for family in sys.argv[3:] or th.families():
        fit = th.fit(sample(family, n), family)
        fit.gof(bootstrap=1, rng=0)  # imports
        once = seconds(partial(fit.gof, bootstrap=1, rng=0))
        all_ = seconds(partial(fit.gof, bootstrap=1 + replicates, rng=0))
        wall, cpu = ((many - one) * 999 / replicates for many, one in zip(all_, once, strict=True))
        told = f"once {once[0]:6.2f} s   999 replicates {wall:7.1f} s   of processors {cpu:7.1f} s"
        best = f"best replicate {1e3 * best_replicate(fit, replicates):6.1f} ms"
        print(f"{family:20} {told}   {best}", flush=True)


if __name__ == "__main__":
    main()
