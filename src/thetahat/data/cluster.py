"""Rows in the partitions of a cluster, which are reduced where they lie, as a source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

import numpy as np

from thetahat import _core, _pieces, _sums
from thetahat._checks import as_generator, check_count
from thetahat._core import Rows
from thetahat._packing import Arrays, Values
from thetahat.data.arrays import Counter, Found, reject_for_all, reject_null, reject_null_weights
from thetahat.data.assembly import Assembly
from thetahat.data.columns import printable
from thetahat.data.memory import check_memory
from thetahat.data.rounds import (
    Bad,
    Beside,
    Counts,
    Pieces,
    PilotRows,
    Places,
    Question,
    Ranked,
    Round,
    read_answer,
)
from thetahat.data.source import ArraySource, Source
from thetahat.errors import SampleError
from thetahat.pilot import Pilot, joined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thetahat.data.engines import Engine

    Integers = NDArray[np.int64]
    Edges = tuple[NDArray[np.float64], NDArray[np.float64] | None]

__all__ = ["ClusterSource"]

_PILOT = 1 << 18  # rows, or up to twice as many, that all pilots are taken from: more than any wants
_DRAWS = 1 << 20  # random numbers between two checks for signals


class Counted(NamedTuple):
    """What the first round finds, by partition: shape (n_partitions,)."""

    rows: Integers
    kept: Integers  # rows that are not left out
    used: Integers  # and have a weight
    hashes: Integers
    nulls: Found
    null_weights: Found

    def starts(self, of: Integers) -> Integers:
        """Return the number of rows before each partition."""
        return np.cumsum(of) - of


class ClusterSource(Source):
    """Columns of a table that lies in the partitions of a cluster.

    The first round counts the rows, so that each partition knows which row of the sample is its first. In the
    rounds after it, partitions send back pieces of the tree of all rows, or counts, or some rows; each shows
    by a hash that its rows are those of the first round.
    """

    apart, most_copied = True, 1 << 18

    def __init__(
        self, engine: Engine, column: str | None, weights: str | None = None, omit: bool = False
    ) -> None:
        self._engine, self._column, self._weights, self.omit = engine, column, weights, omit
        self.what, self.what_weights = (
            printable(engine.name if name is None else f"column {name!r} of {engine.name}")
            for name in (column, weights)
        )
        self._other: ClusterSource | None = None
        self._edges: dict[int, Edges] = {}  # of the partitions whose edge rows are known

    @property
    def engine(self) -> Engine:
        """What reaches the partitions."""
        return self._engine

    @property
    def columns(self) -> tuple[str | None, str | None]:
        """The names of the column, and of that of the weights."""
        return self._column, self._weights

    @property
    def weighted(self) -> bool:
        """Whether rows have weights."""
        return self._weights is not None

    def with_policy(self, nan_policy: str) -> Source:
        """Return the same rows under a policy for NaN and null ones."""
        if self.omit == (nan_policy == "omit"):
            return self
        if self._other is None:
            self._other = ClusterSource(self._engine, self._column, self._weights, not self.omit)
            self._other._other = self
        return self._other

    def blocks(self) -> Iterator[Rows]:
        """Raise: rows stay in their partitions."""
        self.check_together("what reads the rows one after another")
        raise AssertionError

    @property
    def n(self) -> int:
        """Number of rows, including those left out."""
        return int(self.counts.rows.sum())

    @property
    def counted(self) -> int:
        """Number of rows that are not left out."""
        return int(self.counts.kept.sum())

    @property
    def partition_rows(self) -> Integers:
        """Number of rows of each partition, those that are null among them."""
        return self._counted.rows

    @property
    def counts(self) -> Counted:
        """What the first round has counted; raise where rows are null and not to be left out."""
        counted = self._counted
        if counted.nulls.total and not self.omit:
            reject_null(self)
        if counted.null_weights.total:
            reject_null_weights(self)
        return counted

    @cached_property
    def _counted(self) -> Counted:
        answers = {
            place: read_answer(record, place)[0]
            for place, record in self._engine.run(self.round_of(Counts()), None)
        }
        return _counted([answers.get(place) for place in range(max(answers, default=-1) + 1)])

    def round_of(self, question: Question) -> Round:
        """Return what the engine asks of the partitions."""
        return Round(self._column, self._weights, self._engine.name, self.omit, question)

    def ask(
        self, question: Question, arguments: Sequence[Any] | None
    ) -> Iterator[tuple[int, Values, Arrays]]:
        """Yield the answers of the partitions; raise if their rows are not those that were counted."""
        missing = set(np.flatnonzero(self.counts.kept).tolist())
        for place, record in self._engine.run(self.round_of(question), arguments):
            values, arrays = read_answer(record, place)
            self._check(place, values["kept"], values["hash"])
            missing.discard(place)
            yield place, values, arrays
        for place in missing:
            self._check(place, 0, 0)

    def _check(self, place: int, kept: int, digest: int) -> None:
        """Raise if the rows of a partition are not those that were counted."""
        before, hashes = self.counts.kept, self.counts.hashes
        n = int(before[place]) if place < before.size else 0
        if n != kept or (kept and hashes[place] != digest):
            values = "other values than" if n == kept else f"{kept} rows, not the {n} of"
            raise SampleError(
                f"the rows of {self.what} have changed: partition {place} has {values} the round before."
                f" Its tasks do not give the same rows each time: {self._engine.persist}, and scan what that"
                " returns"
            )

    def add_to(self, trees: Sequence[_sums.Tree], threads: int | None) -> None:
        """Add all rows to trees, which have read as many rows, from one round."""
        del threads  # an engine runs one task on each of its processors
        if not trees:
            return
        before, kept = _pieces.rows_of(trees[0]), self.counts.kept
        firsts = self.counts.starts(kept)
        known = self._edges if before == 0 and len(self._edges) == np.count_nonzero(kept) else {}
        settings = [tree.settings for tree in trees]
        pieces = [Assembly() for _ in trees]
        for place, values, arrays in self.ask(Pieces(settings, before, not known), firsts.tolist()):
            if not values["kept"]:
                continue
            edges = known[place] if known else (arrays["x"], arrays.get("w"))
            if before == 0 and settings[0][1] is not None:  # sums at one theta: those at others may follow
                self._edges[place] = edges
            first, n = before + int(firsts[place]), int(kept[place])
            for of, (assembly, tree) in enumerate(zip(pieces, trees, strict=True)):
                assembly.add(_pieces.Piece.restored(tree.settings, first, n, arrays[f"nodes{of}"], *edges))
        for assembly, tree in zip(pieces, trees, strict=True):
            assembly.add_to(tree)

    def subsample(self, wanted: int) -> Pilot | None:
        """Return about so many rows that count, spread evenly; None if a weight is negative or not finite."""
        found = self._pilot.take(wanted)
        return None if found is None else Pilot(*found)

    @cached_property
    def _pilot(self) -> _pieces.Subsample:
        firsts = self.counts.starts(self.counts.kept)
        rows = self._rows_of(PilotRows(self.counted, _PILOT), firsts.tolist())
        return _pieces.Subsample.joined(self.counted, _PILOT, rows.x, rows.weights)

    def _rows_of(self, question: Question, arguments: Sequence[Any] | None) -> Pilot:
        """Return rows that partitions send, in their order."""
        blocks = {place: (arrays["x"], arrays.get("w")) for place, _, arrays in self.ask(question, arguments)}
        return Pilot(*joined(blocks[place] for place in sorted(blocks)))

    def beside(self, interval: tuple[float, float], room: int, threads: int) -> _pieces.Partition:
        """Return the rows by where they lie beside an interval, with copies of those inside if these fit.

        They are copied only where as many as a pilot has inside are no more than that.
        """
        del threads
        low, high = interval
        pilot = self._pilot.taken()[0]
        share = np.count_nonzero((pilot > low) & (pilot < high)) / max(pilot.size, 1)
        room = room if share * self.counted <= room else 0
        whole = _pieces.Partition(*interval, room, self.weighted)
        for _, _, arrays in self.ask(Beside(interval, room), None):
            whole.merge(_pieces.Partition.of_arrays(interval, *_filled(arrays, self.weighted)))
        return whole

    def ranks(self, interval: tuple[float, float], threads: int) -> _pieces.Ranks:
        """Return the rows by buckets of an interval."""
        del threads
        whole = _pieces.Ranks(*interval)
        for _, _, arrays in self.ask(Ranked(interval), None):
            whole.merge(_pieces.Ranks.of_arrays(interval, arrays["rows"], arrays["weight"]))
        return whole

    def has_any(self, counters: Sequence[Counter]) -> bool:
        """Whether one of some counters finds a row."""
        return any(self.find(counter).total for counter in counters)

    def find(self, counter: Counter, of_weights: bool = False) -> Found:
        """Return what a counter finds in all rows, or in their weights."""
        if counter is _core.count_null:
            return self._counted.null_weights if of_weights else self._counted.nulls
        found = {
            place: _found(values["found"], values["value"])
            for place, values, _ in self.ask(Bad(counter, of_weights), None)
        }
        return _first_found(found, self.counts.starts(self.counts.rows))

    def locate(self, index: int, /) -> str:
        """Return the partition of a row, and the place in it."""
        starts = self._counted.starts(self._counted.rows)
        place = int(np.searchsorted(starts, index, side="right")) - 1
        return f" (row {index - starts[place]} of partition {place})"

    def contiguous(self) -> Pilot:
        """Return all rows that count, contiguous; raise where memory has no room for them."""
        check_memory(16 * self.counted, f"{self.what} as an array")
        return self._copied(None)

    def _copied(self, places: Sequence[Any] | None) -> Pilot:
        try:
            return self._rows_of(Places(), places)
        except SampleError:
            reject_for_all(self)  # with the index in all rows
            raise

    def sample(self, k: int, rng: Any = None) -> Source:
        """Return k of the rows that count, drawn at random without replacement, with their weights.

        They are those that `Source.sample` draws of the array of all rows that have a weight: the driver
        draws a number for each row, and partitions send the rows.
        """
        k, used = check_count("k", k), self.counts.used
        places = drawn_places(int(used.sum()), k, rng)
        order = np.argsort(places, kind="stable")
        starts = self.counts.starts(used)
        bounds = np.searchsorted(places[order], [*starts, used.sum()])
        wanted = [
            places[order[low:high]] - start
            for low, high, start in zip(bounds[:-1], bounds[1:], starts, strict=True)
        ]
        x, w = self._copied(wanted)
        back = np.empty_like(order)
        back[order] = np.arange(order.size)
        return ArraySource(x[back], None if w is None else w[back])

    def fingerprint(self) -> dict[str, int]:
        """Return a checksum of all rows that count and their weights, by partition."""
        kept, hashes = self.counts.kept, self.counts.hashes
        return {
            "digest of the partitions": crc32(hashes[kept > 0].tobytes(), crc32(kept[kept > 0].tobytes()))
        }

    def __repr__(self) -> str:
        weights = "" if self._weights is None else f", weights={self._weights!r}"
        return f"<Source: {self.what}{weights}>"


def _counted(answers: list[Values | None]) -> Counted:
    """Return what partitions have counted; None is of one without rows."""
    none: Values = dict.fromkeys(("rows", "kept", "used", "hash"), 0)
    none |= {"nulls": [0, -1], "null_weights": [0, -1]}
    known = [none if answer is None else answer for answer in answers]
    rows, kept, used, hashes = (
        np.array([answer[name] for answer in known], dtype=np.int64)
        for name in ("rows", "kept", "used", "hash")
    )
    starts = np.cumsum(rows) - rows
    nulls, null_weights = (
        _first_found({place: _found(answer[name]) for place, answer in enumerate(known)}, starts)
        for name in ("nulls", "null_weights")
    )
    return Counted(rows, kept, used, hashes, nulls, null_weights)


def _found(pair: Sequence[int], value: float = 0.0) -> Found:
    """Return what a partition has found."""
    total, first = pair
    return Found(total, first, value)


def _first_found(found: dict[int, Found], starts: Integers) -> Found:
    """Return what was found in all partitions, with the index of the first row among all."""
    total = sum(part.total for part in found.values())
    at = min((place for place, part in found.items() if part.total), default=None)
    if at is None:
        return Found(0, -1, 0.0)
    return Found(total, int(starts[at]) + found[at].first, found[at].value)


def _filled(arrays: Arrays, weighted: bool) -> tuple[Any, ...]:
    """Return the arrays of rows beside an interval."""
    return arrays["weight"], arrays["copies"], arrays["x"], arrays["w"] if weighted else np.empty(0)


def drawn_places(n: int, k: int, rng: Any) -> Integers:
    """Return the places of k of n rows, as `Source.sample` draws them of an array."""
    draws, places = as_generator(rng), np.arange(min(k, n))
    taken = [np.empty(0, dtype=np.int64)]
    for first in range(k, n, _DRAWS):
        place = np.arange(first + 1.0, min(first + _DRAWS, n) + 1.0)
        taken.append(first + np.flatnonzero(draws.random(place.size) * place < k))
    replacing = np.concatenate(taken)
    places[draws.integers(0, k, replacing.size)] = replacing
    return places
