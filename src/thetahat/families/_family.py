"""What a family's Python file says: names, support, and the words for what can go wrong."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from thetahat import _kernels
from thetahat.pilot import Pilot

__all__ = ["Family", "Parameter"]

_BOUNDS = {_kernels.POSITIVE: (0.0,), _kernels.UNIT: (0.0, 1.0)}


@dataclass(frozen=True)
class Parameter:
    """A parameter: its textbook name, and the bounds that it lies strictly between."""

    name: str
    low: float = -math.inf
    high: float = math.inf

    @property
    def domain(self) -> str:
        """The domain in words."""
        if self.high < math.inf:
            return f"strictly between {self.low:g} and {self.high:g}"
        return "positive and finite" if self.low == 0 else "finite"

    @property
    def _positive(self) -> bool:
        return self.low == 0 and self.high == math.inf

    def free(self, value: float) -> float:
        """Return its free coordinate: log of a positive one, log(p / (1 - p)) of one between 0 and 1."""
        if self._positive:
            return _kernels.log(value)
        return _kernels.log(value / (1 - value)) if self.high < math.inf else value

    def slope(self, value: float) -> float:
        """Return its derivative by its free coordinate."""
        if self._positive:
            return value
        return value * (1 - value) if self.high < math.inf else 1.0

    def moved(self, value: float, step: float) -> float:
        """Return where a step of its free coordinate leads."""
        if self._positive:
            return value * _kernels.exp(step)
        return value / (value + (1 - value) * _kernels.exp(-step)) if self.high < math.inf else value + step


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
    start : callable
        Rough parameter values from some of the rows; None where these rows show no maximum.
    scipy : callable
        From the parameters, the name that `scipy.stats` has for the family, and its parameters there.
    counts : bool
        Whether rows are integers, and their densities probabilities.
    """

    name: str
    names: tuple[str, ...]
    exists: str
    start: Callable[[Pilot], tuple[float, ...] | None]
    scipy: Callable[..., tuple[str, dict[str, float]]]
    support: str = "all finite numbers"
    counts: bool = False

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters in the order of ``theta``."""
        domains = _kernels.domains[_kernels.families.index(self.name)]
        return tuple(
            Parameter(name, *_BOUNDS.get(domain, ()))
            for name, domain in zip(self.names, domains, strict=True)
        )

    @property
    def signature(self) -> str:
        """The family as a formula, such as ``normal(mu, sigma)``."""
        return f"{self.name}({', '.join(self.names)})"
