"""What the Python module of a family defines: names, support, start values, and the conditions of errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from thetahat import _kernels
from thetahat.pilot import Pilot

__all__ = ["BOUNDARY", "NONSMOOTH", "REGULAR", "Family", "Limits", "Parameter", "Theta", "ratio_quantile"]

# The regularity of the likelihood in a parameter: at the maximum the score is zero; or it jumps over zero, as
# at a median; or it is not zero, since the support ends there.
REGULAR, NONSMOOTH, BOUNDARY = _kernels.SMOOTH, _kernels.KINK, _kernels.EDGE

Theta = tuple[float, ...]
Limits = dict[int, tuple[float, float]]

_BOUNDS = {_kernels.POSITIVE: (0.0,), _kernels.UNIT: (0.0, 1.0), _kernels.ABOVE_MINUS_ONE: (-1.0,)}


@dataclass(frozen=True)
class Parameter:
    """A parameter: its textbook name, the regularity of the likelihood in it, and its open domain."""

    name: str
    regularity: int = REGULAR
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
        """Whether its free coordinate, which is unbounded, differs from the parameter itself."""
        return self.low == 0

    def free(self, value: float) -> float:
        """Return the free coordinate: the logarithm if positive, log(p / (1 - p)) if between 0 and 1."""
        if not self.transformed:
            return value
        return _kernels.log(value if self.high == math.inf else value / (1 - value))

    def slope(self, value: float) -> float:
        """Return the derivative of the parameter with respect to its free coordinate."""
        if not self.transformed:
            return 1.0
        return value if self.high == math.inf else value * (1 - value)

    def moved(self, value: float, step: float) -> float:
        """Return the parameter after a step in its free coordinate."""
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
    existence : str
        The condition under which the likelihood of a sample has a maximum.
    limiting_family : str, optional
        The parameters and the distribution that the likelihood increases towards if there is no maximum.
    scipy : callable
        From the parameters, the family's name in `scipy.stats`, and its parameters there.
    start : callable, optional
        Start values from some of the rows; None if these rows have no maximum. A family whose maximum lies on
        the boundary in every parameter needs none: it has a closed form, whatever is fixed.
    counts : bool
        Whether rows are integers, and their densities probabilities.
    circular : bool
        Whether rows are angles, and the density integrates to 1 over one turn.
    boundary_limits : callable, optional
        From theta, n, the level and the places of fixed parameters: by place, the confidence limits of the
        parameters whose maximum lies on the boundary of the support.
    missing_condition : callable, optional
        The condition that rows violate, in figures, with no parameter fixed; None if they have a maximum.
    """

    name: str
    names: tuple[str, ...]
    existence: str
    scipy: Callable[..., tuple[str, dict[str, float]]]
    limiting_family: str = ""
    start: Callable[[Pilot], Theta | None] | None = None
    support: str = "all finite numbers"
    counts: bool = False
    circular: bool = False
    boundary_limits: Callable[[Theta, float, float, Sequence[int]], dict[int, tuple[float, float]]] | None = (
        None
    )
    missing_condition: Callable[[Pilot], str | None] | None = None

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters in the order of ``theta``."""
        index = _kernels.families.index(self.name)
        return tuple(
            Parameter(name, regularity, *_BOUNDS.get(domain, ()))
            for name, regularity, domain in zip(
                self.names, _kernels.peaks[index], _kernels.domains[index], strict=True
            )
        )

    @property
    def condition(self) -> str:
        """The condition of a maximum, and what the likelihood increases towards otherwise."""
        return (
            f"{self.existence}; otherwise the likelihood increases towards {self.limiting_family}"
            if self.limiting_family
            else self.existence
        )

    @cached_property
    def regular(self) -> bool:
        """Whether the score is zero at the maximum, in every parameter."""
        return all(parameter.regularity == REGULAR for parameter in self.parameters)

    @cached_property
    def has_boundary(self) -> bool:
        """Whether the maximum lies on the boundary of the support, in some parameter."""
        return any(parameter.regularity == BOUNDARY for parameter in self.parameters)

    @cached_property
    def nonsmooth(self) -> bool:
        """Whether the score jumps over zero at the maximum, in some parameter."""
        return any(parameter.regularity == NONSMOOTH for parameter in self.parameters)

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
