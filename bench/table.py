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
from collections.abc import Iterator
from pathlib import Path

import contenders  # noqa: F401 - enters everybody
from contest import Contender, Job
from jobs import JOBS
from results import Key, Results
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
    for job in JOBS:
        if job.name in results.machine["jobs"]:
            yield from job_table(job, results)
    if not results.machine["quick"]:
        yield from beyond_time(results)
        yield from target_table(results)
    yield from machine(results)


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
