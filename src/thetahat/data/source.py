"""What a sample may be read from: the protocol of sources, and the rows of one that is in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat import _core, _pieces, _sums
from thetahat._checks import as_generator, check_choice, check_count
from thetahat._core import Rows
from thetahat.data.arrays import (
    POLICIES,
    Blocks,
    Chunks,
    Counter,
    chunks_of,
    copy_rows,
    plain_rows,
    reject_for_all,
    reject_null,
    reject_null_weights,
)
from thetahat.data.memory import check_memory
from thetahat.data.passes import add_rows
from thetahat.errors import ParameterError, SampleError
from thetahat.pilot import Pilot, joined

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["ArraySource", "BlockSource", "Sampled", "Source", "exact_source_of", "source_of"]

_BLOCK = 1 << 15  # rows that fit into the cache while a digest reads them


class Source(Blocks):
    """Where rows come from, in an order that is the same each time; made by `thetahat.scan`.

    It goes wherever a sample goes: `fit`, `compare`, `summarize`, `log_likelihood`, `score`, `Online`. Each
    pass of these reads it anew, block by block, or partition by partition where these lie on a cluster; the
    bits of the result are those of the same rows in an array.
    """

    omit = False  # whether NaN and null rows are left out
    apart = False  # whether rows lie in partitions of a cluster
    most_copied = 1 << 62  # rows that may be copied to find a median

    _subsample: _pieces.Subsample | None = None
    _n: int | None = None

    @property
    def n(self) -> int:
        """Number of rows, including those left out: from a pass if it is not known before."""
        if self._n is None:
            self._look()
        assert self._n is not None
        return self._n

    @property
    def expected(self) -> int | None:
        """Number of rows that a pass will read, exact or nearly so; None if only a pass could tell."""
        return self._n

    def follow(self, told: Callable[[int | None], object] | None) -> None:
        """Let a function be told of passes: None where one begins, and then how many rows each block has."""

    @property
    def counted(self) -> int:
        """Number of rows that are not left out."""
        return self._looked.rows_seen

    def blocks(self) -> Iterator[Rows]:
        """Yield the rows, with their weights; raise where they are null and not to be left out."""
        n = 0
        for rows in self._read():
            if not self.omit and _core.count_null(rows)[0]:
                reject_null(self._raw())
            if rows.weights is not None and _core.count_null(rows.weights)[0]:
                reject_null_weights(self._raw())
            n += rows.n
            yield rows
        self._n = n

    def _read(self) -> Iterator[Rows]:
        """Yield the rows, null ones too."""
        raise NotImplementedError

    def _raw(self) -> Chunks:
        return Chunks(self._read(), self.what, self.what_weights, self.locate)

    @property
    def in_memory(self) -> list[Rows] | None:
        """All rows, where they are in memory and none of them is left out by value; else None."""
        return None

    @property
    def weighted(self) -> bool:
        """Whether rows have weights."""
        raise NotImplementedError

    def add_to(self, trees: Sequence[_sums.Tree], threads: int | None) -> None:
        """Add all rows to trees, from one reading."""
        add_rows(trees, self.blocks(), threads)

    def beside(self, interval: tuple[float, float], room: int, threads: int) -> _pieces.Partition:
        """Return the rows by where they lie beside an interval, with copies of those inside if these fit."""
        partition = _pieces.Partition(*interval, room, self.weighted)
        for chunk in self.blocks():
            partition.add(chunk, threads)
        return partition

    def ranks(self, interval: tuple[float, float], threads: int) -> _pieces.Ranks:
        """Return the rows by buckets of an interval."""
        ranks = _pieces.Ranks(*interval)
        for chunk in self.blocks():
            ranks.add(chunk, threads)
        return ranks

    def has_any(self, counters: Sequence[Counter]) -> bool:
        """Whether one of some counters finds a row."""
        return any(counter(chunk)[0] for chunk in self.blocks() for counter in counters)

    def check_together(self, what: str) -> None:
        """Raise if the rows lie apart, so that what needs all of them in one place cannot have them."""
        if self.apart:
            raise ParameterError(
                f"{what} needs all rows in one place, and {self.what} lies in partitions: pass s.sample(k), k"
                " of the rows of the source s"
            )

    def with_policy(self, nan_policy: str) -> Source:
        """Return the same rows under a policy for NaN and null ones."""
        raise NotImplementedError

    def subsample(self, wanted: int) -> Pilot | None:
        """Return about so many rows that count, spread evenly; None if a weight is negative or not finite."""
        found = self._looked.take(wanted)
        return None if found is None else Pilot(*found)

    @property
    def _looked(self) -> _pieces.Subsample:
        if self._subsample is None:
            self._look()
        assert self._subsample is not None
        return self._subsample

    def _look(self) -> None:
        """Count the rows and keep those that pilots may want, in one pass."""
        subsample = _pieces.Subsample()
        for rows in self.blocks():
            subsample.add(rows)
        self._subsample = subsample

    def contiguous(self) -> Pilot:
        """Return all rows that count, contiguous; raise where memory has no room for them."""
        check_memory(16 * self.counted, f"{self.what} as an array")
        return Pilot(*joined((x, w) for _, x, w in self.copies()))

    def copies(
        self, reject: Callable[[Blocks], None] = reject_for_all
    ) -> Iterator[tuple[int, Array, Array | None]]:
        """Yield how many rows each block has, and copies of those that count and of their weights.

        `reject` raises if rows are invalid; it is called with a block, and then with all rows for its error.
        """
        for rows in self.blocks():
            try:
                reject(Chunks([rows]))
            except SampleError:
                reject(self)
                raise
            yield rows.n, *copy_rows([rows])

    def sample(self, k: int, rng: Any = None) -> Source:
        """Return k of the rows that count, drawn at random without replacement, with their weights.

        Parameters
        ----------
        k : int
            At least 1; all rows if there are no more.
        rng : None, int, SeedSequence, BitGenerator or Generator, optional
            Source of the draws; the same seed gives the same rows.

        Returns
        -------
        Source
            In memory. ``numpy.asarray`` of it is the array of the rows.

        Examples
        --------
        >>> import numpy as np
        >>> import thetahat as th
        >>> few = th.scan(np.arange(1e6)).sample(5, rng=0)
        >>> len(np.asarray(few))
        5
        """
        k, draws, seen = check_count("k", k), as_generator(rng), 0
        rows, weights = np.empty(0), None
        for _, x, w in self.copies():
            room = min(k - rows.size, x.size)
            if room:
                rows = np.concatenate([rows, x[:room]])
                if w is not None:
                    weights = w[:room] if weights is None else np.concatenate([weights, w[:room]])
            # Row i, from 0, replaces one of those kept with probability k / (i + 1) (Vitter 1985).
            place = np.arange(seen + room + 1.0, seen + x.size + 1.0)
            taken = room + np.flatnonzero(draws.random(place.size) * place < k)
            at = draws.integers(0, k, taken.size)
            rows[at] = x[taken]
            if weights is not None and w is not None:
                weights[at] = w[taken]
            seen += x.size
        return ArraySource(rows, weights)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        self.check_together("an array")
        return np.asarray(self.contiguous().x, dtype)

    def fingerprint(self) -> dict[str, int]:
        """Return the checksums of all rows that count, as float64, and of their weights."""
        from zlib import crc32

        digests = {"digest of the rows": 0, "digest of the weights": 0}
        for chunk in self.blocks():
            for first in range(0, chunk.n, _BLOCK):
                block = copy_rows([chunk.part(first, min(_BLOCK, chunk.n - first))])
                for name, numbers in zip(digests, block, strict=True):
                    if numbers is not None:
                        digests[name] = crc32(numbers.data, digests[name])
        return digests


class ArraySource(Source):
    """Rows in memory: a NumPy array, a list, a Series, an Arrow column.

    Parameters
    ----------
    x, weights, nan_policy
        As in `thetahat.fit`.
    """

    def __init__(self, x: ArrayLike, weights: ArrayLike | None = None, nan_policy: str = "raise") -> None:
        self._x: Any = x
        self._weights, self._nan_policy = weights, nan_policy
        self._rows: list[Rows] | None = None
        self._filtered = False

    @property
    def weighted(self) -> bool:
        """Whether rows have weights."""
        return self._weights is not None

    @property
    def given(self) -> tuple[Any, Any]:
        """The rows and the weights as they were given."""
        return self._x, self._weights

    @property
    def rows(self) -> list[Rows]:
        """The rows in place, one item or one per chunk, with their weights."""
        if self._rows is None:
            self._rows = chunks_of(self._x, self._nan_policy, self._weights)
            self._filtered = any(chunk.filtered for chunk in self._rows)
        return self._rows

    @property
    def n(self) -> int:
        """Number of rows, including those left out."""
        rows = self._rows or self.rows
        return rows[0].n if len(rows) == 1 else sum(chunk.n for chunk in rows)

    @property
    def in_memory(self) -> list[Rows] | None:
        """All rows, where none of them is left out by value; else None."""
        rows = self._rows or self.rows
        return None if self._filtered else rows

    @property
    def counted(self) -> int:
        """Number of rows that are not left out."""
        return self.n if self.in_memory is not None else super().counted

    def subsample(self, wanted: int) -> Pilot | None:
        """Return about so many rows that count, spread evenly; None if a weight is negative or not finite."""
        if self.in_memory is None:
            return super().subsample(wanted)
        subsample = _pieces.Subsample(self.n, wanted)
        for rows in self.rows:
            subsample.add(rows)
        found = subsample.take(wanted)
        return None if found is None else Pilot(*found)

    def blocks(self) -> Iterator[Rows]:
        """Yield the rows, with their weights."""
        return iter(self.rows)

    def with_policy(self, nan_policy: str) -> Source:
        """Return the same rows under a policy for NaN and null ones."""
        if nan_policy == self._nan_policy:
            return self
        return ArraySource(self._x, self._weights, nan_policy)

    def contiguous(self) -> Pilot:
        """Return all rows that count, contiguous: in place if they already are."""
        if self._weights is None and self._nan_policy == "raise":
            plain = plain_rows(self._x)
            if plain is not None:
                return Pilot(plain)
        return Pilot(*copy_rows(self.rows))


class Sampled:
    """A container of rows that makes a source of itself."""

    def source(self, weights: Any, nan_policy: str) -> Source:
        """Return the source of these rows."""
        raise NotImplementedError


def source_of(x: Any, weights: Any = None, nan_policy: str = "raise") -> Source:
    """Return the source of a sample: of an array, of rows known by limits, or one that was scanned."""
    if isinstance(x, Sampled):
        return x.source(weights, check_choice("nan_policy", nan_policy, POLICIES))
    if not isinstance(x, Source):
        return ArraySource(x, weights, nan_policy)
    if weights is not None:
        raise ParameterError("weights are those of the source: pass their column to scan as weights=")
    return x.with_policy(check_choice("nan_policy", nan_policy, POLICIES))


def exact_source_of(x: Any, weights: Any, nan_policy: str) -> Source:
    """Return the source of a stream's rows; raise if some are known by limits alone."""
    source = source_of(x, weights, nan_policy)
    if isinstance(x, Sampled) and type(source) is not ArraySource:
        raise ParameterError(
            "without sufficient statistics, Online takes exact rows alone: pass censored ones to fit"
        )
    return source


class BlockSource:
    """Blocks of an iterator, which can be read once.

    Parameters
    ----------
    x, weights : iterators of array_like
        The blocks, and those of their weights, if any.
    nan_policy
        As in `thetahat.fit`.
    """

    def __init__(
        self, x: Iterator[ArrayLike], weights: Iterator[ArrayLike] | None = None, nan_policy: str = "raise"
    ) -> None:
        self._x, self._weights, self._nan_policy = x, weights, nan_policy

    def sources(self) -> Iterator[Source]:
        """Yield each block as a source of its own."""
        if self._weights is None:
            yield from (source_of(block, None, self._nan_policy) for block in self._x)
        else:
            for block, weights in zip_longest(self._x, self._weights):
                if block is None or weights is None:
                    more, fewer = ("weights", "x") if block is None else ("x", "weights")
                    raise SampleError(f"{more} has more blocks than {fewer}: each block needs its weights")
                yield source_of(block, weights, self._nan_policy)
