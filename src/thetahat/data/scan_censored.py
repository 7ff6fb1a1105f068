"""Columns of limits, events and truncation of a table, which are held in memory as a censored sample."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from thetahat._core import Rows
from thetahat.data.censored import Censored
from thetahat.data.held import Held, integers_of, truths_of
from thetahat.data.limits import is_number
from thetahat.data.source import Sampled, Source
from thetahat.errors import ParameterError

if TYPE_CHECKING:
    from thetahat.data.libraries import Table

__all__ = ["LimitColumns", "ScannedCensored"]

Truncated = tuple[float | str, float | str]


class LimitColumns:
    """Which columns of a table say how its rows are known.

    Parameters
    ----------
    upper, event : str, optional
        As of `thetahat.scan`.
    truncated : pair of float or str
        Numbers, or names of columns.
    """

    def __init__(self, upper: str | None, event: str | None, truncated: Truncated) -> None:
        if upper is not None and event is not None:
            raise ParameterError("upper and event both say how rows are known: name one of the columns")
        if not isinstance(truncated, tuple | list) or len(truncated) != 2:
            raise ParameterError(
                f"truncated must be a pair of numbers or names of columns, such as ('entry', inf), got"
                f" {truncated!r}"
            )
        self.upper, self.event, self.truncated = upper, event, tuple(truncated)

    def __bool__(self) -> bool:
        given = self.upper is not None or self.event is not None
        return given or self.truncated != (-math.inf, math.inf)

    @property
    def of_numbers(self) -> list[str]:
        """The names of columns of numbers."""
        ends = [end for end in self.truncated if not is_number(end)]
        return [str(name) for name in ([] if self.upper is None else [self.upper]) + ends]


class ScannedCensored(Sampled, Source):
    """Columns of a table as a censored sample: read once, and held in memory.

    Parameters
    ----------
    table : Table
        The table.
    column, weights : str, optional
        As of `thetahat.scan`.
    columns : LimitColumns
        The other columns.
    """

    def __init__(self, table: Table, column: str | None, weights: str | None, columns: LimitColumns) -> None:
        self._table, self._column, self._weights, self._columns = table, column, weights, columns
        self._found: tuple[Censored, Any] | None = None
        self._follow: Callable[[int | None], object] | None = None

    @property
    def expected(self) -> int | None:
        """Number of rows that will be read, exact or nearly so; None if only reading them could tell."""
        return self._table.expected

    def follow(self, told: Callable[[int | None], object] | None) -> None:
        """Let a function be told how many rows each block has; None, that reading begins."""
        self._follow = told

    def source(self, weights: Any, nan_policy: str) -> Source:
        """Return the source of the rows, which are read if they have not been."""
        if weights is not None:
            raise ParameterError("weights are those of the source: pass their column to scan as weights=")
        if self._found is None:
            rows, _, own = self.held(())
            self._found = rows, own
        rows, own = self._found
        return rows.source(own, nan_policy)

    def held(self, by: Sequence[str]) -> tuple[Censored, dict[str, Any], Any]:
        """Return the rows, their keys by column, and their weights."""
        names: list[str | None] = [self._column, *self._columns.of_numbers]
        names += [] if self._weights is None else [self._weights]
        beside = [*([] if self._columns.event is None else [self._columns.event]), *by]
        held = Held(f"{self._table.name}", len(names) + len(beside))
        self._table.check()
        if self._follow is not None:
            self._follow(None)
        for block in self._table.read(names, beside):
            held.add(block)
            if self._follow is not None:
                self._follow(len(block[0]))
        self._table.check()
        found = iter(held.columns())
        lower = next(found)
        upper = None if self._columns.upper is None else next(found)
        ends = [end if is_number(end) else next(found) for end in self._columns.truncated]
        weights = None if self._weights is None else next(found)
        event = None if self._columns.event is None else truths_of(next(found), self._columns.event)
        rows = Censored(lower, upper, event=event, truncated=(ends[0], ends[1]))
        keys = {
            name: integers_of(key) if self._table.of_text else key
            for name, key in zip(by, found, strict=True)
        }
        return rows, keys, weights

    @property
    def weighted(self) -> bool:
        """Whether rows have weights."""
        return self._weights is not None

    def _read(self) -> Iterator[Rows]:
        return self.source(None, "raise").blocks()

    def with_policy(self, nan_policy: str) -> Source:
        """Return the same rows under a policy for NaN and null ones."""
        return self.source(None, nan_policy)

    def __repr__(self) -> str:
        return f"<Source of censored rows: {self._table.name}>"
