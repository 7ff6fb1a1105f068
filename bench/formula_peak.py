"""A peak over a background, normalized on a window: by one formula, and by iminuit with numba-stats.

Both start from the same crude values, on one thread; numba has compiled before. For iminuit the density, its
integral and the normalization are written by hand, and its gradient is of differences.
"""

import sys
from time import perf_counter

import numpy as np
from iminuit import Minuit
from iminuit.cost import UnbinnedNLL
from numba_stats import expon, norm
from peak import HIGH, LOW, START, define, rows

import thetahat as th


def density(x, f, mu, sigma, tau):
    def share(of, *shapes):
        ends = of.cdf(np.array([LOW, HIGH]), *shapes)
        return ends[1] - ends[0]

    total = f * share(norm, mu, sigma) + (1 - f) * share(expon, 0.0, tau)
    return (f * norm.pdf(x, mu, sigma) + (1 - f) * expon.pdf(x, 0.0, tau)) / total


def fit_by_iminuit(x):
    minuit = Minuit(UnbinnedNLL(x, density), **START)
    minuit.limits["f"] = (0, 1)
    minuit.limits["sigma", "tau"] = (1e-3, None)
    minuit.migrad()
    minuit.hesse()
    return minuit


def main():
    n = int(float(sys.argv[1])) if len(sys.argv) > 1 else 1 << 20
    x = rows(n)
    fit_by_iminuit(x[:1000])
    begun = perf_counter()
    family = define()
    defined = perf_counter() - begun
    times = []
    for _ in range(5):
        begun = perf_counter()
        fit = th.fit(x, family, threads=1)
        times.append(perf_counter() - begun)
    begun = perf_counter()
    minuit = fit_by_iminuit(x)
    theirs = perf_counter() - begun
    ours = min(times)
    print(f"{n} rows: defined in {defined * 1e3:.1f} ms, fitted in {ours * 1e3:.1f} ms, {fit.passes} passes")
    print(f"iminuit and numba-stats {theirs * 1e3:.0f} ms, {minuit.nfcn} calls: {theirs / ours:.0f} times")
    print("parameters apart, in standard errors:", np.abs(fit.theta - np.array(minuit.values)) / fit.stderr)
    print(f"log-likelihood above theirs: {fit.log_likelihood + minuit.fval / 2:.2e}")


if __name__ == "__main__":
    main()
