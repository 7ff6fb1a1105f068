"""How the time and the memory of fits of groups grow with their number.

    python bench/groups.py [--quick] [GROUPS ...]

Normal fits of 1e7 rows by integer keys in random order, on one thread: the best of some rounds, of the
processor time of this thread. Memory: the peak of a process of its own beyond what it held before, less the
rows and the results that the fits keep.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from time import thread_time

import numpy as np

import thetahat as th

ROWS = 10**7
ROUNDS = 5
GROUPS = (10**3, 10**4, 10**5, 10**6, 10**7)
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


def nanoseconds(rows: int, groups: int, rounds: int) -> float:
    """Return what a row takes, at best."""
    random = np.random.default_rng(0)
    x, key = random.normal(size=rows), random.integers(0, groups, rows)
    best = float("inf")
    for _ in range(rounds):
        start = thread_time()
        th.fit_groups(x, "normal", by=key, threads=1)
        best = min(best, thread_time() - start)
    return best / rows * 1e9


def extra_memory(rows: int, groups: int) -> list[float]:
    """Return the bytes of a row, and of a group, beyond input and results."""
    command = [sys.executable, "-c", PEAK, str(rows), str(groups)]
    return [float(word) for word in subprocess.run(command, check=True, capture_output=True).stdout.split()]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("groups", nargs="*", type=float)
    parser.add_argument("--quick", action="store_true", help="few rows: does the code work?")
    options = parser.parse_args()
    rows, rounds = (10**4, 1) if options.quick else (ROWS, ROUNDS)
    print("| groups | ns a row | promised | bytes a row beyond input and results | or a group |")
    print("|---|---|---|---|---|")
    for groups in map(int, options.groups or GROUPS):
        few = min(groups, rows)
        promised = PER_ROW + PER_GROUP * few / rows
        per_row, per_group = extra_memory(rows, few)
        cells = f"{nanoseconds(rows, few, rounds):.1f} | {promised:.1f} | {per_row:.1f} | {per_group:,.1f}"
        print(f"| {few:,} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
