"""Fit random samples by every family that is a formula, and count how fits end.

    python tests/formula_existence.py [--samples N] [--seed SEED] [FAMILY ...]

Each family gets samples of 2 to 200 rows of its own law, and of other laws that its support holds. Every
fit ends at a maximum, or in an error that names what the likelihood increases towards. It prints a line for
each family and law, then those that ended otherwise; the exit status is 1 if there are any.
"""

import argparse
import sys
from collections import Counter

import numpy as np
from formula_cases import THETAS, fixed_of, sample_of

import thetahat as th
from thetahat.families import find_family

SIZES = (2, 3, 4, 5, 7, 10, 20, 50, 100, 200)
OTHERS = {
    "normal": lambda rng, n: rng.normal(3, 1, n),
    "cauchy": lambda rng, n: rng.standard_cauchy(n),
    "uniform": lambda rng, n: rng.uniform(0, 1, n),
    "exponential": lambda rng, n: rng.exponential(2, n),
    "mirrored exponential": lambda rng, n: -rng.exponential(2, n),
    "lognormal": lambda rng, n: rng.lognormal(0, 1, n),
    "pareto": lambda rng, n: 1 + rng.pareto(1.5, n),
    "weibull": lambda rng, n: rng.weibull(0.6, n),
    "two points": lambda rng, n: rng.choice([1.0, 2.0], n),
    "rounded": lambda rng, n: np.round(rng.gamma(2, 2, n)) + 1,
    "laplace": lambda rng, n: rng.laplace(0, 1, n),
    "poisson": lambda rng, n: rng.poisson(3, n).astype(float),
    "geometric": lambda rng, n: rng.geometric(0.4, n) - 1.0,
    "small counts": lambda rng, n: rng.integers(0, 2, n).astype(float),
}


def laws_of(name):
    """What draws samples, the family's own law first."""
    yield "its own", lambda rng, n: sample_of(name, n, rng)
    yield from OTHERS.items()


def rows_of(name, draw, rng, n):
    """Rows of a law that the family's support holds; None if it holds none."""
    family, fixed = find_family(name), fixed_of(name).get("fixed", {})
    x = draw(rng, n)
    if family.counts:
        x = np.round(np.abs(x))
    high = min([family.ends[1], *fixed.values()])
    low = family.ends[0]
    x = x[(x >= low) & (x <= high) & ((x > 0) | (low < 0) | family.counts)]
    return x if x.size else None


def ending(name, x):
    """How a fit ends, and what it says."""
    try:
        fit = th.fit(x, name, **fixed_of(name))
    except th.NoMaximumError as error:
        return "no maximum", str(error)
    except th.ConvergenceError as error:
        return "not finished", str(error)
    good = fit.status == "converged" and np.isfinite(fit.log_likelihood) and np.all(np.isfinite(fit.stderr))
    return ("converged" if good else fit.status), repr(fit)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--samples", type=int, default=30, help="of each size and law")
    parser.add_argument("--seed", type=int, help="by default a fresh one, which is printed")
    parser.add_argument("family", nargs="*", default=list(THETAS))
    asked = parser.parse_args()
    seed = np.random.SeedSequence().entropy % 2**32 if asked.seed is None else asked.seed
    print("seed", seed)
    bad = []
    for name in asked.family:
        for law, draw in laws_of(name):
            counts = Counter()
            for n in SIZES:
                for k in range(asked.samples):
                    x = rows_of(name, draw, np.random.default_rng([seed, n, k]), n)
                    if x is None:
                        continue
                    how, said = ending(name, x)
                    counts[how] += 1
                    if how not in ("converged", "no maximum"):
                        bad.append((name, law, n, k, how, said))
            if counts:
                print(f"{name:32}{law:22}{dict(counts)}", flush=True)
    for line in bad:
        print(*line)
    print(f"{len(bad)} ended without an answer")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
