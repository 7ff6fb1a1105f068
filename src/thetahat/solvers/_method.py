"""The input and the output of every method."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from thetahat import _sums
from thetahat._checks import check_count, check_flag, check_not_negative, check_path
from thetahat.errors import NoMaximumError, ParameterError
from thetahat.families import Family
from thetahat.sample import Sample
from thetahat.solvers._settings import Settings
from thetahat.solvers.state import Callback

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "COVARIANCES",
    "STATUSES",
    "Method",
    "Monitoring",
    "Problem",
    "Solution",
    "Trace",
    "no_maximum_error",
    "room_for_trace",
]

STATUSES = (
    "converged",
    "max_epochs",
    "tol",
    "callback",
    "precision",
    "streaming",
    "approximate",
    "skipped",
    "diverged",
)

COVARIANCES = ("information", "sandwich")

Theta = tuple[float, ...]
Trace = bool | int | str  # "epoch", or a number of steps; True means "epoch", False none


class Monitoring(NamedTuple):
    """What is shown and kept of an iterative fit: trace, progress bar, callback, checkpoint."""

    trace: Trace = False  # theta is kept each epoch, or every so many steps
    progress: bool = False
    callback: Callback | None = None
    checkpoint: str | os.PathLike[str] | None = None
    checkpoint_every: float = 60.0  # seconds

    def __bool__(self) -> bool:
        return bool(self.trace or self.progress or self.callback or self.checkpoint is not None)

    def check(self) -> Monitoring:
        """Return the checked settings; raise if one is invalid."""
        if self.callback is not None and not callable(self.callback):
            raise ParameterError(f"callback must be a function of one argument, got {self.callback!r}")
        check_flag("progress", self.progress)
        check_not_negative("checkpoint_every", self.checkpoint_every)
        if self.checkpoint is not None:
            check_path("checkpoint", self.checkpoint)
        if self.trace is False:
            return self
        return self._replace(trace="epoch" if self.trace is True else _check_trace(self.trace))

    @property
    def by_epoch(self) -> bool:
        """Whether theta is kept after each epoch."""
        return self.trace == "epoch"

    @property
    def steps(self) -> int:
        """Steps between two thetas that are kept; 0 if they are kept after each epoch."""
        return int(self.trace) if isinstance(self.trace, int) else 0


def _check_trace(trace: str | int) -> str | int:
    """Return when theta is kept; raise unless it is "epoch" or a number of steps."""
    if isinstance(trace, str) and trace == "epoch":
        return trace
    try:
        return check_count("trace", trace)  # type: ignore[arg-type]
    except ParameterError as error:
        raise ParameterError(
            f'trace must be "epoch" or an integer number of steps of at least 1, got {trace!r}'
        ) from error


class Problem(NamedTuple):
    """A maximisation problem: the sample, the fixed parameters, and the settings of iterative methods."""

    sample: Sample
    start: Theta = ()
    given: Theta = ()  # the start that the user gave
    fixed: dict[int, float] = {}  # noqa: RUF012 - never changed
    rng: Any = None
    monitoring: Monitoring = Monitoring()

    @property
    def family(self) -> Family:
        """The family."""
        return self.sample.family

    @property
    def solved(self) -> bool:
        """Whether the maximum over the free parameters has a closed form in the sums."""
        if self.sample.censored is not None:
            return False
        return self.family.solved and (not self.fixed or self.family.has_boundary)

    def solve(self) -> Theta:
        """Return the closed-form maximum; raise `NoMaximumError` if there is none."""
        sums = self.sample.at(())
        if not self.fixed:
            return self.check(sums.maximum(), sums.rows)
        values = tuple(self.fixed.get(j, 0.0) for j in range(self.family.model.n_params))
        return self.check(sums.maximum(values, tuple(self.fixed)), sums.rows)

    def check(self, theta: Theta | None, rows: int) -> Theta:
        """Return a maximum; raise `NoMaximumError` if there is none, or it overflows double precision."""
        if theta is None:
            raise no_maximum_error(self.family, rows)
        if not self.family.model.valid(theta):
            at = "" if any(map(math.isnan, theta)) else f", {theta},"
            raise NoMaximumError(
                f"the maximum of the {self.family.name} likelihood of these {rows} row(s){at}"
                " is beyond what doubles can hold"
            )
        return theta


def room_for_trace(thetas: int, params: int) -> NDArray[np.float64]:
    """Return the array of a trace; raise where no memory is so large."""
    try:
        return np.empty((thetas, params))
    except (MemoryError, ValueError) as error:
        raise ParameterError(
            f"trace: memory has no room for {thetas} times {params} parameters: keep those of fewer steps"
        ) from error


def no_maximum_error(family: Family, rows: float, missing: str | None = None) -> NoMaximumError:
    """Return the error with the condition that these rows violate, and the limit of the likelihood."""
    why = (
        f"{missing}, and it increases towards {family.limiting_family}"
        if missing
        else f"a maximum requires {family.condition}"
    )
    return NoMaximumError(f"the {family.name} likelihood of these {rows} row(s) has no maximum: {why}")


class Values(NamedTuple):
    """Log-likelihood, covariance, standard errors and Newton decrement at theta."""

    log_likelihood: float
    cov: tuple[float, ...]
    stderr: tuple[float, ...]
    newton_decrement: float


class Solution(NamedTuple):
    """Where a method ended, and why: `ending` is the status of the fit unless it is at the maximum."""

    theta: Theta
    ending: str = "precision"
    epochs: int = 0
    trace: NDArray[np.float64] | None = None
    trace_epochs: NDArray[np.float64] | None = None
    values: Values | None = None  # at theta, if the method has them
    sums: _sums.Sums | None = None  # at theta


class Method(Settings):
    """The settings of a solver."""

    iterates: ClassVar[bool] = True  # whether it goes through epochs from start values
    sees_all: ClassVar[bool] = True  # whether the final log-likelihood is that of all rows
    together: ClassVar[bool] = False  # whether it needs all rows in one place

    @property
    def draws(self) -> bool:
        """Whether the method draws random numbers."""
        return False

    @property
    def starts(self) -> bool:
        """Whether it needs start values."""
        return self.iterates

    def __str__(self) -> str:
        return f"by {self!r}"

    def run(self, problem: Problem) -> Solution:
        """Solve the problem."""
        raise NotImplementedError
