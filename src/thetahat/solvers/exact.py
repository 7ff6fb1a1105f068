"""The best exact route: for families with sufficient statistics, one pass and a closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from thetahat.errors import NoMaximumError
from thetahat.families import get_family
from thetahat.solvers._method import Method, Outcome, Task

__all__ = ["Exact"]


@dataclass(frozen=True)
class Exact(Method):
    """The maximum itself, to machine precision; the default."""

    name: ClassVar[str] = "exact"
    iterates: ClassVar[bool] = False

    def __str__(self) -> str:
        return "in closed form"

    def run(self, task: Task) -> Outcome:
        """Return the closed form; raise `NoMaximumError` where there is none."""
        theta = task.sums.maximum()
        if theta is None:
            raise NoMaximumError(_no_maximum(task))
        return Outcome(theta, 0, False, None)


def _no_maximum(task: Task) -> str:
    family, n = get_family(task.family), task.sums.n
    found = "x has one row" if n == 1 else f"all {n} rows are equal"
    return f"the {family.name} likelihood has no maximum: {found}, and it takes {family.exists}"
