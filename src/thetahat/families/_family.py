"""What a family's Python file says: names, domains, and the words for what can go wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from thetahat._kernels import Sums

__all__ = ["Family", "Parameter"]


@dataclass(frozen=True)
class Parameter:
    """A parameter: its textbook name, and whether only positive values are allowed."""

    name: str
    positive: bool = False

    @property
    def domain(self) -> str:
        """The domain in words."""
        return "positive and finite" if self.positive else "finite"


@dataclass(frozen=True)
class Family:
    """A family of distributions.

    Attributes
    ----------
    name : str
        The name users pass.
    parameters : tuple of Parameter
        In the order of ``theta``.
    exists : str
        The condition under which the likelihood of a sample has a maximum.
    start : callable
        Rough parameter values from the sums of the first rows, for methods that need a start.
    """

    name: str
    parameters: tuple[Parameter, ...]
    exists: str
    start: Callable[[Sums], tuple[float, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters' names."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def signature(self) -> str:
        """The family as a formula, such as ``normal(mu, sigma)``."""
        return f"{self.name}({', '.join(self.names)})"
