"""The kinds of mistakes that can be planted in what a fit says, so that tests must notice each of them.

A reference module names those of its family in `MISTAKES`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

__all__ = ["Errors", "Estimates", "FewRows", "Information", "Mistake", "Rows", "Score"]

Theta = Sequence[float]


class Rows(Protocol):
    """A sample as an estimator by moments or quantiles sees it."""

    @property
    def n(self) -> int:
        """How many rows there are."""

    @property
    def mean(self) -> float:
        """The mean of the rows."""

    @property
    def sd(self) -> float:
        """Their standard deviation, divisor n."""

    @property
    def resultant(self) -> float:
        """The length of the mean of (cos x, sin x)."""

    @property
    def logs(self) -> Rows:
        """The logarithms of the rows."""

    def quantile(self, p: float) -> float:
        """Return the value below which a share p of the rows lies, interpolated."""


class Estimates(NamedTuple):
    """Other estimates, from the rows and the right ones; standard errors stay as they are."""

    of: Callable[[Rows, Theta], Theta]


class Errors(NamedTuple):
    """Standard errors multiplied by factors that depend on the estimates."""

    by: Callable[[Theta], Sequence[float]]


class Score(NamedTuple):
    """A score at the true parameters of n rows that is off by these terms."""

    plus: Callable[[Theta, int], Sequence[float]]


class Information(NamedTuple):
    """An information matrix whose entries are multiplied by these factors."""

    by: Sequence[Sequence[float]]


class FewRows(NamedTuple):
    """Estimates, from the right ones and n, that only samples of a few rows tell from them."""

    of: Callable[[Theta, int], Theta]


Mistake = Estimates | Errors | Score | Information | FewRows
