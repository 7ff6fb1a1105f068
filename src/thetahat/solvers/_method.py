"""What every method is given, and what it gives back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from thetahat import _kernels
from thetahat.errors import NoMaximumError
from thetahat.families import Family, get_family
from thetahat.sample import Sample
from thetahat.solvers._settings import Settings
from thetahat.solvers.state import Callback

__all__ = ["Method", "Outcome", "Task", "no_maximum"]

Theta = tuple[float, ...]


class Task(NamedTuple):
    """A fit to be made: the sample, and what iterative methods need besides."""

    sample: Sample
    start: Theta = ()
    given: Theta = ()  # the start that the user gave
    fixed: dict[int, float] = {}  # noqa: RUF012 - never changed
    rng: Any = None
    trace: int = 0  # steps between two thetas that are kept: 0 for none
    by_epoch: bool = False  # whether one is kept each epoch instead
    progress: bool = False
    callback: Callback | None = None
    checkpoint: Any = None  # a path
    every: float = 60.0

    @property
    def family(self) -> int:
        """The family's place in the table."""
        return self.sample.family

    @property
    def solved(self) -> bool:
        """Whether the sums give the maximum over what is not fixed."""
        peaks = _kernels.peaks[self.family]
        return _kernels.solved[self.family] and (not self.fixed or _kernels.EDGE in peaks)

    def solve(self) -> Theta:
        """Return the maximum that the sums give; raise `NoMaximumError` where there is none."""
        sums = self.sample.at(())
        if not self.fixed:
            return self.check(sums.maximum(), sums.rows)
        values = tuple(self.fixed.get(j, 0.0) for j in range(len(_kernels.domains[self.family])))
        return self.check(sums.maximum(values, tuple(self.fixed)), sums.rows)

    def check(self, theta: Theta | None, rows: int) -> Theta:
        """Return a maximum; raise `NoMaximumError` where there is none, or doubles cannot hold it."""
        if theta is None:
            raise no_maximum(get_family(self.family), rows)
        if not _kernels.valid(self.family, theta):
            at = "" if any(map(math.isnan, theta)) else f", {theta},"
            raise NoMaximumError(
                f"the maximum of the {_kernels.families[self.family]} likelihood of these {rows} row(s){at}"
                " lies beyond what doubles can hold"
            )
        return theta


def no_maximum(family: Family, rows: float, lack: str | None = None) -> NoMaximumError:
    """Return the error that says what these rows lack for a maximum, and what the likelihood rises to."""
    why = f"{lack}: it rises to {family.limit}" if lack else f"it takes {family.condition}"
    return NoMaximumError(f"the {family.name} likelihood of these {rows} row(s) has no maximum: {why}")


class Values(NamedTuple):
    """What the sample says at theta."""

    log_likelihood: float
    cov: tuple[float, ...]
    stderr: tuple[float, ...]
    L: float


class Outcome(NamedTuple):
    """Where a method ended; `diverged` says that its next step would have left the parameters' domain."""

    theta: Theta
    epochs: int = 0
    diverged: bool = False
    trace: NDArray[np.float64] | None = None
    trace_epochs: NDArray[np.float64] | None = None
    values: Values | None = None  # at theta, where the method knows them


@dataclass(frozen=True)
class Method(Settings):
    """A way to the maximum."""

    iterates: ClassVar[bool] = True  # from a start value, epoch by epoch

    @property
    def draws(self) -> bool:
        """Whether the method takes random numbers."""
        return False

    @property
    def starts(self) -> bool:
        """Whether it must be told where to start."""
        return self.iterates

    def __str__(self) -> str:
        return f"by {self!r}"

    def run(self, task: Task) -> Outcome:
        """Carry the task out."""
        raise NotImplementedError
