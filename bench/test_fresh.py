"""What a fresh interpreter shows: the memory of a fit beyond its sample, and the time of the import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

import pytest

# Peak resident memory is the kernel's count for this process: getrusage's would start at the parent's peak.
# The sample is made in one array, so that the peak before the fit is the sample itself.
PEAK_GROWTH = """
import sys
import numpy as np
import thetahat as th

FITS = {
    "thetahat": lambda x: th.fit(x, "normal").theta,
    "numpy mean + std": lambda x: (x.mean(), x.std()),
    "scipy.stats.norm.fit": lambda x: __import__("scipy.stats").stats.norm.fit(x),
}

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))

fit, n = FITS[sys.argv[1]], int(sys.argv[2])
x = np.random.default_rng(0).standard_normal(n)
fit(x[:1000])
before = peak()
fit(x)
print(peak() - before)
"""

IMPORT_TIME = """
from time import perf_counter
import numpy
start = perf_counter()
import thetahat
print(perf_counter() - start)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's count of peak memory")
@pytest.mark.parametrize(
    ("by", "needs"),
    [("thetahat", "thetahat"), ("numpy mean + std", "numpy"), ("scipy.stats.norm.fit", "scipy")],
)
def test_memory(benchmark: Any, by: str, needs: str, quick: bool) -> None:
    pytest.importorskip(needs)
    n = 1000 if quick else 3 * 10**7
    growth = benchmark.pedantic(printed, (PEAK_GROWTH, by, str(n)))
    benchmark.extra_info.update(memory=by, bytes=growth)


def test_import(benchmark: Any, quick: bool) -> None:
    times: list[float] = []
    benchmark.pedantic(lambda: times.append(printed(IMPORT_TIME)), rounds=2 if quick else 15)
    benchmark.extra_info.update(import_seconds=median(times))


def printed(program: str, *arguments: str) -> float:
    """Return the number that a fresh interpreter prints."""
    command = [sys.executable, "-c", program, *arguments]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
