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

__all__ = ["Theta", "check_count", "check_level", "check_rate", "check_theta"]

Theta = Sequence[float] | NDArray[np.float64]


def check_theta(family: int, theta: Theta, what: str) -> tuple[float, ...]:
    """Return parameters as floats; raise the error that says which one leaves its domain."""
    description = get_family(family)
    try:
        if isinstance(theta, str | bytes):
            raise TypeError
        values = tuple(float(value) for value in theta)
    except (TypeError, ValueError, OverflowError) as error:
        raise ParameterError(
            f"{what} must be a sequence of {len(description.names)} numbers,"
            f" {', '.join(description.names)}; got {theta!r}"
        ) from error
    if len(values) != len(description.names):
        raise ParameterError(
            f"{what} has {len(values)} value(s), but {description.signature} takes {len(description.names)}"
        )
    for parameter, value in zip(description.parameters, values, strict=True):
        if not math.isfinite(value) or (parameter.positive and value <= 0):
            raise ParameterError(f"{what}: {parameter.name} must be {parameter.domain}, got {value!r}")
    if not _kernels.valid(family, values):
        raise ParameterError(f"{what}: {values} lies outside the domain of {description.signature}")
    return values


def check_rate(rate: float) -> float:
    """Return a learning rate as a float; raise unless it is positive and finite."""
    try:
        value = float(rate)
        if isinstance(rate, str | bytes) or not 0 < value < math.inf:
            raise ValueError
    except (TypeError, ValueError, OverflowError) as error:
        raise ParameterError(f"learning_rate must be a positive finite number, got {rate!r}") from error
    return value


def check_level(level: float) -> float:
    """Return a level of confidence; raise unless it lies between 0 and 1, and so does what it leaves."""
    try:
        good = level > 0 and 0.5 + level / 2 < 1
    except TypeError:
        good = False
    if not good:
        raise ParameterError(f"level must lie between 0 and 1, got {level!r}")
    return float(level)


def check_count(name: str, value: int, most: int = 2**62, least: int = 1) -> int:
    """Return a number of things as an int; raise unless it lies between the least and the most."""
    try:
        count = operator.index(value)
        if not least <= count <= most:
            raise ValueError
    except (TypeError, ValueError) as error:
        large = isinstance(value, int) and value > most
        limit = f"between {least} and {most}" if large else f"of at least {least}"
        raise ParameterError(f"{name} must be an integer {limit}, got {value!r}") from error
    return count
