"""Keys of groups: what users pass as columns of keys, and one key for each group."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat.data.coding import Coded, code_categories, code_column, is_null, used_codes
from thetahat.data.tables import table_names
from thetahat.errors import ParameterError, SampleError, SampleTypeError, UnknownGroupError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

__all__ = ["Keys", "code_keys", "key_columns", "merged_keys"]

_MOST = 2**62  # combinations of keys that an int64 counts


class Keys:
    """The keys of groups, in their order.

    Parameters
    ----------
    columns : dict of str to ndarray
        By name, one value for each group. The value of a null key is None, NaN or NaT.
    categories : dict of str to ndarray, optional
        By name of a column, all categories in their order, if it holds categories.
    """

    def __init__(self, columns: Mapping[str, Array], categories: Mapping[str, Array] | None = None) -> None:
        self.columns = dict(columns)
        self.categories = dict(categories or {})
        for column in self.columns.values():
            column.flags.writeable = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self.columns)

    def columns_beside(self, others: Container[str]) -> dict[str, Array]:
        """Return the columns by name, with ``_key`` after a name that another column has."""
        return {name + "_key" * (name in others): column for name, column in self.columns.items()}

    @cached_property
    def array(self) -> Array:
        """The keys: of several columns, as records with their names."""
        if len(self.columns) == 1:
            return next(iter(self.columns.values()))
        array = np.empty(len(self), [(name, column.dtype) for name, column in self.columns.items()])
        for name, column in self.columns.items():
            array[name] = column
        array.flags.writeable = False
        return array

    def __reduce__(self) -> tuple[Any, ...]:
        return Keys, (self.columns, self.categories)

    def __len__(self) -> int:
        return next(iter(self.columns.values())).size

    def __iter__(self) -> Iterator[Any]:
        lists = [_listed(column) for column in self.columns.values()]
        return iter(lists[0]) if len(lists) == 1 else zip(*lists, strict=True)

    def __getitem__(self, place: int) -> Any:
        """Return the key in this place; of several columns, a tuple."""
        key = tuple(_listed(column[place : place + 1])[0] for column in self.columns.values())
        return key if len(key) > 1 else key[0]

    def find(self, key: Any) -> int:
        """Return the place of a key; -1 if no group has it."""
        try:
            return self._places.get(self._plain(key), -1)
        except (TypeError, ValueError):  # unhashable, or no date
            return -1

    def place(self, key: Any) -> int:
        """Return the place of a key; raise if no group has it."""
        place = self.find(key)
        if place < 0:
            raise UnknownGroupError(self._unknown(key))
        return place

    @cached_property
    def _places(self) -> dict[Any, int]:
        columns = [_plain_column(column) for column in self.columns.values()]
        keys = columns[0] if len(columns) == 1 else zip(*columns, strict=True)
        return {key: place for place, key in enumerate(keys)}

    def _plain(self, key: Any) -> Any:
        """Return a key so that equal ones are equal in Python, and null ones are None."""
        columns = list(self.columns.values())
        if len(columns) == 1:
            return _plain(key, columns[0].dtype)
        if isinstance(key, np.void):
            key = tuple(key[name] for name in key.dtype.names or ())
        if not isinstance(key, tuple) or len(key) != len(columns):
            return key
        return tuple(_plain(part, column.dtype) for part, column in zip(key, columns, strict=True))

    def _unknown(self, key: Any) -> str:
        if len(self.columns) > 1 and not (isinstance(key, tuple) and len(key) == len(self.columns)):
            return f"no group has the key {key!r}: keys are tuples of {', '.join(self.names)}"
        from difflib import get_close_matches

        texts = [known for known in self if isinstance(known, str)] if isinstance(key, str) else []
        if texts and (near := get_close_matches(key, texts, 1)):
            return f"no group has the key {key!r}; did you mean {near[0]!r}?"
        span = f", from {self[0]!r} to {self[len(self) - 1]!r}" if len(self) else ""
        return f"no group has the key {key!r}; there are {len(self)} groups{span}"


def _listed(column: Array) -> list[Any]:
    """Return the values of a column as Python has them; dates stay NumPy's, which keep their unit."""
    return list(column) if column.dtype.kind in "Mm" else column.tolist()


def _plain_column(column: Array) -> list[Any]:
    """Return what `_plain` returns of each value."""
    if column.dtype.kind in "Mm":
        return [
            None if null else number
            for number, null in zip(column.view(np.int64).tolist(), np.isnat(column).tolist(), strict=True)
        ]
    values: list[Any] = column.tolist()
    if column.dtype.kind in "biu":
        return values
    return [value if type(value) is str or not is_null(value) else None for value in values]


def _plain(value: Any, dtype: np.dtype[Any]) -> Any:
    if is_null(value):
        return None
    if dtype.kind not in "Mm":
        return value
    if getattr(value, "tzinfo", None) is not None:
        value = value.tz_convert(None) if hasattr(value, "tz_convert") else _in_utc(value)
    read = np.datetime64 if dtype.kind == "M" else np.timedelta64
    exact = read(getattr(value, "asm8", value))
    in_unit = exact.astype(dtype)
    return in_unit.view(np.int64).item() if in_unit == exact else (value,)


def _in_utc(value: Any) -> Any:
    from datetime import UTC

    return value.astimezone(UTC).replace(tzinfo=None)


def key_columns(by: Any, n: int, rows_of: str = "x") -> dict[str, Any]:
    """Return the columns of keys by name; raise unless each has as many keys as there are rows.

    Parameters
    ----------
    by
        One column; or several: a dict, a table, or a tuple or list of columns.
    n : int
        The number of rows.
    rows_of : str
        What has these rows, for errors.
    """
    columns = _columns(by)
    if not columns:
        raise SampleError("by has no columns: pass at least one column of keys")
    for name, column in columns.items():
        what = _called(name, columns)
        try:
            size = len(column)
        except TypeError as error:
            raise SampleTypeError(
                f"{what} is of type {type(column).__name__}: pass a list or an array of keys"
            ) from error
        if isinstance(column, str | bytes):
            raise SampleTypeError(f"{what} is text: pass a list or an array of keys")
        if size != n:
            raise SampleError(f"{what} has {size} key(s), but {rows_of} has {n} row(s)")
    return columns


def _called(name: str, columns: Mapping[str, Any]) -> str:
    return "by" if len(columns) == 1 else f"by[{name!r}]"


def _columns(by: Any) -> dict[str, Any]:
    if isinstance(by, Mapping):
        return {str(name): column for name, column in by.items()}
    if (names := table_names(by)) is not None:
        return {
            str(name): by.iloc[:, place] if hasattr(by, "iloc") else by[name]
            for place, name in enumerate(names)
        }
    if isinstance(by, np.ndarray) and by.dtype.names:
        return {name: by[name] for name in by.dtype.names}
    if isinstance(by, tuple | list) and by and all(map(_is_column, by)):
        names = [getattr(column, "name", None) or f"key{place}" for place, column in enumerate(by)]
        return dict(zip(map(str, names), by, strict=True))
    return {str(getattr(by, "name", None) or "key"): by}


def _is_column(value: Any) -> bool:
    """Whether an item of a list is a column of keys, and no key: keys may be tuples."""
    if isinstance(value, str | bytes | tuple) or getattr(value, "ndim", 1) == 0:
        return False
    return hasattr(value, "__len__") or hasattr(value, "__array__")


def code_keys(columns: Mapping[str, Any], null_keys: str, threads: int) -> tuple[Keys, Array]:
    """Return the keys of groups in their order, and of each row the place of its group; -1: none.

    Parameters
    ----------
    columns : mapping of str to column
        As `key_columns` returns them.
    null_keys : {"drop", "group"}
        Whether rows with a null key are in no group, or null keys are equal ones, the last in order.
    """
    coded = {name: code_column(column, _called(name, columns), threads) for name, column in columns.items()}
    return _keys_of(coded, null_keys == "group", threads)


def _keys_of(coded: Mapping[str, Coded], with_null: bool, threads: int) -> tuple[Keys, Array]:
    parts = [_with_null(part) if with_null else part for part in coded.values()]
    places, codes = _combined(parts, threads)
    values = (part.values[place] for part, place in zip(parts, places, strict=True))
    categories = {name: part.categories for name, part in coded.items() if part.categories is not None}
    return Keys(dict(zip(coded, values, strict=True)), categories), codes


def _with_null(part: Coded) -> Coded:
    """Return keys with null ones as a value of their own, after all others."""
    values, codes, _ = part
    null = codes < 0
    if not null.any():
        return part
    gap: Any = {"f": np.nan, "M": "NaT", "m": "NaT"}.get(values.dtype.kind)
    with_gap = np.empty(values.size + 1, dtype=object if gap is None else values.dtype)
    with_gap[:-1], with_gap[-1] = values, gap
    return Coded(with_gap, np.where(null, codes.dtype.type(values.size), codes))


def _combined(parts: Sequence[Coded], threads: int) -> tuple[list[Array], Array]:
    """Return, for each column, the place of each group's value; and the codes of the groups."""
    codes = parts[0].codes
    if len(parts) == 1:
        return [np.arange(parts[0].values.size)], codes
    places = [np.arange(parts[0].values.size)]
    for part in parts[1:]:
        wide = max(part.values.size, 1)
        if places[0].size > _MOST // wide:
            raise SampleError(f"by has more than {_MOST} combinations of keys")
        both = codes.astype(np.int64) * wide + part.codes
        both[(codes < 0) | (part.codes < 0)] = -1
        used, codes = used_codes(both, threads)
        places = [*(place[used // wide] for place in places), used % wide]
    return places, codes


def merged_keys(keys: Keys, others: Keys) -> tuple[Keys, Array, Array]:
    """Return the keys of both, and the place of each one's keys among them."""
    if keys.names != others.names:
        raise ParameterError(
            f"groups add by their keys, which have the names {', '.join(keys.names)} and"
            f" {', '.join(others.names)}: pass by= as a dict with the same names"
        )
    coded = {name: _coded_together(name, keys, others) for name in keys.names}
    merged, codes = _keys_of(coded, True, 1)
    return merged, codes[: len(keys)], codes[len(keys) :]


def _coded_together(name: str, keys: Keys, others: Keys) -> Coded:
    """Return a column of both; of the same categories in their order, else sorted."""
    joined = _joined(keys.columns[name], others.columns[name])
    categories, theirs = (of.categories.get(name) for of in (keys, others))
    if categories is None or theirs is None or not np.array_equal(categories, theirs):
        return code_column(joined, "the keys of both", 1)
    place = {value: i for i, value in enumerate(categories.tolist())}
    codes = np.array([place.get(value, -1) for value in joined.tolist()], dtype=np.int64)
    return code_categories(categories, codes, 1)


def _joined(column: Array, other: Array) -> Array:
    """Return two columns of keys as one; of different kinds, as objects, which need a common order."""
    numbers = "biuf"
    alike = column.dtype.kind == other.dtype.kind or {column.dtype.kind, other.dtype.kind} <= set(numbers)
    return np.concatenate([column, other] if alike else [column.astype(object), other.astype(object)])
