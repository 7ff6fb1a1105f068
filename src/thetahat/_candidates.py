"""The families of a comparison, and how they are printed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from thetahat._records import to_json
from thetahat._report import counted
from thetahat.families import Family
from thetahat.result import Fit

__all__ = [
    "CRITERIA",
    "TITLES",
    "Candidate",
    "Criterion",
    "cells_of",
    "heading",
    "notes",
    "numbers_of",
    "table",
]

Criterion = Literal["aic", "aicc", "bic"]
CRITERIA = get_args(Criterion)
TITLES = {
    name: ("k", "log-likelihood", title, "delta", "weight", "AIC" if name == "bic" else "BIC")
    for name, title in zip(CRITERIA, ("AIC", "AICc", "BIC"), strict=True)
}
_WIDE = 1e12  # from here on numbers in the table lose their decimals


@dataclass(frozen=True)
class Candidate:
    """A family in a comparison, with its fit or the reason why it could not be fitted.

    Attributes
    ----------
    family : str
        Name of the family.
    fit : Fit or None
        The fit.
    reason : str or None
        Why there is no fit.
    delta_aic : float or None
        AIC above that of the best family.
    weight : float or None
        ``exp(-delta / 2)``, divided by the sum of those of all families: Akaike's weight, if the criterion of
        the comparison is AIC.
    delta : float or None
        The criterion of the comparison above that of the best family.
    """

    family: str
    fit: Fit | None = None
    reason: str | None = None
    delta_aic: float | None = None
    weight: float | None = None
    delta: float | None = None
    _parameters: int = field(default=0, repr=False)

    @classmethod
    def without_fit(cls, family: Family, error: Exception) -> Candidate:
        """Return a family that could not be fitted, because of this error."""
        return cls(family.name, reason=str(error), _parameters=len(family.names))

    @property
    def parameters(self) -> int:
        """Number of fitted parameters."""
        return self._parameters if self.fit is None else len(self.fit.theta)

    def to_dict(self) -> dict[str, Any]:
        """Return the candidate as numbers, strings, lists and dicts, for strict JSON."""
        return {
            "family": self.family,
            "parameters": self.parameters,
            "delta": None if self.delta is None else to_json(self.delta),
            "delta_aic": None if self.delta_aic is None else to_json(self.delta_aic),
            "weight": self.weight,
            "fit": None if self.fit is None else self.fit.to_dict(),
            "reason": self.reason,
        }


def numbers_of(candidate: Candidate) -> list[Any]:
    """Return the numbers of a candidate in the order of the columns; NaN without a fit."""
    fit = candidate.fit
    if fit is None:
        return [candidate.parameters, *[math.nan] * 6, candidate.reason]
    criteria = (fit.log_likelihood, fit.aic, fit.aicc, fit.bic, candidate.delta, candidate.weight)
    return [candidate.parameters, *criteria, fit.status]


def heading(candidates: Sequence[Candidate]) -> str:
    """Return how many families were fitted to how many rows."""
    fits = [each.fit for each in candidates if each.fit]
    if not fits:
        return "no family could be fitted"
    fit = fits[0]
    weight = f" of weight {fit.n:.10g}" if fit.n != fit.rows else ""
    known = "" if fit.kinds is None else f" ({fit.kinds})"
    left_out = f"; {counted(fit.omitted)} left out" if fit.omitted else ""
    several = "ies" if len(fits) > 1 else "y"
    return f"{len(fits)} famil{several}, fitted to {counted(fit.rows)}{known}{weight}{left_out}"


def notes(candidates: Sequence[Candidate], outside: Sequence[str], note: str) -> list[str]:
    """Return which families were not fitted, and why."""
    lines = [f"{left.family} not fitted: {left.reason}" for left in candidates if left.fit is None]
    lines += [f"rows are outside the support of {', '.join(outside)}"] if outside else []
    return [*lines, note] if note else lines


def table(candidates: Sequence[Candidate], criterion: Criterion) -> list[str]:
    """Return the families with their criteria, k their numbers of parameters."""
    cells = [("", *TITLES[criterion]), *cells_of(candidates, criterion)]
    first, *others = (max(map(len, column)) for column in zip(*cells, strict=True))
    return [
        f"{name:{first}}" + "".join(f"   {cell:>{wide}}" for cell, wide in zip(row, others, strict=True))
        for name, *row in cells
    ]


def cells_of(candidates: Sequence[Candidate], criterion: Criterion) -> list[tuple[str, ...]]:
    """Return the cells of the table under its titles: those of each family that was fitted."""
    other = "aic" if criterion == "bic" else "bic"
    return [
        (
            row.family,
            str(row.parameters),
            *map(
                _number,
                (
                    row.fit.log_likelihood,
                    getattr(row.fit, criterion),
                    row.delta,
                    row.weight,
                    getattr(row.fit, other),
                ),
            ),
        )
        for row in candidates
        if row.fit is not None
    ]


def _number(value: Any) -> str:
    return f"{value:.3f}" if abs(value) < _WIDE else f"{value:.10g}"
