"""Integer keys and codes as the compiled core takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["as_given", "bad_code", "guessed_range", "most_groups", "plain_integers"]

_INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
_WORTH_A_GUESS, _GUESSED_FROM = 1 << 17, 1 << 12  # keys of which the range is guessed, and from how many
_FEW_KEYS = 1 << 10  # that may be missing in a narrow range, and besides them as many as there are rows


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
    return (numbers ^ np.int64(-(2**63)) if unsigned else numbers).astype(dtype, copy=False)


def bad_code(codes: NDArray[Any], n_groups: int) -> ValueError:
    """Return the error of codes out of range: how many, and the first."""
    bad = np.flatnonzero((codes < -1) | (codes >= n_groups))
    return ValueError(
        f"codes has {bad.size} value(s) that are neither -1 nor below {n_groups}, the first at index"
        f" {bad[0]}: {codes[bad[0]]}"
    )


def most_groups(keys: NDArray[Any]) -> int:
    """Return how many keys the widest range has that needs no codes."""
    return min(keys.size + _FEW_KEYS, 2**31 - 1)


def guessed_range(keys: NDArray[Any]) -> tuple[int, int] | None:
    """Return the least key as the core has it, and how many there are up to the greatest: a guess, if any.

    It is that of a few of many keys, and some more at both ends. Nearly always these are all, and a pass that
    finds the range is saved. If not, the count of the rows shows it.
    """
    if keys.size < _WORTH_A_GUESS:
        return None
    some = keys[:: keys.size // _GUESSED_FROM]
    lowest = 2**63 if keys.dtype == np.uint64 else 0
    least, most = int(some.min()) - lowest, int(some.max()) - lowest
    more = (most - least) // 64 + 1
    least = max(least - more, -(2**63))
    return least, min(most + more, 2**63 - 1) - least + 1
