"""What the fits to many samples of one distribution must say together.

Every statistic has a band that it leaves once in 1e9 times where the library is right, by the law that it
then follows: the binomial for coverage, chi-square for variances, Student's for means. Samples are large, so
that what is of order 1 / n beside 1 is small beside the bands. The errors' mean has a bias of b / sqrt(n)
standard errors, as large as its band; fits to both halves of each sample take it out (see `unbiased`). Exact
laws, where a reference has some, are checked on five rows, where nothing hides a divisor of n - 1 for n.

Where the likelihood peaks at an edge, estimates have other laws: the exact ones are checked, and the exact
intervals. Where it peaks in a kink, there are no second derivatives.

Intervals by the profile, likelihood-ratio tests of the truth and limits of quantiles are held to their level
too, in a few families that answer fast.

The ascent that needs no tuning is held to coverage and variance too, and to end near the maximum: a twentieth
of a squared standard error away in the mean, or nearer. What that adds to the variance its bands hide.

The same must not hold of what the mistakes beside the references, and those in `wrong_estimators.py`, make
of it.

As a script it draws 20,000 samples for each family from a fresh seed, prints what it measures, and fails
where a statistic leaves its band or a mistake goes unseen:
`python tests/monte_carlo.py [--seed SEED] [FAMILY ...]`.
"""

import argparse
import sys
from typing import Any, NamedTuple

import numpy as np
from scipy import stats
from wrong_estimators import (
    WRONG_ANSWERS,
    WRONG_ASCENTS,
    of_few_rows,
    of_many_rows,
    planted,
    summaries,
)

import thetahat as th
from thetahat.data.source import ArraySource
from thetahat.families import BOUNDARY, NONSMOOTH, REGULAR, find_family
from thetahat.reference import Likelihood
from thetahat.sample import Sample

ALPHA = 1e-9  # how often a right statistic leaves its band
LEVEL = 0.95
ROWS, RUNS = 20_000, 20_000
ASCENTS = 5000  # samples that are ascended too
LEFT_AT_MOST = 0.05  # the mean square of what the ascent leaves, in squared standard errors
FEW_ROWS = 5
CHUNK = 2**20  # rows drawn at a time
TELLING = ("normal", "gamma", "student_t")  # examples of families, whose ascents make all mistakes
ANSWERING = ("gamma", "weibull", "generalized_pareto", "gumbel")  # examples: more is asked of them than fits
SHARES = (0.01, 0.5, 0.99)  # whose quantiles are asked for
APART = 5  # of so many samples one is asked for quantiles: SciPy makes laws slowly


class Fits(NamedTuple):
    """What fits to samples of one size say."""

    theta: Any  # [run, parameter]
    stderr: Any
    limits: Any  # [run, parameter, side]


class Runs(NamedTuple):
    """What the library says of many samples: the fits, and smooth parameters' derivatives at the truth."""

    truth: Any  # [run, parameter]
    whole: Fits
    first: Fits  # of the first half of each sample
    second: Fits
    score: Any
    products: Any  # of the rows' scores with themselves, summed: [run, parameter, parameter]
    information: Any


class Answers(NamedTuple):
    """What fits to samples of one size answer."""

    limits: Any  # by the profile, [run, parameter, side]
    pvalues: Any  # of the truth
    quantiles: Any  # their limits, [run, share, side], of every `APART`th sample


class Ascents(NamedTuple):
    """Where ascents end, and the maxima."""

    truth: Any  # [run, parameter]
    ended: Fits
    best: Fits


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
    return find_family(family).names


def bad(statistics):
    return [one for one in statistics if not one.good]


def ascends(family):
    """Whether gradient methods take the family."""
    return not find_family(family).has_boundary


def places(family, *peaks):
    """The parameters in which the likelihood peaks in one of these ways."""
    parameters = find_family(family).parameters
    return [j for j, parameter in enumerate(parameters) if parameter.regularity in peaks]


def law_of(family):
    """The law at the family's first truth, by SciPy."""
    name, settings = find_family(family).scipy(*truth_of(family).tolist())
    return getattr(stats, name)(**settings)


def draw(family, runs, n, rng):
    """Samples at the truth, one a row."""
    return law_of(family).rvs((runs, n), random_state=rng).astype(np.float64)


def draw_in_parts(family, runs, n, rng):
    """So many samples, as many at a time as memory easily holds."""
    step = max(1, CHUNK // n)
    for done in range(0, runs, step):
        yield draw(family, min(step, runs - done), n, rng)


def fit_all(family, samples):
    fits = th.fit_groups(samples, axis=1, family=family)
    return Fits(fits.theta, fits.stderr, fits.confint(LEVEL))


def said_by(fits):
    return Fits(
        np.array([fit.theta for fit in fits]),
        np.array([fit.stderr for fit in fits]),
        np.array([fit.confint(LEVEL) for fit in fits]),
    )


def at_truth(family, x):
    """A sample's score, the products of its rows' scores, and its information, at the truth."""
    sample, truth = Sample(find_family(family), ArraySource(x)), tuple(truth_of(family).tolist())
    sums, p = sample.at(truth), len(truth)
    smooth, rough = places(family, REGULAR), places(family, NONSMOOTH, BOUNDARY)
    square = np.ix_(smooth, smooth)
    _, score, J, C, *_ = sums.evaluate(truth, None, rough)
    sandwich = sums.evaluate(truth, sample.score_products(truth), rough)[3]  # C P C
    J, C, CPC = (np.reshape(entries, (p, p))[square] for entries in (J, C, sandwich))
    return np.array(score)[smooth], np.linalg.inv(C) @ CPC @ np.linalg.inv(C), J


def look(family, samples):
    """What the library says of these samples, one a row."""
    truth = np.tile(truth_of(family), (len(samples), 1))
    fits = [fit_all(family, part) for part in (samples, *np.split(samples, 2, axis=1))]
    return Runs(truth, *fits, *map(np.array, zip(*(at_truth(family, x) for x in samples), strict=True)))


def simulate(family, runs, n, rng):
    """What the library says of so many samples of n rows, then that with each of the family's mistakes."""
    parts, mistakes = [], of_many_rows(family).values()
    for samples in draw_in_parts(family, runs, n, rng):
        right, of_rows = look(family, samples), summaries(samples)
        parts.append([right, *(planted(mistake, right, of_rows) for mistake in mistakes)])
    return [joined(same) for same in zip(*parts, strict=True)]


def answer(family, samples):
    """What the library answers about these samples, one a row."""
    truth, fits = truth_of(family), [th.fit(x, family) for x in samples]
    quantiles = [fit.quantile(SHARES, LEVEL) for fit in fits[::APART]]
    return Answers(
        np.array([fit.confint(LEVEL, "profile") for fit in fits]),
        np.array([fit.test(truth).pvalue for fit in fits]),
        np.array([np.column_stack([quantile.low, quantile.high]) for quantile in quantiles]),
    )


def answer_all(family, runs, n, rng):
    """What the library answers about so many samples of n rows."""
    return joined([answer(family, samples) for samples in draw_in_parts(family, runs, n, rng)])


def tuned(x, family, rng):
    return th.fit(x, family, method=th.SGD(), rng=rng)


def ascend_all(family, runs, n, rng, *ascents):
    """Where each of these ascents ends in so many samples of n rows, drawn from rng as are their orders."""
    parts = []
    for samples in draw_in_parts(family, runs, n, rng):
        truth, best = np.tile(truth_of(family), (len(samples), 1)), fit_all(family, samples)
        ends = [said_by([ascent(x, family, rng) for x in samples]) for ascent in ascents]
        parts.append([Ascents(truth, end, best) for end in ends])
    return [joined(same) for same in zip(*parts, strict=True)]


def joined(parts):
    """Runs, or fits, or arrays, one after the other."""
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    return type(parts[0])(*map(joined, zip(*parts, strict=True)))


# What must hold, each as a list of statistics and their bands.


def coverage(family, runs):
    """As many intervals hold the truth as the level says."""
    return coverages("coverage", runs.whole.limits, runs.truth, names_of(family))


def mean_error(family, runs):
    """The errors' mean is zero."""
    which = of_normal_error(family)
    return zero_means("mean error", unbiased(runs)[:, which], labels(family, which))


def unbiased(runs):
    """Errors without their bias of order 1 / sqrt(n), which is sqrt(2) times as large in a half.

    They are nearly (z1 + z2) / sqrt(2), z1 and z2 being those of the halves: 2 z less this has z's variance.
    """
    z, z1, z2 = (errors(fits, runs.truth) for fits in (runs.whole, runs.first, runs.second))
    return 2 * z - (z1 + z2) / np.sqrt(2)


def errors(fits, truth):
    """Errors in standard errors."""
    return (fits.theta - truth) / fits.stderr


def spread(family, runs):
    """The errors' variance is the square of a standard error."""
    which = of_normal_error(family)
    z = errors(runs.whole, runs.truth)[:, which]
    return unit_variances("variance / stderr^2", z, labels(family, which))


def efficiency(family, runs):
    """The variance is the bound of Cramer and Rao."""
    which = places(family, REGULAR)
    bound = np.diag(np.linalg.inv(runs.products.mean(0)))
    return unit_variances(
        "variance / bound", runs.whole.theta[:, which] / np.sqrt(bound), labels(family, which)
    )


def mean_score(family, runs):
    """The score's mean at the truth is zero."""
    return zero_means("score", runs.score, labels(family, places(family, REGULAR)))


def information_equality(family, runs):
    """The mean of g g' is the information."""
    names = labels(family, places(family, REGULAR))
    i, j = np.triu_indices(len(names))
    pairs = [f"{names[a]} {names[b]}" for a, b in zip(i, j, strict=True)]
    return zero_means("g g' + H", (runs.products - runs.information)[:, i, j], pairs)


def of_normal_error(family):
    """The parameters whose errors are nearly normal in large samples."""
    return places(family, REGULAR, NONSMOOTH)


def labels(family, which):
    return [names_of(family)[j] for j in which]


def coverages(what, limits, truth, names):
    """Shares of the intervals that hold the truth, binomial by the level."""
    hits = (limits[..., 0] <= truth) & (truth <= limits[..., 1])
    return [share_of(f"{what} {name}", hit) for name, hit in zip(names, hits.T, strict=True)]


def share_of(name, hits):
    """How many hit, which is to be as many as the level says."""
    law = stats.binom(len(hits), LEVEL)
    return Found(name, hits.mean(), law.ppf(ALPHA / 2) / len(hits), law.isf(ALPHA / 2) / len(hits))


def zero_means(what, values, names):
    """Means in their standard errors, which follow Student's law."""
    t = values.mean(0) / (values.std(0, ddof=1) / np.sqrt(len(values)))
    band = stats.t(len(values) - 1).isf(ALPHA / 2)
    return [Found(f"{what} {name}", value, -band, band) for name, value in zip(names, t, strict=True)]


def unit_variances(what, values, names):
    """Variances of what should have 1, chi-square by their degrees of freedom."""
    ratios, law = values.var(0, ddof=1), stats.chi2(len(values) - 1)
    low, high = law.ppf(ALPHA / 2) / (len(values) - 1), law.isf(ALPHA / 2) / (len(values) - 1)
    return [Found(f"{what} {name}", ratio, low, high) for name, ratio in zip(names, ratios, strict=True)]


CHECKS = (coverage, mean_error, spread, efficiency, mean_score, information_equality)


def found(family, runs):
    return [one for check in CHECKS for one in check(family, runs)]


def answers_found(family, answers):
    """Profile intervals, tests and quantiles keep their level; p-values are uniform at the truth."""
    truth = law_of(family).ppf(SHARES)
    return [
        *coverages("profile coverage", answers.limits, truth_of(family), names_of(family)),
        *coverages("quantile coverage", answers.quantiles, truth, SHARES),
        share_of("truths not rejected", answers.pvalues > 1 - LEVEL),
        distance("p-values", answers.pvalues, stats.uniform()),
    ]


def ascents_found(family, ascents):
    """Coverage, variance, and how near to the maximum ascents end."""
    truth, ended, best = ascents
    names = names_of(family)
    bound = np.sqrt(np.mean(np.square(best.stderr), axis=0))
    left = np.mean(np.square((ended.theta - best.theta) / best.stderr), axis=0)
    return [
        *coverages("ascents' coverage", ended.limits, truth, names),
        *unit_variances("ascents' variance / stderr^2", errors(ended, truth), names),
        *unit_variances("ascents' variance / bound", ended.theta / bound, names),
        *(
            Found(f"left by ascents {name}", value, 0, LEFT_AT_MOST)
            for name, value in zip(names, left, strict=True)
        ),
    ]


def few_rows(family, runs, rng):
    """Estimates from samples too small for anything but exact laws."""
    return th.fit_groups(draw(family, runs, FEW_ROWS, rng), axis=1, family=family).theta


def has_exact_laws(family):
    """Whether the reference knows what the estimates follow, whatever the number of rows."""
    return hasattr(Likelihood(family).family, "exact_laws")


def exact_laws(family, theta):
    """Estimates follow their laws."""
    truth, exact = truth_of(family).tolist(), Likelihood(family).family.exact_laws
    by_parameter = zip(*(exact(one, truth, FEW_ROWS) for one in theta.tolist()), strict=True)
    statistics = []
    for name, found in zip(names_of(family), by_parameter, strict=True):
        values, ((law, settings), *_) = np.array([value for value, *_ in found]), [one[1:] for one in found]
        statistics.append(distance(name, values, getattr(stats, law)(*settings)))
    return statistics


def wrong_in_few_rows(family, theta):
    """By the name of a mistake that few rows tell, what is found with it."""
    return {
        name: exact_laws(family, np.array([mistake.of(one, FEW_ROWS) for one in theta.tolist()]))
        for name, mistake in of_few_rows(family).items()
    }


def distance(name, values, law):
    """How far they are from their law, in the band of Dvoretzky, Kiefer and Wolfowitz."""
    band = np.sqrt(np.log(2 / ALPHA) / (2 * len(values)))
    return Found(f"distance from the law of {name}", stats.ks_1samp(values, law.cdf).statistic, 0, band)


def report(family, rng):
    """Print what is measured of a family; return how much of it is not as it should be."""
    right, *wrong = simulate(family, RUNS, ROWS, rng)
    statistics = found(family, right)
    mistaken = [found(family, runs) for runs in wrong]
    mistakes = list(of_many_rows(family))
    if has_exact_laws(family):
        theta = few_rows(family, RUNS, rng)
        statistics += exact_laws(family, theta)
        mistaken += wrong_in_few_rows(family, theta).values()
        mistakes += of_few_rows(family)
    if family in ANSWERING:
        answers = answer_all(family, RUNS, ROWS, rng)
        statistics += answers_found(family, answers)
        mistaken += [answers_found(family, plant(answers)) for plant in WRONG_ANSWERS.values()]
        mistakes += WRONG_ANSWERS
    if ascends(family):
        statistics += ascents_found(family, *ascend_all(family, ASCENTS, ROWS, rng, tuned))
    if family in TELLING:
        wrong_ascents = ascend_all(family, ASCENTS // 10, ROWS, rng, *WRONG_ASCENTS.values())
        mistaken += [ascents_found(family, ascents) for ascents in wrong_ascents]
        mistakes += WRONG_ASCENTS
    print(family)
    for name, value, low, high in statistics:
        print(
            f"  {name:36} {value:9.4f}",
            "in" if low <= value <= high else "NOT IN",
            f"[{low:.4f}, {high:.4f}]",
        )
    unseen = 0
    for mistake, wrong_statistics in zip(mistakes, mistaken, strict=True):
        seen = bad(wrong_statistics)
        print(f"  mistake: {mistake}; seen by", ", ".join(one.name for one in seen) or "NONE")
        unseen += not seen
    return len(bad(statistics)) + unseen


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("families", nargs="*", default=th.families(), metavar="FAMILY")
    parser.add_argument("--seed", type=int, default=np.random.SeedSequence().entropy)
    options = parser.parse_args()
    print("seed", options.seed)
    rng = np.random.default_rng(options.seed)
    count = sum(report(family, rng) for family in options.families)
    sys.exit(f"{count} statistics leave their bands, or mistakes do not" if count else 0)


if __name__ == "__main__":
    main()
