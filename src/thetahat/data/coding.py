"""A column of keys as the places of its distinct values, in the order in which groups are listed."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable, Iterator, Mapping, Set
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from thetahat import _groups
from thetahat.errors import SampleError, SampleTypeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

__all__ = ["Coded", "code_categories", "code_column", "is_null", "plain_integers", "used_codes"]

_PATIENCE = 0.05  # seconds between two checks for signals
_KINDS = "keys are integers, text, dates, booleans, floats or categories"


class Coded(NamedTuple):
    """Keys as places of their distinct values.

    Attributes
    ----------
    values : ndarray, shape (n_distinct,)
        The distinct values that rows have: sorted, of categories in their order.
    codes : ndarray of int32 or int64, shape (n,)
        Of each row, the place of its value; -1 where it is null.
    categories : ndarray, optional
        All categories in their order, if that is the order of the values.
    """

    values: Array
    codes: Array
    categories: Array | None = None


def code_column(column: Any, what: str, threads: int) -> Coded:
    """Return the codes of a column of any library.

    Raises
    ------
    SampleTypeError
        If keys cannot be compared, or the column holds no keys.
    SampleError
        If it is not one-dimensional.
    """
    if isinstance(column, Mapping | Set | Iterator | str | bytes):
        raise SampleTypeError(f"{what} is of type {type(column).__name__}: pass a list or an array of keys")
    dtype = getattr(column, "dtype", None)
    if hasattr(dtype, "construct_array_type"):
        return _code_pandas(column, what, threads)
    if _is_arrow(column) and not isinstance(dtype, np.dtype):
        return _code_arrow_or_list(column, what, threads)
    if isinstance(column, list | tuple):
        return _code_objects(_objects(column), what)
    return _code_array(np.asanyarray(column), what, threads)


def plain_integers(column: Any) -> Array | None:
    """Return a column of integers or booleans as an array, if no library of nulls or categories holds it."""
    if not isinstance(getattr(column, "dtype", None), np.dtype) or column.dtype.kind not in "biu":
        return None
    array = np.asanyarray(column)
    return None if np.ma.isMaskedArray(array) or array.ndim != 1 else array


def is_null(value: Any) -> bool:
    """Whether a key stands for no value: None, NaN, NaT, or NA of pandas."""
    if value is None or type(value).__name__ == "NAType":
        return True
    try:
        unequal = value != value  # NaN and NaT alone
    except ArithmeticError:  # a signalling NaN of decimals
        return True
    return isinstance(unequal, bool | np.bool_) and bool(unequal)


def code_categories(categories: Array, codes: Array, threads: int) -> Coded:
    """Return keys that are places of categories, without the categories that no row has."""
    used, places = used_codes(codes, threads)
    return Coded(categories[used], places, categories)


def used_codes(codes: Array, threads: int) -> tuple[Array, Array]:
    """Return the codes that rows have, without -1, and the places of these; -1 stays."""
    used, places = _groups.code_integers(codes, threads)
    if used.size and used[0] < 0:
        return used[1:], places - 1
    return used, places


def _is_arrow(column: Any) -> bool:
    return any(hasattr(column, name) for name in ("__arrow_c_array__", "__arrow_c_stream__", "to_arrow"))


def _objects(values: Any) -> Array:
    """Return values as an array of objects, tuples among them."""
    return np.fromiter(values, object, len(values))


def _code_pandas(column: Any, what: str, threads: int) -> Coded:
    """Return the codes of a column of pandas that is no NumPy array."""
    dtype = column.dtype
    if hasattr(dtype, "categories"):
        codes = np.asarray(column.cat.codes if hasattr(column, "cat") else column.codes)
        index = dtype.categories
        plain = isinstance(index.dtype, np.dtype) and index.dtype.kind in "biufMm"
        return code_categories(np.asarray(index) if plain else _natural(list(index)), codes, threads)
    if hasattr(dtype, "tz"):
        return _code_array(np.asarray(column.to_numpy(dtype=f"M8[{dtype.unit}]")), what, threads)
    if hasattr(dtype, "numpy_dtype") and not hasattr(dtype, "pyarrow_dtype"):
        null = np.asarray(column.isna(), dtype=bool)
        values = column.to_numpy(dtype=dtype.numpy_dtype, **({"na_value": 0} if null.any() else {}))
        return _code_present(np.asarray(values), null, what, threads)
    if hasattr(dtype, "pyarrow_dtype") or getattr(dtype, "storage", "") == "pyarrow":
        return _code_arrow_or_list(column, what, threads)
    return _code_objects(_objects(column.tolist()), what)


def _code_arrow_or_list(column: Any, what: str, threads: int) -> Coded:
    """Return the codes of a column that speaks Arrow's protocol, by pyarrow where it is installed."""
    try:
        pa = import_module("pyarrow")
    except ImportError:
        values = column.to_list() if hasattr(column, "to_list") else column.to_pylist()
        return _code_objects(_objects(values), what)
    if not isinstance(column, pa.Array | pa.ChunkedArray):
        stream = hasattr(column, "__arrow_c_stream__")
        column = pa.chunked_array(column) if stream else pa.array(column)
    if isinstance(column, pa.ChunkedArray):
        if pa.types.is_dictionary(column.type):
            column = column.unify_dictionaries()
        column = column.combine_chunks()
    try:
        return _code_arrow(column, pa, what, threads)
    except pa.ArrowNotImplementedError as error:
        raise SampleTypeError(f"{what} is a column of {column.type}; {_KINDS}") from error


def _code_arrow(column: Any, pa: Any, what: str, threads: int) -> Coded:
    """Return the codes of one Arrow array."""
    kind, types = column.type, pa.types
    if types.is_null(kind):
        return Coded(np.empty(0, dtype=object), np.full(len(column), -1, dtype=np.int32))
    if types.is_dictionary(kind):
        values, codes, _ = _in_order(column.dictionary.to_pylist(), _indices(column, pa), what, kind.ordered)
        coded = code_categories(values, codes, threads)
        return coded if kind.ordered else coded._replace(categories=None)
    null = _nulls(column, pa)
    if types.is_boolean(kind):
        values = _buffer(column.cast(pa.uint8()), np.uint8).view(bool)
    elif types.is_timestamp(kind) or types.is_date(kind) or types.is_duration(kind):
        unit = {"date32[day]": "D", "date64[ms]": "ms"}.get(str(kind)) or kind.unit
        numbers = _buffer(column, np.int32 if types.is_date32(kind) else np.int64).astype(np.int64)
        values = numbers.view(f"{'m' if types.is_duration(kind) else 'M'}8[{unit}]")
    elif types.is_integer(kind) or types.is_floating(kind):
        values = _buffer(column, kind.to_pandas_dtype())
    else:
        encoded = _beside(column.dictionary_encode)
        return _in_order(encoded.dictionary.to_pylist(), _indices(encoded, pa), what)
    return _code_present(values, null, what, threads)


def _beside(function: Callable[[], Any]) -> Any:
    """Return what a function of a library returns, called in another thread, so that Ctrl-C is answered."""
    returned: list[Any] = []
    failed: list[BaseException] = []

    def call() -> None:
        try:
            returned.append(function())
        except BaseException as error:
            failed.append(error)

    thread = Thread(target=call)
    thread.start()
    while thread.is_alive():
        thread.join(_PATIENCE)
    if failed:
        raise failed[0]
    return returned[0]


def _indices(encoded: Any, pa: Any) -> Array:
    """Return the places of an encoded array in its dictionary; -1 where it is null."""
    indices = _buffer(encoded.indices.cast(pa.int64()), np.int64)
    null = _nulls(encoded.indices, pa)
    return indices if null is None else np.where(null, -1, indices)


def _nulls(column: Any, pa: Any) -> Array | None:
    """Return which values of an Arrow array are null; None if none are."""
    return _buffer(column.is_null().cast(pa.uint8()), np.uint8).view(bool) if column.null_count else None


def _buffer(column: Any, dtype: Any) -> Array:
    """Return the numbers of an Arrow array, also under nulls; its `to_numpy` would import pandas."""
    values = column.buffers()[1]
    if values is None:
        return np.zeros(len(column), dtype=dtype)
    return np.frombuffer(values, dtype=dtype, count=column.offset + len(column))[column.offset :]


def _code_array(x: Array, what: str, threads: int) -> Coded:
    """Return the codes of a NumPy array; masked keys are null."""
    if x.ndim != 1:
        raise SampleError(f"{what} has shape {x.shape}; keys are one-dimensional, one for each row of x")
    mask = np.ma.getmaskarray(x) if np.ma.isMaskedArray(x) else None
    return _code_present(np.asarray(np.ma.getdata(x)), mask, what, threads)


def _code_present(x: Array, null: Array | None, what: str, threads: int) -> Coded:
    """Return the codes of keys, some of which may be null beside those that are so by their values."""
    if x.dtype.kind in "fMm":
        gaps = np.isnat(x) if x.dtype.kind in "Mm" else np.isnan(x)
        null = gaps if null is None else gaps | null
    if null is None or not null.any():
        return _code_values(x, what, threads)
    present = ~null
    values, codes, _ = _code_values(x[present], what, threads)
    of_all = np.full(x.size, -1, dtype=codes.dtype)
    of_all[present] = codes
    return Coded(values, of_all)


def _code_values(x: Array, what: str, threads: int) -> Coded:
    """Return the codes of keys, by the type of the array."""
    dtype = x.dtype
    if dtype.kind in "biu":
        return Coded(*_groups.code_integers(x, threads))
    if dtype.kind in "Mm":
        numbers, codes = _groups.code_integers(x.astype(dtype.newbyteorder("=")).view(np.int64), threads)
        return Coded(numbers.view(dtype.newbyteorder("=")), codes)
    if dtype.kind == "f" and dtype.itemsize <= 8:
        same = x + dtype.type(0)  # -0.0 is 0.0
        bits, codes = _groups.code_integers(same.view(f"i{dtype.itemsize}"), threads)
        values = bits.view(same.dtype)
        return _sorted(values, codes, np.argsort(values))
    if dtype.kind in "OUT":
        return _code_objects(x.astype(object), what)
    if dtype.kind == "S":
        return _code_objects(_objects(x.tolist()), what)
    raise SampleTypeError(f"{what} has dtype {dtype}; {_KINDS}")


def _code_objects(x: Array, what: str) -> Coded:
    """Return the codes of Python's objects: by pandas where it is loaded, else by a dict."""
    try:
        if (pandas := sys.modules.get("pandas")) is not None:
            codes, found = pandas.factorize(x)
            return _in_order(found.tolist(), codes, what)
        keys = x.tolist()
        distinct = {key: place for place, key in enumerate(dict.fromkeys(keys))}
        codes = np.fromiter(map(distinct.__getitem__, keys), np.int64, len(keys))
        return _in_order(list(distinct), codes, what)
    except TypeError as error:
        if "unhashable" not in str(error):
            raise
        kind = next(type(key).__name__ for key in x.tolist() if type(key).__hash__ is None)
        raise SampleTypeError(f"{what} holds a {kind}, which is no key; {_KINDS}") from error


def _in_order(values: list[Any], codes: Array, what: str, ordered: bool = False) -> Coded:
    """Return distinct values in their order, equal ones once and none that are null, with codes."""
    present = [i for i, value in enumerate(values) if not is_null(value)]
    found = {values[i]: None for i in present}
    distinct = list(found) if ordered else _sort(list(found), what)
    place = {value: new for new, value in enumerate(distinct)}
    new_codes = np.full(len(values) + 1, -1, dtype=codes.dtype)  # the last is that of null keys
    for i in present:
        new_codes[i] = place[values[i]]
    return Coded(_natural(distinct), new_codes[codes])


def _sort(values: list[Any], what: str) -> list[Any]:
    try:
        return sorted(values)
    except TypeError as error:
        kinds = ", ".join(sorted({type(value).__name__ for value in values}))
        raise SampleTypeError(
            f"{what} holds keys of types without a common order ({kinds}); {_KINDS}"
        ) from error


def _sorted(values: Array, codes: Array, order: Array) -> Coded:
    """Return values in this order, with codes that say so."""
    rank = np.empty(order.size, dtype=codes.dtype)
    rank[order] = np.arange(order.size, dtype=codes.dtype)
    return Coded(values[order], rank[codes])


def _natural(values: list[Any]) -> Array:
    """Return distinct keys as an array of the type that says most: numbers, days, else objects."""
    kinds = set(map(type, values))
    if kinds and all(issubclass(kind, int | float | np.number | np.bool_) for kind in kinds):
        array = np.array(values)
        if array.dtype.kind in "biuf":
            return array + 0.0 if array.dtype.kind == "f" else array  # -0.0 is 0.0
    if kinds == {datetime.date}:
        return np.array(values, dtype="M8[D]")
    if kinds == {datetime.datetime} and all(value.tzinfo is None for value in values):
        return np.array(values, dtype="M8[us]")
    return _objects([str(value) if isinstance(value, np.str_) else value for value in values])
