"""The settings of stochastic steps, for the kernels."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Rule"]


class Rule(NamedTuple):
    """The settings of a stochastic ascent; api.h describes them."""

    batch: int = 1
    logarithmic: bool = False
    scaled: bool = False
    mean: bool = False
    kind: str = "plain"
    average: str | None = None
    implicit: bool = False
    rate: float = 1.0
    offset: float = 0.0
    power: float = 0.0
    memory: float = 1.0
    beta1: float = 0.0
    beta2: float = 0.0
    epsilon: float = 0.0
    held: tuple[int, ...] = ()
