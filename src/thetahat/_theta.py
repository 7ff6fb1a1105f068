"""Parameters as arguments: a sequence in the family's order, or a dict by name."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from thetahat._checks import as_number, as_numbers
from thetahat.errors import ParameterError
from thetahat.families import Family, Parameter

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from thetahat.data.keys import Keys

__all__ = [
    "Fixed",
    "Theta",
    "check_fixed",
    "check_fixed_of_groups",
    "check_known",
    "check_theta",
    "check_value",
    "check_values",
]

Theta: TypeAlias = "Sequence[float] | NDArray[np.float64] | Mapping[str, float]"


def check_theta(family: Family, theta: Theta, what: str) -> tuple[float, ...]:
    """Return parameters, given in their order or by name, as floats; raise if one is outside its domain."""
    try:
        if isinstance(theta, str | bytes):
            raise TypeError
        if isinstance(theta, Mapping):
            theta = _in_order(family, theta, what)
        values = tuple(as_number(value) for value in theta)
    except ParameterError:
        raise
    except (TypeError, ValueError, OverflowError) as error:
        raise ParameterError(
            f"{what} must be a sequence of {len(family.names)} numbers,"
            f" {', '.join(family.names)}; got {theta!r}"
        ) from error
    if len(values) != len(family.names):
        raise ParameterError(
            f"{what} has {len(values)} value(s), but {family.signature} takes {len(family.names)}"
        )
    for parameter, value in zip(family.parameters, values, strict=True):
        check_value(parameter, value, what)
    if not family.model.valid(values):
        raise ParameterError(f"{what}: {values} is outside the domain of {family.signature}")
    return values


def _in_order(family: Family, theta: Mapping[str, float], what: str) -> list[float]:
    """Return the values of all parameters in their order; raise where names are unknown or missing."""
    if unknown := [repr(name) for name in theta if name not in family.names]:
        raise ParameterError(f"{what}: {family.signature} has no parameter {', '.join(unknown)}")
    if missing := [name for name in family.names if name not in theta]:
        raise ParameterError(f"{what}: a value of {', '.join(missing)} is missing for {family.signature}")
    return [theta[name] for name in family.names]


def check_value(parameter: Parameter, value: float, what: str) -> float:
    """Return the value of a parameter as a float; raise if it is outside its domain."""
    try:
        number = as_number(value)
        if not (math.isfinite(number) and parameter.low < number < parameter.high):
            raise ValueError
    except (TypeError, ValueError, OverflowError) as error:
        raise ParameterError(f"{what}: {parameter.name} must be {parameter.domain}, got {value!r}") from error
    return number


def check_fixed(family: Family, fixed: Mapping[str, float] | None) -> dict[int, float]:
    """Return the values of fixed parameters by place; raise if they are invalid, or a known one lacks."""
    values = {} if fixed is None else check_values(family, fixed, "fixed")
    check_known(family, values)
    for place, value in values.items():
        if family.names[place] in family.known and value != int(value):
            raise ParameterError(f"fixed: {family.names[place]} must be an integer, got {value!r}")
    return values


def check_known(family: Family, places: Container[int]) -> None:
    """Raise unless all parameters that are not estimated are among those in these places."""
    missing = [name for name in family.known if family.names.index(name) not in places]
    if missing:
        values = ", ".join(f"{name!r}: ..." for name in missing)
        raise ParameterError(
            f"{family.name}: {' and '.join(missing)} is not estimated, and must be known: pass"
            f" fixed={{{values}}}"
        )


def check_values(family: Family, values: Mapping[str, float], what: str) -> dict[int, float]:
    """Return values of some parameters by place; raise if a parameter is unknown or a value invalid."""
    _check_names(family, values, what)
    places = {family.names.index(name): value for name, value in values.items()}
    return {place: check_value(family.parameters[place], value, what) for place, value in places.items()}


def _check_names(family: Family, values: Mapping[str, Any], what: str) -> None:
    if not isinstance(values, Mapping):
        raise ParameterError(
            f"{what} must be a dict of numbers by name, such as {{{family.names[0]!r}: 1}}, got {values!r}"
        )
    unknown = [name for name in values if name not in family.names]
    if unknown:
        raise ParameterError(f"{what}: {family.signature} has no parameter {unknown[0]!r}")


class Fixed(NamedTuple):
    """Fixed parameters of groups.

    Attributes
    ----------
    values : ndarray of float64, shape (1, n_params) or (n_groups, n_params)
        For all groups, or for each; NaN where a parameter is free.
    places : tuple of int
        Of the parameters that are fixed, in the order in which they were named.
    """

    values: NDArray[np.float64]
    places: tuple[int, ...]

    def of_group(self, place: int) -> dict[int, float]:
        """Return the values by place for the group in this place."""
        row = self.values[place if len(self.values) > 1 else 0].tolist()
        return {j: row[j] for j in self.places}


def check_fixed_of_groups(family: Family, fixed: Mapping[str, ArrayLike] | None, keys: Keys) -> Fixed | None:
    """Return values of fixed parameters, each a number, or an array with one for each group."""
    if fixed is None or (isinstance(fixed, Mapping) and not fixed):
        check_known(family, ())
        return None
    _check_names(family, fixed, "fixed")
    several = [name for name, value in fixed.items() if np.ndim(value) > 0]
    values = np.full((len(keys) if several else 1, len(family.names)), np.nan)
    places = tuple(family.names.index(name) for name in fixed)
    check_known(family, places)
    for place, (name, value) in zip(places, fixed.items(), strict=True):
        parameter = family.parameters[place]
        values[:, place] = (
            _check_array(parameter, value, keys)
            if name in several
            else check_value(parameter, value, "fixed")  # type: ignore[arg-type]
        )
    if not np.isnan(values).any():
        for row in values.tolist():
            check_theta(family, row, "fixed")
    return Fixed(values, places)


def _check_array(parameter: Parameter, values: ArrayLike, keys: Keys) -> NDArray[np.float64]:
    """Return the value of a parameter for each group; raise if one is outside its domain."""
    array = as_numbers(f"fixed[{parameter.name!r}]", values)
    if array.shape != (len(keys),):
        raise ParameterError(
            f"fixed[{parameter.name!r}] has shape {array.shape}, but there are {len(keys)} groups: pass one"
            " value, or one for each group in the order of the keys"
        )
    bad = np.flatnonzero(~(np.isfinite(array) & (array > parameter.low) & (array < parameter.high)))
    if bad.size:
        first = int(bad[0])
        raise ParameterError(
            f"fixed: {parameter.name} must be {parameter.domain}; {bad.size} group(s) have another value,"
            f" the first {keys[first]!r} at index {first}: {array[first]}"
        )
    return array
