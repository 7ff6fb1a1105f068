"""Exact fits to samples of few values, ties, far rows, codes for "missing" and clusters, in any order.

    python tests/hard_fits.py [--samples SAMPLES] [--seed SEED] [FAMILY ...]

Each fit is held to the maximum that bisection of the likelihood equation finds, where the family's reference
has one (`bisection`), else to the best of the maxima that Newton's method reaches from a grid of starts. It
fails where a fit has a lower likelihood than the former, or more than a few have than the latter; where a fit
has no maximum and bisection finds one; or where fits take too many passes. By default 20,000 samples where
there is a bisection, 500 elsewhere.
"""

import argparse
import itertools
import sys
from collections import Counter

import numpy as np

import thetahat as th
from thetahat.families import find_family
from thetahat.reference import Likelihood

FAMILIES = [family for family in th.families() if not find_family(family).solved]
MANY, FEW = 20_000, 500
PASSES = {True: 12, False: 40}  # by whether sums shift: no more, in 999 of 1000 fits
LOWER = 0.03  # the share of samples with several maxima of which a start from the grid finds a higher one


def counted(rng):
    """A few values, the greatest of them far away or not, and how often each was seen."""
    x = np.unique(
        np.round(rng.choice([1, 10, 100, 1e4]) * rng.gamma(1, 1, rng.integers(2, 9)), rng.integers(4))
    )
    if rng.random() < 0.3:
        x = np.append(x, x.max() * 10 ** rng.uniform(0, 4))
    return x, np.floor(10 ** rng.uniform(0, rng.choice([1, 3, 6, 9]), x.size))


def contaminated(rng):
    """Rows of some law, and others: one far away, several, or a code."""
    n = int(10 ** rng.uniform(0.7, 3.4))
    laws = (rng.normal, rng.gumbel, rng.exponential, rng.random, lambda size: rng.standard_t(3, size))
    x = rng.choice([0, 10, 100, 1e4]) + rng.choice([0.1, 1, 10]) * laws[rng.integers(5)](size=n)
    far = rng.integers(0, n, min(n, rng.choice([1, 1, 1, 2, 5, 1 + n // 200, 1 + n // 20])))
    spread = x.std() or 1.0
    kinds = (
        lambda: x.mean() + rng.choice([-1, 1]) * spread * 10 ** rng.uniform(0, 6),
        lambda: x[far] + spread * rng.choice([-1, 1], far.size) * 10 ** rng.uniform(0, 4, far.size),
        lambda: rng.choice([-999, -99, -500, 9999, 0]),
    )
    x[far] = kinds[rng.integers(3)]()
    return rng.permutation(x), None


def clustered(rng):
    """Two clusters, or a narrow one within rows far apart."""
    n, share = int(10 ** rng.uniform(0.8, 2.8)), rng.uniform(0.05, 0.95)
    few = max(2, int(n * share))
    other = rng.normal(10 ** rng.uniform(-1, 3), 10 ** rng.uniform(-4, 1), few)
    first = rng.normal(size=max(2, n - few)) if rng.random() < 0.5 else rng.random(max(2, n - few))
    return rng.permutation(np.concatenate([first, other])), None


def hard_sample(family, rng):
    """Rows that the family supports, not all equal, and weights."""
    model = find_family(family).model
    shapes = (
        lambda x, _: x,
        lambda x, spread: np.exp((x - x.mean()) / spread),
        lambda x, spread: x - x.min() + spread * 10 ** rng.uniform(-3, 0),
        lambda x, spread: 1 / (1 + np.exp(-(x - x.mean()) / spread)),
        lambda x, _: np.round(np.abs(x)) % 2**40,
    )
    while True:
        x, weights = (counted, contaminated, clustered)[rng.integers(3)](rng)
        if x.size > 5000 and not find_family(family).shifts:
            x = x[:5000]
        if np.ptp(x) == 0:
            continue
        for k in rng.permutation(len(shapes)):
            rows = shapes[k](x, x.std())
            if np.ptp(rows) > 0 and not model.count_outside(th._core.plain_rows(rows))[0]:
                return rows, weights


def starts(family, x):
    """Parameters all over the domain: quantiles of the rows, their spread times powers of ten, shapes."""
    low, high = np.quantile(x, [0.1, 0.9])
    spread = high - low or x.std()
    dimension = Likelihood(family).family.DIMENSION or (0,) * len(find_family(family).names)
    values = []
    for parameter, power in zip(find_family(family).parameters, dimension, strict=True):
        if parameter.low == -np.inf:
            values.append([low, float(np.median(x)), high])
        elif power:
            values.append([spread * k for k in (0.01, 0.1, 1, 10)])
        elif parameter.transformed:
            values.append([0.5] if parameter.high < np.inf else [0.2, 1, 5])
        else:
            values.append([-0.4, 0.2, 1.0])
    return itertools.product(*values)


def best_known(family, x, weights, most):
    """The highest log-likelihood of a maximum that is known, and whether bisection found it."""
    reference = Likelihood(family).family
    if hasattr(reference, "bisection"):
        theta = reference.bisection(x.tolist(), None if weights is None else weights.tolist())
        return th.log_likelihood(x, family, theta, weights=weights), True
    found = [-np.inf]
    for start in itertools.islice(starts(family, x), most):
        try:
            fit = th.fit(x, family, weights=weights, start=start)
        except th.ThetahatError:
            continue
        found.append(fit.log_likelihood)
    return max(found), False


def judge(family, x, weights, most):
    """What became of a fit, and its passes."""
    try:
        fit = th.fit(x, family, weights=weights)
    except th.ConvergenceError:
        return "unfinished", 0
    except th.NoMaximumError:
        best, certain = best_known(family, x, weights, most)
        return ("missed" if certain else "other maximum" if best > -np.inf else "none"), 0
    best, certain = best_known(family, x, weights, most)
    size = abs(best) + (x.size if weights is None else weights.sum())
    if best > fit.log_likelihood + 1e-6 + 1e-10 * size:
        return ("lower" if certain else "other maximum"), fit.passes
    return "maximum", fit.passes


def look(family, samples, rng, most=10**6):
    """Count what became of fits to so many samples; return the counts, passes, and what is wrong."""
    outcomes, passes = Counter(), []
    for _ in range(samples):
        outcome, took = judge(family, *hard_sample(family, rng), most)
        outcomes[outcome] += 1
        passes.append(took)
    limit = PASSES[find_family(family).shifts]
    wrong = [name for name in ("lower", "missed") if outcomes[name]]
    if outcomes["other maximum"] > max(2, LOWER * samples):
        wrong.append("other maximum")
    if np.count_nonzero(np.array(passes) > limit) > 1 + samples // 1000:
        wrong.append(f"more than {limit} passes")
    return outcomes, np.array(passes), wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("families", nargs="*", default=FAMILIES, metavar="FAMILY")
    parser.add_argument("--samples", type=int)
    parser.add_argument("--seed", type=int, default=int(np.random.default_rng().integers(2**31)))
    options = parser.parse_args()
    print("seed", options.seed, flush=True)
    bad = False
    for family in options.families:
        bisects = hasattr(Likelihood(family).family, "bisection")
        samples = options.samples or (MANY if bisects else FEW)
        rng = np.random.default_rng([options.seed, *family.encode()])
        outcomes, passes, wrong = look(family, samples, rng)
        quantiles = np.quantile(passes, [0.5, 0.99, 0.999, 1]).tolist()
        print(family, dict(outcomes), "passes", quantiles, *wrong, flush=True)
        bad |= bool(wrong)
    return bad


if __name__ == "__main__":
    sys.exit(main())
