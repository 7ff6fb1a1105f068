"""How far the ascent that needs no tuning ends from the maximum, with outliers among the rows and without.

    python tests/outliers.py [--samples SAMPLES] [--rows ROWS ...] [--seed SEED] [FAMILY ...]

It prints, for each kind of rows, family and number of rows, how far ascents of so many epochs end from the
maximum: of the parameter that is farthest off, in sandwich standard errors, in the median of the samples and
in the worst. It fails where more epochs end at a lower likelihood, or an ascent says that it has converged
and is not near.

Rows are clean: of the family's law; or half a per cent of them are far out: 20 to 400 times the median of
their absolute values, above 0 or on either side; or they are of a law with heavy tails that is not the
family's. A kind whose rows a family does not support is left out, as are samples without a maximum.
"""

import argparse
import itertools
import sys
from typing import NamedTuple

import numpy as np
from monte_carlo import ascends, draw

import thetahat as th
from thetahat.families import find_family

FAMILIES = [family for family in th.families() if ascends(family)]
EPOCHS = (1, 2, 10)
NEAR = 0.3  # standard errors
LOST_AT_MOST = 0.01  # of twice the log-likelihood: a tenth of a standard error


def far(family, n, rng, sides=(1,)):
    """Rows of the family's law, but for half a per cent; counts stay counts."""
    (x,) = draw(family, 1, n, rng)
    places = rng.choice(n, n // 200, replace=False)
    away = rng.uniform(20, 400, places.size) * np.median(np.abs(x)) * rng.choice(sides, places.size)
    x[places] = np.round(away) if np.array_equal(x, np.round(x)) else away
    return x


KINDS = {
    "clean": lambda family, n, rng: draw(family, 1, n, rng)[0],
    "far above": far,
    "far on both sides": lambda family, n, rng: far(family, n, rng, (-1, 1)),
    "t(3)": lambda _, n, rng: rng.standard_t(3, n),
    "t(4)": lambda _, n, rng: rng.standard_t(4, n),
    "lognormal(0, 2.3)": lambda _, n, rng: rng.lognormal(0, 2.3, n),
}


class End(NamedTuple):
    """Where an ascent ends."""

    distance: float  # of the parameter that is farthest off, in standard errors
    missing: float  # twice the log-likelihood that it lacks
    status: str

    @property
    def honest(self):
        return self.status != "converged" or self.distance < NEAR


def sample(kind, family, n, seed):
    return KINDS[kind](family, n, np.random.default_rng([seed, n, *family.encode(), *kind.encode()]))


def ends(family, x, epochs, seed):
    """Where ascents of so many epochs end; nothing where rows are not supported, or have no maximum."""
    cov = "sandwich" if find_family(family).regular else "information"
    try:
        best = th.fit(x, family, cov=cov)
    except (th.SampleError, th.NoMaximumError):
        return []
    fits = [th.fit(x, family, method=th.SGD(epochs=count), rng=seed) for count in epochs]
    away = [np.abs((fit.theta - best.theta) / best.stderr).max() for fit in fits]
    return [
        End(distance, 2 * (best.log_likelihood - fit.log_likelihood), fit.status)
        for distance, fit in zip(away, fits, strict=True)
    ]


def good(found):
    """Whether ends after more and more epochs are honest, and none loses what another had."""
    missing = [max(end.missing, 0) for end in found]
    kept = all(later <= earlier + LOST_AT_MOST for earlier, later in itertools.pairwise(missing))
    return kept and all(end.honest for end in found)


def line(kind, family, n, runs):
    """The median and the largest distances of some runs, by number of epochs."""
    table = np.array([[end.distance for end in run] for run in runs])
    pairs = zip(np.median(table, axis=0), table.max(axis=0), strict=True)
    bad = sum(not good(run) for run in runs)
    cells = "   ".join(f"{middle:8.3f} {worst:8.3f}" for middle, worst in pairs)
    return f"{kind:18} {family:19} {n:8} {cells}{f'   {bad} bad' if bad else ''}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("families", nargs="*", metavar="FAMILY", default=FAMILIES)
    parser.add_argument("--samples", type=int, default=9)
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--seed", type=int, default=int(np.random.SeedSequence().entropy % 2**32))
    asked = parser.parse_args()
    print(f"seed {asked.seed}; median and worst after {EPOCHS} epochs")
    failures = 0
    for kind, family, n in itertools.product(KINDS, asked.families, asked.rows):
        samples = (sample(kind, family, n, asked.seed + k) for k in range(asked.samples))
        runs = [run for k, x in enumerate(samples) if (run := ends(family, x, EPOCHS, k))]
        failures += sum(not good(run) for run in runs)
        if runs:
            print(line(kind, family, n, runs), flush=True)
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
