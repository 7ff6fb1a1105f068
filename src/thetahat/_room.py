"""Memory that the compiled core fills."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

__all__ = ["aligned_room", "arrays_of"]

_LINES = 256  # bytes of the cache lines that are written at once


def aligned_room(n: int) -> NDArray[np.float64]:
    """Return an array of n doubles that begins with cache lines that are written at once."""
    room = np.empty(n + _LINES // 8)
    first = -room.__array_interface__["data"][0] % _LINES // 8
    return room[first : first + n]


def arrays_of(shapes: Mapping[str, tuple[tuple[int, ...], DTypeLike]], n: int) -> dict[str, NDArray[Any]]:
    """Return arrays of n items of these shapes and types, by name, in one piece of memory.

    The system hands out memory by pages, large ones where a piece is large: of these each costs far less.
    Items of larger types come first.
    """
    sizes = {name: n * prod(shape) * np.dtype(dtype).itemsize for name, (shape, dtype) in shapes.items()}
    room, arrays, start = np.empty(sum(sizes.values()), np.uint8), {}, 0
    for name, (shape, dtype) in shapes.items():
        arrays[name] = room[start : start + sizes[name]].view(dtype).reshape(n, *shape)
        start += sizes[name]
    return arrays
