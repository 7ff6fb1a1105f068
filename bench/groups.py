"""Fits of groups: how time and memory grow with their number, and how fast groups of every family are fitted.

    python bench/groups.py [--quick] [PART ...]

Parts, all if none is named:
growth    normal fits of 1e7 rows by integer keys in random order, at several numbers of groups: processor
          time of one thread, and NumPy's bincount (mean and standard deviation) beside two threads. Memory:
          the peak of a process of its own beyond what it held before, less the rows and the results.
together  normal fits of rows that lie together, beside a loop that only reads and adds them.
families  groups of 100 rows of every family on one thread, beside loops over scipy.stats and statsmodels,
          where these fit it, on 100 of them.
The best of some rounds counts, of processor time; of two threads, and of what is beside them, of the wall's.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from time import perf_counter, thread_time
from typing import Any

import numpy as np
from contenders.groups import fit_family, fit_together, loops_of
from contest import Case, Run

import thetahat as th

ROWS = 10**7
SIZE = 100
ROUNDS = 7
GROUPS = (10**3, 10**5, 10**6, 10**7)
PER_ROW, PER_GROUP = 8, 90  # nanoseconds that are promised

PEAK = """
import sys
import numpy as np
import thetahat as th
rows, groups = map(int, sys.argv[1:])
random = np.random.default_rng(0)
x, key = random.normal(size=rows), random.integers(0, groups, rows)
th.fit_groups(x[:100], "normal", by=key[:100], threads=1)
def peak():
    status = open("/proc/self/status").read()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])
before = peak()
fits = th.fit_groups(x, "normal", by=key)
kept = x.nbytes + sum(array.nbytes for array in fits._numbers) + fits.keys.nbytes + fits.omitted.nbytes
print((peak() - before - kept) / rows, (peak() - before - kept) / groups)
"""


def best(call: Callable[[], Any], clock: Callable[[], float], rounds: int) -> float:
    """Return the seconds of the best of some rounds."""
    found = float("inf")
    for _ in range(rounds):
        start = clock()
        call()
        found = min(found, clock() - start)
    return found


def extra_memory(rows: int, groups: int) -> list[float]:
    """Return the bytes of a row, and of a group, beyond input and results."""
    command = [sys.executable, "-c", PEAK, str(rows), str(groups)]
    return [float(word) for word in subprocess.run(command, check=True, capture_output=True).stdout.split()]


def mean_and_deviation(x: Any, key: Any) -> Any:
    with np.errstate(invalid="ignore"):  # of groups without rows
        n = np.bincount(key)
        mean = np.bincount(key, x) / n
        return mean, np.sqrt(np.bincount(key, (x - mean[key]) ** 2) / n)


def growth(quick: bool, rounds: int) -> None:
    rows = 10**4 if quick else ROWS
    print("| groups | ns a row, one thread | promised | two threads | bincount / two threads | bytes a row |")
    print("|---|---|---|---|---|---|")
    for groups in (min(groups, rows) for groups in GROUPS):
        random = np.random.default_rng(0)
        x, key = random.normal(size=rows), random.integers(0, groups, rows)

        def fit(threads: int, x: Any = x, key: Any = key) -> th.GroupFits:
            return th.fit_groups(x, "normal", by=key, threads=threads)

        one = best(lambda fit=fit: fit(1), thread_time, rounds)  # type: ignore[misc]
        two = best(lambda fit=fit: fit(2), perf_counter, rounds)  # type: ignore[misc]
        peer = best(lambda x=x, key=key: mean_and_deviation(x, key), perf_counter, rounds)  # type: ignore[misc]
        cells = [one / rows * 1e9, PER_ROW + PER_GROUP * groups / rows, two / rows * 1e9]
        memory, _ = extra_memory(rows, groups)
        told = " | ".join(f"{cell:.1f}" for cell in cells)
        print(f"| {groups:,} | {told} | {peer / two:.2f} | {memory:.1f} |", flush=True)


def together(quick: bool, rounds: int) -> None:
    from contenders.floors import adder, pointer

    rows = 10**4 if quick else ROWS
    print("| groups of | ns a row | the loop | times as long |")
    print("|---|---|---|---|")
    for size in (SIZE, 10 * SIZE):
        case = Case(f"of {size} rows", rows, rows // size)
        add, at = adder("float64", 1), pointer(case.x)
        ours = best(fit_together(case, 1).call, thread_time, rounds)
        floor = best(lambda add=add, at=at: add(at, None, rows), thread_time, rounds)  # type: ignore[misc]
        cells = f"{ours / rows * 1e9:.2f} | {floor / rows * 1e9:.2f} | {ours / floor:.2f}"
        print(f"| {size:,} | {cells} |", flush=True)


def per_group(run: Run, rounds: int) -> float:
    return best(run.call, thread_time, rounds) / run.units


def families(quick: bool, rounds: int) -> None:
    groups = 20 if quick else 4000
    print("| family | groups a second | scipy loop | statsmodels loop, times as long |")
    print("|---|---|---|---|")
    for family in th.families():
        case = Case("", groups * SIZE, groups)
        ours = per_group(fit_family(case, family, 1), rounds)
        loops = loops_of(family, case._replace(n=2 * SIZE, batch_size=2) if quick else case)
        cells = [f"{per_group(loop, 1) / ours:,.0f}" if loop else "-" for loop in loops]
        print(f"| {family} | {1 / ours:.2e} | {' | '.join(cells)} |", flush=True)


PARTS = {"growth": growth, "together": together, "families": families}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument("--quick", action="store_true", help="few rows: does the code work?")
    options = parser.parse_args()
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"there is no part {part!r}: choose of {', '.join(PARTS)}")
    for part in options.parts or PARTS:
        PARTS[part](options.quick, 1 if options.quick else ROUNDS)
        print()


if __name__ == "__main__":
    main()
