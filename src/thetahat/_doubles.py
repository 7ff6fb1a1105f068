"""Doubles by their place in the order of all doubles, of which halves are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

__all__ = ["between", "number", "ordered"]


def ordered(x: NDArray[np.float64]) -> Integers:
    """Return integers in the order of doubles."""
    return _turned(np.ascontiguousarray(x).view(np.int64))


def number(place: Integers) -> NDArray[np.float64]:
    """Return the doubles of such integers."""
    return _turned(place).view(np.float64)


def between(left: Integers, right: Integers) -> Integers:
    """Return the integers halfway."""
    middle: Integers = (left >> 1) + (right >> 1) + (left & right & 1)
    return middle


def _turned(bits: Integers) -> Integers:
    turned: Integers = np.where(bits < 0, bits ^ np.int64(2**63 - 1), bits)
    return turned
