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
    circular : bool
        Whether rows are angles, and the density integrates to 1 over one turn.
    """

    name: str
    names: tuple[str, ...]
    exists: str
    start: Callable[[Pilot], tuple[float, ...] | None]
    scipy: Callable[..., tuple[str, dict[str, float]]]
    support: str = "all finite numbers"
    counts: bool = False
    circular: bool = False

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
