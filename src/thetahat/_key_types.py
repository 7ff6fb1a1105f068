"""Integer keys and codes as the compiled core takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["as_given", "bad_code", "plain_integers"]

_INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def plain_integers(keys: NDArray[Any]) -> NDArray[Any]:
    """Return integers or booleans as a contiguous array of an integer type of this machine's byte order."""
    plain = keys.view(np.uint8) if keys.dtype.kind == "b" else keys
    plain = np.ascontiguousarray(plain, plain.dtype.newbyteorder("="))
    if keys.ndim != 1 or plain.dtype.name not in _INTEGERS:
        raise TypeError(f"keys must be a one-dimensional array of integers or booleans, not {keys.dtype}")
    return plain


def as_given(numbers: NDArray[np.int64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return keys as the core has them, unsigned ones of 64 bits less 2**63, in their own type."""
    unsigned = dtype.kind == "u" and dtype.itemsize == 8
    return (numbers ^ np.int64(-(2**63)) if unsigned else numbers).astype(dtype)


def bad_code(codes: NDArray[Any], n_groups: int) -> ValueError:
    """Return the error of codes out of range: how many, and the first."""
    bad = np.flatnonzero((codes < -1) | (codes >= n_groups))
    return ValueError(
        f"codes has {bad.size} value(s) that are neither -1 nor below {n_groups}, the first at index"
        f" {bad[0]}: {codes[bad[0]]}"
    )
