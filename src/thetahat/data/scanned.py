"""Columns of a table, read anew in each pass, as a source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from thetahat._core import Rows
from thetahat.data.ahead import ahead
from thetahat.data.arrays import weigh
from thetahat.data.columns import printable, pyarrow
from thetahat.data.containers import rows_in
from thetahat.data.held import Held, integers_of
from thetahat.data.source import Source

if TYPE_CHECKING:
    from thetahat.data.libraries import Table

__all__ = ["ScannedSource"]

_OMIT = "omit"


class ScannedSource(Source):
    """Columns of a table, read anew in each pass."""

    def __init__(self, table: Table, column: str | None, weights: str | None, omit: bool = False) -> None:
        self._table, self._column, self._weights, self.omit = table, column, weights, omit
        self.what = _named(table, column)
        self.what_weights = _named(table, weights)
        self._other: ScannedSource | None = None
        self._follow: Callable[[int | None], object] | None = None

    def with_policy(self, nan_policy: str) -> Source:
        """Return the same rows under a policy for NaN and null ones."""
        if self.omit == (nan_policy == _OMIT):
            return self
        if self._other is None:
            self._other = ScannedSource(self._table, self._column, self._weights, not self.omit)
            self._other._follow = self._follow
        return self._other

    @property
    def weighted(self) -> bool:
        """Whether rows have weights."""
        return self._weights is not None

    @property
    def expected(self) -> int | None:
        """Number of rows that a pass will read, exact or nearly so; None if only a pass could tell."""
        return self._table.expected if self._n is None else self._n

    def follow(self, told: Callable[[int | None], object] | None) -> None:
        """Let a function be told of passes: None where one begins, and then how many rows each block has."""
        self._follow = told

    def _blocks(self, by: Sequence[str] = ()) -> Iterator[list[Any]]:
        """Yield blocks of the rows, their weights and keys, of a table that stays as it is."""
        columns = [self._column] if self._weights is None else [self._column, self._weights]
        self._table.check()
        found = self._table.read(columns, by)
        with closing(ahead(found) if self._table.decodes else found) as blocks:
            yield from blocks
        self._table.check()

    def _read(self) -> Iterator[Rows]:
        if self._follow is not None:
            self._follow(None)
        for values, *of_rows in self._blocks():
            chunks = rows_in(values, self.what, self.omit)
            for given in of_rows:
                of_kept = _weightless_where_null(given, values) if self.omit else given
                by_chunk = rows_in(of_kept, self.what_weights, omit_nan=False)
                chunks = weigh(chunks, by_chunk, self.what_weights, self.what)
            yield from chunks
            if self._follow is not None:
                self._follow(sum(chunk.n for chunk in chunks))

    def with_nulls(self) -> Iterator[Rows]:
        """Yield the rows, null ones too, with their weights."""
        return self._read()

    def held(self, by: Sequence[str]) -> tuple[Any, dict[str, Any], Any]:
        """Return the rows, their keys by column, and their weights, in memory; raise where it has no room."""
        held = Held(self.what, 1 + self.weighted + len(by))
        for block in self._blocks(by):
            held.add(block)
        rows, *rest = held.columns()
        weights = None if self._weights is None else rest.pop(0)
        if self._table.of_text:
            rest = [integers_of(column) for column in rest]
        return rows, dict(zip(by, rest, strict=True)), weights

    def locate(self, index: int) -> str:
        """Return where the row of this index lies, for errors; nothing where the index says all."""
        return printable(self._table.locate(index))

    def __repr__(self) -> str:
        weights = "" if self._weights is None else f", weights={self._weights!r}"
        return f"<Source: {self.what}{weights}>"


def _weightless_where_null(weights: Any, values: Any) -> Any:
    """Return columns of Arrow's weights that are 0 where a row has no value, and needs no weight."""
    if not hasattr(values, "null_count") or not hasattr(weights, "null_count"):
        return weights
    compute = pyarrow("null rows", "compute")
    return compute.if_else(compute.is_null(values, nan_is_null=True), 0, weights)


def _named(table: Table, column: str | None) -> str:
    return printable(table.name if column is None else f"column {column!r} of {table.name}")
