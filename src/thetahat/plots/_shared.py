"""What the panels share: colours, labels, and the distribution of order statistics."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._fitted import Fitted
from thetahat.families import Family

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = [
    "BAND",
    "CURVE",
    "FEW",
    "MAXIMUM",
    "POINTS",
    "SHADE",
    "TRUTH",
    "beta_band",
    "circle_or_name",
    "described",
    "dots",
    "family_of",
    "few_of",
    "legible",
    "maximum_beside",
    "number_of",
    "plain",
    "support_of",
    "symbol",
]

_LONG_LABEL = 76  # characters of a line of a legend
FEW = 200  # rows that are drawn one by one
POINTS = 2000  # of a path, or of order statistics

BAND = "95 % of samples, at each point"
SHADE: dict[str, Any] = {"color": "#d55e00", "alpha": 0.2, "linewidth": 0}
CURVE: dict[str, Any] = {"color": "#d55e00", "linewidth": 2}
TRUTH: dict[str, Any] = {"color": "#d55e00", "linewidth": 1}
MAXIMUM = "#009e73"

_GREEK = frozenset(("alpha", "beta", "gamma", "kappa", "lambda", "mu", "nu", "sigma", "tau", "theta", "xi"))


def family_of(fitted: Fitted) -> Family:
    return fitted._family


def support_of(fitted: Fitted, low: float, high: float) -> tuple[float, float]:
    """Return 0 and 1 where rows end there, since densities are zero beyond; else infinity."""
    below, above = np.isneginf(fitted.logpdf([-1e-300, 1 + 2.0**-52])).tolist()
    return 0.0 if below and low >= 0 else -math.inf, 1.0 if above and high <= 1 else math.inf


def symbol(name: str) -> str:
    letter, _, index = name.partition("_")
    if letter not in _GREEK or (index and not index.isdecimal()):
        return name
    return rf"$\{letter}_{{{index}}}$" if index else rf"$\{letter}$"


def plain(name: str) -> str:
    return name.replace("$", r"\$")


def circle_or_name(fitted: Fitted, name: str) -> str:
    """Return what the values are, for an axis: of angles with their unit."""
    return f"{plain(name)} (radians)" if family_of(fitted).circular else plain(name)


def legible(value: float, digits: int) -> str:
    """Return a number with so many digits, and the minus sign that the numbers of axes have."""
    return f"{value:.{digits}g}".replace("-", "\N{MINUS SIGN}")


def number_of(count: int, what: str) -> str:
    """Return how many there are of what, which takes an s in the plural."""
    return f"{count:,} {what}" + "s" * (count != 1)


def described(fitted: Fitted) -> str:
    """Return the family and its parameters, for a legend: with a digit more than standard errors leave."""
    estimates = []
    for (key, value), error in zip(fitted.params.items(), fitted.stderr, strict=True):
        known = math.log10(abs(value) / error) if value and 0 < error < math.inf else 0
        estimates.append(f"{symbol(key)} = {legible(value, min(max(5, math.ceil(known) + 1), 15))}")
    lines = [f"{fitted.family}:"]
    for estimate in estimates:  # labels of many parameters would be wider than the figure
        separator = " " if len(lines[-1]) + len(estimate) < _LONG_LABEL else "\n"
        lines[-1:] = (lines[-1] + separator + estimate + ",").split("\n")
    return "\n".join(lines).removesuffix(",")


def dots(number: int) -> dict[str, Any]:
    return {"linestyle": "", "marker": "o", "color": "#0072b2", "markersize": 4 if number <= FEW else 2}


def beta_band(rank: NDArray[np.int64], n: int) -> Array:
    """Return the probabilities between which 95 % of the rows of these ranks lie: of beta distributions."""
    from scipy.stats import beta

    band: Array = beta.ppf([[0.025], [0.975]], rank, n + 1 - rank)
    return band


def few_of(size: int, wanted: int = POINTS) -> NDArray[np.int64]:
    """Return the places of so many steps of a path, both ends among them, more finely towards its start."""
    if size <= wanted:
        return np.arange(size)
    return np.unique(np.rint(np.geomspace(1, size, wanted)).astype(np.int64) - 1)


def maximum_beside(fitted: Fitted, exact: Fitted) -> Array:
    """Return the maximum; of angles, on the turn where the path to it ends."""
    theta = exact.theta.copy()
    if family_of(fitted).circular:
        theta[0] += 2 * np.pi * np.rint((fitted.theta[0] - theta[0]) / (2 * np.pi))
    return theta
