"""Whether a formula is a log-density, at the time of its definition."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from thetahat import _formulas
from thetahat._checks import as_number
from thetahat.errors import ParameterError
from thetahat.formulas.derivatives import Derivatives

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thetahat.formulas.graph import Graph, Node

    Array = NDArray[np.float64]

__all__ = ["check_definition", "check_start", "open_ends", "start_values"]

_SIZES = (1.3, 0.8, 2.1)  # of positive parameters, at three thetas
_NEAR = 1e-6  # how near 1 an integral is
_STEP = 2.0**-16  # of differences
_ERROR = 1e-4  # of differences, beside what they are of


class Definition(Protocol):
    """What is checked of a family."""

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def counts(self) -> bool: ...

    domains: dict[str, tuple[float, float]]
    ends: tuple[float, float]
    kind: int
    start: Any
    graph: Graph
    node: Node

    @property
    def powers(self) -> list[int]: ...
    @property
    def compiled(self) -> _formulas.Formula: ...


def check_start(family: Definition, start: Any) -> Any:
    """Return start values, a function that finds them, or None; raise if they are none of these."""
    if start is None or callable(start):
        return start
    start_values(family, start)
    return [dict(start)] if isinstance(start, Mapping) else [dict(one) for one in start]


def start_values(family: Definition, start: Any) -> list[tuple[float, ...]]:
    """Return start values in the order of the parameters; raise if some are outside their domains."""
    several = [start] if isinstance(start, Mapping) else start
    if not isinstance(several, list | tuple) or not several:
        raise ParameterError(f"start must be a dict of values by name, or a list of these, got {start!r}")
    return [_in_order(family, one) for one in several]


def _in_order(family: Definition, start: Any) -> tuple[float, ...]:
    if not isinstance(start, Mapping) or set(start) != set(family.names):
        raise ParameterError(
            f"start must have a value for each of {', '.join(family.names)} by name, got {start!r}"
        )
    for name, (low, high) in family.domains.items():
        value = as_number(start[name])
        if not low < value < high:
            raise ParameterError(f"start: {name} must lie strictly between {low} and {high}, got {value}")
    return tuple(as_number(start[name]) for name in family.names)


def some_thetas(family: Definition) -> list[Array]:
    """Return some parameters inside their domains, start values first."""
    given = start_values(family, family.start) if isinstance(family.start, list) else []
    found = [np.array(theta) for theta in given[:1]]
    for size in _SIZES:
        ends = enumerate(family.domains.values())
        found += [np.array([_inside(low, high, size + 0.1 * j) for j, (low, high) in ends])]
    return found[:3]


def _inside(low: float, high: float, size: float) -> float:
    if low > -math.inf and high < math.inf:
        return low + (high - low) * size / (1 + 2 * size)
    if low == -math.inf and high == math.inf:
        return size - 1
    return low + size if low > -math.inf else high - size


def _some_rows(family: Definition, theta: Array) -> Array:
    """Return some rows inside the support."""
    low, high = family.ends
    powers = family.powers
    widths = [
        v
        for v, k, (least, _) in zip(theta, powers, family.domains.values(), strict=True)
        if k == 1 and least == 0
    ]
    places = [
        v
        for v, k, (least, _) in zip(theta, powers, family.domains.values(), strict=True)
        if k == 1 and least < 0
    ]
    width, place = [*widths, 1.0][0], [*places, 0.0][0]
    if low > -math.inf and high < math.inf:
        rows = low + (high - low) * np.array([0.05, 0.21, 0.43, 0.67, 0.93])
    elif low > -math.inf:
        rows = low + width * np.array([0.06, 0.4, 1.1, 2.6, 5.3])
    elif high < math.inf:
        rows = high - width * np.array([0.06, 0.4, 1.1, 2.6, 5.3])
    else:
        rows = place + width * np.array([-2.71, -0.83, 0.377, 1.19, 3.43])
    if not family.counts:
        return rows
    first = low if low > -math.inf else 0.0
    return first + np.arange(min(5.0, high - first + 1))


def check_definition(family: Definition, log_density: Callable[..., Any]) -> None:
    """Raise unless the formula is a log-density of all its parameters, with the derivatives of it."""
    where = _place_of(log_density)
    derivatives = Derivatives(family.graph)
    for name, node in zip(family.names, family.graph.parameters, strict=True):
        if derivatives.of(family.node, node) is family.graph.zero:
            raise ParameterError(f"log_density does not depend on the parameter {name}{where}")
    if not family.node.row:
        raise ParameterError(f"log_density does not depend on x{where}")
    for theta in some_thetas(family):
        _check_values(family, theta, where)
        _check_derivatives(family, theta, where)
        if family.kind == _formulas.DENSITY:
            _check_integral(family, theta, where)
        else:
            _check_normalization(family, theta, where)


def _place_of(function: Callable[..., Any]) -> str:
    code = getattr(function, "__code__", None)
    return "" if code is None else f" (line {code.co_firstlineno} of {code.co_filename})"


def _named(family: Definition, theta: Array) -> str:
    return ", ".join(f"{name} = {value:.6g}" for name, value in zip(family.names, theta, strict=True))


def _check_values(family: Definition, theta: Array, where: str) -> None:
    """Raise where the log-density of a row is NaN or infinite, or of all rows -inf."""
    rows = _some_rows(family, theta)
    values = family.compiled.values(theta, rows)[0]
    bad = np.flatnonzero(np.isnan(values) | (values == np.inf))
    if bad.size or not np.isfinite(values).any():
        at = int(bad[0]) if bad.size else 0
        raise ParameterError(
            f"log_density is {values[at]:g} at x = {rows[at]:.6g}, {_named(family, theta)}{where}: the"
            " density must be a positive number there, or 0 at some rows; where it holds at other parameters"
            " alone,"
            " pass params= with their domains, or start= with such parameters"
        )


def _moved(family: Definition, theta: Array) -> Iterator[tuple[int, Array, Array, float]]:
    """Yield the place of each parameter, theta with it a bit less and a bit more, and by how much."""
    for j, (low, high) in enumerate(family.domains.values()):
        step = _STEP * max(1.0, abs(theta[j]))
        step = min(step, (theta[j] - low) / 8, (high - theta[j]) / 8)
        less, more = theta.copy(), theta.copy()
        less[j] -= step
        more[j] += step
        yield j, less, more, more[j] - less[j]


def _check_derivatives(family: Definition, theta: Array, where: str) -> None:
    """Raise where derivatives are not the limits of differences."""
    rows, p = _some_rows(family, theta), len(family.names)
    here = family.compiled.values(theta, rows)
    for j, less, more, width in _moved(family, theta):
        with np.errstate(all="ignore"):
            below, above = family.compiled.values(less, rows), family.compiled.values(more, rows)
            slopes = (above - below) / width
        wanted = [here[1 + j], *(here[1 + p + _pair(i, j)] for i in range(p))]
        for order, (slope, value) in enumerate(zip(slopes[: 1 + p], wanted, strict=True)):
            size = np.abs(here[order]) + np.abs(value) + 1
            wrong = ~(np.abs(slope - value) <= _ERROR * size) & np.isfinite(here[0])
            if wrong.any():
                at = int(np.argmax(wrong))
                what = "first" if order == 0 else "second"
                raise ParameterError(
                    f"the {what} derivative of log_density with respect to {family.names[j]} is"
                    f" {value[at]:.6g} at x = {rows[at]:.6g}, {_named(family, theta)}, but differences of it"
                    f" are {slope[at]:.6g}{where}: the formula must have two derivatives there"
                )


def _pair(i: int, j: int) -> int:
    """Return the place of a second derivative."""
    i, j = max(i, j), min(i, j)
    return i * (i + 1) // 2 + j


def _check_integral(family: Definition, theta: Array, where: str) -> None:
    """Raise unless the density integrates to 1, whatever the parameters."""
    found = family.compiled.integral(theta)
    what = "sum over the support" if family.counts else "integral"
    if np.isnan(found[0]):
        raise ParameterError(
            f"the {what} of the density is not finite, or was not found, at {_named(family, theta)}{where}"
        )
    if abs(found[0]) > _NEAR:
        raise ParameterError(
            f"the {what} of the density is {math.exp(-found[0]):.9g} and not 1 at {_named(family, theta)}"
            f"{where}: pass normalized=False to divide by it, or a support= that holds all of it"
        )
    p, sizes = len(family.names), _score_sizes(family, theta)
    for j, name in enumerate(family.names):
        second = found[1 + p + _pair(j, j)]
        if abs(found[1 + j]) > 1e-5 * (1 + sizes[j]) or abs(second) > 1e-4 * (1 + sizes[j] ** 2):
            raise _moves(name, where)


def _moves(name: str, where: str) -> ParameterError:
    return ParameterError(
        f"log_density has a jump or a kink that moves with {name}, or a support that does{where}: its"
        " likelihood has terms that derivatives of the formula do not have; write the value of such a"
        " parameter into the formula"
    )


def _score_sizes(family: Definition, theta: Array) -> Array:
    values = family.compiled.values(theta, _some_rows(family, theta))
    return np.array([np.nanmax(np.abs(row[np.isfinite(row)]), initial=0.0) for row in values[1:]])


def _check_normalization(family: Definition, theta: Array, where: str) -> None:
    """Raise unless the integral is found, and its derivatives are those of differences."""
    found, p = family.compiled.integral(theta), len(family.names)
    if np.isnan(found[0]):
        raise ParameterError(
            f"the integral of exp(log_density) over the support was not found, or is infinite, at"
            f" {_named(family, theta)}{where}: pass support= or the domains in params= so that it is finite"
        )
    for j, less, more, width in _moved(family, theta):
        below, above = family.compiled.integral(less), family.compiled.integral(more)
        slopes = (above - below) / width
        second = found[1 + p + _pair(j, j)]
        if not (
            abs(slopes[0] - found[1 + j]) <= _ERROR * (1 + abs(found[1 + j]))
            and abs(slopes[1 + j] - second) <= 10 * _ERROR * (1 + abs(second) + abs(found[1 + j]))
        ):
            raise _moves(family.names[j], where)


def open_ends(family: Definition, compiled: _formulas.Formula) -> tuple[bool, bool]:
    """Return whether the ends of the support are outside: where the density at them is not finite."""
    opened = []
    for end in family.ends:
        finite = math.isfinite(end)
        opened.append(
            finite
            and not family.counts
            and any(
                not math.isfinite(compiled.values(theta, np.array([end]))[0, 0])
                for theta in some_thetas(family)
            )
        )
    return opened[0], opened[1]
