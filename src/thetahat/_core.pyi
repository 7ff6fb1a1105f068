from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_Array = NDArray[np.float64]

isa: str
isa_levels: tuple[str, ...]
functions: tuple[str, ...]
models: dict[str, Model]
FLOAT64: np.dtype[np.float64]
THREAD_ROWS: int
TYPES: tuple[str, ...]
IDENTITY: int
LOG: int
LOGIT: int
REGULAR: int
NONSMOOTH: int
BOUNDARY: int

class Model:
    name: str
    n_params: int
    sufficient: bool
    solved: bool
    shifts: bool
    parameters: tuple[tuple[float, float, int, int], ...]
    def valid(self, theta: Sequence[float]) -> bool: ...
    def log_density(self, theta: Sequence[float], x: _Array, out: _Array) -> None: ...
    def existence(self, x: _Array, w: _Array | None = None) -> tuple[float, float] | None: ...
    def count_outside(self, rows: Rows, theta: Sequence[float] | None = None) -> tuple[int, int]: ...

class Rows:
    weights: Rows | None
    def __init__(
        self,
        owner: object,
        address: int,
        n: int,
        step: int,
        kind: str,
        swapped: bool = False,
        omit_nan: bool = False,
        mask: int = 0,
        mask_step: int = 0,
        validity: int = 0,
        first_bit: int = 0,
    ) -> None: ...
    @property
    def n(self) -> int: ...
    @property
    def filtered(self) -> bool: ...
    @property
    def masked(self) -> bool: ...
    def item(self, i: int) -> float: ...
    def part(self, first: int, n: int, step: int = 1) -> Rows: ...
    def weighted(self, weights: Rows) -> Rows: ...

def model_named(name: str) -> Model: ...
def plain_rows(x: Any) -> Rows | None: ...
def count_not_finite(rows: Rows) -> tuple[int, int]: ...
def count_no_weight(rows: Rows) -> tuple[int, int]: ...
def count_null(rows: Rows) -> tuple[int, int]: ...
def count_inexact(rows: Rows) -> tuple[int, int]: ...
def copy_counted(rows: Rows, out: _Array, weights: _Array | None = None) -> int: ...
def apply(name: str, x: _Array) -> _Array: ...
def log(x: float) -> float: ...
def exp(x: float) -> float: ...
