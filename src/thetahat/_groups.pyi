from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thetahat._core import Model, Rows

_Array = NDArray[np.float64]

STATUSES: tuple[str, ...]

def code_integers(
    keys: NDArray[Any], threads: int = 1
) -> tuple[NDArray[Any], NDArray[np.int32] | NDArray[np.int64]]: ...

class GroupedRows:
    values: _Array
    weights: _Array | None
    offsets: NDArray[np.int64]
    def __init__(self, values: _Array, weights: _Array | None, offsets: NDArray[np.int64]) -> None: ...
    @property
    def n_groups(self) -> int: ...
    @staticmethod
    def of_codes(
        chunks: list[Rows], codes: NDArray[np.int32] | NDArray[np.int64], n_groups: int, threads: int = 1
    ) -> GroupedRows: ...
    @staticmethod
    def of_keys(
        chunks: list[Rows], keys: NDArray[Any], threads: int = 1
    ) -> tuple[GroupedRows, NDArray[Any]] | None: ...
    @staticmethod
    def of_offsets(chunks: list[Rows], offsets: NDArray[np.int64]) -> GroupedRows: ...

def fit(
    grouped: GroupedRows,
    model: Model,
    fixed: _Array | None = None,
    start: _Array | None = None,
    threads: int = 1,
    cov: bool = True,
    poll: Callable[[int], object] | None = None,
) -> dict[str, Any]: ...
def sums(grouped: GroupedRows, model: Model) -> _Array: ...
def merge_sums(model: Model, left: _Array, right: _Array) -> _Array: ...
def fit_sums(
    model: Model, nodes: _Array, fixed: _Array | None = None, start: _Array | None = None, cov: bool = True
) -> dict[str, Any]: ...
