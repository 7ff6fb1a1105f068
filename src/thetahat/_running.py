"""The stream of a family whose sums hold near the theta where they are taken."""

from __future__ import annotations

from collections.abc import Collection
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._quadratic import Local, Quadratic, climb, local_of, values_of
from thetahat._shift import is_exact
from thetahat._sums import SUMS_LAYOUT, Sums, Tree
from thetahat._theta import check_theta
from thetahat.data.arrays import chunks_of, weigh
from thetahat.families import Family
from thetahat.sample import add_rows
from thetahat.solvers import Values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["Running"]

Theta = tuple[float, ...]

SEGMENT = 16_384  # rows between two checks whether the sums are exact at their maximum


class Running:
    """The sums of a stream's rows, at one theta or at several, and the quadratic model of rows before these.

    The maximum is exact while all sums are exact there. Where the rows of a segment move it too far, the sums
    so far become their quadratic model, and new ones begin at the maximum of this and the segment.
    """

    change_point, diverged = False, False  # of a stream that forgets, and of one that makes steps

    def __init__(self, family: Family, fixed: Collection[int]) -> None:
        self._family, self._fixed = family, fixed
        self._parts: list[tuple[Theta, Sums]] = []
        self._past: Quadratic | None = None
        self._waiting: list[tuple[Array, Array | None]] = []  # rows of the segment that is not yet full
        self._filled = 0  # their number
        self.theta: Theta = ()  # the maximum of the segments
        self.skipped = 0

    def begin(self, theta: Theta, x: Array, weights: Array | None = None) -> None:
        """Start from theta, the maximum of rows that are known."""
        self.theta, self._parts = theta, [(theta, self._sums(theta, x, weights))]

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
        return self._past is None

    def evaluate(self) -> Values:
        """Return log-likelihood, covariance, standard errors and Newton decrement."""
        here = self._local(self._parts, self._past, self.theta)
        assert here is not None
        doubt = self._past.at(self.theta).doubt if self._past else 0.0
        return values_of(self._family, here, self.theta, self._fixed, doubt)

    def merge(self, other: Running) -> None:
        """Go on as if the rows of both, which have used all theirs, had been seen."""
        self.skipped += other.skipped
        parts, past = self._parts + other._parts, self._past
        if other._past:
            past = other._past if past is None else other._past.plus(past)
        theta = self._maximum(parts, past)
        if theta is None:
            past, parts = self._model(other, self._model(self, past)), []
            theta = climb(self._family, lambda at: past.at(at).local, self.theta, self._fixed)
        self._parts, self._past, self.theta = parts, past, theta or self.theta

    def _end_segment(self) -> None:
        """Add the rows that wait to the sums; begin new ones where these are not exact."""
        x, weights = self.waiting()
        self._waiting, self._filled = [], 0
        at, sums = self._parts[-1]
        parts = [*self._parts[:-1], (at, sums.merge(self._sums(at, x, weights)))]
        theta = self._maximum(parts, self._past)
        if theta is None:
            parts, theta = self._begin_anew(x, weights)
        self._parts, self.theta = parts, theta

    def _begin_anew(self, x: Array, weights: Array | None) -> tuple[list[tuple[Theta, Sums]], Theta]:
        """Return sums of rows alone at the maximum of these and of the quadratic model of all before."""
        past = self._model(self, self._past)

        def local_at(theta: Theta) -> Local | None:
            here = past.at(theta).local + local_of(self._family, self._sums(theta, x, weights), theta)
            return here if here.finite else None

        theta = climb(self._family, local_at, self.theta, self._fixed)
        if theta is None:
            self.skipped += x.size
            return self._parts, self.theta
        self._past = past
        return [(theta, self._sums(theta, x, weights))], theta

    def _model(self, of: Running, past: Quadratic | None) -> Quadratic:
        """Return the quadratic model of the sums of a stream at its maximum, and of rows before these."""
        local = self._local(of._parts, None, of.theta)
        assert local is not None
        n, rows = sum(sums.n for _, sums in of._parts), sum(sums.rows for _, sums in of._parts)
        model = Quadratic(self._family, of.theta, local, n, rows)
        return model if past is None else past.plus(model)

    def _maximum(self, parts: list[tuple[Theta, Sums]], past: Quadratic | None) -> Theta | None:
        """Return the maximum if all sums are exact there."""
        theta = climb(
            self._family, lambda at: self._local(parts, past, at), self.theta, self._fixed
        )
        if theta is None:
            return None
        exact = (at == theta or is_exact(sums.shifted(at, theta)[1], sums) for at, sums in parts)
        return theta if all(exact) else None

    def _local(self, parts: list[tuple[Theta, Sums]], past: Quadratic | None, theta: Theta) -> Local | None:
        """Return what sums and a model say of theta; None where it is too far for the sums."""
        locals_ = [] if past is None else [past.at(theta).local]
        for at, sums in parts:
            there = sums if at == theta else sums.shifted(at, theta)[0]
            if there is None:
                return None
            locals_.append(local_of(self._family, there, theta))
        total = locals_[0]
        for local in locals_[1:]:
            total = total + local
        return total if total.finite else None

    def _sums(self, theta: Theta, x: Array, weights: Array | None) -> Sums:
        tree = Tree(self._family.model, theta)
        add_rows(tree, chunks_of(x) if weights is None else weigh(chunks_of(x), weights), 1)
        return tree.total()

    def waiting(self) -> tuple[Array, Array | None]:
        """Return the rows that wait, and their weights."""
        rows = np.concatenate([np.empty(0), *(x for x, _ in self._waiting)])
        if all(weights is None for _, weights in self._waiting):
            return rows, None
        weights = [np.ones(x.size) if weights is None else weights for x, weights in self._waiting]
        return rows, np.concatenate(weights)

    def numbers(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """Return the state of the stream: numbers, and arrays."""
        x, weights = self.waiting()
        values = {
            "layout": SUMS_LAYOUT,
            "theta": self.theta,
            "skipped": self.skipped,
            "past": self._past and [*self._past[1:2], self._past.local, *self._past[3:]],
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
        if arrays["x"].size >= SEGMENT:
            raise ValueError("has more rows than a segment")
        pairs = zip(arrays["at"].tolist(), arrays["sums"].tolist(), strict=True)
        self._parts = [(check_theta(family, at, "at"), Sums.from_numbers(model, sums)) for at, sums in pairs]
        self.theta = check_theta(family, values["theta"], "theta")
        self.skipped = int(values["skipped"])
        self._past = None
        if values["past"]:
            theta, local, *rest = values["past"]
            self._past = Quadratic(family, check_theta(family, theta, "theta"), Local(*local), *rest)
        self._waiting, self._filled = [(arrays["x"], arrays.get("w"))], arrays["x"].size
