"""Maxima of which a part does not count: the weight of a part of a mixture is 0, or two parts are one."""

from __future__ import annotations

from thetahat.errors import NoMaximumError
from thetahat.families import Family
from thetahat.solvers._method import Theta

__all__ = ["degenerate_error"]


def degenerate_error(
    family: Family, theta: Theta, n: float, rows: int, *, converged: bool = False
) -> NoMaximumError | None:
    """Return the error that names what is degenerate at theta; None if all parts count."""
    reason = family.degeneracy(theta, n, converged) if family.labelled else ""
    if not reason:
        return None
    at = dict(zip(family.names, theta, strict=True))
    return NoMaximumError(
        f"no maximum of the {family.name} likelihood of these {rows} row(s) was found inside the domains:"
        f" {reason}, at {at}; fit a family with fewer parts, or pass start= with other parameters, or fixed="
    )
