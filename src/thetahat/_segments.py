"""What records of stochastic ascents hold, checked before the compiled code takes it over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["checked_numbers", "checked_segment", "whole"]


def whole(name: str, value: Any, most: int) -> int:
    """Return an integer of a record."""
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError(f"has {name} = {value!r}, which is no integer between 0 and {most}")
    return value


def checked_numbers(numbers: Array, count: int, unknown: Sequence[int]) -> list[float]:
    """Return the numbers of a state, which are finite but for some that may be unknown."""
    if numbers.shape != (count,) or numbers.dtype != np.float64:
        raise ValueError(f"has a state of {numbers.size} numbers of type {numbers.dtype}")
    infinite = ~np.isfinite(numbers)
    infinite[list(unknown)] = False
    if infinite.any():
        raise ValueError(f"has the number {numbers[infinite][0]} in its state")
    return [float(number) for number in numbers]


def checked_segment(
    values: dict[str, Any], arrays: dict[str, Array], room: int, weighted: bool, layout: int
) -> tuple[Array, Array]:
    """Return the rows of a segment, and their weights."""
    if values["layout"] != layout:
        raise ValueError(f"has states of layout {values['layout']}; this version reads {layout}")
    rows, weights = arrays["x"], arrays["w"] if weighted else np.ones(arrays["x"].shape)
    if rows.ndim != 1 or rows.size > room or weights.shape != rows.shape:
        raise ValueError(f"has rows of shape {rows.shape} and weights of {weights.shape} in its segment")
    if not (np.isfinite(rows).all() and np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError("has rows that are not finite, or weights below 0, in its segment")
    whole("stepped", values["stepped"], rows.size)
    return rows, weights
