"""Groups of rows in the partitions of a cluster: rows go by their keys to buckets, and are fitted there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat import _groups
from thetahat._core import Model
from thetahat._packing import pack
from thetahat.data.arrays import Chunks, reject_inexact, weigh
from thetahat.data.columns import numbers
from thetahat.data.containers import rows_in
from thetahat.data.grouping import group_by_keys
from thetahat.data.keys import key_columns
from thetahat.data.rounds import PROGRAM, failed
from thetahat.errors import ThetahatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["GroupRound"]

_UNKNOWN = ("bad", "first_bad")  # results that no `GroupFits` has


@dataclass(frozen=True)
class GroupRound:
    """The fits of groups, as each bucket of rows is asked for them.

    Parameters
    ----------
    name : str
        What errors call the table.
    columns : tuple of str
        The column of the rows, those of the keys, and that of the weights, if there is one.
    keys : int
        How many columns have keys.
    model : Model
        The family's compiled half.
    fixed, start : ndarray of float64, shape (1, n_params), optional
        As of `thetahat._groups.fit`.
    omit : bool
        Whether NaN and null rows are left out.
    null_keys : {"drop", "group"}
        As in `thetahat.fit_groups`.
    """

    name: str
    columns: tuple[str, ...]
    keys: int
    model: Model
    fixed: Array | None
    start: Array | None
    omit: bool
    null_keys: str

    @property
    def labels(self) -> list[str]:
        """What the columns are called in the shuffle, where names of users cannot meet its own."""
        return [
            "x",
            *(f"k{place}" for place in range(self.keys)),
            *["w"][: len(self.columns) - 1 - self.keys],
        ]

    def __call__(self, columns: Mapping[str, Any]) -> tuple[bytes, NDArray[np.int64]]:
        """Return the fits of a bucket whose rows are in order, and the first row of each group."""
        try:
            return self._answered(columns)
        except (ThetahatError, TypeError) as error:
            return failed(error), np.empty(0, np.int64)

    def _answered(self, columns: Mapping[str, Any]) -> tuple[bytes, NDArray[np.int64]]:
        what, what_weights = (f"column {self.columns[place]!r} of {self.name}" for place in (0, -1))
        chunks = rows_in(_numbers(columns["x"], what), what, self.omit)
        if "w" in columns:
            given = rows_in(_numbers(columns["w"], what_weights), what_weights, omit_nan=False)
            chunks = weigh(chunks, given, what_weights, what)
        reject_inexact(Chunks(chunks))
        n = sum(chunk.n for chunk in chunks)
        keys = key_columns({f"k{place}": columns[f"k{place}"] for place in range(self.keys)}, n)
        grouping, codes = group_by_keys(chunks, keys, self.null_keys, 1)
        fits = _groups.fit(grouping.rows, self.model, fixed=self.fixed, start=self.start)
        arrays = {name: _wide(fits[name]) for name in fits if name not in _UNKNOWN}
        arrays["sizes"] = grouping.sizes
        if self.model.sufficient:
            arrays["sums"] = _groups.sums(grouping.rows, self.model)
        found, first = np.unique(codes, return_index=True)
        return pack(PROGRAM, {"rows": n}, arrays), first[found >= 0]


def _numbers(column: Any, what: str) -> Any:
    """Return a column of Arrow as numbers that rows are made of; others as they are."""
    if not hasattr(column, "combine_chunks"):
        return column
    return next(numbers(chunk, what, 0) for chunk in column.chunks) if column.num_chunks else column


def _wide(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array of a type that bytes are made of."""
    return array if array.dtype == np.float64 else array.astype(np.int64)
