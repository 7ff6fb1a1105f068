"""The rows of whatever holds a sample, where they lie: arrays, lists, columns of any library, small tables.

What holds no sample gets an error that says what to pass instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._core import Rows
from thetahat.errors import MissingExtraError, SampleError, SampleTypeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["rows_in"]

_LISTED = 10  # columns that an error names
_EXACT = 2.0**53  # not every integer beyond equals a float
_REAL = "a sample holds real numbers"
_ARROW_KINDS = {  # by how Arrow's formats begin
    "n": "nulls alone",
    "b": "booleans",
    "u": "text",
    "U": "text",
    "z": "bytes",
    "Z": "bytes",
    "v": "text or bytes",
    "w": "bytes",
    "d": "decimals",
    "td": "dates",
    "tt": "times",
    "ts": "timestamps",
    "tD": "durations",
    "ti": "intervals",
    "dictionary": "categories",
    "+r": "repeated runs",
}


def rows_in(x: Any, what: str, omit_nan: bool) -> list[Rows]:
    """Return the rows that x holds, in place where they are numbers there.

    Parameters
    ----------
    x
        What the user passed.
    what : str
        The name of that argument, for errors.
    omit_nan : bool
        Whether NaN rows are left out.

    Returns
    -------
    list of Rows
        One item, or one per chunk of an Arrow column.

    Raises
    ------
    SampleTypeError
        If `x` holds anything but real numbers.
    SampleError
        If `x` is not one-dimensional, or holds integers that the float64 of a list cannot hold.
    """
    if isinstance(x, np.ndarray):
        return [_from_numpy(x, what, omit_nan)]
    if not isinstance(x, list | tuple):
        x = _column_of(x, what)
        dtype = getattr(x, "dtype", None)
        if hasattr(dtype, "numpy_dtype") and not hasattr(dtype, "pyarrow_dtype"):
            return [_from_nullable(x, what, omit_nan)]
        if _speaks_arrow(x) and not isinstance(dtype, np.dtype):  # which pandas exports with NaN as null
            return _from_arrow(x, what, omit_nan)
        _reject_no_sequence(x, what)
    return [_from_numpy(_array_of(x, what), what, omit_nan)]


def _column_of(x: Any, what: str) -> Any:
    """Return x, or the only column of a table of pandas; raise where x is known to hold no sample."""
    if hasattr(x, "iloc") and getattr(x, "ndim", 1) == 2:
        if x.shape[1] != 1:
            raise SampleError(_several(what, [str(name) for name in x.columns]))
        x = x.iloc[:, 0]
    dtype = getattr(x, "dtype", None)
    if hasattr(dtype, "fill_value") and hasattr(dtype, "subtype"):
        raise SampleTypeError(f"{what} is a sparse column ({dtype}): pass its .sparse.to_dense()")
    if dtype is not None and hasattr(dtype, "construct_array_type") and dtype.kind not in "iuf":
        raise SampleTypeError(
            f"{what} is a column of type {dtype}; {_REAL}: convert it, as by .astype(float)"
        )
    if hasattr(dtype, "pyarrow_dtype") and not _speaks_arrow(x):  # of pandas 2
        return getattr(x, "array", x).__arrow_array__()
    return x


def _several(what: str, names: list[str]) -> str:
    """Return that a table has no column, or more than one, and what to pass."""
    if not names:
        return f"{what} is a table without columns: pass one column of numbers"
    listed = ", ".join(map(repr, names[:_LISTED])) + ", ..." * (len(names) > _LISTED)
    return f"{what} is a table of {len(names)} columns ({listed}): pass one of them"


def _speaks_arrow(x: Any) -> bool:
    protocol = ("__arrow_c_array__", "__arrow_c_stream__", "to_arrow")  # the last of polars before 1.3
    return any(hasattr(x, method) for method in protocol)


def _from_arrow(x: Any, what: str, omit_nan: bool) -> list[Rows]:
    from thetahat import _arrow

    try:
        spoken = hasattr(x, "__arrow_c_array__") or hasattr(x, "__arrow_c_stream__")
        column = _arrow.read(x if spoken else x.to_arrow())
    except MemoryError:
        raise
    except ImportError as error:  # pandas reads its own columns by pyarrow
        raise MissingExtraError(f"{what}: {error}") from error
    except Exception as error:  # whatever the library of x raises
        raise SampleTypeError(f"{what}, a {_name(x)}, cannot be read as an Arrow column: {error}") from error
    if column.names is not None and len(column.names) != 1:
        raise SampleError(_several(what, list(column.names)))
    if column.format not in _arrow.TYPES:
        begins = sorted(filter(column.format.startswith, _ARROW_KINDS), key=len)
        kind = _ARROW_KINDS[begins[-1]] if begins else "lists or structs"
        raise SampleTypeError(f"{what} is a column of {kind} ({_name(x)}); {_REAL}: cast it to float64 first")
    return [
        Rows(owner, address, n, step, kind, omit_nan=omit_nan, validity=validity, first_bit=first)
        for owner, address, n, step, kind, validity, first in column.chunks
    ]


def _from_nullable(x: Any, what: str, omit_nan: bool) -> Rows:
    """Return a nullable column of pandas, whose values are copied where some are null."""
    null = np.asarray(x.isna(), dtype=bool)
    values = np.asarray(x.to_numpy(dtype=x.dtype.numpy_dtype, **({"na_value": 0} if null.any() else {})))
    bits = np.packbits(~null, bitorder="little")
    return _from_numpy(values, what, omit_nan, bits if null.any() else None)


def _reject_no_sequence(x: Any, what: str) -> None:
    """Raise if x holds values, but not one after another in memory."""
    if isinstance(x, Iterator):
        raise SampleTypeError(
            f"{what} is an iterator ({_name(x)}), which can be read only once: pass a list or an array of its"
            " values; blocks of a stream go to Summary or Online"
        )
    if isinstance(x, Mapping | Set):
        raise SampleTypeError(
            f"{what} is of type {_name(x)}, no sequence: pass a list or an array of its values"
        )
    if hasattr(x, "collect"):
        raise SampleTypeError(
            f"{what} is a {_name(x)} and has no rows yet: pass one column of its .collect()"
        )


def _array_of(x: Any, what: str) -> NDArray[Any]:
    """Return x as NumPy understands it; raise what says more than NumPy does."""
    try:
        array = np.asarray(x)
    except MemoryError:
        raise
    except ValueError as error:  # lists of different lengths
        raise SampleError(f"{what} is no one-dimensional array: {error}") from error
    except Exception as error:  # whatever the library of x raises
        raise SampleTypeError(f"{what} is of type {_name(x)}, which NumPy cannot read: {error}") from error
    if array.ndim == 0 and not isinstance(x, float | int | np.generic | str | bytes):
        raise SampleTypeError(
            f"{what} is of type {_name(x)}, a single value to NumPy: pass a list or an array"
        )
    if array.dtype == np.float64 and array.ndim == 1 and isinstance(x, list | tuple):
        _reject_rounded(x, array, what)
    return array


def _reject_rounded(x: list[Any] | tuple[Any, ...], array: NDArray[Any], what: str) -> None:
    """Raise if integers among the floats of a list are beyond what floats can hold."""
    far = np.flatnonzero(np.abs(array) >= _EXACT).tolist()
    rounded = [i for i in far if isinstance(x[i], int | np.integer) and int(x[i]) != float(array[i])]
    if rounded:
        raise SampleError(
            f"{what} holds {len(rounded)} integer(s) that float64 cannot hold exactly, the first at index"
            f" {rounded[0]}: {x[rounded[0]]}",
            rounded[0],
            len(rounded),
        )


def _from_numpy(
    x: NDArray[Any], what: str, omit_nan: bool, validity: NDArray[np.uint8] | None = None
) -> Rows:
    if x.ndim != 1:
        raise SampleError(_wrong_shape(x, what))
    dtype = x.dtype
    if dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise SampleTypeError(_no_numbers(x, what))
    mask = x.mask if np.ma.is_masked(x) else None  # type: ignore[attr-defined]
    return Rows(
        (x, mask, validity),
        _address(x),
        x.size,
        x.strides[0],
        dtype.newbyteorder("=").name,
        swapped=not dtype.isnative,
        omit_nan=omit_nan,
        mask=0 if mask is None else _address(mask),
        mask_step=0 if mask is None else mask.strides[0],
        validity=0 if validity is None else _address(validity),
    )


def _address(x: NDArray[Any]) -> int:
    address: int = np.asarray(x).__array_interface__["data"][0]
    return address


def _wrong_shape(x: NDArray[Any], what: str) -> str:
    if x.ndim == 0:
        return f"{what} is a single value ({x.dtype}); a sample is one-dimensional: pass a list or an array"
    return (
        f"{what} has shape {x.shape}; a sample is one-dimensional: pass one column, or {what}.ravel() for all"
        " values"
    )


def _no_numbers(x: NDArray[Any], what: str) -> str:
    """Return what an array of no real numbers holds, and how to convert it."""
    if x.dtype.names:
        return f"{what} is a record array with the fields {', '.join(x.dtype.names)}: pass one of them"
    told = f"{what} has dtype {x.dtype}"
    if x.dtype.kind == "O" and x.size:
        first = _first_object(np.ma.getdata(x).tolist())
        value = np.ma.getdata(x)[first]
        told += f", with a {_name(value)} at index {first}"
        if value is None or _name(value) == "NAType":
            return f'{told}; {_REAL}: pass NaN for a missing value, and nan_policy="omit" to leave it out'
    return f"{told}; {_REAL}, integers or floats of at most 64 bits: convert it, such as by .astype(float)"


def _first_object(values: Iterable[Any]) -> int:
    """Return the index of the first value that is no number of Python or NumPy; 0 if all are."""
    plain = (float, int, np.floating, np.integer)
    return next((i for i, v in enumerate(values) if isinstance(v, bool) or not isinstance(v, plain)), 0)


def _name(x: Any) -> str:
    return type(x).__name__
