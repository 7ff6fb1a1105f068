"""Searches the grids of the race: prints, cheapest first, the settings that arrive for 9 of 10 samples.

python bench/tune.py             everybody who has something to set
python bench/tune.py "JAX*"      contenders of these names
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from fnmatch import fnmatch
from math import inf
from time import perf_counter
from typing import Any

import contenders  # noqa: F401 - enters everybody
from jobs import RACE
from race import TUNED, WITHIN, Tuned, maximum, off, rows

SAMPLES, MISSES = 10, 1
SHOWN = 5


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", default=["*"], help="* stands for anything")
    options = parser.parse_args()
    for tuned in TUNED:
        if any(fnmatch(tuned.name, name) for name in options.names):
            print(f"{tuned.family}: {tuned.name}")
            for seconds, setting in sorted(arriving(tuned))[:SHOWN]:
                print(f"  {1e3 * seconds:10.2f} ms  {setting}", flush=True)


def arriving(tuned: Tuned) -> Iterator[tuple[float, Any]]:
    best = inf
    for setting in tuned.grid:
        seconds = time_of(tuned, setting, 2 * best)
        if seconds is not None:
            best = min(best, seconds)
            yield seconds, setting


def time_of(tuned: Tuned, setting: Any, most: float) -> float | None:
    """Return the time of the quickest call; None where too many samples miss, or where it is too long."""
    missed, quickest = 0, inf
    for seed in range(SAMPLES):
        call = tuned.prepare(tuned.family, rows(tuned.family, RACE.n, seed), setting)
        missed += off(call(), maximum(tuned.family, RACE.n, seed)) > WITHIN
        start = perf_counter()
        call()
        quickest = min(quickest, perf_counter() - start)
        if missed > MISSES or quickest > most:
            return None
    return quickest


if __name__ == "__main__":
    main()
