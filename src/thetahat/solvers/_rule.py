"""The settings of stochastic steps, for the kernels."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Rule"]


class Rule(NamedTuple):
    """The settings of a stochastic ascent; api.h describes them."""

    batch: int = 1
    later_batch: int = 0
    free_coordinates: bool = False
    preconditioned: bool = False
    mean: bool = False
    update: str = "plain"
    average: str | None = None
    implicit: bool = False
    rate: float = 1.0
    offset: float = 0.0
    power: float = 0.0
    forgetting_factor: float = 1.0
    beta1: float = 0.0
    beta2: float = 0.0
    epsilon: float = 0.0
    fixed: tuple[int, ...] = ()
