"""What fits to many half-censored samples must say together: intervals hold the truth as often as they say.

Half of the rows are right-censored at random limits, and those with delayed entry are seen only beyond it.
Bands are those of `monte_carlo.py`: left once in 1e9 times where the library is right. The same must not hold
of fits that drop the truncation, drop the censored rows, or take events for censored rows.

As a script it draws 5000 samples for each family from a fresh seed, prints what it measures, and fails where
a statistic leaves its band or a mistake goes unseen: `python tests/monte_carlo_censored.py [--seed SEED]`.
"""

import argparse
import sys

import numpy as np
from monte_carlo import LEVEL, coverages, said_by, share_of, unit_variances, zero_means
from scipy import stats

import thetahat as th
from thetahat.families import find_family

TRUTH = {"weibull": (1.7, 10.0), "lognormal": (2.0, 0.6), "gamma": (2.5, 4.0)}  # examples of families
ROWS, RUNS = 2000, 5000


def right(t, event, entry):
    return th.Censored(t, event=event, truncated=(entry, np.inf))


def without_truncation(t, event, entry):
    return right(t, event, np.full_like(entry, -np.inf))


def without_censored_rows(t, event, entry):
    return right(t[event], event[event], entry[event])


def with_swapped_events(t, event, entry):
    return right(t, ~event, entry)


MISTAKES = (without_truncation, without_censored_rows, with_swapped_events)


def draw(family, n, rng):
    """Times, events and entries of n rows that lived to enter; about half of them are censored."""
    name, settings = find_family(family).scipy(*TRUTH[family])
    law = getattr(stats, name)(**settings)
    entry = law.ppf(0.3) * rng.random(n)
    x = law.isf(law.sf(entry) * rng.random(n))  # given that it lies above the entry
    limit = entry + 1.6 * law.median() * rng.random(n)
    return np.minimum(x, limit), x <= limit, entry


def fits_of(family, samples, known):
    """What fits to samples say that are known in this way."""
    return said_by([th.fit(known(*sample), family) for sample in samples])


def found(family, fits):
    """Coverage, and the errors' mean and variance in standard errors, whose bias is of order n**-1/2."""
    truth, names = np.array(TRUTH[family]), find_family(family).names
    z = (fits.theta - truth) / fits.stderr
    return [
        *coverages("coverage", fits.limits, truth, names),
        *unit_variances("variance / stderr^2", z, names),
    ]


def profiles_found(family, samples):
    """Profile intervals and tests keep their level."""
    truth = TRUTH[family]
    fits = [th.fit(right(*sample), family) for sample in samples]
    limits = np.array([fit.confint(LEVEL, "profile") for fit in fits])
    accepted = np.array([fit.test(truth).pvalue > 1 - LEVEL for fit in fits])
    return [
        *coverages("profile coverage", limits, np.array(truth), find_family(family).names),
        share_of("truths not rejected", accepted),
    ]


def mistaken(family, samples):
    """The errors' means with each mistake."""
    truth, names = np.array(TRUTH[family]), find_family(family).names
    for mistake in MISTAKES:
        fits = fits_of(family, samples, mistake)
        yield mistake.__name__, zero_means(mistake.__name__, (fits.theta - truth) / fits.stderr, names)


def report(family, rng, runs):
    """Print what is measured of a family; return how much of it is not as it should be."""
    samples = [draw(family, ROWS, rng) for _ in range(runs)]
    events = np.mean([event.mean() for _, event, _ in samples])
    print(f"{family}: {events:.0%} of the rows are events")
    statistics = found(family, fits_of(family, samples, right))
    statistics += profiles_found(family, samples[: runs // 10])
    for name, value, low, high in statistics:
        place = "in" if low <= value <= high else "NOT IN"
        print(f"  {name:32} {value:9.4f} {place} [{low:.4f}, {high:.4f}]")
    unseen = 0
    for mistake, wrong in mistaken(family, samples[:100]):
        seen = [one.name for one in wrong if not one.good]
        print(f"  mistake: {mistake}; seen" if seen else f"  mistake: {mistake}; NOT SEEN")
        unseen += not seen
    return sum(not one.good for one in statistics) + unseen


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=np.random.SeedSequence().entropy)
    parser.add_argument("--runs", type=int, default=RUNS)
    options = parser.parse_args()
    print("seed", options.seed)
    rng = np.random.default_rng(options.seed)
    count = sum(report(family, rng, options.runs) for family in TRUTH)
    sys.exit(f"{count} statistics leave their bands, or mistakes do not" if count else 0)


if __name__ == "__main__":
    main()
