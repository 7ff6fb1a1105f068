"""Probabilities of formulas: censored fits beside those of compiled families, and functions of distributions.

Least times of a few rounds in turns, by one thread: fits of right-censored rows and of intervals that all
differ; then, of formulas without a name in SciPy, the distribution function, its inverse and random rows.
"""

import sys
from time import perf_counter

import numpy as np
from formulas import formula_of

import thetahat as th

ROUNDS = 5


def least(*calls):
    """The least seconds of each call, which take turns."""
    found = [[] for _ in calls]
    for _ in range(ROUNDS):
        for seconds, call in zip(found, calls, strict=True):
            begun = perf_counter()
            call()
            seconds.append(perf_counter() - begun)
    return [min(seconds) for seconds in found]


def censored(n):
    """Right-censored rows at random limits, and intervals of one width, of shape 1.7 and scale 3."""
    rng = np.random.default_rng(0)
    x, limits = 3 * rng.weibull(1.7, n), rng.uniform(1, 5, n)
    start = np.maximum(x - rng.random(n), 0.0)
    return {
        "right-censored": th.Censored(np.minimum(x, limits), event=x <= limits),
        "intervals": th.Censored(start, start + 1),
    }


def compare_fits(n):
    """Print how long fits of censored rows take by a formula, and by the compiled family of its name."""
    print(f"{n} rows: ms of a fit by formula, by the compiled family, their ratio")
    for kind, rows in censored(n).items():
        for name in ("weibull", "gamma"):
            formula = formula_of(name)
            ours, compiled = least(
                lambda rows=rows, family=formula: th.fit(rows, family, threads=1),
                lambda rows=rows, name=name: th.fit(rows, name, threads=1),
            )
            print(f"{kind:15} {name:10} {ours * 1e3:9.1f} {compiled * 1e3:9.1f} {ours / compiled:7.2f}")


def time_functions(name, law, n):
    """Print how long the functions of a distribution take, for each of many rows, and for one alone."""
    p = np.random.default_rng(1).random(n)
    x = law.ppf(p)
    of_many = least(lambda: law.cdf(x), lambda: law.ppf(p), lambda: law.rvs(n, 1))
    of_one = least(lambda: law.cdf(1.0), lambda: law.ppf(0.3), lambda: law.rvs(1, 1))
    print(f"{name:10}", *(f"{s / n * 1e6:8.2f}" for s in of_many), *(f"{s * 1e6:8.0f}" for s in of_one))


def main():
    n = int(float(sys.argv[1])) if len(sys.argv) > 1 else 10**4
    compare_fits(n)
    print(f"\n{n} rows: microseconds a row of cdf, ppf and rvs; of one row")
    time_functions("mixture", th.mixture(["normal", "normal"]).law((0.3, 0.0, 1.0, 6.0, 1.0)), n)
    time_functions("gamma", formula_of("gamma").law((2.0, 3.0)), n)


if __name__ == "__main__":
    main()
