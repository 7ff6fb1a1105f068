"""Options and contenders of the benchmarks."""

from __future__ import annotations

import os
from fnmatch import fnmatch
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import contenders  # noqa: F401 - enters everybody
import pytest
from contest import Case, Contender, Job
from jobs import JOBS

import thetahat
from thetahat import _core

PEERS = (
    "numpy",
    "polars",
    "duckdb",
    "scipy",
    "numba",
    "numba-stats",
    "iminuit",
    "jax",
    "optax",
    "torch",
    "scikit-learn",
    "river",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="tiny sizes: show that the benchmarks work")
    parser.addoption("--job", action="append", help="time these jobs alone; * stands for anything")


def chosen(config: pytest.Config) -> list[Job]:
    wanted = config.getoption("job") or ["*"]
    return [job for job in JOBS if any(fnmatch(job.name, name) for name in wanted)]


@pytest.fixture(scope="session")
def quick(request: pytest.FixtureRequest) -> bool:
    return request.config.getoption("quick")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "contender" in metafunc.fixturenames:
        entries = [
            (job, case, contender) for job in chosen(metafunc.config) for case, contender in job.entries()
        ]
        metafunc.parametrize(("job", "case", "contender"), [parameters(*entry) for entry in entries])


def parameters(job: Job, case: Case, contender: Contender) -> Any:
    name = f"{job.name}-{case.label}-{contender.name}, {contender.threads}"
    clock = pytest.mark.benchmark(timer=contender.clock)
    return pytest.param(job, case, contender, id=name, marks=clock)


def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: dict[str, Any]) -> None:
    machine_info["quick"] = config.getoption("quick")
    machine_info["jobs"] = [job.name for job in chosen(config)]
    affinity = getattr(os, "sched_getaffinity", None)
    machine_info["cores"] = len(affinity(0)) if affinity else os.cpu_count()
    machine_info["instruction_set"] = _core.isa
    machine_info["missing"] = sorted({by.name for job in JOBS for by in job.contenders if not by.installed})
    machine_info["versions"] = {"thetahat": thetahat.__version__, **{name: _version(name) for name in PEERS}}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
