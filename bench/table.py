"""Runs the benchmarks and prints the tables of ratios, in markdown.

    python bench/table.py               run everything (some minutes), then print
    python bench/table.py --quick       tiny sizes: does the code of the benchmarks work?
    python bench/table.py --jobs "fit, *" "one pass"    only jobs of these names
    python bench/table.py results.json  print what an earlier run left (--json results.json keeps one)

Peers come from the extra `bench`; one that is not installed is a line that says so.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from math import inf
from pathlib import Path

import contenders  # noqa: F401 - enters everybody
from contenders.floors import FLOOR
from contenders.r import FITS
from contest import Contender, Job
from jobs import JOBS, LARGE, fit_of, one_pass_by_family
from results import Key, Measured, Results
from targets import TARGETS

HERE = Path(__file__).parent


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", nargs="?", type=Path, help="pytest-benchmark's JSON of an earlier run")
    parser.add_argument("--json", type=Path, help="keep pytest-benchmark's JSON of this run here")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: ratios mean nothing")
    parser.add_argument("--jobs", nargs="+", metavar="NAME", help="only these jobs; * stands for anything")
    options = parser.parse_args()
    if options.results:
        print("\n".join(lines(Results(options.results))))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = options.json or Path(folder, "results.json")
        status = run(path, options.quick, options.jobs or [])
        if path.exists():
            print("\n".join(lines(Results(path))))
    return status


def run(path: Path, quick: bool, jobs: list[str]) -> int:
    """Run the benchmarks; pytest's own report goes to stderr, the tables alone to stdout."""
    command = [sys.executable, "-m", "pytest", str(HERE), f"--benchmark-json={path}"]
    command += ["--benchmark-disable-gc", "--benchmark-columns=min", "-q", *(["--quick"] if quick else [])]
    command += [f"--job={name}" for name in jobs]
    return subprocess.run(command, stdout=sys.stderr).returncode


def lines(results: Results) -> Iterator[str]:
    by_family = (one_pass_by_family, *fit_of.values())
    for job in JOBS:
        if job.name in results.machine["jobs"] and job not in by_family:
            yield from job_table(job, results)
    if any(job.name in results.machine["jobs"] for job in by_family):
        yield from family_table(results)
    if not results.machine["quick"]:
        yield from beyond_time(results)
        yield from target_table(results)
    yield from machine(results)


PEERS = {
    "scipy": ["scipy.stats"],
    "R": [f"R {fit}" for fit in FITS],
    "iminuit + numba-stats": ["iminuit + numba-stats"],
}


def family_table(results: Results) -> Iterator[str]:
    yield "**Families**: one pass over 3e7 rows on one thread, ns per row (times the floor); whole fits"
    yield "of 1e4 / 1e6 / 3e7 rows: passes, ns per row on one thread and on two, and how many times as long"
    yield "as ours on two threads (at 1e4 rows, one) peers take. R: the quicker of MASS and fitdistrplus.\n"
    yield "| | one pass | passes | 1 thread | 2 threads | " + " | ".join(PEERS) + " |"
    yield "|---" * (5 + len(PEERS)) + "|"
    for family, job in fit_of.items():
        if job.name in results.machine["jobs"]:
            yield f"| {' | '.join(family_row(family, job, results))} |"
    yield ""


def family_row(family: str, job: Job, results: Results) -> Iterator[str]:
    labels = [case.label for case in job.cases]
    alone = [Key(job.name, label, "thetahat", 1) for label in labels]
    best = [Key(job.name, label, "thetahat", 2 if label in LARGE else 1) for label in labels]
    one_pass, floor = (Key(one_pass_by_family.name, "3e7", by, 1) for by in (family, FLOOR))
    above_floor = results.ratio(one_pass, floor)
    yield family
    yield f"{digits(results.measured[one_pass].ns)} ({digits(above_floor)})" if above_floor else "-"
    for keys, show in ((alone, passes), (alone, nanoseconds), (best, nanoseconds)):
        yield " / ".join(show(results.measured.get(key)) for key in keys)
    for names in PEERS.values():
        yield " / ".join(times_ours(results, key, names) for key in best).replace("- / - / -", "-")


def passes(found: Measured | None) -> str:
    return str(found.passes) if found else "-"


def nanoseconds(found: Measured | None) -> str:
    return digits(found.ns) if found else "-"


def times_ours(results: Results, ours: Key, names: Sequence[str]) -> str:
    """Return how many times as long the quickest of some peers takes."""
    keys = [ours._replace(contender=name, threads=threads) for name in names for threads in (1, 2)]
    ratio = min((found for key in keys if (found := results.ratio(key, ours))), default=None)
    return "-" if ratio is None else "over a minute" if ratio == inf else f"{digits(ratio)}x"


def job_table(job: Job, results: Results) -> Iterator[str]:
    labels = [case.label for case in job.cases]
    by = job.reference.name
    yield f"**{job.title}**: times as long as {by} on one thread (ns per {job.unit}; times the floor)\n"
    yield "| | threads | " + " | ".join(labels) + " |"
    yield "|---|---|" + "---|" * len(labels)
    for contender in job.contenders:
        cells = [cell(job, label, contender, results) for label in labels]
        if not any(cells):
            missing = contender.name in results.machine["missing"]
            cells[0] = "not installed" if missing else "failed"
        row = [contender.name, str(contender.threads), *(text or "-" for text in cells)]
        yield f"| {' | '.join(row)} |"
    yield ""


def cell(job: Job, label: str, contender: Contender, results: Results) -> str:
    key = Key(job.name, label, contender.name, contender.threads)
    found = results.measured.get(key)
    if found is None:
        return ""
    floors = [
        results.ratio(key, Key(job.name, label, floor.name, floor.threads))
        for floor in job.contenders
        if floor.floor and floor.threads <= contender.threads
    ]
    above_floor = max((ratio for ratio in floors if ratio), default=None)
    beside = f"; {digits(above_floor)}" if above_floor and not contender.floor else ""
    passes = f"; passes: {found.passes}" if found.passes else ""
    return f"**{digits(found.relative)}** ({digits(found.ns)}{beside}{passes})"


def digits(value: float) -> str:
    """Two digits below 10, whole numbers above."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}" if value < 1 else f"{value:.1f}"


def beyond_time(results: Results) -> Iterator[str]:
    if results.memory:
        grown = ", ".join(f"{by} {size / 1e6:,.1f} MB" for by, size in results.memory.items())
        yield f"Peak memory of a fit of 3e7 rows beyond the sample's own 240 MB: {grown}.\n"
    if results.import_seconds:
        yield f"`import thetahat` after `import numpy`: {1e3 * results.import_seconds:.1f} ms.\n"


def target_table(results: Results) -> Iterator[str]:
    yield "| target | bound | measured | |"
    yield "|---|---|---|---|"
    for target in TARGETS:
        found = target.measure(results)
        shown = ["not measured", ""]
        if found is not None:
            shown = [f"{found:.3g}", "met" if target.met(found) else "missed"]
        yield f"| {' | '.join([target.promise, target.bound, *shown])} |"
    yield ""


def machine(results: Results) -> Iterator[str]:
    info = results.machine
    if info["quick"]:
        yield "A quick run, on samples too small for these ratios to mean anything.\n"
    yield "Best rounds, of ours and of the other in turn; one thread by processor time, two by the wall.\n"
    versions = ", ".join(f"{name} {found}" for name, found in info["versions"].items() if found)
    cpu = info.get("cpu", {}).get("brand_raw", info.get("machine", ""))
    python = f"Python {info['python_version']}"
    yield f"{cpu}, {info['cores']} cores, {info['instruction_set']}; {python}, {versions}."


if __name__ == "__main__":
    sys.exit(main())
