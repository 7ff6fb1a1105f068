"""Rows that are known by limits: censored ones, binned ones, and what could not be seen at all."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from thetahat.data.limits import Column, events, limits, pair_of, reject_where
from thetahat.errors import ParameterError, SampleError, SampleTypeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["CensoredRows", "Kinds", "Limits"]

_OPEN = " write inf or -inf for an open end;"
_OMIT = ' nan_policy="omit" leaves such rows out'


class Kinds(NamedTuple):
    """How many rows are known in which way."""

    exact: int = 0
    right: int = 0
    left: int = 0
    interval: int = 0
    truncated: int = 0

    def __str__(self) -> str:
        told = [f"{self.exact} exact"] * (self.exact > 0)
        told += [f"{self.right} right-censored"] * (self.right > 0)
        told += [f"{self.left} left-censored"] * (self.left > 0)
        told += [f"{self.interval} interval"] * (self.interval > 0)
        told += [f"{self.truncated} truncated"] * (self.truncated > 0)
        return ", ".join(told)

    def __add__(self, other: object) -> Kinds:
        if not isinstance(other, Kinds):
            return NotImplemented
        return Kinds(*(mine + its for mine, its in zip(self, other, strict=True)))


class Limits(NamedTuple):
    """Rows of a censored sample: the value lies in (lower, upper], or is lower where both are equal.

    It was seen since it lies in (low, high]; lower and upper lie inside.
    """

    lower: Array
    upper: Array
    low: Array
    high: Array

    @property
    def exact(self) -> Flags:
        """Which rows are known exactly."""
        return np.asarray(self.lower == self.upper)

    @property
    def truncated(self) -> Flags:
        """Which rows could be seen in a window alone."""
        return np.asarray((self.low > -math.inf) | (self.high < math.inf))

    @property
    def kinds(self) -> Kinds:
        """How many rows are known in which way, their windows aside."""
        exact, below, above = self.exact, self.lower <= self.low, self.upper >= self.high
        right = int(np.count_nonzero(above & ~exact & ~below))
        left = int(np.count_nonzero(below & ~exact & ~above))
        seen = int(np.count_nonzero(exact))
        return Kinds(seen, right, left, exact.size - seen - right - left, int(self.truncated.sum()))

    def of(self, rows: Any) -> Limits:
        """Return some of the rows."""
        return Limits(*(column[rows] for column in self))


class CensoredRows:
    """Limits, events and windows of rows, as they were given; `Censored` describes them."""

    def __init__(
        self,
        lower: ArrayLike,
        upper: ArrayLike | None,
        event: ArrayLike | None,
        truncated: tuple[ArrayLike, ArrayLike],
    ) -> None:
        if upper is not None and event is not None:
            raise ParameterError(
                "upper and event both say how rows are known: pass upper, inf where a row is right-censored,"
                " or event"
            )
        of_lower = limits(lower, "lower")
        of_upper = None if upper is None else limits(upper, "upper")
        self._event: Flags | None
        self._event, no_event = (None, None) if event is None else events(event)
        low, high = pair_of(truncated)
        named = {"lower": of_lower, "upper": of_upper, "the lower end of truncated": low}
        named["the upper end of truncated"] = high
        columns = {what: column for what, column in named.items() if column is not None}
        self._n: int = _common_length(columns, self._event)
        self._lower: Array = np.broadcast_to(of_lower.values, self._n)
        self._upper: Array | None = None if of_upper is None else np.broadcast_to(of_upper.values, self._n)
        self._low, self._high = low.values, high.values
        self._top = of_lower.top
        self._unknown = _missing(columns, no_event)
        self._masked = _union([column.mask for column in columns.values()])
        self._check()

    def _check(self) -> None:
        """Raise if limits contradict each other; rows without a value say nothing."""
        lower, low, high = self._lower, self._low, self._high
        if isinstance(low, float) and isinstance(high, float) and not low < high:
            raise SampleError(f"truncated is ({low}, {high}]: its lower end must be below its upper end")
        if self._upper is None and self._untruncated:
            if self._event is not None and self._top == math.inf:
                beyond = (lower == math.inf) & ~self._event
                reject_where(beyond, "{} censored row(s) lie above lower = inf", lower)
            return
        limits = self.limits()
        upper = limits.upper if self._upper is None else self._upper
        seen = np.ones(self._n, dtype=bool)
        for missing in (self._masked, *self._unknown.values()):
            seen &= True if missing is None else ~missing
        reject_where(seen & (lower > upper), "lower is above upper in {} row(s)", lower, upper)
        exact = seen & (lower == upper)
        outside = exact & ~((lower > low) & (lower <= high))
        reject_where(
            outside,
            "{} exact row(s) lie outside their truncation (low, high]",
            lower,
            low,
            high,
            hint=" (value, low, high)",
        )
        nothing = seen & ~exact & ~(limits.lower < limits.upper)
        reject_where(
            nothing,
            "{} row(s) have no part of (lower, upper] inside their truncation (low, high]",
            lower,
            upper,
            low,
            high,
            hint=" (lower, upper, low, high)",
        )

    def __len__(self) -> int:
        return self._n

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        raise SampleTypeError(
            "rows that are known by limits are no array of values; this takes exact rows alone"
        )

    __iter__ = None

    def __getitem__(self, rows: Any) -> Self:
        """Return some of the rows: of a slice, of their indices, or of truth values."""
        rows = np.atleast_1d(rows) if isinstance(rows, int | np.integer) else rows
        some = type(self).__new__(type(self))
        some._lower = self._lower[rows]
        some._upper, some._event, some._masked = (
            None if part is None else part[rows] for part in (self._upper, self._event, self._masked)
        )
        some._low, some._high = (end if isinstance(end, float) else end[rows] for end in self._ends)
        some._unknown = {
            what: None if missing is None else missing[rows] for what, missing in self._unknown.items()
        }
        some._n = some._lower.size
        return some

    def __repr__(self) -> str:
        kinds = self.limits().of(self.known()).kinds
        return f"<Censored {str(kinds) or 'without rows'}>"

    @property
    def plain(self) -> Array | None:
        """The values, masked and NaN as they were given, where all are exact and nothing was hidden."""
        if not self._untruncated:
            return None
        exact = self._event
        if self._upper is not None:
            exact = self.limits().exact
        if exact is not None and not exact[self.known()].all():
            return None
        unknown = _union([missing for missing in self._unknown.values() if missing is not None])
        values = self._lower if unknown is None else np.where(unknown, math.nan, self._lower)
        return values if self._masked is None else np.ma.array(values, mask=self._masked)

    @property
    def _ends(self) -> tuple[float | Array, float | Array]:
        return self._low, self._high

    @property
    def _untruncated(self) -> bool:
        low, high = self._ends
        return isinstance(low, float) and isinstance(high, float) and low == -math.inf and high == math.inf

    @property
    def by_event(self) -> tuple[Array, Flags] | None:
        """The values and events, where rows are exact or right-censored, and nothing was hidden."""
        return (self._lower, self._event) if self._event is not None and self._untruncated else None

    def limits(self) -> Limits:
        """Return the limits of all rows, inside their truncation, NaN where they are not known."""
        lower = self._lower
        upper = lower if self._upper is None else self._upper
        if self._event is not None:
            upper = np.where(self._event, lower, math.inf)
        low, high = (np.broadcast_to(end, self._n) for end in (self._low, self._high))
        if self._untruncated:
            return Limits(lower, upper, low, high)
        inside = lower == upper  # which are to stay equal
        lower = np.where(inside, lower, np.maximum(lower, low))
        return Limits(lower, np.where(inside, upper, np.minimum(upper, high)), low, high)

    def known(self, nan_policy: str = "omit") -> Flags | slice:
        """Return which rows count; raise where some have no value and are not to be left out."""
        unknown = {what: missing for what, missing in self._unknown.items() if missing is not None}
        if not unknown and self._masked is None:
            return slice(None)
        known = np.ones(self._n, dtype=bool) if self._masked is None else ~self._masked
        for what, missing in unknown.items():
            if nan_policy == "raise":
                count = int(np.count_nonzero(missing & known))
                if count:
                    first = int(np.argmax(missing & known))
                    raise SampleError(
                        f"{what} holds {count} value(s) that are NaN or null, the first at index {first}:"
                        + _OPEN * (what != "event")
                        + _OMIT,
                        first,
                        count,
                    )
            known &= ~missing
        return known


def _common_length(columns: dict[str, Column], event: Flags | None) -> int:
    """Return the number of rows; raise if columns differ in it."""
    sizes = {what: column.n for what, column in columns.items() if column.n is not None}
    if event is not None:
        sizes["event"] = event.size
    for what, n in sizes.items():
        first, rows = next(iter(sizes.items()))
        if n != rows:
            raise SampleError(f"{what} has {n} value(s), but {first} has {rows}: pass one for each row")
    return next(iter(sizes.values()), 1)


def _missing(columns: dict[str, Column], no_event: Flags | None) -> dict[str, Flags | None]:
    """Return which rows have no value in a column, by its name."""
    missing: dict[str, Flags | None] = {"event": no_event}
    for what, column in columns.items():
        if isinstance(column.values, np.ndarray):
            missing[what] = np.isnan(column.values) if math.isnan(column.top) else None
    return missing


def _union(masks: list[Flags | None]) -> Flags | None:
    """Return which rows one of the masks has."""
    known = [mask for mask in masks if mask is not None]
    if not known:
        return None
    union = known[0].copy()
    for mask in known[1:]:
        union |= mask
    return union
