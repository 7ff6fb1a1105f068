"""The rows of one fit, and their sums: from one pass if these are sufficient, otherwise at every theta."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from numpy.typing import ArrayLike

from thetahat import _kernels
from thetahat._checks import check_count
from thetahat.data.arrays import chunks_of, copy_rows, count_outside, empty, plain_rows, reject_rows, weigh
from thetahat.errors import ParameterError, SampleError
from thetahat.families import get_family
from thetahat.pilot import Pilot

__all__ = ["Sample", "add_rows", "check_sums", "default_threads", "read_once"]

Theta = tuple[float, ...]

_SLICE = 1 << 18  # rows of one thread that fit into its core's cache while all families read them


def default_threads() -> int:
    """Return the number of threads of a pass: the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Sample:
    """A sample, with its sums for one family.

    Parameters
    ----------
    family : int
        The family's place in the table.
    x, weights, threads, nan_policy
        As in `thetahat.fit`.
    sums : Sums, optional
        Those of the rows for this family, if they are known from `read_once`.
    """

    def __init__(
        self,
        family: int,
        x: ArrayLike,
        weights: ArrayLike | None = None,
        threads: int | None = None,
        nan_policy: str = "raise",
        sums: _kernels.Sums | None = None,
    ) -> None:
        self.family = family
        self.passes = 0
        self.plain = plain_rows(x) if weights is None and nan_policy == "raise" else None
        self._x: Any = x
        self._weights, self._nan_policy = weights, nan_policy
        self._size = -1 if self.plain is None else len(self.plain)
        self._chunks: list[_kernels.Rows] | None = None
        self._sums: _kernels.Sums | None = None
        self._good = False
        self._counts: tuple[float, int] = (0, 0)
        self._threads = None if threads is None else check_count("threads", threads, 10_000)
        if _kernels.sufficient[family]:
            self._sums = self._pass(None) if sums is None else self._accept(sums, None)

    @classmethod
    def of_sums(cls, sums: _kernels.Sums, omitted: int) -> Sample:
        """Return a sample without rows, from its sums."""
        sample = cls.__new__(cls)
        sample.family, sample.passes, sample.plain, sample._sums = sums.family_index, 1, None, sums
        sample._counts, sample._size, sample._x = (sums.n, sums.rows), sums.rows + omitted, None
        return sample

    def at(self, theta: Theta) -> _kernels.Sums:
        """Return the sums at theta: the same for every theta if they are sufficient, otherwise from a pass.

        They may overflow; rows that are not finite or not in the support raise an error.
        """
        return self._sums if self._sums is not None else self._pass(theta)

    @property
    def counts(self) -> tuple[float, int]:
        """The sum of the weights and the number of rows of positive weight, as the last pass found them."""
        return self._counts

    @property
    def omitted(self) -> int:
        """Number of rows left out."""
        return self.size - self._counts[1]

    def score_products(self, theta: Theta) -> _kernels.Products:
        """Return the sum of the outer products of the rows' scores at theta, from a pass."""
        self.passes += 1
        return _kernels.score_products(self.family, theta, self.chunks(), self._team(self.size))

    def chunks(self) -> list[_kernels.Rows]:
        """Return the rows in place, with their weights."""
        if self._chunks is None:
            chunks = chunks_of(self._x, self._nan_policy)
            self._chunks = chunks if self._weights is None else weigh(chunks, self._weights)
        return self._chunks

    @property
    def size(self) -> int:
        """Number of rows, including those left out."""
        if self._size < 0:
            self._size = sum(chunk.n for chunk in self.chunks())
        return self._size

    def pilot(self, wanted: int) -> Pilot:
        """Return about so many rows, spread evenly over the sample; all rows if it has no more."""
        step = max(1, self.size // wanted)
        thin = [chunk.part(0, -(-chunk.n // step), step) for chunk in self.chunks() if chunk.n]
        pilot = Pilot(*copy_rows(thin))
        if pilot.x.size == 0:  # all of those are left out
            pilot = self.contiguous()
        if _kernels.count_outside(self.family, chunks_of(pilot.x)[0])[0]:
            self.check_rows()
        return pilot

    @property
    def has_rows(self) -> bool:
        """Whether there are rows, and not only their sums."""
        return self._x is not None

    def contiguous(self) -> Pilot:
        """Return all rows that are not left out, contiguous: without a copy if they already are."""
        if not self.has_rows:
            raise ParameterError("SGD requires the rows; a summary has only their sums")
        if self.plain is not None:
            return Pilot(self.plain)
        rows = Pilot(*copy_rows(self.chunks()))
        if rows.x.size == 0:
            raise empty(self.size)
        return rows

    def in_order(self) -> _kernels.Rows:
        """Return the rows that are not left out: in place if these are all rows in one chunk, else copied."""
        chunks = [chunk for chunk in self.chunks() if chunk.n] if self.has_rows else []
        if len(chunks) == 1 and not chunks[0].filtered and chunks[0].weights is None:
            return chunks[0]
        rows = self.contiguous()
        return chunks_of(rows.x)[0] if rows.weights is None else weigh(chunks_of(rows.x), rows.weights)[0]

    def _pass(self, theta: Theta | None) -> _kernels.Sums:
        if self.plain is not None:
            return self._accept(
                _kernels.summarize(self.family, self.plain, self._team(len(self.plain)), theta), theta
            )
        tree = _kernels.Tree(self.family, theta)
        add_rows(tree, self.chunks(), self._threads)
        return self._accept(tree.total(), theta)

    def _accept(self, sums: _kernels.Sums, theta: Theta | None) -> _kernels.Sums:
        """Return the sums of a pass; raise if the rows are not a sample of the family."""
        self.passes += 1
        if sums.finite and sums.rows == 0:
            raise empty(self.size)
        if not sums.finite and not self._good:
            self.check_rows()
            if theta is None:
                raise SampleError("the sums of this sample are beyond what doubles can hold")
        self._good = True
        self._counts = sums.n, sums.rows
        return sums

    def check_rows(self) -> None:
        """Raise if rows are not finite or outside the family's support."""
        reject_rows(self.chunks(), self.family, get_family(self.family).support)

    def check_support(self, theta: Theta, what: str) -> None:
        """Raise if rows are outside the support at theta, where the likelihood is 0 and has no score."""
        count, first = count_outside(self.chunks(), self.family, theta)
        if count:
            name = get_family(self.family).name
            raise ParameterError(
                f"{what}: {count} row(s) lie outside the support of {name} at {theta}, the first at index"
                f" {first}; the log-likelihood there is -inf, and has no score"
            )

    def _team(self, rows: int) -> int:
        return team(self._threads, rows)


def team(threads: int | None, rows: int) -> int:
    """Return the number of threads for so many rows."""
    if threads is None:
        return default_threads() if rows >= _kernels.THREAD_ROWS else 1
    return threads


def add_rows(tree: _kernels.Tree, chunks: list[_kernels.Rows], threads: int | None) -> None:
    """Add rows to a tree."""
    for chunk in chunks:
        tree.add(chunk, team(threads, chunk.n))


def read_once(
    families: Sequence[int], chunks: list[_kernels.Rows], threads: int | None
) -> list[_kernels.Sums]:
    """Return the sums of families that have sufficient statistics, all from one reading of the rows."""
    trees = [_kernels.Tree(family) for family in families]
    for chunk in chunks:
        size = _SLICE * team(threads, chunk.n)
        for first in range(0, chunk.n if trees else 0, size):
            part = chunk.part(first, min(size, chunk.n - first))
            for tree in trees:
                tree.add(part, team(threads, part.n))
    return [tree.total() for tree in trees]


def check_sums(sums: _kernels.Sums, theta: Theta) -> _kernels.Sums:
    """Return sums at theta; raise if they are beyond what doubles can hold."""
    if not sums.finite:
        raise ParameterError(
            f"the {_kernels.families[sums.family_index]} likelihood of this sample at {theta} is beyond what"
            " doubles can hold"
        )
    return sums
