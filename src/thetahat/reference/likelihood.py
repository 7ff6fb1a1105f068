"""What follows for every family from the terms of one row."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import repeat
from typing import TypeVar

__all__ = ["Likelihood"]

Numbers = Sequence[float]
T = TypeVar("T")


class Likelihood:
    """The likelihood of a family's samples; weights multiply what their rows say.

    >>> Likelihood("normal").score([1.0, 3.0], [2.0, 1.0])
    [0.0, 0.0]
    >>> Likelihood("normal").score([1.0, 3.0], [2.0, 1.0], [2.0, 0.0])
    [-2.0, 0.0]
    """

    def __init__(self, name: str) -> None:
        self.family = import_module(f"thetahat.reference.{name}")

    def log_density(self, x: float, theta: Numbers) -> float:
        """Return log f(x)."""
        return math.fsum(self.family.log_density(x, theta))

    def log_likelihood(self, X: Numbers, theta: Numbers, weights: Numbers | None = None) -> float:
        """Return the log-likelihood."""
        rows = [self.family.log_density(x, theta) for x in X]
        return _total(rows, weights)

    def score(self, X: Numbers, theta: Numbers, weights: Numbers | None = None) -> list[float]:
        """Return the gradient of the log-likelihood."""
        rows = [self.family.score(x, theta) for x in X]
        return [_total([row[j] for row in rows], weights) for j in range(len(theta))]

    def information(self, X: Numbers, theta: Numbers, weights: Numbers | None = None) -> list[list[float]]:
        """Return minus the second derivatives of the log-likelihood."""
        rows = [self.family.information(x, theta) for x in X]
        p = range(len(theta))
        return [[_total([row[i][j] for row in rows], weights) for j in p] for i in p]

    def score_products(self, X: Numbers, theta: Numbers, weights: Numbers | None = None) -> list[list[float]]:
        """Return the sum of g g', g a row's score times its weight."""
        rows = [
            [w * math.fsum(terms) for terms in self.family.score(x, theta)] for x, w in _weighted(X, weights)
        ]
        p = range(len(theta))
        return [[math.fsum(g[i] * g[j] for g in rows) for j in p] for i in p]


def _total(rows: Sequence[Numbers], weights: Numbers | None) -> float:
    """Return the sum of all rows' terms."""
    return math.fsum(w * term for row, w in _weighted(rows, weights) for term in row)


def _weighted(rows: Sequence[T], weights: Numbers | None) -> Iterator[tuple[T, float]]:
    return zip(rows, repeat(1, len(rows)) if weights is None else weights, strict=True)
