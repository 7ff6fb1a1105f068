from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thetahat._core import Model

_Array = NDArray[np.float64]

DENSITY: int
UNNORMALIZED: int
INTENSITY: int
MOST_SUMS: int
MOST_UNIFORMS: int
OPERATIONS: dict[str, int]

class Formula:
    failure: BaseException | None
    @property
    def start(self) -> Any: ...
    def __init__(
        self,
        name: str,
        parameters: list[tuple[float, float, int, int, int]],
        uniforms: NDArray[np.intc],
        programs: list[NDArray[np.intc]],
        terms: NDArray[np.intc],
        constants: _Array,
        support: tuple[float, float],
        *,
        n_constants: int,
        n_uniforms: int,
        n_plain: int,
        n_logs: int,
        sufficient: bool,
        counts: bool,
        kind: int,
        scale_of: int,
        start: Callable[[_Array], list[tuple[float, ...]]] | None = None,
    ) -> None: ...
    def open_ends(self, low: bool, high: bool) -> None: ...
    def of(self) -> Model: ...
    def values(self, theta: _Array, x: _Array) -> _Array: ...
    @property
    def of_process(self) -> bool: ...
    def cumulative(
        self, theta: NDArray[np.float64], x: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
    def integral(self, theta: _Array) -> _Array: ...
