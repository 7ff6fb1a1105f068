"""Numbers, words and arrays as bytes that any machine reads: no code in them, a version, and a checksum."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Arrays", "Values", "from_json", "pack", "to_json", "unpack"]

Values = dict[str, Any]
Arrays: TypeAlias = "dict[str, NDArray[Any]]"

_VERSION = b"1\n"
_LENGTH = struct.Struct("<Q")  # of the header
_CHECKSUM = struct.Struct("<I")
_TYPES = {"float64": "<f8", "int64": "<i8", "uint64": "<u8"}
_ARRAY = "__array__"  # names the type of an array among the values; their own such names get one more _


def to_json(values: Any) -> str:
    """Return values as JSON, infinities and NaN by Python's names; `from_json` gives the same bits.

    Values may include arrays of integers, and so the state of any bit generator of NumPy.
    """
    import json

    return json.dumps(_plain(values))


def from_json(text: str) -> Any:
    """Return the values that `to_json` wrote; tuples have become lists."""
    import json

    return json.loads(text, object_hook=_restored)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {_escaped(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.bool_ | np.integer):
        return value.item()
    if isinstance(value, np.ndarray) and value.dtype.kind in "iu":
        return {_ARRAY: value.dtype.name, "values": value.tolist()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"values of type {type(value).__name__} cannot be saved")


def _escaped(name: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"values are named by strings, not by {name!r}")
    return f"{name}_" if name.startswith(_ARRAY) else name


def _restored(record: Values) -> Any:
    if _ARRAY in record:
        return np.array(record["values"], record[_ARRAY])
    return {name[:-1] if name.startswith(_ARRAY) else name: item for name, item in record.items()}


def pack(program: bytes, values: Values, arrays: Arrays) -> bytes:
    """Return a line with program and version, length of the header, header, numbers, and their checksum."""
    kinds = {name: (array.dtype.name, array.shape) for name, array in arrays.items()}
    for name, (kind, _) in kinds.items():
        if kind not in _TYPES:
            raise TypeError(f"{name}: arrays must be of {', '.join(_TYPES)}, not of {kind}")
    header = to_json({"values": values, "arrays": kinds}).encode("ascii")
    numbers = [array.astype(_TYPES[array.dtype.name], copy=False).tobytes() for array in arrays.values()]
    body = b"".join([program, _VERSION, _LENGTH.pack(len(header)), header, *numbers])
    return body + _checksum(body)


def unpack(program: bytes, record: bytes) -> tuple[Values, Arrays]:
    """Return what `pack` packed; raise a ValueError with the defect of the record."""
    magic = program + _VERSION
    if not record.startswith(magic):
        other = "of another version of" if record.startswith(program) else "not of"
        raise ValueError(f"is a record {other} thetahat, or was changed")
    body, checksum = record[: -_CHECKSUM.size], record[-_CHECKSUM.size :]
    if _checksum(body) != checksum:
        raise ValueError("was cut short or changed")
    try:
        return _unpack(body, len(magic))
    except (struct.error, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"is no record of thetahat: {error}") from error


def _checksum(body: bytes) -> bytes:
    from zlib import crc32

    return _CHECKSUM.pack(crc32(body))


def _unpack(body: bytes, offset: int) -> tuple[Values, Arrays]:
    (length,) = _LENGTH.unpack_from(body, offset)
    start = offset + _LENGTH.size
    offset = start + length
    header = from_json(body[start:offset].decode("ascii"))
    arrays = {}
    for name, (kind, shape) in header["arrays"].items():
        count = math.prod(shape)
        arrays[name] = np.frombuffer(body, _TYPES[kind], count, offset).reshape(shape).astype(kind)
        offset += 8 * count
    if offset != len(body):
        raise ValueError(f"{len(body)} bytes, {offset} announced")
    return header["values"], arrays
