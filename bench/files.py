"""Fits of a column of a Parquet file that memory need not hold: time, and peak memory beyond the imports.

    python bench/files.py [--rows 1e8] [--keep FILE]

The file is made first: Weibull rows and a column beside them, in row groups of a million. Each contender
runs in a process of its own, and twice: the second time counts, when the file lies in the system's cache.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

PEAK = """
import json, resource, sys, time
{imports}
path, threads = sys.argv[1], int(sys.argv[2])
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before, start = peak(), time.perf_counter()
found = ({work})
print(json.dumps([time.perf_counter() - start, peak() - before, [float(value) for value in found]]))
"""

OURS = "import thetahat as th, pyarrow.parquet, thetahat.data.files"
POLARS = "import os; os.environ['POLARS_MAX_THREADS'] = sys.argv[2]; import polars as pl"
ARROW = "import pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq"

CONTENDERS = {  # imports, and what gives the estimates
    "thetahat, normal": (OURS, "th.fit(th.scan(path, 'x'), 'normal', threads=threads).theta"),
    "thetahat, weibull": (OURS, "th.fit(th.scan(path, 'x'), 'weibull', threads=threads).theta"),
    "polars, streaming: mean and std": (
        POLARS,
        "pl.scan_parquet(path).select(pl.col('x').mean().alias('mean'), pl.col('x').std(ddof=0).alias('std'))"
        ".collect(engine='streaming').row(0)",
    ),
    "DuckDB: mean and std": (
        "import duckdb",
        "duckdb.execute(f'set threads = {threads}') and"
        " duckdb.execute('select avg(x), stddev_pop(x) from read_parquet(?)', [path]).fetchone()",
    ),
    "pyarrow.compute: mean and std": (
        f"{ARROW}; pa.set_cpu_count(int(sys.argv[2]))",
        "(lambda x: (pc.mean(x).as_py(), pc.stddev(x).as_py()))"
        "(pq.read_table(path, columns=['x']).column('x'))",
    ),
    "scipy: weibull_min.fit": (
        f"import scipy.stats; {ARROW}",
        "scipy.stats.weibull_min.fit(pq.read_table(path, columns=['x']).column('x').to_numpy(), floc=0)[::2]",
    ),
}
SLOW = ("scipy: weibull_min.fit",)  # where the rows are few


def make(path: Path, rows: int) -> None:
    """Write the file, a million rows at a time."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([("x", pa.float64()), ("other", pa.int32())])
    with pq.ParquetWriter(path, schema) as writer:
        for first in range(0, rows, 10**6):
            random, n = np.random.default_rng(first), min(10**6, rows - first)
            x, other = 3 * random.weibull(1.7, n), random.integers(9, size=n, dtype=np.int32)
            writer.write_table(pa.table({"x": x, "other": other}, schema))


def run(name: str, path: Path, threads: int) -> list[float]:
    """Return seconds and megabytes of the second of two runs, in processes of their own."""
    imports, work = CONTENDERS[name]
    program = PEAK.format(imports=imports, work=work)
    for _ in range(2):
        command = [sys.executable, "-c", program, str(path), str(threads)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            return []
    seconds, megabytes, _ = json.loads(done.stdout)
    return [seconds, megabytes]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=float, default=1e8)
    parser.add_argument("--keep", type=Path, help="the file; it is made where it is not there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.keep or Path(folder, "rows.parquet")
        if not path.exists():
            make(path, int(options.rows))
        print(f"{int(options.rows):,} rows, {path.stat().st_size / 1e6:,.0f} MB of Parquet\n")
        print("| | threads | seconds | ns a row | peak MB |\n|---|---|---|---|---|")
        for name in CONTENDERS:
            if name in SLOW and options.rows > 1e6:
                print(f"| {name} | - | not tried: minutes | | |")
                continue
            for threads in (1, 2):
                found = run(name, path, threads)
                shown = (
                    f"{found[0]:.2f} | {1e9 * found[0] / options.rows:.1f} | {found[1]:,.0f}"
                    if found
                    else "failed or not installed | |"
                )
                print(f"| {name} | {threads} | {shown} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
