"""Passes and whole fits of every family by this library alone: ns a row, and passes over all rows.

    python bench/alone.py [FAMILY ...] [--sizes 10000 1000000] [--seconds 4]

One thread, by processor time, on one processor; the best of the rounds that fit into some seconds counts.
"""

from __future__ import annotations

import argparse
import os
from functools import partial
from math import inf
from time import perf_counter

from drawn import drawn, theta_of
from paired import timed

import thetahat as th


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("families", nargs="*", metavar="FAMILY", help="all, if none is named")
    parser.add_argument("--sizes", nargs="+", type=int, default=[10**4, 10**6])
    parser.add_argument("--seconds", type=float, default=4.0, help="of the rounds of each family and size")
    options = parser.parse_args()
    families = options.families or th.families()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    sizes = [f"{n:.0e}".replace("e+0", "e") for n in options.sizes]
    print("| | passes | " + " | ".join(f"pass, {n} | fit, {n}" for n in sizes) + " |")
    print("|---|" + "---|" * (1 + 2 * len(sizes)))
    for family in families:
        passes = " / ".join(str(th.fit(drawn(family, n), family).passes) for n in options.sizes)
        found = [time for n in options.sizes for time in best(family, n, options.seconds)]
        figures = [f"{time:.0f}" if time >= 10 else f"{time:#.2g}" for time in found]
        print(f"| {family} | {passes} | " + " | ".join(figures) + " |", flush=True)


def best(family: str, n: int, seconds: float) -> tuple[float, float]:
    """Return ns a row of a pass, and of a whole fit, in the best rounds of each, taken in turn."""
    x, calls = drawn(family, n), max(1, 10**5 // n)
    work = (
        partial(th.log_likelihood_and_score, x, family, theta_of(family), threads=1),
        partial(th.fit, x, family, threads=1),
    )
    least, end = [inf, inf], perf_counter() + seconds
    while perf_counter() < end or inf in least:
        least = [min(time, timed(call, calls)) for time, call in zip(least, work, strict=True)]
    return 1e9 / n * least[0], 1e9 / n * least[1]


if __name__ == "__main__":
    main()
