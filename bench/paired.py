"""Two builds side by side: passes and fits of every family, and how many times as long the second one takes.

    python bench/paired.py OLD NEW [FAMILY ...] [--sizes 10000 1000000] [--seconds 2]

OLD and NEW are folders that hold the package: `src` of a checkout that is compiled in place, or
site-packages. A process of each does rounds in turn, on the same rows, on one thread, by processor time; the
best rounds count. `paired.py OLD OLD` shows how far ratios of the same build are from 1 on this machine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from math import inf
from pathlib import Path
from time import perf_counter, thread_time
from typing import IO

WORK = ("pass", "fit")
ROUND = 5e-4  # seconds; a round should fit between two interruptions
SLOWER = 1.05


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("builds", nargs=2, type=Path, metavar="BUILD")
    parser.add_argument("families", nargs="*", metavar="FAMILY", help="all, if none is named")
    parser.add_argument("--sizes", nargs="+", type=int, default=[10**4, 10**6])
    parser.add_argument("--seconds", type=float, default=2.0, help="of the rounds of each ratio")
    options = parser.parse_args()
    builds = [Build(path) for path in options.builds]
    columns = [(work, n) for work in WORK for n in options.sizes]
    print("| new / old | " + " | ".join(f"{work}, {n:.0e}" for work, n in columns) + " |")
    print("|---|" + "---|" * len(columns))
    slower = []
    for family in options.families or builds[0].families:
        ratios = [ratio(builds, f"{work} {family} {n}", options.seconds) for work, n in columns]
        print(f"| {family} | " + " | ".join(f"{found:.2f}" for found in ratios) + " |", flush=True)
        named = zip(columns, ratios, strict=True)
        slower += [
            f"{work} of {family}, {n:.0e}: {found:.2f}" for (work, n), found in named if found > SLOWER
        ]
    print(f"\nSlower by more than {SLOWER - 1:.0%}: {'; '.join(slower) or 'none'}.")
    return 0


class Build:
    """A process that imports one of the builds, and times what it is asked for."""

    def __init__(self, path: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": f"{path.resolve()}{os.pathsep}{Path(__file__).parent}"}
        command = [sys.executable, "-c", "import paired; paired.serve()"]
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.families = self.answer().split()

    def answer(self) -> str:
        stdout: IO[str] = self.process.stdout  # type: ignore[assignment]
        return stdout.readline()

    def seconds(self, task: str) -> float:
        stdin: IO[str] = self.process.stdin  # type: ignore[assignment]
        print(task, file=stdin, flush=True)
        return float(self.answer())


def ratio(builds: list[Build], task: str, seconds: float) -> float:
    """Return how many times as long the second build takes, by the best rounds of both."""
    best = [inf for _ in builds]
    end = perf_counter() + seconds
    while perf_counter() < end or inf in best:
        best = [min(time, build.seconds(task)) for time, build in zip(best, builds, strict=True)]
    return best[1] / best[0]


def serve() -> None:
    """Print the families; then, for each task that is read, the seconds of one call."""
    from functools import cache

    from drawn import drawn, theta_of

    import thetahat as th

    if hasattr(os, "sched_setaffinity"):  # both builds on one processor, whose neighbours disturb both
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

    @cache
    def job(task: str) -> tuple[Callable[[], object], int]:
        work, family, n = task.split()
        x, theta = drawn(family, int(n)), theta_of(family)
        if work == "fit":
            call: Callable[[], object] = lambda: th.fit(x, family, threads=1)  # noqa: E731
        else:
            call = lambda: th.log_likelihood_and_score(x, family, theta, threads=1)  # noqa: E731
        return call, max(int(ROUND / timed(call, 1)), 1)

    print(*th.families(), flush=True)
    for line in sys.stdin:
        print(timed(*job(line.strip())), flush=True)


def timed(call: Callable[[], object], calls: int) -> float:
    call()
    start = thread_time()
    for _ in range(calls):
        call()
    return (thread_time() - start) / calls


if __name__ == "__main__":
    sys.exit(main())
