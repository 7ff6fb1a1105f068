"""Mini-batches and gradient steps, for loops written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._checks import as_numbers, check_count, check_positive
from thetahat.data.arrays import as_rows, stretches
from thetahat.errors import ParameterError
from thetahat.solvers.sgd import SGD, shuffled

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["gradient_step", "minibatches"]


def gradient_step(
    theta: Sequence[float] | Array, gradient: Sequence[float] | Array, learning_rate: float
) -> Array:
    """Return ``theta + learning_rate * gradient``: one step of gradient ascent.

    Parameters
    ----------
    theta, gradient : sequence of float
        Parameters, and the gradient there.
    learning_rate : float
        Step length for a gradient of length one.

    Returns
    -------
    ndarray of float64

    Raises
    ------
    ParameterError
        If theta and gradient are not of one shape, or the learning rate is not positive.

    Examples
    --------
    >>> import thetahat as th
    >>> th.gradient_step((0.0, 1.0), th.score([0.5, 2.5], "normal", (0.0, 1.0)), 0.125)
    array([0.375 , 1.5625])
    """
    start, slope = as_numbers("theta", theta), as_numbers("gradient", gradient)
    if start.shape != slope.shape:
        raise ParameterError(f"theta has shape {start.shape}, but gradient has shape {slope.shape}")
    with np.errstate(over="ignore"):  # the steps of a diverging ascent
        return np.asarray(start + check_positive("learning_rate", learning_rate) * slope)


def minibatches(
    x: ArrayLike, batch_size: int, *, shuffle: str | None = "batches", rng: Any = None
) -> Iterator[Array]:
    """Return one epoch's batches: those that `SGD` takes with the same `shuffle` and generator.

    Parameters
    ----------
    x : array_like, shape (n,)
        The sample, as in `fit`.
    batch_size : int
        Rows in a batch; the last one may be shorter.
    shuffle : {"batches", "rows", "spread", None}, default "batches"
        What is shuffled, as in `SGD`.
    rng : optional
        As in `fit`. Pass the same Generator at each epoch, so that epochs differ.

    Returns
    -------
    iterator of ndarray of float64, shape (batch_size,) or shorter
        Views of `x`, unless rows are shuffled.

    Examples
    --------
    >>> import thetahat as th
    >>> [batch.tolist() for batch in th.minibatches([1.0, 2.0, 3.0], 2, shuffle=None)]
    [[1.0, 2.0], [3.0]]
    """
    shuffle = SGD(learning_rate=1.0, shuffle=shuffle).shuffle
    batch_size = check_count("batch_size", batch_size)
    rows = as_rows(x)
    starts: Iterable[int] = range(0, rows.size, batch_size)
    if shuffle is not None and rows.size:
        taken = shuffled(rows.size, batch_size, shuffle, rng)
        if shuffle != "batches":
            rows = _taken(rows, taken)
        else:
            parts = (taken[part] for part in stretches(taken.size))
            starts = (start for part in parts for start in part[part % batch_size == 0].tolist())
    return (rows[start : start + batch_size] for start in starts)


def _taken(rows: Array, places: NDArray[np.int64]) -> Array:
    out = np.empty(rows.size)
    for part in stretches(rows.size):
        out[part] = rows[places[part]]
    return out
