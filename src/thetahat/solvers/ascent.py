"""The notebook's ways: full-batch gradient ascent, and stochastic ascent on mini-batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from thetahat import _kernels
from thetahat._checks import check_choice, check_count, check_positive
from thetahat.errors import MissingExtraError, ParameterError
from thetahat.solvers._method import Method, Outcome, Task, Theta

__all__ = ["SGD", "GradientAscent", "shuffled"]

_MAX_UNITS = 2**32 - 1  # what an order's 4-byte indices can count


@dataclass(frozen=True, kw_only=True)
class GradientAscent(Method):
    """Full-batch gradient ascent: ``theta += learning_rate * score(theta)``, once an epoch.

    The score is the sum over all rows, in textbook coordinates. For a family with sufficient statistics the
    data are read once, whatever the number of epochs.

    Parameters
    ----------
    learning_rate : float
        Positive. With the fitted sigma of a normal sample of n rows: below ``4 * sigma**2 / n`` no step can
        carry sigma across zero, and below ``sigma**2 / n`` the ascent converges from starts near the top.
        (From a sigma far too small, the first step throws it far too high, and the way back is long.)
    epochs : int
        Number of steps, at least 1.

    Examples
    --------
    >>> import thetahat as th
    >>> method = th.GradientAscent(learning_rate=0.1, epochs=1000)
    >>> th.fit([1.0, 2.0, 4.0, 7.0], "normal", method=method, start=(0, 1))
    <Fit normal(mu=3.5, sigma=2.29129), n=4, converged>
    """

    name: ClassVar[str] = "gradient-ascent"
    learning_rate: float
    epochs: int

    def __post_init__(self) -> None:
        self._set(
            learning_rate=float(check_positive("learning_rate", self.learning_rate)),
            epochs=check_count("epochs", self.epochs),
        )

    def run(self, task: Task) -> Outcome:
        """Loop over the epochs on the sample's sums."""
        trace = _new_trace(task, self.epochs)
        theta, done, held = task.start, 0, tuple(task.fixed)
        with _bar(task.progress, self.epochs) as advance:
            for until in _stages(task.progress, self.epochs):
                while done < until:
                    sums, epochs = task.sample.at(theta), until - done
                    if not _kernels.sufficient[task.family]:
                        epochs = 1
                    rows = None if trace is None else trace[done : done + epochs + 1]
                    theta, went = sums.gradient_ascent(theta, self.learning_rate, epochs, rows, held)
                    done += went
                    advance(went)
                    if went < epochs:
                        return self._outcome(theta, done, trace)
        return self._outcome(theta, done, trace)

    def _outcome(self, theta: Theta, done: int, trace: NDArray[np.float64] | None) -> Outcome:
        return Outcome(theta, done, done < self.epochs, None if trace is None else trace[: done + 1])


@dataclass(frozen=True, kw_only=True)
class SGD(Method):
    """Stochastic gradient ascent on mini-batches: ``theta += learning_rate * score(batch; theta)``.

    The score is the *sum* over the batch, in textbook coordinates; a last short batch is used, not dropped. A
    weight multiplies its row's score.
    With a constant rate the end point is not the maximum: passes over n normal rows in batches of b end about
    ``2 * learning_rate / sigma * (1 - (b - 1) / (n - 1))`` above sigma.

    Parameters
    ----------
    learning_rate : float
        Positive.
    epochs : int
        Passes over the sample, at least 1.
    batch_size : int, default 1
        Rows in a batch, at least 1; more than the sample has are all of it.
    order : {"samples", "batches", "sequential"}, default "samples"
        What each epoch shuffles: the rows, the order of batches of neighbouring rows, or nothing. A shuffle
        keeps 4 bytes per row or per batch.

    Examples
    --------
    >>> import numpy as np
    >>> import thetahat as th
    >>> x = np.random.default_rng(0).normal(1, 2, 1000)
    >>> method = th.SGD(learning_rate=1e-4, epochs=300, batch_size=10, order="batches")
    >>> th.fit(x, "normal", method=method, start=(0, 1), rng=0)
    <Fit normal(mu=0.903562, sigma=1.95349), n=1000, stopped>
    """

    name: ClassVar[str] = "sgd"
    learning_rate: float
    epochs: int
    batch_size: int = 1
    order: str = "samples"

    def __post_init__(self) -> None:
        self._set(
            learning_rate=float(check_positive("learning_rate", self.learning_rate)),
            epochs=check_count("epochs", self.epochs),
            batch_size=check_count("batch_size", self.batch_size),
        )
        check_choice("order", self.order, _kernels.ORDERS)

    @property
    def draws(self) -> bool:
        """Whether the order is drawn at random."""
        return self.order != "sequential"

    def run(self, task: Task) -> Outcome:
        """Run whole epochs in compiled code."""
        rows = task.sample.contiguous()
        n = rows.x.size
        batch_size = min(self.batch_size, n)
        gathers = self.order == "samples" and batch_size > 1
        units = n if gathers else -(-n // batch_size)
        bits = np.random.default_rng(task.rng).bit_generator if self.draws else None
        trace = _new_trace(task, self.epochs)
        ascent = _kernels.Ascent(
            task.family,
            rows.x,
            task.start,
            weights=rows.weights,
            learning_rate=self.learning_rate,
            epochs=self.epochs,
            batch_size=batch_size,
            order=self.order,
            bit_generator=bits,
            index=None if bits is None else _new_index(units),
            batch=np.empty(2 * batch_size) if gathers else None,
            trace=trace,
            held=tuple(task.fixed),
        )
        self._run(ascent, bits, task.progress)
        if trace is not None:
            trace = trace[: ascent.epoch + 1]
        return Outcome(ascent.theta, ascent.epoch, ascent.diverged, trace)

    def _run(self, ascent: _kernels.Ascent, bits: Any, progress: bool) -> None:
        with _bar(progress, self.epochs) as advance:
            for until in _stages(progress, self.epochs):
                before = ascent.epoch
                if bits is None:
                    going = ascent.run(until)
                else:
                    with bits.lock:
                        going = ascent.run(until)
                advance(ascent.epoch - before)
                if not going:
                    break


def shuffled(units: int, rng: Any) -> NDArray[np.uint32]:
    """Return the order that an epoch over so many units takes."""
    index = _new_index(units)
    _kernels.shuffle(np.random.default_rng(rng).bit_generator, index)
    return index


def _new_index(units: int) -> NDArray[np.uint32]:
    if units > _MAX_UNITS:
        raise ParameterError(
            f"{units} rows or batches are too many to shuffle (at most {_MAX_UNITS});"
            ' use order="batches" with a larger batch_size, or order="sequential"'
        )
    return np.empty(units, np.uint32)


def _new_trace(task: Task, epochs: int) -> NDArray[np.float64] | None:
    return np.empty((epochs + 1, len(task.start))) if task.trace else None


def _stages(progress: bool, epochs: int) -> Iterator[int]:
    """Yield the epochs to stop at: the last one alone, or some 200 of them where a progress bar moves."""
    stride = max(1, epochs // 200) if progress else epochs
    for epoch in range(stride, epochs + stride, stride):
        yield min(epoch, epochs)


@contextmanager
def _bar(progress: bool, epochs: int) -> Iterator[Callable[[int], object]]:
    """Give the function that moves the bar on; it does nothing where no bar was asked for."""
    if not progress:
        yield lambda _: None
        return
    try:
        from tqdm import tqdm
    except ImportError as error:
        raise MissingExtraError('progress=True needs tqdm: pip install "thetahat[cli]"') from error
    with tqdm(total=epochs, unit="epoch") as bar:
        yield bar.update
