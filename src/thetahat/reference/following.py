"""The scaled ascent of rate 1/t, step by step: how it follows the maximum of the rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from thetahat.reference.rules import ScaledAscent, inverse

__all__ = ["FollowingAscent"]

Numbers = Sequence[float]
Matrix = Sequence[Numbers]
Rows = tuple[list[float], list[float]]  # and their weights

NEAR = 0.05  # the squared length, in standard errors, of a step that is not worth taking
TRUSTED = 4.0  # that of one whose end is known from its start


class FollowingAscent(ScaledAscent):
    """A scaled ascent whose u goes to the maximum of a quadratic model of the log-likelihood.

    In the first epoch the model is the sum of the segments' expansions to second order. Each is expanded
    where its log-likelihood plus the model of the rows before is highest, but for a short step of Newton's
    method. If that is not where u is, u goes to the maximum of the sum. Later epochs expand all rows about
    the u where the epoch before ended, their anchor, and end with a step of Newton's method from there; or
    half the way back to the best anchor, if theirs is less likely. Their model, times the number of epochs,
    replaces that of the epochs before. A batch that is a segment is expanded where it begins, if the step on
    it ends near the maximum that the expansion has with the model, and is not long. Steps of Newton's method
    are shortened until no coordinate of a parameter with bounds moves by more than 1. Rows that an anchor
    makes impossible are not treated here.
    """

    def __init__(self, *settings: Any, **named: Any) -> None:
        self.epochs = 0
        self.best: tuple[float, list[float]] = (-math.inf, [])  # the log-likelihood of an anchor, and where
        super().__init__(*settings, **named)
        self.anchor = self.before = self.u
        self.epoch: Rows = ([], [])  # those of the present epoch, from the second on

    def step(self, X: Numbers, weights: Numbers | None = None) -> None:
        """Make the step of a batch."""
        self.before = self.u
        super().step(X, weights)

    def end_segment(self) -> None:
        """Add the segment to the model."""
        if self.n == 0:
            self.linear = self.tangent(self.u, *self.segment)
            super().end_segment()
        elif self.epochs == 0:
            after, known = self.u, self.is_batch and self.is_near(self.before, self.u)
            self.u, stays = (self.before, True) if known else self.highest(self.segment)
            tangent = self.tangent(self.u, *self.segment)
            self.linear = [old + new for old, new in zip(self.linear, tangent, strict=True)]
            super().end_segment()
            if known:
                self.u = after
            if not stays:
                self.u = self.moved(self.u, times(self.inverse, self.slope(self.u)))
        else:
            rows, weights = self.segment
            self.epoch[0].extend(rows)
            self.epoch[1].extend(weights)
            self.segment = ([], [])

    @property
    def is_batch(self) -> bool:
        """Whether a segment is one batch, of plain steps."""
        return self.most == self.batch_size and not self.average and not self.implicit

    def is_near(self, u: Numbers, after: Numbers) -> bool:
        """Whether the step from u to another is near that of Newton's method on segment and model."""
        J = combined(self.information(self.coordinates.theta(u), *self.segment), 1.0, self.total)
        score = [g + rest for g, rest in zip(self.score(u, *self.segment), self.slope(u), strict=True)]
        step = times(inverse(J), score)
        left = [to - (at + d) for to, at, d in zip(after, u, step, strict=True)]
        length, distance = (
            math.fsum(map(float.__mul__, a, b)) for a, b in ((step, score), (left, times(J, left)))
        )
        return 0 <= length <= TRUSTED and distance <= NEAR

    def end_epoch(self) -> None:
        """Take stock of what is left, and go where the epoch says."""
        super().end_epoch()
        self.epochs += 1
        if self.epochs > 1:
            self.go_on(self.value(self.anchor, *self.epoch))
        self.anchor, self.epoch = self.u, ([], [])

    def go_on(self, value: float) -> None:
        """Make a step of Newton's method from the anchor, or half a step back."""
        if value < self.best[0]:
            self.u = [(a + b) / 2 for a, b in zip(self.anchor, self.best[1], strict=True)]
            return
        self.best = (value, self.anchor)
        theta = self.coordinates.theta(self.anchor)
        J, k = self.information(theta, *self.epoch), self.epochs
        self.u = self.moved(self.anchor, times(inverse(J), self.score(self.anchor, *self.epoch)))
        self.total = [[k * entry for entry in row] for row in J]
        self.linear = [k * entry for entry in self.tangent(self.anchor, *self.epoch)]
        self.n, self.rows = k * math.fsum(self.epoch[1]), k * len(self.epoch[0])
        self.scale()

    def value(self, u: Numbers, X: Numbers, weights: Numbers) -> float:
        """Return the log-likelihood of rows."""
        return self.likelihood.log_likelihood(X, self.coordinates.theta(u), weights)

    def tangent(self, u: Numbers, X: Numbers, weights: Numbers) -> list[float]:
        """Return the linear term of the expansion of rows about u: g + J u."""
        J = self.information(self.coordinates.theta(u), X, weights)
        return [g + Ju for g, Ju in zip(self.score(u, X, weights), times(J, u), strict=True)]

    def highest(self, segment: Rows) -> tuple[list[float], bool]:
        """Return where a segment's log-likelihood and the model are highest together, but for a short step.

        And whether that is where u is.

        Steps of Newton's method are damped by multiples of the model's information until they rise.
        """
        u, damping = self.u, 0.0
        while True:
            J = self.information(self.coordinates.theta(u), *segment)
            damped = combined(combined(J, 1.0, self.total), damping, self.total)
            score = [g + rest for g, rest in zip(self.score(u, *segment), self.slope(u), strict=True)]
            step = times(inverse(damped), score)
            if damping == 0 and 0 <= math.fsum(map(float.__mul__, step, score)) <= NEAR:
                return u, u == self.u
            to = self.moved(u, step)
            if self.height(to, segment) > self.height(u, segment):
                u, damping = to, damping / 4 if damping > 1 else 0.0
            else:
                damping = 4 * damping or 1.0

    def moved(self, u: Numbers, step: Numbers) -> list[float]:
        """Return u after a step, shortened until no bounded parameter's coordinate moves by over 1."""
        pairs = zip(step, self.coordinates.domains, strict=True)
        longest = max([1.0, *(abs(d) for d, domain in pairs if domain != "real")])
        return [v + d / longest for v, d in zip(u, step, strict=True)]

    def height(self, u: Numbers, segment: Rows) -> float:
        """Return the log-likelihood of a segment plus the model, but for its constant."""
        doubled = [at_0 + at_u for at_0, at_u in zip(self.linear, self.slope(u), strict=True)]
        return self.value(u, *segment) + math.fsum(map(float.__mul__, u, doubled)) / 2

    def slope(self, u: Numbers) -> list[float]:
        """Return the score of the model."""
        return [at_0 - Ju for at_0, Ju in zip(self.linear, times(self.total, u), strict=True)]


def times(A: Matrix, x: Numbers) -> list[float]:
    """Return a matrix times a vector.

    >>> times([[1.0, 2.0], [3.0, 4.0]], [1.0, 0.5])
    [2.0, 5.0]
    """
    return [math.fsum(a * b for a, b in zip(row, x, strict=True)) for row in A]


def combined(A: Matrix, factor: float, B: Matrix) -> list[list[float]]:
    """Return A + factor B.

    >>> combined([[1.0]], 0.5, [[4.0]])
    [[3.0]]
    """
    return [[a + factor * b for a, b in zip(*rows, strict=True)] for rows in zip(A, B, strict=True)]
