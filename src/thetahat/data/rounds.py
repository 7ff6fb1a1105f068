"""What is asked of each partition of a cluster, and answered there, in bytes that any machine reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from thetahat import _core, _pieces
from thetahat._packing import Arrays, Values, pack, unpack
from thetahat.data.arrays import Chunks, Counter, copy_rows, reject_for_all
from thetahat.data.scanned import ScannedSource
from thetahat.errors import ParameterError, SampleError, SampleTypeError, ThetahatError

if TYPE_CHECKING:
    from thetahat._core import Rows
    from thetahat.data.libraries import Table

__all__ = [
    "PROGRAM",
    "Bad",
    "Beside",
    "Counts",
    "Pieces",
    "PilotRows",
    "Places",
    "Ranked",
    "Round",
    "failed",
    "read_answer",
]

PROGRAM, _FAILED = b"thetahat round ", b"thetahat error "
_SLICE = 1 << 16  # rows that stay in the cache while they are hashed and added up
_ERRORS: dict[str, type[Exception]] = {
    kind.__name__: kind for kind in (SampleError, SampleTypeError, ParameterError, ThetahatError)
}


class Worker(Protocol):
    """What takes in the rows of one partition."""

    def add(self, rows: Rows) -> None:
        """Take in rows after those before."""
        ...

    def answer(self) -> tuple[Values, Arrays]:
        """Return what is sent back."""
        ...


class Question(Protocol):
    """What a round asks: a small object, which engines carry to the partitions."""

    def begin(self, argument: Any, weighted: bool) -> Worker:
        """Return what answers it for a partition, from the argument of the partition."""
        ...


@dataclass(frozen=True)
class Round:
    """One question to all partitions, about the rows that are meant.

    Parameters
    ----------
    column, weights : str or None
        The columns.
    name : str
        What errors call the table.
    omit : bool
        Whether NaN and null rows are left out.
    question : Question
        What is asked.
    """

    column: str | None
    weights: str | None
    name: str
    omit: bool
    question: Question

    def __call__(self, argument: Any, table: Table) -> bytes:
        """Return the answer of a partition, or its error, which engines would show as one of theirs."""
        try:
            return self._answered(argument, table)
        except ThetahatError as error:
            return failed(error)

    def _answered(self, argument: Any, table: Table) -> bytes:
        source = ScannedSource(table, self.column, self.weights, self.omit)
        worker, rows = self.question.begin(argument, source.weighted), _pieces.RowHash()
        for part in sliced(source.with_nulls()):
            rows.add(part)
            worker.add(part)
        values, arrays = worker.answer()
        return pack(PROGRAM, {**values, "kept": rows.rows, "used": rows.used, "hash": rows.value}, arrays)


def failed(error: Exception) -> bytes:
    """Return the answer of a partition that has an error."""
    kind = next(name for name, known in _ERRORS.items() if isinstance(error, known))
    return pack(_FAILED, {"kind": kind, "message": str(error)}, {})


def sliced(chunks: Iterator[Rows]) -> Iterator[Rows]:
    """Yield the rows in parts that fit into the cache."""
    for chunk in chunks:
        for first in range(0, chunk.n, _SLICE):
            yield chunk.part(first, min(_SLICE, chunk.n - first))


def read_answer(record: bytes, place: int) -> tuple[Values, Arrays]:
    """Return the answer of a partition; raise its error."""
    try:
        if record.startswith(_FAILED):
            failed, _ = unpack(_FAILED, record)
            raise _ERRORS[failed["kind"]](f"{failed['message']} (in partition {place})")
        return unpack(PROGRAM, record)
    except (KeyError, ValueError) as error:
        if isinstance(error, ThetahatError):
            raise
        raise SampleError(
            f"the answer of partition {place} {error}: all machines need the same version of thetahat"
        ) from error


@dataclass(frozen=True)
class Counts:
    """How many rows there are, those left out too, and how many are null, or have null weights."""

    def begin(self, _: Any, weighted: bool) -> Worker:
        """Return what counts."""
        del weighted
        return _Counting()


class _Counting:
    def __init__(self) -> None:
        self._rows = 0
        self._nulls, self._null_weights = [0, -1], [0, -1]

    def add(self, rows: Rows) -> None:
        _add_found(self._nulls, _core.count_null(rows), self._rows)
        if rows.weights is not None:
            _add_found(self._null_weights, _core.count_null(rows.weights), self._rows)
        self._rows += rows.n

    def answer(self) -> tuple[Values, Arrays]:
        return {"rows": self._rows, "nulls": self._nulls, "null_weights": self._null_weights}, {}


def _add_found(found: list[int], more: tuple[int, int], before: int) -> None:
    """Add what a counter finds in rows that come after so many."""
    if more[0] and not found[0]:
        found[1] = before + more[1]
    found[0] += more[0]


@dataclass(frozen=True)
class Bad:
    """How many rows, or weights, a counter finds, which is the first, and its value."""

    counter: Counter
    of_weights: bool

    def begin(self, _: Any, weighted: bool) -> Worker:
        """Return what counts."""
        del weighted
        return _Finding(self)


class _Finding:
    def __init__(self, question: Bad) -> None:
        self._question, self._rows = question, 0
        self._found: list[int] = [0, -1]
        self._value = 0.0

    def add(self, rows: Rows) -> None:
        found = Chunks([rows]).find(self._question.counter, self._question.of_weights)
        if found.total and not self._found[0]:
            self._value = found.value
        _add_found(self._found, (found.total, found.first), self._rows)
        self._rows += rows.n

    def answer(self) -> tuple[Values, Arrays]:
        return {"found": self._found, "value": self._value}, {}


@dataclass(frozen=True)
class Pieces:
    """The pieces of some trees, with their edge rows if these are not known.

    Parameters
    ----------
    settings : sequence of tuple
        Of the trees.
    before : int
        How many rows the trees have read.
    edges : bool
        Whether edge rows are sent back.
    """

    settings: Sequence[tuple[Any, ...]]
    before: int
    edges: bool

    def begin(self, first: int, weighted: bool) -> Worker:
        """Return what adds up the rows of a partition, before which so many count."""
        del weighted
        return _Adding([_pieces.Piece(of, self.before + first) for of in self.settings], self.edges)


class _Adding:
    def __init__(self, pieces: list[_pieces.Piece], edges: bool) -> None:
        self._pieces, self._edges = pieces, edges

    def add(self, rows: Rows) -> None:
        for piece in self._pieces:
            piece.add(rows)

    def answer(self) -> tuple[Values, Arrays]:
        arrays = {f"nodes{place}": piece.nodes() for place, piece in enumerate(self._pieces)}
        if self._edges:
            arrays |= _named(*self._pieces[0].edges())
        return {}, arrays


def _named(x: Any, w: Any) -> Arrays:
    return {"x": x} if w is None else {"x": x, "w": w}


@dataclass(frozen=True)
class PilotRows:
    """The rows that a pilot of so many takes of a sample of n rows."""

    n: int
    wanted: int

    def begin(self, first: int, weighted: bool) -> Worker:
        """Return what takes rows of a partition, before which so many count."""
        del weighted
        return _Thinning(_pieces.Subsample.part(self.n, self.wanted, first))


class _Thinning:
    def __init__(self, subsample: _pieces.Subsample) -> None:
        self._subsample = subsample
        self.add = subsample.add

    def answer(self) -> tuple[Values, Arrays]:
        return {}, _named(*self._subsample.taken())


@dataclass(frozen=True)
class Beside:
    """The rows beside an interval, with copies of those inside if there are no more than so many."""

    interval: tuple[float, float]
    room: int

    def begin(self, _: Any, weighted: bool) -> Worker:
        """Return what weighs the rows of a partition."""
        return _Ranking(_pieces.Partition(*self.interval, self.room, weighted))


@dataclass(frozen=True)
class Ranked:
    """The rows by the buckets of an interval."""

    interval: tuple[float, float]

    def begin(self, _: Any, weighted: bool) -> Worker:
        """Return what counts the rows of a partition."""
        del weighted
        return _Ranking(_pieces.Ranks(*self.interval))


class _Ranking:
    def __init__(self, ranks: _pieces.Partition | _pieces.Ranks) -> None:
        self._ranks = ranks

    def add(self, rows: Rows) -> None:
        self._ranks.add(rows, 1)

    def answer(self) -> tuple[Values, Arrays]:
        return {}, self._ranks.arrays()


@dataclass(frozen=True)
class Places:
    """The rows at some places among those that have a weight; without places, all of these rows."""

    def begin(self, places: Any, weighted: bool) -> Worker:
        """Return what copies rows of a partition."""
        return _Copying(places, weighted)


class _Copying:
    def __init__(self, places: Any, weighted: bool) -> None:
        self._places, self._weighted, self._seen = places, weighted, 0
        self._x: list[Any] = [np.empty(0)]
        self._w: list[Any] = [np.empty(0)]

    def add(self, rows: Rows) -> None:
        reject_for_all(Chunks([rows]))
        x, w = copy_rows([rows])
        taken: Any = slice(None)
        if self._places is not None:
            first, last = np.searchsorted(self._places, [self._seen, self._seen + x.size])
            taken = self._places[first:last] - self._seen
        self._seen += x.size
        self._x.append(x[taken])
        if w is not None:
            self._w.append(w[taken])

    def answer(self) -> tuple[Values, Arrays]:
        return {}, _named(np.concatenate(self._x), np.concatenate(self._w) if self._weighted else None)
