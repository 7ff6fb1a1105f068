"""Instructions per row or step, counted by valgrind: figures that no other load on the machine can blur.

    python bench/callgrind.py [--quick] [NAME ...]

Names choose counts by parts of their titles; without any, all are made. One interpreter for each instruction
set does each job twice, small and large, and the difference of the counts is the job's alone. Rows of a
family are drawn by its reference, at the theta where the pass is taken. valgrind 3.19 has no AVX-512: the
levels counted are baseline and AVX2.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from drawn import drawn, theta_of

import thetahat as th

LEVELS = ("avx2", "baseline")
ROWS = 2**18
DUMPS = 4  # of each job

# valgrind writes a count whenever getppid is called.
PROGRAM = """
import json, os, sys
import numpy as np
import thetahat as th
for path, statement, sizes in json.load(open(sys.argv[1])):
    x = np.load(path)
    floats, weights = x.astype(np.float32), np.full(x.size, 0.5)
    for size in (sizes[0], *sizes):
        os.getppid()
        exec(statement)
    os.getppid()
"""


class Count(NamedTuple):
    title: str
    unit: str
    family: str  # whose rows are drawn
    statement: str
    sizes: tuple[int, int]  # of the small and the large run
    units: int  # per size


def sgd(title: str, settings: str, rng: int | None = 0) -> Count:
    method = f"th.SGD(learning_rate=1e-4, epochs=size, {settings})"
    statement = f"th.fit(x[:1000], 'normal', method={method}, start=(0, 1), rng={rng}, threads=1)"
    return Count(title, "sample", "normal", statement, (10, 510), 1000)


def one_pass(title: str, family: str, rows: str = "x[:size]", more: str = "") -> Count:
    statement = f"th.log_likelihood_and_score({rows}, {family!r}, {theta_of(family)}, threads=1{more})"
    return Count(title, "row", family, statement, (ROWS // 4, ROWS), 1)


def short_groups(family: str) -> Count:
    statement = f"th.fit_groups(x[:size], {family!r}, offsets=range(0, size + 1, 100), threads=1)"
    return Count(f"groups of 100 rows, {family}", "row", family, statement, (5000, 25_000), 1)


COUNTS = (
    *(one_pass(f"log-likelihood and score, {family}", family) for family in th.families()),
    one_pass("log-likelihood and score, normal, float32", "normal", "floats[:size]"),
    one_pass("log-likelihood and score, normal, weighted", "normal", more=", weights=weights[:size]"),
    *(short_groups(family) for family in th.families()),
    sgd("SGD, samples shuffled", "batch_size=1"),
    sgd("SGD, rows in order", "batch_size=1, shuffle=None", rng=None),
    sgd("SGD, batches of 10 shuffled", "batch_size=10, shuffle='batches'"),
    sgd("SGD, batches of 10 of shuffled samples", "batch_size=10"),
)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="only counts with these in their titles")
    parser.add_argument("--quick", action="store_true", help="the first count alone, at one level")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("valgrind is not installed")
        return 0
    levels, counts = (LEVELS[-1:], COUNTS[:1]) if options.quick else (LEVELS, COUNTS)
    if options.names:
        counts = tuple(count for count in counts if any(name in count.title for name in options.names))
    with ThreadPoolExecutor(len(levels)) as pool:
        columns = list(pool.map(lambda level: per_unit(counts, level), levels))
    print("| instructions per | | " + " | ".join(levels) + " |")
    print("|---|---|" + "---|" * len(levels))
    for count, *cells in zip(counts, *columns, strict=True):
        print(f"| {count.unit} | {count.title} | " + " | ".join(f"{cell:.2f}" for cell in cells) + " |")
    return 0


def per_unit(counts: Sequence[Count], level: str) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        totals = iter(instructions(counts, level, Path(folder)))
    found = []
    for count in counts:
        _, _, small, large = (next(totals) for _ in range(DUMPS))
        found.append((large - small) / ((count.sizes[1] - count.sizes[0]) * count.units))
    return found


def instructions(counts: Sequence[Count], level: str, folder: Path) -> list[int]:
    """Return what each job takes: to be ready, at the small size, at that again, and at the large one."""
    for family in {count.family for count in counts}:
        np.save(folder / f"{family}.npy", drawn(family, ROWS))
    jobs = [(str(folder / f"{count.family}.npy"), count.statement, count.sizes) for count in counts]
    (folder / "jobs.json").write_text(json.dumps(jobs))
    command = ["valgrind", "--tool=callgrind", "--dump-before=getppid"]
    command += [f"--callgrind-out-file={folder / 'count'}", sys.executable, "-c", PROGRAM]
    environment = {**os.environ, "THETAHAT_ISA": level, "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"}
    subprocess.run([*command, str(folder / "jobs.json")], env=environment, check=True, capture_output=True)
    return [total((folder / f"count.{1 + k}").read_text()) for k in range(DUMPS * len(counts))]


def total(dump: str) -> int:
    found = re.search(r"^totals: (\d+)", dump, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"valgrind wrote no count: {dump[:1000]}")
    return int(found[1])


if __name__ == "__main__":
    sys.exit(main())
