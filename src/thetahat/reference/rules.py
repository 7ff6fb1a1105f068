"""Stochastic ascents by rule, a step at a time: rates, coordinates, directions, means, implicit steps.

A step takes the score of a batch in coordinates u, makes a direction d of it, moves u by rate(t) d, and t is
the number of rows so far, those of the batch included. In free coordinates no step leaves the domain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from thetahat.reference.likelihood import Likelihood

__all__ = ["Adam", "Coordinates", "Momentum", "RuledAscent", "ScaledAscent", "constant", "power"]

Numbers = Sequence[float]
Matrix = Sequence[Numbers]
Rate = Callable[[float], float]
Direction = Callable[[Numbers], Numbers]

SEGMENT = 1024  # rows, after which a scaled ascent takes stock: whole batches, at least one


def constant(rate: float) -> Rate:
    """Return the same rate for all t."""
    return lambda _t: rate


def power(rate: float, exponent: float = 1.0, offset: float = 0.0) -> Rate:
    """Return rate / (t + offset)^exponent as a function of t."""
    return lambda t: rate / (t + offset) ** exponent


class Momentum:
    """v = decay v + score, which is the direction."""

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.v: Numbers | None = None

    def __call__(self, score: Numbers) -> Numbers:
        """Return the direction."""
        old = self.v or [0.0] * len(score)
        self.v = [self.decay * v + g for v, g in zip(old, score, strict=True)]
        return self.v


class Adam:
    """The score's running mean m over the root of its square's, v, both without the zeros they began at."""

    def __init__(self, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> None:
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self.steps = 0
        self.m: list[float] = []
        self.v: list[float] = []

    def __call__(self, score: Numbers) -> Numbers:
        """Return the direction."""
        b1, b2 = self.beta1, self.beta2
        old = zip(self.m or [0.0] * len(score), self.v or [0.0] * len(score), score, strict=True)
        pairs = [(b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g) for m, v, g in old]
        self.steps += 1
        self.m, self.v = [m for m, _ in pairs], [v for _, v in pairs]
        c1, c2 = 1 - b1**self.steps, 1 - b2**self.steps
        return [m / c1 / (math.sqrt(v / c2) + self.epsilon) for m, v in pairs]


class Coordinates:
    """What steps move: by domain, log theta, log(theta / (1 - theta)), or theta in units.

    >>> free = Coordinates(["real", "positive", "unit"], [4.0, 1.0, 1.0])
    >>> free.of([2.0, 1.0, 0.5])
    [0.5, 0.0, 0.0]
    >>> free.theta([0.5, 0.0, 0.0])
    [2.0, 1.0, 0.5]
    """

    def __init__(self, domains: Sequence[str], units: Numbers) -> None:
        self.domains, self.units = domains, units

    @staticmethod
    def textbook(p: int) -> Coordinates:
        """Return those that are the p parameters themselves."""
        return Coordinates(["real"] * p, [1.0] * p)

    def of(self, theta: Numbers) -> list[float]:
        """Return the coordinates of theta."""
        return [
            math.log(t) if d == "positive" else math.log(t / (1 - t)) if d == "unit" else t / unit
            for d, unit, t in zip(self.domains, self.units, theta, strict=True)
        ]

    def theta(self, u: Numbers) -> list[float]:
        """Return the parameters there."""
        return [
            math.exp(v) if d == "positive" else 1 / (1 + math.exp(-v)) if d == "unit" else v * unit
            for d, unit, v in zip(self.domains, self.units, u, strict=True)
        ]

    def slopes(self, theta: Numbers) -> list[float]:
        """Return d theta / du."""
        return [
            t if d == "positive" else t * (1 - t) if d == "unit" else unit
            for d, unit, t in zip(self.domains, self.units, theta, strict=True)
        ]

    def bends(self, theta: Numbers) -> list[float]:
        """Return d^2 theta / du^2 over d theta / du."""
        return [
            1.0 if d == "positive" else 1 - 2 * t if d == "unit" else 0.0
            for d, t in zip(self.domains, theta, strict=True)
        ]


class RuledAscent:
    """A stochastic ascent by an update rule: its state, and its steps.

    >>> ascent = RuledAscent(Likelihood("normal"), Coordinates.textbook(2), [0.0, 1.0], constant(0.25))
    >>> ascent.step([1.0, 1.0])
    >>> ascent.theta
    [0.5, 1.0]
    """

    scaled = False  # then rows count by their weights in t

    def __init__(
        self,
        likelihood: Likelihood,
        coordinates: Coordinates,
        start: Numbers,
        rate: Rate,
        direction: Direction = lambda score: score,
        *,
        mean: bool = False,
        average: str | None = None,
        implicit: bool = False,
    ) -> None:
        self.likelihood, self.coordinates = likelihood, coordinates
        self.rate, self.direction = rate, direction
        self.mean, self.average, self.implicit = mean, average, implicit
        self.u = coordinates.of(start)
        self.t = 0.0
        self.past: list[list[float]] = []  # what is averaged

    @property
    def theta(self) -> list[float]:
        """The parameters that are reported."""
        if not self.past:
            return self.coordinates.theta(self.u)
        n = len(self.past)
        return self.coordinates.theta([math.fsum(values) / n for values in zip(*self.past, strict=True)])

    def end_epoch(self) -> None:
        """End an epoch."""

    def next_epoch(self) -> None:
        """Begin another epoch, which forgets the last where the mean is that of one."""
        if self.average == "epoch":
            self.past = []

    def step(self, X: Numbers, weights: Numbers | None = None) -> None:
        """Make the step of a batch."""
        self.t += math.fsum(weights) if self.scaled and weights else len(X)
        rate = self.rate(self.t)
        if self.implicit:
            step = self.implicit_step(X, weights, rate)
        else:
            step = [rate * d for d in self.directed(self.score(self.u, X, weights))]
        self.u = [u + d for u, d in zip(self.u, self.limited(step), strict=True)]
        if self.average:
            self.past.append(self.u)

    def score(self, u: Numbers, X: Numbers, weights: Numbers | None) -> list[float]:
        """Return a batch's score in the coordinates of the steps."""
        theta = self.coordinates.theta(u)
        rows = 1.0 if not self.mean else len(X) if weights is None else math.fsum(weights)
        pairs = zip(self.likelihood.score(X, theta, weights), self.coordinates.slopes(theta), strict=True)
        return [slope * g / rows for g, slope in pairs]

    def directed(self, score: Numbers) -> Numbers:
        """Return the direction of a step."""
        return self.direction(score)

    def limited(self, step: Numbers) -> Numbers:
        """Return the step, shortened if need be."""
        return step

    def implicit_step(self, X: Numbers, weights: Numbers | None, rate: float) -> list[float]:
        """Return the d that is rate times the direction of the score at u + d, found from d = 0 on.

        The log-likelihood at u + d, minus |d|^2 / (2 rate), has its maximum there.
        """

        def residual(d: Numbers) -> list[float]:
            score = self.score([u + v for u, v in zip(self.u, d, strict=True)], X, weights)
            return [rate * g - v for g, v in zip(self.directed(score), d, strict=True)]

        d, rest, share = [0.0] * len(self.u), residual([0.0] * len(self.u)), 1.0
        while share > 1e-12:
            to = [v + share * r for v, r in zip(d, rest, strict=True)]
            left = residual(to)
            if math.hypot(*left) < math.hypot(*rest):
                d, rest, share = to, left, min(1.0, 2 * share)
            else:
                share /= 2
        return d


class ScaledAscent(RuledAscent):
    """One whose scores are multiplied by the inverse of the information of one row.

    The start is the maximum of known rows. Their information counts, and they count as done, in t and in a
    mean; then it is taken anew after every segment, each row's where theta was then. No coordinate moves by
    more than four of its standard errors in a step, those of rows of weight 1, or by more than 1.
    """

    scaled = True

    def __init__(
        self,
        known: Numbers,
        weights: Numbers | None,
        batch_size: int,
        likelihood: Likelihood,
        coordinates: Coordinates,
        start: Numbers,
        rate: Rate,
        direction: Direction = lambda score: score,
        **settings: Any,
    ) -> None:
        super().__init__(likelihood, coordinates, start, rate, direction, **settings)
        p = range(len(self.u))
        self.batch_size = batch_size
        self.most = max(1, SEGMENT // batch_size) * batch_size
        self.total = [[0.0 for _ in p] for _ in p]
        self.n, self.rows = 0.0, 0
        self.segment = (list(known), list(weights or [1.0] * len(known)))
        self.end_segment()
        self.t = self.n
        if self.average:
            self.past = [self.u] * math.ceil(len(known) / batch_size)

    def directed(self, score: Numbers) -> Numbers:
        """Return the direction of the score times n, times the inverse of the information."""
        return self.direction([self.n * math.fsum(map(float.__mul__, row, score)) for row in self.inverse])

    def limited(self, step: Numbers) -> Numbers:
        """Return the step, shortened if need be; implicit ones need not."""
        if self.implicit:
            return step
        return [max(-limit, min(limit, d)) for d, limit in zip(step, self.limits, strict=True)]

    def step(self, X: Numbers, weights: Numbers | None = None) -> None:
        """Make the step of a batch; take stock where the next one might not fit the segment."""
        super().step(X, weights)
        rows, their_weights = self.segment
        rows += X
        their_weights += weights or [1.0] * len(X)
        if len(rows) + self.batch_size > self.most:
            self.end_segment()

    def end_epoch(self) -> None:
        """Take stock of what is left."""
        if self.segment[0]:
            self.end_segment()

    def end_segment(self) -> None:
        """Add the information of the segment's rows at the present theta, and scale by that of all."""
        theta = self.coordinates.theta(self.u)
        information = self.information(theta, *self.segment)
        self.total = [
            [old + new for old, new in zip(*rows, strict=True)]
            for rows in zip(self.total, information, strict=True)
        ]
        self.n += math.fsum(self.segment[1])
        self.rows += len(self.segment[0])
        self.segment = ([], [])
        self.scale()

    def scale(self) -> None:
        """Scale the steps to come."""
        self.inverse = inverse(self.total)
        errors = [math.sqrt(self.inverse[j][j] * self.n / self.rows) for j in range(len(self.u))]
        self.limits = [4 * error if error < 1 / 4 else 1.0 for error in errors]

    def information(self, theta: Numbers, X: Numbers, weights: Numbers) -> list[list[float]]:
        """Return that of rows in the coordinates of the steps: m J m - diag(b m g), m slopes and b bends."""
        m, b = self.coordinates.slopes(theta), self.coordinates.bends(theta)
        g, J = self.likelihood.score(X, theta, weights), self.likelihood.information(X, theta, weights)
        p = range(len(theta))
        return [[m[i] * J[i][j] * m[j] - (b[i] * m[i] * g[i] if i == j else 0.0) for j in p] for i in p]


def inverse(J: Matrix) -> list[list[float]]:
    """Return the inverse of a positive definite matrix, by Gauss and Jordan.

    >>> inverse([[2.0, 0.0], [0.0, 4.0]])
    [[0.5, 0.0], [0.0, 0.25]]
    """
    p = len(J)
    rows = [[*row, *(float(i == j) for j in range(p))] for i, row in enumerate(J)]
    for k in range(p):
        rows[k] = [value / rows[k][k] for value in rows[k]]
        for i in range(p):
            if i != k:
                rows[i] = [value - rows[i][k] * pivot for value, pivot in zip(rows[i], rows[k], strict=True)]
    return [row[p:] for row in rows]
