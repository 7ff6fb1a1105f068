"""Log-likelihoods in free coordinates: their quadratic models, and Newton's method on them."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from thetahat import _core
from thetahat._sums import Sums
from thetahat._theta import check_theta
from thetahat.families import Family
from thetahat.solvers import Values

__all__ = ["Local", "Quadratic", "local_of", "maximize", "values_of"]

Theta = tuple[float, ...]
Matrix = list[list[float]]


class Local(NamedTuple):
    """A log-likelihood at one theta, with its score and information in free coordinates."""

    value: float
    score: list[float]
    information: Matrix

    def __add__(self, other: Local) -> Local:  # type: ignore[override]
        score = [a + b for a, b in zip(self.score, other.score, strict=True)]
        pairs = zip(self.information, other.information, strict=True)
        information = [[a + b for a, b in zip(row, with_row, strict=True)] for row, with_row in pairs]
        return Local(self.value + other.value, score, information)

    @property
    def finite(self) -> bool:
        """Whether all of it is."""
        return all(map(math.isfinite, chain([self.value], self.score, *self.information)))


def local_of(family: Family, sums: Sums, theta: Theta) -> Local:
    """Return what sums at theta say there."""
    value, score, information, *_ = sums.evaluate(theta)
    p = range(len(theta))
    m = [parameter.slope(at) for parameter, at in zip(family.parameters, theta, strict=True)]
    g = [m[j] * score[j] for j in p]
    J = [[m[i] * m[j] * information[i * len(theta) + j] for j in p] for i in p]
    for j in p:
        J[j][j] -= g[j] if family.parameters[j].transformed else 0.0  # of a logarithm: its second derivative
    return Local(value, g, J)


class Quadratic(NamedTuple):
    """The second-order expansion of the log-likelihood of some rows about theta."""

    family: Family
    theta: Theta
    local: Local
    n: float
    rows: int
    doubt: float = 0.0  # how far its maximum may be from that of the rows: squared, in standard errors

    def at(self, theta: Theta) -> Quadratic:
        """Return the same model about another theta, and how little the rows may be like it there.

        A third derivative as large as the second, per row, moves the maximum by the square of the distance.
        """
        u = [
            _core.log(to / at) if parameter.transformed else to - at
            for parameter, at, to in zip(self.family.parameters, self.theta, theta, strict=True)
        ]
        Ju = [math.fsum(J * v for J, v in zip(row, u, strict=True)) for row in self.local.information]
        distance = math.fsum(v * w for v, w in zip(u, Ju, strict=True))
        gain = math.fsum(v * (g - 0.5 * w) for v, g, w in zip(u, self.local.score, Ju, strict=True))
        score = [g - w for g, w in zip(self.local.score, Ju, strict=True)]
        local = Local(self.local.value + gain, score, self.local.information)
        return self._replace(theta=theta, local=local, doubt=self.doubt + distance * distance / self.n)

    def record(self) -> list[Any]:
        """Return the model as lists of numbers."""
        return [self.theta, *self.local, self.n, self.rows, self.doubt]

    @staticmethod
    def of_record(family: Family, record: list[Any]) -> Quadratic:
        """Return the model that `record` wrote."""
        theta, value, score, information, n, rows, doubt = record
        p = len(family.names)
        local = Local(
            float(value), np.array(score, float).tolist(), np.array(information, float).reshape(p, p).tolist()
        )
        if len(local.score) != p or not (local.finite and n > 0 and rows > 0 and doubt >= 0):
            raise ValueError("has a model of other numbers")
        return Quadratic(
            family, check_theta(family, theta, "theta"), local, float(n), int(rows), float(doubt)
        )

    def plus(self, other: Quadratic) -> Quadratic:
        """Return the model of the rows of both, about the theta of the other."""
        mine = self.at(other.theta)
        return other._replace(
            local=mine.local + other.local,
            n=mine.n + other.n,
            rows=mine.rows + other.rows,
            doubt=mine.doubt + other.doubt,
        )


def maximize(
    family: Family, local_at: Callable[[Theta], Local | None], theta: Theta, fixed: Collection[int]
) -> Theta | None:
    """Return the maximum that Newton's method reaches from theta; None if there is none.

    A step is shortened until the log-likelihood is known there, and has not fallen; near the maximum, where
    rounding decides about that, steps go on while the decrement falls.
    """
    here = local_at(theta)
    for _ in range(200):
        if here is None:
            return None
        step, decrement = _newton_step(here, fixed)
        near, slack = decrement <= 1e-12, 1e-14 * abs(here.value)
        share = 1.0 / max(1.0, *map(abs, _relative(family, step)))
        while True:
            to = _moved(family, theta, [share * s for s in step])
            there = local_at(to) if family.model.valid(to) else None
            if there is not None and (near or there.value >= here.value - slack):
                break
            share /= 4
            if share < 1e-12:
                return theta if near else None
        if near and not _newton_step(there, fixed)[1] < decrement:
            return theta
        theta, here = to, there
    return None


def _relative(family: Family, step: Sequence[float]) -> list[float]:
    """Return the lengths of a step of logarithms, which the next theta's size depends on."""
    return [s for s, parameter in zip(step, family.parameters, strict=True) if parameter.transformed]


def _moved(family: Family, theta: Theta, step: Sequence[float]) -> Theta:
    triples = zip(family.parameters, theta, step, strict=True)
    return tuple(parameter.moved(at, s) if s else at for parameter, at, s in triples)


def _newton_step(here: Local, fixed: Collection[int]) -> tuple[list[float], float]:
    """Return a step uphill, and the Newton decrement; the information is raised until it is positive."""
    g = [0.0 if j in fixed else value for j, value in enumerate(here.score)]
    ridge, C = 0.0, _inverse(here.information, fixed)
    while C is None:
        ridge = 4 * ridge or 1e-3
        raised = [row.copy() for row in here.information]
        for j, row in enumerate(raised):
            row[j] += ridge * abs(row[j])
        C = _inverse(raised, fixed) if ridge < 1e30 else [[0.0] * len(g)] * len(g)
    step = [math.fsum(c * v for c, v in zip(row, g, strict=True)) for row in C]
    return step, math.fsum(s * v for s, v in zip(step, g, strict=True))


def _inverse(J: Matrix, fixed: Collection[int]) -> Matrix | None:
    """Return the inverse of a symmetric matrix, zero where parameters are fixed; None if not positive."""
    free = [j for j in range(len(J)) if j not in fixed]
    rows = [[J[i][j] for j in free] + [float(i == j) for j in free] for i in free]
    for k, row in enumerate(rows):
        if not row[k] > 0 or row[k] == math.inf:
            return None
        row[:] = [value / row[k] for value in row]
        for other in rows:
            if other is not row:
                other[:] = [a - other[k] * b for a, b in zip(other, row, strict=True)]
    C = [[0.0] * len(J) for _ in J]
    for i, row in zip(free, rows, strict=True):
        for j, value in zip(free, row[len(free) :], strict=True):
            C[i][j] = value
    return C


def values_of(family: Family, here: Local, theta: Theta, fixed: Collection[int], doubt: float) -> Values:
    """Return what a fit reports of theta; NaN for covariances where the information is not positive."""
    C, p = _inverse(here.information, fixed), range(len(theta))
    m = [parameter.slope(at) for parameter, at in zip(family.parameters, theta, strict=True)]
    if C is None:
        none = (math.nan,) * len(theta)
        return Values(here.value, none * len(theta), none, math.nan)
    cov = tuple(m[i] * C[i][j] * m[j] for i in p for j in p)
    stderr = tuple(m[j] * math.sqrt(C[j][j]) for j in p)
    return Values(here.value, cov, stderr, _newton_step(here, fixed)[1] + doubt)
