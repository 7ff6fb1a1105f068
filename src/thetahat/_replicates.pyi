import numpy as np
from numpy.typing import NDArray

_Array = NDArray[np.float64]

def accumulate(terms: _Array, before: float) -> float: ...

class QuantileTable:
    def __init__(
        self, first: float, step: float, cubics: _Array, origin: float, side: int, low: float, high: float
    ) -> None: ...
    def draw(self, S: _Array, total: float, t: _Array, x: _Array) -> None: ...

def distances(
    S: _Array, total: float, t: _Array, nodes: NDArray[np.int64], fitted: _Array
) -> tuple[float, float, float]: ...
