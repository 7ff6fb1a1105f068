"""The notebook's helpers and its three loops."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["gradient_ascent", "gradient_step", "minibatches", "stochastic_ascent"]

Theta = Sequence[float]
Score = Callable[[Sequence[float], Theta], Sequence[float]]


def gradient_step(theta: Theta, gradient: Sequence[float], learning_rate: float) -> list[float]:
    """Return theta + learning_rate * gradient.

    >>> gradient_step([0.0, 1.0], [2.0, -4.0], 0.25)
    [0.5, 0.0]
    """
    return [t + learning_rate * g for t, g in zip(theta, gradient, strict=True)]


def minibatches(
    X: Sequence[float], batch_size: int, shuffle: Callable[[list[int]], object] | None = random.shuffle
) -> Iterator[Sequence[float]]:
    """Yield one epoch's batches of neighbours; `shuffle` reorders the list of their starts in place.

    >>> sorted(minibatches([1.0, 2.0, 3.0], 2))
    [[1.0, 2.0], [3.0]]
    >>> list(minibatches([1.0, 2.0, 3.0], 2, None))
    [[1.0, 2.0], [3.0]]
    >>> list(minibatches([1.0, 2.0, 3.0], 2, list.reverse))
    [[3.0], [1.0, 2.0]]
    """
    starts = list(range(0, len(X), batch_size))
    if shuffle is not None:
        shuffle(starts)
    for start in starts:
        yield X[start : start + batch_size]


def gradient_ascent(
    X: Sequence[float], score: Score, theta: Theta, learning_rate: float, epochs: int
) -> list[list[float]]:
    """Return theta before the first and after every epoch of full-batch ascent."""
    return stochastic_ascent(([X] for _ in range(epochs)), score, theta, learning_rate)


def stochastic_ascent(
    epochs: Iterable[Iterable[Sequence[float]]], score: Score, theta: Theta, learning_rate: float
) -> list[list[float]]:
    """Return theta before the first and after every epoch; an epoch is an iterable of batches."""
    trace = [list(theta)]
    for batches in epochs:
        now: Theta = trace[-1]
        for batch in batches:
            now = gradient_step(now, score(batch, now), learning_rate)
        trace.append(list(now))
    return trace
