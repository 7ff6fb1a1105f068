"""The monitor of an iterative fit: its progress bar, its callback, its checkpoint."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._checks import as_generator
from thetahat._version import __version__
from thetahat.errors import CheckpointError
from thetahat.solvers._method import Method, Problem, Theta
from thetahat.solvers.progress import progress_bar
from thetahat.solvers.state import State

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thetahat._checkpoint import Checkpoint

    Arrays = dict[str, NDArray[Any]]

__all__ = ["Monitor"]

_UPDATES = 200  # of the progress bar, in all
_PERIOD = 1.0  # seconds between two passes for the Newton decrement of the progress bar


class Monitor:
    """Shows and saves the state of a fit while it runs; without monitoring it costs nothing."""

    def __init__(self, problem: Problem, method: Method, epochs: int) -> None:
        self._problem, self._epochs = problem, epochs
        shown = problem.monitoring.progress and sys.stderr is not None  # a program without a console has none
        self._bar = _bar(epochs) if shown else None
        self._passed, self._distance = -math.inf, ""
        self._store: Checkpoint | None = None
        if problem.monitoring.checkpoint is not None:
            from thetahat._checkpoint import Checkpoint

            self._store = Checkpoint(
                problem.monitoring.checkpoint, problem.monitoring.checkpoint_every, _identity(problem, method)
            )

    def __enter__(self) -> Monitor:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    @property
    def saves(self) -> bool:
        """Whether there is a checkpoint."""
        return self._store is not None

    def stage(self, epoch: int, by_epoch: bool = False) -> int:
        """Return the epoch up to which the fit runs without interruption, from the one given."""
        if by_epoch or self._problem.monitoring.callback is not None or self._store is not None:
            return epoch + 1
        stride = max(1, self._epochs // _UPDATES) if self._bar is not None else self._epochs
        return min(epoch + stride, self._epochs)

    @property
    def rows(self) -> int:
        """Number of rows that the fit runs without interruption within an epoch."""
        return 1 << 17 if self._bar is not None or self._store is not None else 1 << 62

    def load(self) -> tuple[dict[str, Any], Arrays] | None:
        """Return the content of the last checkpoint; None if there is none."""
        return None if self._store is None else self._store.load()

    @contextmanager
    def restoring(self) -> Iterator[None]:
        """Raise the error of a checkpoint for what is wrong with the state that it holds."""
        try:
            yield
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError, IndexError) as error:
            raise CheckpointError(
                f"{self._problem.monitoring.checkpoint} holds no state of this fit: {error}; remove it to"
                " start afresh"
            ) from error

    @property
    def due(self) -> bool:
        """Whether it is time for a checkpoint."""
        return self._store is not None and self._store.due()

    def save(self, values: dict[str, Any], arrays: Arrays) -> None:
        """Write a checkpoint."""
        assert self._store is not None
        self._store.save(values, arrays)

    def show(self, epochs: float, theta: Theta, rate: float | None) -> None:
        """Update the progress bar with the epochs done and the state of the fit."""
        if self._bar is None:
            return
        names = self._problem.family.names
        shown = {} if rate is None else {"rate": f"{rate:.3g}"}
        shown |= {name: f"{value:.6g}" for name, value in zip(names, theta, strict=True)}
        if time.monotonic() - self._passed >= _PERIOD or epochs >= self._epochs:
            state = State(
                int(epochs), self._epochs, theta, rate, self._problem.sample, tuple(self._problem.fixed)
            )
            self._distance = f"{state.newton_decrement:.2g}"
            self._passed = time.monotonic()
        done = f"{epochs:.4g}" if epochs % 1 else f"{epochs:.0f}"
        self._bar.set_postfix(
            {"epoch": f"{done}/{self._epochs}", **shown, "newton_decrement": self._distance}, refresh=False
        )
        self._bar.update(epochs - self._bar.n)

    def ending(self, epoch: int, theta: Theta, rate: float | None, tol: float | None = None) -> str | None:
        """Return the status of a fit that ends after this epoch; None if it continues."""
        problem = self._problem
        state = State(epoch, self._epochs, theta, rate, problem.sample, tuple(problem.fixed))
        near = tol is not None and tol >= state.newton_decrement
        asked = problem.monitoring.callback is not None and problem.monitoring.callback(state)
        return "tol" if near else "callback" if asked else "max_epochs" if epoch == self._epochs else None


def _identity(problem: Problem, method: Method) -> dict[str, Any]:
    """Return what identifies the problem of a checkpoint: settings, seed, and digests of the data."""
    settings = method.to_record()
    names = problem.family.names
    return {
        "version": __version__,
        "family": problem.family.identity,
        "method": settings.pop("name"),
        **settings,
        "start": list(problem.given),
        "fixed": {names[place]: value for place, value in problem.fixed.items()},
        "rng": _source(problem.rng),
        "trace": problem.monitoring.trace,
        "rows": problem.sample.size,
        **problem.sample.fingerprint(),
    }


def _source(rng: Any) -> int | str:
    """Return the seed, or the type of the bit generator if the seed is not a number."""
    if isinstance(rng, int | np.integer):
        return int(rng)
    return type(as_generator(rng).bit_generator).__name__


def _bar(epochs: int) -> Any:
    return progress_bar(
        epochs,
        bar_format="{percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}",
        postfix={"epoch": f"0/{epochs}"},
    )


@contextmanager
def locked(bits: Any) -> Iterator[None]:
    """Acquire the lock of a generator, if there is one, while compiled code draws from it."""
    if bits is None:
        yield
    else:
        with bits.lock:
            yield
