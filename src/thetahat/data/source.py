"""What a sample may be read from: the protocol of sources, and the rows of one that is in memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from thetahat import _sums
from thetahat._core import Rows
from thetahat.data.arrays import chunks_of, copy_rows, plain_rows
from thetahat.errors import SampleError
from thetahat.pilot import Pilot

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["ArraySource", "BlockSource", "Source"]

_BLOCK = 1 << 15  # rows that fit into the cache while a digest reads them


class Source(Protocol):
    """Where rows come from, in an order that is the same each time."""

    @property
    def n(self) -> int | None:
        """Number of rows, including those left out; None if it is not known before a pass."""
        ...

    def blocks(self) -> Iterator[Rows]:
        """Yield the rows, with their weights."""
        ...

    def subsample(self, wanted: int) -> Pilot | None:
        """Return about so many rows that count, spread evenly; None if a weight is negative or not finite."""
        ...

    def fingerprint(self) -> dict[str, int]:
        """Return checksums of the rows and of the weights, by name."""
        ...


class ArraySource:
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

    @property
    def rows(self) -> list[Rows]:
        """The rows in place, one item or one per chunk, with their weights."""
        if self._rows is None:
            self._rows = chunks_of(self._x, self._nan_policy, self._weights)
        return self._rows

    @property
    def n(self) -> int:
        """Number of rows, including those left out."""
        rows = self.rows
        return rows[0].n if len(rows) == 1 else sum(chunk.n for chunk in rows)

    def blocks(self) -> Iterator[Rows]:
        """Yield the rows, with their weights."""
        return iter(self.rows)

    def subsample(self, wanted: int) -> Pilot | None:
        """Return about so many rows that count, spread evenly; None if a weight is negative or not finite."""
        found = _sums.subsample(self.rows, wanted)
        return None if found is None else Pilot(*found)

    def contiguous(self) -> Pilot:
        """Return all rows that count, contiguous: in place if they already are."""
        if self._weights is None and self._nan_policy == "raise":
            plain = plain_rows(self._x)
            if plain is not None:
                return Pilot(plain)
        return Pilot(*copy_rows(self.rows))

    def fingerprint(self) -> dict[str, int]:
        """Return the checksums of all rows that count, as float64, and of their weights."""
        from zlib import crc32

        digests = {"digest of the rows": 0, "digest of the weights": 0}
        for chunk in self.rows:
            for first in range(0, chunk.n, _BLOCK):
                block = copy_rows([chunk.part(first, min(_BLOCK, chunk.n - first))])
                for name, numbers in zip(digests, block, strict=True):
                    if numbers is not None:
                        digests[name] = crc32(numbers.data, digests[name])
        return digests


class BlockSource:
    """Blocks of an iterator, which can be read once.

    Parameters
    ----------
    x, weights : iterators of array_like
        The blocks, and those of their weights, if any.
    nan_policy
        As in `thetahat.fit`.
    """

    n = None

    def __init__(
        self, x: Iterator[ArrayLike], weights: Iterator[ArrayLike] | None = None, nan_policy: str = "raise"
    ) -> None:
        self._x, self._weights, self._nan_policy = x, weights, nan_policy

    def sources(self) -> Iterator[ArraySource]:
        """Yield each block as a source of its own."""
        if self._weights is None:
            yield from (ArraySource(block, None, self._nan_policy) for block in self._x)
        else:
            for block, weights in zip_longest(self._x, self._weights):
                if block is None or weights is None:
                    more, fewer = ("weights", "x") if block is None else ("x", "weights")
                    raise SampleError(f"{more} has more blocks than {fewer}: each block needs its weights")
                yield ArraySource(block, weights, self._nan_policy)

    def blocks(self) -> Iterator[Rows]:
        """Yield the rows, with their weights."""
        for source in self.sources():
            yield from source.rows
