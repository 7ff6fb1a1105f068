"""What a family's Python file says: names, support, and the words for what can go wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from thetahat import _kernels
from thetahat.pilot import Pilot

__all__ = ["Family", "Parameter", "Theta", "ratio_quantile"]

Theta = tuple[float, ...]

_BOUNDS = {_kernels.POSITIVE: (0.0,), _kernels.UNIT: (0.0, 1.0), _kernels.ABOVE_MINUS_ONE: (-1.0,)}


@dataclass(frozen=True)
class Parameter:
    """A parameter: its textbook name, how the likelihood peaks in it, and what it lies strictly between."""

    name: str
    peak: int = _kernels.SMOOTH
    low: float = -math.inf
    high: float = math.inf

    @property
    def domain(self) -> str:
        """The domain in words."""
        if self.high < math.inf:
            return f"strictly between {self.low:g} and {self.high:g}"
        if self.low > -math.inf:
            return "positive and finite" if self.low == 0 else f"above {self.low:g} and finite"
        return "finite"

    @property
    def transformed(self) -> bool:
        """Whether its free coordinate, which runs from -inf to inf, is another than the parameter itself."""
        return self.low == 0

    def free(self, value: float) -> float:
        """Return its free coordinate: log of a positive one, log(p / (1 - p)) of one between 0 and 1."""
        if not self.transformed:
            return value
        return _kernels.log(value if self.high == math.inf else value / (1 - value))

    def slope(self, value: float) -> float:
        """Return its derivative by its free coordinate."""
        if not self.transformed:
            return 1.0
        return value if self.high == math.inf else value * (1 - value)

    def moved(self, value: float, step: float) -> float:
        """Return where a step of its free coordinate leads."""
        if not self.transformed:
            return value + step
        if self.high == math.inf:
            return value * _kernels.exp(step)
        return value / (value + (1 - value) * _kernels.exp(-step))


@dataclass(frozen=True)
class Family:
    """A family of distributions.

    Attributes
    ----------
    name : str
        The name users pass.
    names : tuple of str
        The parameters' textbook names, in the order of ``theta``.
    support : str
        Where the density is positive, in words.
    exists : str
        The condition under which the likelihood of a sample has a maximum.
    limit : str, optional
        Where the likelihood rises to otherwise, and the law there.
    scipy : callable
        From the parameters, the name that `scipy.stats` has for the family, and its parameters there.
    start : callable, optional
        Rough parameter values from some of the rows; None where these rows show no maximum. A family whose
        maximum lies at an edge in every parameter needs none: it is solved for, whatever is fixed.
    counts : bool
        Whether rows are integers, and their densities probabilities.
    circular : bool
        Whether rows are angles, and the density integrates to 1 over one turn.
    edge_limits : callable, optional
        From theta, n, the level and the places of parameters that are fixed: by place, the confidence limits
        of the parameters whose maximum lies at an edge.
    lack : callable, optional
        What rows lack for a maximum with no parameter fixed, in figures; None where they lack nothing.
    """

    name: str
    names: tuple[str, ...]
    exists: str
    scipy: Callable[..., tuple[str, dict[str, float]]]
    limit: str = ""
    start: Callable[[Pilot], Theta | None] | None = None
    support: str = "all finite numbers"
    counts: bool = False
    circular: bool = False
    edge_limits: Callable[[Theta, float, float, Sequence[int]], dict[int, tuple[float, float]]] | None = None
    lack: Callable[[Pilot], str | None] | None = None

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters in the order of ``theta``."""
        index = _kernels.families.index(self.name)
        return tuple(
            Parameter(name, peak, *_BOUNDS.get(domain, ()))
            for name, peak, domain in zip(
                self.names, _kernels.peaks[index], _kernels.domains[index], strict=True
            )
        )

    @property
    def condition(self) -> str:
        """What a maximum takes, and where the likelihood rises to otherwise."""
        return f"{self.exists}; otherwise it rises to {self.limit}" if self.limit else self.exists

    @property
    def smooth(self) -> bool:
        """Whether the score is zero at the maximum, in every parameter."""
        return all(parameter.peak == _kernels.SMOOTH for parameter in self.parameters)

    @property
    def has_edge(self) -> bool:
        """Whether the maximum lies where the support ends, in some parameter."""
        return any(parameter.peak == _kernels.EDGE for parameter in self.parameters)

    @property
    def signature(self) -> str:
        """The family as a formula, such as ``normal(mu, sigma)``."""
        return f"{self.name}({', '.join(self.names)})"


def ratio_quantile(level: float, power: float) -> float:
    """Return the t with P(T <= t) = level, where P(T > t) = (1 + t)**-power."""
    if power <= 0:
        return math.inf
    (t,) = _kernels.apply("expm1", np.array([-_kernels.log(1 - level) / power]))
    return float(t)
