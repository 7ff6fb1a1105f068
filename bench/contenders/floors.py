"""The floors of floors.c, compiled for this machine when they are first asked for."""

from __future__ import annotations

import atexit
import ctypes
import os
import shutil
import subprocess
import tempfile
from functools import cache, partial
from pathlib import Path

from contest import Case, Run
from jobs import LARGE, RATE, START, ascended, one_pass, stochastic

_SOURCE = Path(__file__).parent.parent / "floors.c"
_ROWS = [ctypes.c_void_p, ctypes.c_int64]


@cache
def library() -> ctypes.CDLL:
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    path = f"{folder}/floors.so"
    compiler = os.environ.get("CC", "cc").split()
    flags = ["-O3", "-march=native", "-shared", "-fPIC", "-fopenmp"]
    subprocess.run([*compiler, *flags, "-o", path, str(_SOURCE), "-lm"], check=True)
    return ctypes.CDLL(path)


def read_and_add(case: Case, name: str) -> Run:
    function = library()[name]
    function.argtypes, function.restype = _ROWS, ctypes.c_double
    return Run(partial(function, case.x.ctypes.data, case.n), [case.x.sum()], case.n)


one_pass.enter("floor: read and add", floor=True)(partial(read_and_add, name="read_and_add"))
one_pass.enter("floor: read and add", threads=2, only=LARGE, floor=True)(
    partial(read_and_add, name="read_and_add_on_two_threads")
)


@stochastic.enter("floor: the chain of steps, no shuffle", only=["batches of 1"], floor=True)
def normal_chain(case: Case) -> Run:
    function = library().normal_chain
    function.argtypes = [*_ROWS, ctypes.c_int64, ctypes.c_double, ctypes.c_void_p]
    function.restype = None
    address = case.x.ctypes.data

    def call() -> tuple[float, ...]:
        theta = (ctypes.c_double * 2)(*START)
        function(address, case.n, case.epochs, RATE, theta)
        return tuple(theta)

    return Run(call, ascended(case, RATE), case.n * case.epochs)
