"""Checks of arguments, each with an error that names the argument and its domain."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence

from thetahat.errors import ParameterError

__all__ = [
    "check_choice",
    "check_count",
    "check_level",
    "check_not_negative",
    "check_optional_choice",
    "check_positive",
    "check_share",
]


def check_positive(name: str, value: float) -> float:
    """Return a number; raise unless it is positive and finite."""
    try:
        number = float(value)
        if isinstance(value, str | bytes | bool) or not 0 < number < math.inf:
            raise ValueError
    except (TypeError, ValueError, OverflowError) as error:
        raise ParameterError(f"{name} must be a positive finite number, got {value!r}") from error
    return value if isinstance(value, int) else number


def check_share(name: str, value: float) -> float:
    """Return a number; raise unless it lies strictly between 0 and 1."""
    try:
        number = float(value)
        if isinstance(value, str | bytes | bool) or not 0 < number < 1:
            raise ValueError
    except (TypeError, ValueError, OverflowError) as error:
        raise ParameterError(f"{name} must lie strictly between 0 and 1, got {value!r}") from error
    return number


def check_not_negative(name: str, value: float) -> float:
    """Return a number; raise unless it is finite and not negative."""
    try:
        return 0.0 if isinstance(value, float | int) and value == 0 else check_positive(name, value)
    except ParameterError as error:
        raise ParameterError(f"{name} must be a finite number of at least 0, got {value!r}") from error


def check_choice(name: str, value: str, choices: Sequence[str]) -> str:
    """Return one of the choices; raise if the value is another."""
    if not isinstance(value, str) or value not in choices:
        raise ParameterError(f"{name} must be one of {', '.join(choices)}; got {value!r}")
    return value


def check_optional_choice(name: str, value: str | None, choices: Sequence[str]) -> str | None:
    """Return one of the choices, or None; raise if the value is another."""
    if value is not None and (not isinstance(value, str) or value not in choices):
        raise ParameterError(f"{name} must be one of {', '.join(choices)} or None; got {value!r}")
    return value


def check_level(level: float) -> float:
    """Return a confidence level; raise unless both it and its complement are between 0 and 1."""
    try:
        good = level > 0 and 0.5 + level / 2 < 1
    except TypeError:
        good = False
    if not good:
        raise ParameterError(f"level must lie between 0 and 1, got {level!r}")
    return float(level)


def check_count(name: str, value: int, most: int = 2**62, least: int = 1) -> int:
    """Return a count as an int; raise unless it is between `least` and `most`."""
    try:
        count = operator.index(value)
        if isinstance(value, bool) or not least <= count <= most:
            raise ValueError
    except (TypeError, ValueError) as error:
        large = isinstance(value, int) and value > most
        limit = f"between {least} and {most}" if large else f"of at least {least}"
        raise ParameterError(f"{name} must be an integer {limit}, got {value!r}") from error
    return count
