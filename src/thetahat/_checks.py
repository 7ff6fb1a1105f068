"""Checks of arguments, each with an error that names the argument and its domain."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "as_generator",
    "as_number",
    "as_numbers",
    "check_choice",
    "check_count",
    "check_flag",
    "check_level",
    "check_not_negative",
    "check_optional_choice",
    "check_path",
    "check_positive",
    "check_share",
    "check_threads",
]


_NO_REAL = (
    str,
    bytes,
    bytearray,
    complex,
    np.complexfloating,
    np.ma.MaskedArray,
)  # float() takes most of them


def as_number(value: Any) -> float:
    """Return a real number as a float; raise a TypeError of text, of arrays and of complex numbers."""
    if isinstance(value, _NO_REAL) or getattr(value, "ndim", None):
        raise TypeError(f"{value!r} is no real number")
    return float(value)


def as_numbers(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return real numbers, in any shape, as float64; raise if there are others."""
    if np.ma.isMaskedArray(values):
        raise ParameterError(f"{name} must have no mask: pass {name}.compressed()")
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "iufO":
            raise TypeError
        with np.errstate(over="ignore"):  # of a long double
            return array.astype(np.float64, copy=False)
    except (TypeError, ValueError, OverflowError) as error:
        raise ParameterError(f"{name} must be a number or an array of numbers, got {values!r}") from error


def check_positive(name: str, value: float) -> float:
    """Return a number; raise unless it is positive and finite."""
    try:
        number = as_number(value)
        if isinstance(value, bool) or not 0 < number < math.inf:
            raise ValueError
    except (TypeError, ValueError, OverflowError) as error:
        raise ParameterError(f"{name} must be a positive finite number, got {value!r}") from error
    return value if isinstance(value, int) else number


def check_share(name: str, value: float) -> float:
    """Return a number; raise unless it lies strictly between 0 and 1."""
    try:
        number = as_number(value)
        if isinstance(value, bool) or not 0 < number < 1:
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
        number = as_number(level)
        if not (number > 0 and 0.5 + number / 2 < 1):
            raise ValueError
    except (TypeError, ValueError, OverflowError) as error:
        raise ParameterError(f"level must lie between 0 and 1, got {level!r}") from error
    return number


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


def check_threads(threads: int) -> int:
    """Return a number of threads; raise unless it is between 1 and 10,000."""
    return check_count("threads", threads, 10_000)


def check_flag(name: str, value: bool) -> bool:
    """Return a truth value; raise if it is anything else."""
    if not isinstance(value, bool | np.bool_):
        raise ParameterError(f"{name} must be True or False, got {value!r}")
    return bool(value)


def check_path(name: str, value: str | os.PathLike[str]) -> str:
    """Return the path of a file as a string; raise if it cannot be one."""
    try:
        path = os.fspath(value)
        if not path or b"\0" in os.fsencode(path) or isinstance(path, bytes):
            raise ValueError
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{name} must be the path of a file, got {value!r}") from error
    return path


def as_generator(rng: Any) -> np.random.Generator:
    """Return NumPy's generator of random numbers; raise if rng is neither a seed nor a generator."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError, OverflowError) as error:
        raise ParameterError(
            f"rng must be None, a seed of at least 0, or a generator of NumPy, got {rng!r}"
        ) from error
