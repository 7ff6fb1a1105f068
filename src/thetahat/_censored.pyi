from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from thetahat._core import Model

_Array = NDArray[np.float64]
_Theta = tuple[float, ...]

class Intervals:
    n: float
    joined: bool
    def __init__(
        self,
        lower: _Array,
        upper: _Array,
        weights: _Array,
        n: float,
        x: _Array | None = None,
        x_weights: _Array | None = None,
        threads: int = 1,
    ) -> None: ...
    def attach(self, model: Model) -> Model: ...
    def derivatives(self, model: Model, theta: Sequence[float]) -> tuple[float, _Theta, _Theta]: ...

def log_probability(model: Model, theta: Sequence[float], lower: _Array, upper: _Array) -> _Array: ...
def scores(model: Model, theta: Sequence[float], lower: _Array, upper: _Array) -> tuple[_Array, _Array]: ...
def has_simple_hazard(model: Model) -> bool: ...
