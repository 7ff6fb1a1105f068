"""Checks of what users pass, each with an error that says what is wrong."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from thetahat import _kernels
from thetahat.errors import ParameterError
from thetahat.families import get_family

__all__ = ["Theta", "check_count", "check_rate", "check_theta"]

Theta = Sequence[float] | NDArray[np.float64]


def check_theta(family: int, theta: Theta, what: str) -> tuple[float, ...]:
    """Return parameters as floats; raise the error that says which one leaves its domain."""
    description = get_family(family)
    try:
        values = tuple(float(value) for value in theta)
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"{what} must be a sequence of {len(description.names)} numbers,"
            f" {', '.join(description.names)}; got {theta!r}"
        ) from error
    if len(values) != len(description.names):
        raise ParameterError(
            f"{what} has {len(values)} value(s), but {description.signature} takes {len(description.names)}"
        )
    if not _kernels.valid(family, values):
        for parameter, value in zip(description.parameters, values, strict=True):
            if not math.isfinite(value) or (parameter.positive and value <= 0):
                raise ParameterError(f"{what}: {parameter.name} must be {parameter.domain}, got {value!r}")
    return values


def check_rate(rate: float) -> None:
    """Raise unless a learning rate is positive and finite."""
    try:
        good = 0 < rate < math.inf
    except TypeError:
        good = False
    if not good:
        raise ParameterError(f"learning_rate must be a positive finite number, got {rate!r}")


def check_count(name: str, value: int) -> None:
    """Raise unless a number of things is an integer of at least 1."""
    try:
        good = operator.index(value) >= 1
    except TypeError:
        good = False
    if not good:
        raise ParameterError(f"{name} must be an integer of at least 1, got {value!r}")
