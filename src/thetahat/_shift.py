"""Sums taken at one theta, at others near by."""

from __future__ import annotations

import math

from thetahat._sums import Sums
from thetahat.errors import ParameterError
from thetahat.families import Family

__all__ = ["is_exact", "shift"]

Theta = tuple[float, ...]


def is_exact(error: float, sums: Sums) -> bool:
    """Say whether a maximum by shifted sums is that of the rows.

    Off by a millionth of a standard error at most, as any that has converged, and in short samples by less.
    """
    return error <= min(1e-10, 1e-6 / math.sqrt(sums.n))


def shift(family: Family, sums: Sums, at: Theta, theta: Theta, *, roughly: bool = False) -> Sums:
    """Return the sums at theta, from those at another; raise if it is too far away.

    Roughly: not yet exact, but near enough for the next step of an iteration.
    """
    if theta == at:
        return sums
    there, error = sums.shifted(at, theta)
    if there is None or not (roughly or is_exact(error, sums)):
        raise ParameterError(
            f"at: theta has moved too far from where these {family.name} sums were taken,"
            f" {_named(family, at)}: the terms that they lack change the result by {error:.0e} of a row's"
            f" score; summarize the rows again with at={_named(family, _on_the_way(sums, at, theta))}"
        )
    return there


def _on_the_way(sums: Sums, at: Theta, theta: Theta) -> Theta:
    """Return theta, or the first of the points half way back to `at` where sums still say something."""
    while theta != at and not sums.shifted(at, theta)[1] <= 1e-4:
        theta = tuple(0.5 * (a + b) for a, b in zip(at, theta, strict=True))
    return theta


def _named(family: Family, theta: Theta) -> dict[str, float]:
    return dict(zip(family.names, theta, strict=True))
