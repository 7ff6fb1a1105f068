"""Instructions per row or step, counted by valgrind: figures that no other load on the machine can blur.

    python bench/callgrind.py [--quick]

Each job runs twice in fresh interpreters, small and large; the difference of the counts is the job's alone.
valgrind 3.19 has no AVX-512: the levels counted are baseline and AVX2.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from typing import NamedTuple

LEVELS = ("avx2", "baseline")

PROGRAM = """
import sys
import numpy as np
import thetahat as th
size = int(sys.argv[1])
x = np.random.default_rng(0).random({rows})
{statement}
"""


class Count(NamedTuple):
    title: str
    unit: str
    rows: int
    statement: str
    sizes: tuple[int, int]  # of the small and the large run
    units: int  # per size


def sgd(title: str, settings: str, rng: int | None = 0) -> Count:
    method = f"th.SGD(learning_rate=1e-4, epochs=size, {settings})"
    statement = f"th.fit(x, 'normal', method={method}, start=(0, 1), rng={rng}, threads=1)"
    return Count(title, "sample", 1000, statement, (10, 510), 1000)


def one_pass(title: str, rows: str = "x[:size]", family: str = "normal", theta: str = "(0, 1)") -> Count:
    statement = f"th.log_likelihood_and_score({rows}, {family!r}, {theta}, threads=1)"
    return Count(title, "row", 2**22, statement, (2**20, 2**22), 1)


COUNTS = (
    one_pass("log-likelihood and score"),
    one_pass("log-likelihood and score, float32", "x.astype(np.float32)[:size]"),
    one_pass("log-likelihood and score, weighted", theta="(0, 1), weights=(1 - x)[:size]"),
    one_pass("log-likelihood and score, gamma", "(1 - x)[:size]", "gamma", "(2, 3)"),
    one_pass("log-likelihood and score, lognormal", "(1 - x)[:size]", "lognormal"),
    one_pass("log-likelihood and score, weibull", "(1 - x)[:size]", "weibull", "(2, 3)"),
    one_pass("log-likelihood and score, von_mises", family="von_mises"),
    one_pass("log-likelihood and score, gumbel", family="gumbel"),
    one_pass("log-likelihood and score, student_t", family="student_t", theta="(0, 1, 4)"),
    sgd("SGD, samples shuffled", "batch_size=1"),
    sgd("SGD, rows in order", "batch_size=1, shuffle=None", rng=None),
    sgd("SGD, batches of 10 shuffled", "batch_size=10, shuffle='batches'"),
    sgd("SGD, batches of 10 of shuffled samples", "batch_size=10"),
)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="the first count alone, at one level")
    quick = parser.parse_args().quick
    if shutil.which("valgrind") is None:
        print("valgrind is not installed")
        return 0
    levels, counts = (LEVELS[-1:], COUNTS[:1]) if quick else (LEVELS, COUNTS)
    print("| instructions per | | " + " | ".join(levels) + " |")
    print("|---|---|" + "---|" * len(levels))
    for count in counts:
        cells = " | ".join(f"{per_unit(count, level):.2f}" for level in levels)
        print(f"| {count.unit} | {count.title} | {cells} |")
    return 0


def per_unit(count: Count, level: str) -> float:
    small, large = count.sizes
    more = instructions(count, large, level) - instructions(count, small, level)
    return more / ((large - small) * count.units)


def instructions(count: Count, size: int, level: str) -> int:
    program = PROGRAM.format(rows=count.rows, statement=count.statement)
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command += [sys.executable, "-c", program, str(size)]
    environment = {**os.environ, "THETAHAT_ISA": level, "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"}
    report = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stderr
    found = re.search(r"Collected : (\d+)", report)
    if found is None:
        raise RuntimeError(report)
    return int(found[1])


if __name__ == "__main__":
    sys.exit(main())
