"""What a summary keeps of censored and truncated rows: distinct limits and windows, with their weights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._censored import Intervals
from thetahat._core import Model
from thetahat.data.censored_rows import Kinds, Limits
from thetahat.data.censored_source import CensoredSource, Table
from thetahat.errors import SampleError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["LimitTable"]

_MOST = 65_536  # distinct limits


class LimitTable:
    """Distinct (lower, upper, low, high) of rows, with the sums of their weights.

    Of exact rows, which a summary has in its sums, only the windows of truncated ones are here, as intervals
    that fill them.

    Attributes
    ----------
    entries : ndarray of float64, shape (n_entries, 5)
        Limits, windows and weights, in ascending order.
    n : float
        The sum of the weights of censored rows.
    kinds : Kinds
        How many rows, exact ones too, are known in which way.
    """

    def __init__(self, entries: Array, n: float, kinds: Kinds) -> None:
        if len(entries) > _MOST:
            raise SampleError(
                f"a summary keeps at most {_MOST} distinct limits of censored and truncated rows, and these"
                f" have {len(entries)}: round them to a coarser grid, or fit the rows themselves"
            )
        self.entries, self.n, self.kinds = entries, n, kinds

    @classmethod
    def of(cls, source: CensoredSource) -> LimitTable:
        """Return the table of a source's rows."""
        limits, exact = source.limits, source.limits.exact
        weights = np.ones(exact.size) if source.weights is None else source.weights
        filling = Limits(
            np.where(exact, limits.low, limits.lower), np.where(exact, limits.high, limits.upper), *limits[2:]
        )
        silent = ~exact & (limits.lower == limits.low) & (limits.upper == limits.high)
        kept = (~exact | limits.truncated) & ~silent
        entries = np.column_stack([*filling.of(kept), weights[kept]])
        return cls(_distinct(entries), float(weights[~exact].sum()), source.kinds)

    @classmethod
    def of_exact(cls, rows: int) -> LimitTable:
        """Return the table of so many exact rows that nothing truncated."""
        return cls(np.empty((0, 5)), 0.0, Kinds(exact=rows))

    @classmethod
    def from_arrays(cls, entries: Array, n: float, kinds: dict[str, Any]) -> LimitTable:
        """Return the table that a record has; raise a ValueError if it is none."""
        counts = Kinds(**{name: int(count) for name, count in kinds.items()})
        lower, upper, low, high, weights = entries.reshape(-1, 5).T
        good = (low <= lower) & (lower < upper) & (upper <= high) & (weights > 0) & (weights < math.inf)
        if not good.all() or not 0 <= n < math.inf or min(counts) < 0:
            raise ValueError("has limits that contradict each other")
        return cls(entries.reshape(-1, 5), n, counts)

    def __add__(self, other: object) -> LimitTable:
        if not isinstance(other, LimitTable):
            return NotImplemented
        both = _distinct(np.concatenate([self.entries, other.entries]))
        return LimitTable(both, self.n + other.n, self.kinds + other.kinds)

    @property
    def n_rows(self) -> int:
        """Number of rows, exact ones too."""
        return sum(self.kinds) - self.kinds.truncated

    def weight_with(self, exact: float) -> float:
        """Return the sum of the weights of all rows, those of exact ones given."""
        total = exact + self.n
        return int(total) if total == int(total) else total

    def intervals(self) -> Table:
        """Return the intervals of rows, and of windows with weights below zero."""
        lower, upper, low, high, weights = self.entries.T
        rows = ~((lower == low) & (upper == high))  # the others say nothing but their windows
        windows = (low > -math.inf) | (high < math.inf)
        return Table(
            np.concatenate([lower[rows], low[windows]]),
            np.concatenate([upper[rows], high[windows]]),
            np.concatenate([weights[rows], -weights[windows]]),
        )

    def attach(self, model: Model) -> Model:
        """Return the model of the whole sample."""
        lower, upper, weights = map(np.ascontiguousarray, self.intervals())
        return Intervals(lower, upper, weights, self.n).attach(model)


def _distinct(entries: Array) -> Array:
    """Return entries of distinct limits and windows, in ascending order."""
    order = np.lexsort(entries[:, 3::-1].T)
    ordered = entries[order]
    first = np.ones(len(ordered), dtype=bool)
    first[1:] = (ordered[1:, :4] != ordered[:-1, :4]).any(axis=1)
    distinct = ordered[first]
    if len(ordered):
        distinct[:, 4] = np.add.reduceat(ordered[:, 4], np.flatnonzero(first))
    return distinct
