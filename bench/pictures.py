"""Pictures of fits: processor seconds to make one and to write it, and peak memory beyond the imports.

    python bench/pictures.py

Each size is drawn in a process of its own: of arrays the least of five times, of 1e8 rows that a function
yields in blocks of a million one.
"""

from __future__ import annotations

import json
import subprocess
import sys

SIZES = (10**4, 10**6, 10**8)
HELD = 10**7  # rows that are an array

PROGRAM = """
import io, json, resource, sys, time
import numpy as np
import scipy.stats
import thetahat as th
n, held = map(int, sys.argv[1:])
block = np.random.default_rng(0).lognormal(0, 2, min(n, 10**6))
th.fit(block[:1000], "lognormal").plot().savefig(io.BytesIO())
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
x = block if n <= held else th.scan(lambda: (block for _ in range(n // block.size)))
fit, before, best = th.fit(x, "lognormal"), peak(), [np.inf, np.inf]
for _ in range(5 if n <= held else 1):
    start = time.process_time()
    figure = fit.plot()
    drawn = time.process_time()
    figure.savefig(io.BytesIO())
    best = np.minimum(best, [drawn - start, time.process_time() - drawn]).tolist()
print(json.dumps([*best, peak() - before]))
"""


def main() -> None:
    print(f"{'rows':>12}  {'drawn in s':>10}  {'written in s':>12}  {'peak in MB':>10}")
    for n in SIZES:
        command = [sys.executable, "-c", PROGRAM, str(n), str(HELD)]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        drawn, written, peak = json.loads(out)
        print(f"{n:12,}  {drawn:10.3f}  {written:12.3f}  {peak:10.0f}", flush=True)


if __name__ == "__main__":
    main()
