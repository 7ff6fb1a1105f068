"""The stream of a family whose sums hold near the theta where they are taken."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from thetahat._checks import check_count
from thetahat._shift import is_exact
from thetahat._sums import SUMS_LAYOUT, Sums, Tree
from thetahat._theta import check_theta
from thetahat.data.arrays import chunks_of
from thetahat.data.passes import add_rows
from thetahat.errors import ConvergenceError, NoMaximumError
from thetahat.families import Family
from thetahat.pilot import joined
from thetahat.solvers import Values
from thetahat.solvers.pilot import fit_pilot
from thetahat.streams.quadratic import Local, Quadratic, local_of, maximize, values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thetahat._sgd import Stream

    Array = NDArray[np.float64]

__all__ = ["Running", "status_of"]

Theta = tuple[float, ...]

SEGMENT = 16_384  # rows between two checks whether the sums are exact at their maximum
MOST_PARTS = 8
FAR = -1e30  # the log-density of a row that no step from here reaches


class Part(NamedTuple):
    """Sums, and where they are taken."""

    at: Theta
    sums: Sums


def _error(part: Part, theta: Theta) -> float:
    """Return a bound on the error of sums at theta, as a share of a row's score."""
    return 0.0 if part.at == theta else part.sums.shifted(part.at, theta)[1]


def _both(past: Quadratic | None, other: Quadratic | None) -> Quadratic | None:
    """Return the model of the rows of both."""
    return past if other is None else other if past is None else past.plus(other)


class Running:
    """The sums of a stream's rows, taken at one theta after another, and the quadratic model of rows before.

    The maximum is exact while all sums are exact there. Where those of a segment would not be, new ones begin
    with it at the maximum of all rows so far; and sums from which that cannot be reached at all become their
    quadratic model.
    """

    diverged = False  # as a stream that makes steps may be

    def __init__(self, family: Family, fixed: dict[int, float]) -> None:
        self._family, self._fixed = family, fixed
        self._parts: list[Part] = []
        self._past: Quadratic | None = None
        self._waiting: list[tuple[Array, Array | None]] = []  # rows of the segment that is not yet full
        self._filled = 0  # their number
        self.theta: Theta = ()  # the maximum of the segments
        self.skipped = 0

    def begin(self, theta: Theta, x: Array, weights: Array | None = None) -> None:
        """Start from theta, the maximum of rows that are known."""
        self.theta, self._parts = theta, [Part(theta, self._sums(theta, x, weights))]

    def feed(self, x: Array, weights: Array | None = None) -> int:
        """Take rows in; return their number."""
        done = 0
        while done < x.size:
            few = min(SEGMENT - self._filled, x.size - done)
            part = slice(done, done + few)
            self._waiting.append((x[part], None if weights is None else weights[part]))
            self._filled += few
            done += few
            if self._filled == SEGMENT:
                self._end_segment()
        return done

    def copy(self) -> Running:
        """Return a stream that goes on from the same rows."""
        other = copy(self)
        other._parts, other._waiting = self._parts.copy(), self._waiting.copy()
        return other

    def finished(self) -> Running:
        """Return a stream that has used all its rows."""
        other = self.copy()
        if other._filled:
            other._end_segment()
        return other

    @property
    def rows(self) -> int:
        """Number of rows."""
        past = self._past.rows if self._past else 0
        return past + sum(sums.rows for _, sums in self._parts) + self._filled + self.skipped

    @property
    def n(self) -> float:
        """The sum of the weights of the rows in the estimate."""
        return (self._past.n if self._past else 0) + sum(sums.n for _, sums in self._parts)

    @property
    def exact(self) -> bool:
        """Whether the estimate is the maximum of all rows."""
        return self._past is None and all(
            is_exact(_error(part, self.theta), part.sums) for part in self._parts
        )

    def evaluate(self) -> Values:
        """Return log-likelihood, covariance, standard errors and Newton decrement."""
        here = self._local(self._parts, self._past, self.theta)
        assert here is not None
        off = sum(part.sums.n * _error(part, self.theta) for part in self._parts)
        doubt = off * off / self.n + (self._past.at(self.theta).doubt if self._past else 0.0)
        return values_of(self._family, here, self.theta, self._fixed, doubt)

    def merge(self, other: Running) -> None:
        """Go on as if the rows of both, which have used all theirs, had been seen."""
        self.skipped += other.skipped
        parts, past = [*other._parts, *self._parts], _both(self._past, other._past)
        theta = self._maximum(parts, past)
        if theta is None:
            parts, past = [], _both(other._all, self._all)
            theta = self._maximum(parts, past) or self.theta
            parts = [Part(theta, Sums(self._family.model))]
        self._keep(parts, past, theta)

    def _end_segment(self) -> None:
        """Add the rows that wait to the newest sums; begin new ones where these would not be exact."""
        x, weights = self.waiting()
        self._waiting, self._filled = [], 0
        self._add(x, weights)

    def _add(self, x: Array, weights: Array | None) -> None:
        *older, newest = self._parts
        newest = newest._replace(sums=newest.sums.merge(self._sums(newest.at, x, weights)))
        theta = self._maximum([*older, newest], self._past)
        if theta is not None and is_exact(_error(newest, theta), newest.sums):
            self._keep([*older, newest], self._past, theta)
            return
        far = self._far(x)
        if not far.any():
            self._begin_anew(x, weights)
            return
        self.skipped += int(far.sum())
        if not far.all():
            self._add(x[~far], None if weights is None else weights[~far])

    def _far(self, x: Array) -> NDArray[np.bool_]:
        """Return which rows are so far away that their terms leave no digit of all others.

        Not those outside the support at theta, which may be just beyond its end.
        """
        model, density = self._family.model, np.empty(x.size)
        model.log_density(self.theta, x, density)
        far = density < FAR
        for place in np.flatnonzero(far):
            far[place] = not model.count_outside(chunks_of(x[place : place + 1])[0], self.theta)[0]
        return far

    def _begin_anew(self, x: Array, weights: Array | None) -> None:
        """Begin sums of these rows at the maximum of all, by the model of those before if need be."""
        before: list[tuple[list[Part], Quadratic | None]] = [(self._parts, self._past), ([], self._all)]
        for (parts, past), start in product(before, self._starts(x, weights)):
            theta = self._maximum(parts, past, lambda at: self._sums(at, x, weights), start)
            if theta is not None:
                self._keep([*parts, Part(theta, self._sums(theta, x, weights))], past, theta)
                return
        self.skipped += x.size

    def _starts(self, x: Array, weights: Array | None) -> list[Theta]:
        """Return the last maximum, and that of rows which may lie outside the support there."""
        try:
            alone = fit_pilot(self._family, x, weights, (), self._fixed)
        except (ConvergenceError, NoMaximumError):
            return [self.theta]
        return [self.theta, alone]

    def _keep(self, parts: list[Part], past: Quadratic | None, theta: Theta) -> None:
        """Take a new state over; the oldest of many sums become their quadratic model."""
        self._parts, self._past, self.theta = parts[-MOST_PARTS:], past, theta
        for part in parts[:-MOST_PARTS]:
            self._past = _both(self._past, self._model([part]))

    def _model(self, parts: list[Part]) -> Quadratic:
        """Return the quadratic model of sums at the maximum of the stream."""
        local = self._local(parts, None, self.theta)
        assert local is not None
        n, rows = sum(part.sums.n for part in parts), sum(part.sums.rows for part in parts)
        return Quadratic(self._family, self.theta, local, n, rows)

    @property
    def _all(self) -> Quadratic | None:
        """The quadratic model of all rows."""
        return _both(self._past, self._model(self._parts))

    def _maximum(
        self,
        parts: list[Part],
        past: Quadratic | None,
        rows: Callable[[Theta], Sums] | None = None,
        start: Theta = (),
    ) -> Theta | None:
        """Return the maximum of what sums, a model, and rows say; None if it cannot be reached."""

        def local_at(theta: Theta) -> Local | None:
            return self._local(parts if rows is None else [*parts, Part(theta, rows(theta))], past, theta)

        return maximize(self._family, local_at, start or self.theta, self._fixed)

    def _local(self, parts: list[Part], past: Quadratic | None, theta: Theta) -> Local | None:
        """Return what sums and a model say of theta; None where it is too far for the sums."""
        total = None if past is None else past.at(theta).local
        for at, sums in parts:
            there = sums if at == theta else sums.shifted(at, theta)[0]
            if there is None:
                return None
            local = local_of(self._family, there, theta)
            total = local if total is None else total + local
        return total if total is not None and total.finite else None

    def _sums(self, theta: Theta, x: Array, weights: Array | None) -> Sums:
        tree = Tree(self._family.model, theta)
        add_rows([tree], chunks_of(x, weights=weights), 1)
        return tree.total()

    def waiting(self) -> tuple[Array, Array | None]:
        """Return the rows that wait, and their weights."""
        return joined(self._waiting)

    def numbers(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """Return the state of the stream: numbers, and arrays."""
        x, weights = self.waiting()
        values = {
            "layout": SUMS_LAYOUT,
            "theta": self.theta,
            "skipped": self.skipped,
            "past": self._past and self._past.record(),
        }
        arrays = {
            "x": x,
            "at": np.array([at for at, _ in self._parts]),
            "sums": np.array([sums.numbers() for _, sums in self._parts]),
        }
        return values, arrays if weights is None else arrays | {"w": weights}

    def restore(self, values: dict[str, Any], arrays: dict[str, Array]) -> None:
        """Return to where `numbers` was called."""
        if values["layout"] != SUMS_LAYOUT:
            raise ValueError(f"has sums of layout {values['layout']}; this version reads {SUMS_LAYOUT}")
        family, model = self._family, self._family.model
        x, weights = arrays["x"], arrays.get("w")
        if (
            x.ndim != 1
            or x.size >= SEGMENT
            or (weights is not None and weights.size != x.size)
            or not arrays["at"].size
        ):
            raise ValueError("has more rows than a segment, or weights of others, or no sums")
        pairs = zip(arrays["at"].tolist(), arrays["sums"].tolist(), strict=True)
        self._parts = [Part(check_theta(family, at, "at"), Sums.from_numbers(model, n)) for at, n in pairs]
        self.theta = check_theta(family, values["theta"], "theta")
        self.skipped = check_count("skipped", values["skipped"], least=0)
        self._past = values["past"] and Quadratic.of_record(family, values["past"])
        self._waiting, self._filled = [(x, weights)], x.size


def status_of(stream: Stream | Running, skipped: int) -> str:
    """Return how far a stream has come: the status of its fit unless it is at the maximum of all rows."""
    if stream.diverged:
        return "diverged"
    if skipped:
        return "skipped"
    if isinstance(stream, Running):
        return "precision" if stream.exact else "approximate"
    return "streaming"
