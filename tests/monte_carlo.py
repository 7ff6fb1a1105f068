"""What the fits to many samples of one distribution must say together.

Every statistic has a band that it leaves once in 1e9 times where the library is right, by the law that it then
follows: the binomial for coverage, chi-square for variances, Student's for means. Samples are large, so that
what is of order 1 / n beside 1 is small beside the bands. The errors' mean has a bias of b / sqrt(n) standard
errors, as large as its band; fits to both halves of each sample take it out (see `unbiased`). Exact laws,
where a family has one, are checked at five rows, where nothing hides a divisor of n - 1 for n.

As a script it draws 20,000 samples for each family from a fresh seed, prints what it measures, and fails where
a statistic leaves its band: `python tests/monte_carlo.py [--seed SEED] [FAMILY ...]`.
"""

import argparse
import sys
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

import thetahat as th
from thetahat.families import family_index, get_family
from thetahat.reference import Likelihood
from thetahat.sample import Sample

ALPHA = 1e-9  # how often a right statistic leaves its band
LEVEL = 0.95
ROWS, RUNS = 20_000, 20_000
FEW_ROWS = 5
CHUNK = 2**20  # rows drawn at a time


class Fits(NamedTuple):
    """What fits to samples of one size say: theta and stderr[run, parameter], limits[run, parameter, side]."""

    theta: Any
    stderr: Any
    limits: Any


class Runs(NamedTuple):
    """What the library says of many samples: the fits, and the derivatives at the truth."""

    truth: Any  # [run, parameter]
    whole: Fits
    first: Fits  # of the first half of each sample
    second: Fits
    score: Any
    products: Any  # of the rows' scores with themselves, summed: [run, parameter, parameter]
    information: Any


class Found(NamedTuple):
    """A statistic and its band."""

    name: str
    value: float
    low: float
    high: float

    @property
    def good(self):
        return self.low <= self.value <= self.high


def truth_of(family):
    return np.array(Likelihood(family).family.THETAS[0])


def names_of(family):
    return get_family(family_index(family)).names


def draw(family, runs, n, rng):
    """Samples at the family's first truth, one a row, drawn by SciPy."""
    name, settings = get_family(family_index(family)).scipy(*truth_of(family).tolist())
    return getattr(stats, name)(**settings).rvs((runs, n), random_state=rng).astype(np.float64)


def fit_all(family, samples):
    fits = [th.fit(x, family) for x in samples]
    return Fits(
        np.array([fit.theta for fit in fits]),
        np.array([fit.stderr for fit in fits]),
        np.array([fit.confint(LEVEL) for fit in fits]),
    )


def at_truth(family, x):
    """A sample's score, the products of its rows' scores, and its information, at the truth."""
    sample, truth = Sample(family_index(family), x), tuple(truth_of(family).tolist())
    _, score, information, sandwich, *_ = sample.at(truth).evaluate(truth, sample.score_products(truth))
    p = len(truth)
    J = np.reshape(information, (p, p))
    return np.array(score), J @ np.reshape(sandwich, (p, p)) @ J, J


def look(family, samples):
    """What the library says of these samples, one a row."""
    truth = np.tile(truth_of(family), (len(samples), 1))
    fits = [fit_all(family, part) for part in (samples, *np.split(samples, 2, axis=1))]
    return Runs(truth, *fits, *map(np.array, zip(*(at_truth(family, x) for x in samples), strict=True)))


def simulate(family, runs, n, rng):
    """What the library says of so many samples of n rows."""
    step = CHUNK // n
    sizes = [min(step, runs - done) for done in range(0, runs, step)]
    return joined([look(family, draw(family, size, n, rng)) for size in sizes])


def joined(parts):
    """Runs, or fits, or arrays, one after the other."""
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    return type(parts[0])(*map(joined, zip(*parts, strict=True)))


# What must hold, each as a list of statistics and their bands.


def coverage(runs, names):
    """As many intervals hold the truth as the level says."""
    hits = (runs.whole.limits[..., 0] <= runs.truth) & (runs.truth <= runs.whole.limits[..., 1])
    law = stats.binom(len(hits), LEVEL)
    low, high = law.ppf(ALPHA / 2) / len(hits), law.isf(ALPHA / 2) / len(hits)
    return [
        Found(f"coverage {name}", value, low, high) for name, value in zip(names, hits.mean(0), strict=True)
    ]


def errors(fits, truth):
    """Errors in standard errors."""
    return (fits.theta - truth) / fits.stderr


def unbiased(runs):
    """Errors without their bias of order 1 / sqrt(n), which is sqrt(2) times as large in a half.

    They are nearly (z1 + z2) / sqrt(2), z1 and z2 being those of the halves: 2 z less this has z's variance.
    """
    z, z1, z2 = (errors(fits, runs.truth) for fits in (runs.whole, runs.first, runs.second))
    return 2 * z - (z1 + z2) / np.sqrt(2)


def mean_error(runs, names):
    """The errors' mean is zero."""
    return zero_means("mean error", unbiased(runs), names)


def spread(runs, names):
    """The errors' variance is one standard error's square, and the Cramer-Rao bound."""
    bound = np.diag(np.linalg.inv(runs.products.mean(0)))
    z = errors(runs.whole, runs.truth)
    return [
        *unit_variances("variance / stderr^2", z.var(0, ddof=1), len(z), names),
        *unit_variances("variance / bound", runs.whole.theta.var(0, ddof=1) / bound, len(z), names),
    ]


def mean_score(runs, names):
    """The score's mean at the truth is zero."""
    return zero_means("score", runs.score, names)


def information_equality(runs, names):
    """The mean of g g' is the information."""
    i, j = np.triu_indices(len(names))
    pairs = [f"{names[a]} {names[b]}" for a, b in zip(i, j, strict=True)]
    return zero_means("g g' + H", (runs.products - runs.information)[:, i, j], pairs)


def zero_means(what, values, names):
    """Means in their standard errors, which follow Student's law."""
    t = values.mean(0) / (values.std(0, ddof=1) / np.sqrt(len(values)))
    band = stats.t(len(values) - 1).isf(ALPHA / 2)
    return [Found(f"{what} {name}", value, -band, band) for name, value in zip(names, t, strict=True)]


def unit_variances(what, ratios, runs, names):
    law = stats.chi2(runs - 1)
    low, high = law.ppf(ALPHA / 2) / (runs - 1), law.isf(ALPHA / 2) / (runs - 1)
    return [Found(f"{what} {name}", ratio, low, high) for name, ratio in zip(names, ratios, strict=True)]


CHECKS = (coverage, mean_error, spread, mean_score, information_equality)


def found(family, runs):
    return [one for check in CHECKS for one in check(runs, names_of(family))]


# Exact laws: what follows which, from the estimates, the truth and the number of rows n.

EXACT = {
    "normal": lambda mu, sigma, truth, n: [
        (np.sqrt(n - 1) * (mu - truth[0]) / sigma, stats.t(n - 1)),
        (n * (sigma / truth[1]) ** 2, stats.chi2(n - 1)),
    ],
    "exponential": lambda scale, truth, n: [(2 * n * scale / truth[0], stats.chi2(2 * n))],
    "rayleigh": lambda sigma, truth, n: [(2 * n * (sigma / truth[0]) ** 2, stats.chi2(2 * n))],
    "inverse_gaussian": lambda mu, shape, truth, n: [
        (mu, stats.invgauss(truth[0] / (n * truth[1]), scale=n * truth[1])),
        (n * truth[1] / shape, stats.chi2(n - 1)),
    ],
}
EXACT["lognormal"] = EXACT["normal"]


def few_rows(family, runs, rng):
    """Estimates from samples too small for anything but exact laws."""
    return np.array([th.fit(x, family).theta for x in draw(family, runs, FEW_ROWS, rng)])


def exact_laws(family, theta):
    """Distances from the laws of estimates from a few rows, in the band of Dvoretzky, Kiefer and Wolfowitz."""
    band = np.sqrt(np.log(2 / ALPHA) / (2 * len(theta)))
    pairs = EXACT[family](*theta.T, truth_of(family), FEW_ROWS)
    return [
        Found(f"distance from the law of {name}", stats.ks_1samp(values, law.cdf).statistic, 0, band)
        for name, (values, law) in zip(names_of(family), pairs, strict=True)
    ]


def report(family, runs, rng):
    """Print what is measured of a family; return what leaves its band."""
    all_found = found(family, simulate(family, runs, ROWS, rng))
    if family in EXACT:
        all_found += exact_laws(family, few_rows(family, runs, rng))
    print(family)
    for one in all_found:
        print(
            f"  {one.name:45} {one.value:9.4f}  in [{one.low:.4f}, {one.high:.4f}]", "" if one.good else "NO"
        )
    return [one for one in all_found if not one.good]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("families", nargs="*", default=th.families(), metavar="FAMILY")
    parser.add_argument("--seed", type=int, default=np.random.SeedSequence().entropy)
    options = parser.parse_args()
    print("seed", options.seed)
    rng = np.random.default_rng(options.seed)
    bad = [one for family in options.families for one in report(family, RUNS, rng)]
    sys.exit(f"{len(bad)} statistics leave their bands" if bad else 0)


if __name__ == "__main__":
    main()
