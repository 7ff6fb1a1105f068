"""Whether a formula is a log-density, at the time of its definition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from thetahat._checks import as_number
from thetahat.errors import ParameterError

if TYPE_CHECKING:
    from thetahat.families._formula import FormulaFamily

__all__ = ["check_definition", "check_start", "start_values"]


def check_start(family: FormulaFamily, start: Any) -> Any:
    """Return start values, a function that finds them, or None; raise if they are none of these."""
    if start is None or callable(start):
        return start
    start_values(family, start)
    return [dict(start)] if isinstance(start, Mapping) else [dict(one) for one in start]


def start_values(family: FormulaFamily, start: Any) -> list[tuple[float, ...]]:
    """Return start values in the order of the parameters; raise if some are outside their domains."""
    several = [start] if isinstance(start, Mapping) else list(start)
    return [_in_order(family, one) for one in several]


def _in_order(family: FormulaFamily, start: Any) -> tuple[float, ...]:
    if not isinstance(start, Mapping) or set(start) != set(family.names):
        raise ParameterError(
            f"start must have a value for each of {', '.join(family.names)} by name, got {start!r}"
        )
    for name, (low, high) in family.domains.items():
        value = as_number(start[name])
        if not low < value < high:
            raise ParameterError(f"start: {name} must lie strictly between {low} and {high}, got {value}")
    return tuple(as_number(start[name]) for name in family.names)


def check_definition(family: FormulaFamily, log_density: Callable[..., Any]) -> None:
    """Raise unless the formula is a log-density of all its parameters."""
