"""The floors of floors.c, compiled for this machine when they are first asked for."""

from __future__ import annotations

import atexit
import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from contest import Case, Run
from jobs import (
    LARGE,
    RATE,
    START,
    ascended,
    one_pass_by_family,
    one_pass_of,
    stochastic,
    total,
)

FLOOR = "floor: read and add"

_SOURCE = Path(__file__).parent.parent / "floors.c"


@cache
def library() -> ctypes.CDLL:
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    path = f"{folder}/floors.so"
    compiler = os.environ.get("CC", "cc").split()
    flags = ["-O3", "-march=native", "-shared", "-fPIC", "-fopenmp"]
    subprocess.run([*compiler, *flags, "-o", path, str(_SOURCE), "-lm"], check=True)
    return ctypes.CDLL(path)


def pointer(x: Any) -> ctypes.c_void_p:
    """Return where an array's rows are; the array lives as long as this does."""
    found: ctypes.c_void_p = np.asarray(x).ctypes.data_as(ctypes.c_void_p)
    return found


def adder(kind: str, threads: int) -> Callable[..., float]:
    function = library()[f"read_and_add_{kind}{'_on_two_threads' if threads == 2 else ''}"]
    function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
    function.restype = ctypes.c_double
    return function


def read_and_add(case: Case, threads: int) -> Run:
    x, _ = sample = case.sample
    beside = None if sample.beside is None else pointer(sample.beside)
    return Run(partial(adder(case.kind, threads), pointer(x), beside, case.n), [total(case)], case.n)


for job in one_pass_of.values():
    job.enter(FLOOR, floor=True)(partial(read_and_add, threads=1))
    job.enter(FLOOR, threads=2, only=LARGE, floor=True)(partial(read_and_add, threads=2))

one_pass_by_family.enter(FLOOR, floor=True)(partial(read_and_add, threads=1))
one_pass_by_family.enter(FLOOR, threads=2, floor=True)(partial(read_and_add, threads=2))


def chain(case: Case, name: str) -> Run:
    function = library()[name]
    function.argtypes = [
        ctypes.c_void_p,
        ctypes.c_int64,
        ctypes.c_int64,
        ctypes.c_double,
        ctypes.c_void_p,
    ]
    function.restype = None
    address = pointer(case.x)

    def call() -> tuple[float, ...]:
        theta = (ctypes.c_double * 2)(*START)
        function(address, case.n, case.epochs, RATE, theta)
        return tuple(theta)

    return Run(call, ascended(case, RATE), case.n * case.epochs)


for title, name in {
    "floor: the chain of steps, no shuffle": "normal_chain",
    "floor: the same chain, scalar": "scalar_normal_chain",
}.items():
    stochastic.enter(title, only=["batches of 1"], floor=True)(partial(chain, name=name))
