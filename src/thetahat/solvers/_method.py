"""What every method is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from thetahat._kernels import Sums

__all__ = ["Method", "Outcome", "Task"]

Theta = tuple[float, ...]


class Task(NamedTuple):
    """A fit to be made: the sums of the rows, and what iterative methods need besides."""

    family: int
    sums: Sums
    start: Theta = ()
    x: NDArray[np.float64] | None = None  # where there is but a summary, None
    rng: Any = None
    trace: bool = False
    progress: bool = False


class Outcome(NamedTuple):
    """Where a method ended; `diverged` says that its next step would have left the parameters' domain."""

    theta: Theta
    epochs: int
    diverged: bool
    trace: NDArray[np.float64] | None


@dataclass(frozen=True)
class Method:
    """A way to the maximum."""

    name: ClassVar[str]
    iterates: ClassVar[bool] = True  # from a start value, epoch by epoch

    def __str__(self) -> str:
        return f"by {self!r}"

    def run(self, task: Task) -> Outcome:
        """Carry the task out."""
        raise NotImplementedError
