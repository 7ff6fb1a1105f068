"""The families by formulas beside SciPy's fits of the same distributions, on one sample.

Prints milliseconds of the processor for both, the least of a few rounds in turns, and by how much the
log-likelihood is higher. Families that have no maximum on the sample are left out.
"""

import sys
import warnings
from time import process_time

import numpy as np
from scipy import stats

import thetahat as th
from thetahat.families import find_family

ROUNDS = 3


def seconds_of(call):
    begun = process_time()
    result = call()
    return process_time() - begun, result


def compare(name, x):
    """Milliseconds of ours and of SciPy's, and the difference of log-likelihoods."""
    fit = th.fit(x, name)
    law, keywords = find_family(name).scipy(*fit.theta)
    law = getattr(stats, law)
    fixed = {f"f{key}": value for key, value in (("loc", 0), ("scale", 1)) if key not in keywords}
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(seconds_of(lambda: th.fit(x, name))[0])
        seconds, found = seconds_of(lambda: law.fit(x, **fixed))
        theirs.append(seconds)
    return 1e3 * min(ours), 1e3 * min(theirs), fit.log_likelihood - law(*found).logpdf(x).sum()


def main():
    n = int(float(sys.argv[1])) if len(sys.argv) > 1 else 10_000
    x = np.random.default_rng(0).gamma(3.0, 1.0, n)
    warnings.simplefilter("ignore")
    print(f"{'':22}{'ours, ms':>10}{'SciPy, ms':>12}{'times':>8}{'log-likelihood higher by':>26}")
    for name in fitted(x):
        ours, theirs, higher = compare(name, x)
        print(f"{name:22}{ours:10.2f}{theirs:12.0f}{theirs / ours:8.0f}{higher:26.3g}", flush=True)


def fitted(x):
    """The families that have a maximum on some of the rows, and a distribution in SciPy."""
    found = []
    for name in th.formula_families():
        try:
            find_family(name).scipy(*th.fit(x[:1000], name).theta)
        except (th.NoMaximumError, th.ParameterError, th.SampleError):
            continue
        if not find_family(name).counts:
            found.append(name)
    return found


if __name__ == "__main__":
    main()
