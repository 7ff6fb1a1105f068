"""How far the ascent that needs no tuning ends from the maximum, with outliers among the rows and without.

    python tests/outliers.py [--samples SAMPLES] [--rows ROWS ...] [--epochs EPOCHS ...] [--seed SEED] [FAMILY ...]

It prints, for each family, kind and number of rows, how far ascents of so many epochs end from the maximum:
the parameter that is farthest off, in sandwich standard errors, in the median sample and in the worst one. It
fails where more epochs end farther away, or an ascent is converged by its status and not near.

Rows are clean: of the family's law; or half a per cent of them are far: 20 to 400 times the median of their
absolute values, above 0 or on either side; or they are of Student's t with 3 or 4 degrees of freedom. A kind
that a family's support does not hold is left out, and samples without a maximum are.
"""

import argparse
import sys

import numpy as np
from monte_carlo import ascends, draw

import thetahat as th
from thetahat.families import find_family

FAMILIES = [family for family in th.families() if ascends(family)]
NEAR = 0.3  # standard errors
ROUNDING = 1e-3  # standard errors that more epochs may add


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
}


def distances(family, x, epochs, seed):
    """By number of epochs, the largest distance of a parameter from the maximum, and the status; None where
    there is no maximum or no support."""
    cov = "sandwich" if find_family(family).regular else "information"
    try:
        best = th.fit(x, family, cov=cov)
    except (th.SampleError, th.NoMaximumError):
        return None
    fits = [th.fit(x, family, method=th.SGD(epochs=count), rng=seed) for count in epochs]
    return [(np.abs((fit.theta - best.theta) / best.stderr).max(), fit.status) for fit in fits]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("families", nargs="*", metavar="FAMILY", default=FAMILIES)
    parser.add_argument("--samples", type=int, default=5)
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--epochs", type=int, nargs="+", default=[1, 2, 10])
    parser.add_argument("--seed", type=int, default=int(np.random.SeedSequence().entropy % 2**32))
    asked = parser.parse_args()
    print("seed", asked.seed, "epochs", *asked.epochs)
    for kind, drawn in KINDS.items():
        for family in asked.families:
            for n in asked.rows:
                rng = np.random.default_rng([asked.seed, n, *family.encode(), *kind.encode()])
                found = [distances(family, drawn(family, n, rng), asked.epochs, k) for k in range(asked.samples)]
                found = [d for d in found if d]
                if found:
                    table = np.array([[d for d, _ in run] for run in found])
                    text = "   ".join(f"{m:8.3f} {w:8.3f}" for m, w in zip(np.median(table, axis=0), table.max(axis=0)))
                    print(f"{kind:18} {family:20} {n:8} {text}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
