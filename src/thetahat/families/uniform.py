"""Uniform(low, high) on low <= x <= high; scipy's ``uniform(loc=low, scale=high - low)``, R's ``dunif``.

The maximum is the least and the greatest row. There the support ends and the score has no root, so gradient
methods are refused. The distance of a true end from the sample is exponential with mean (high - low) / n:
this is the standard error, and intervals are one-sided. They are exact: with R the range of n rows, P(lowest
row - low > t R) = (1 + t)**(1 - n), and the same above; with the other end known, (1 + t)**-n.
"""

from collections.abc import Sequence

from thetahat.families._family import Family, Number, ratio_quantile

__all__ = ["family"]


def boundary_limits(
    theta: Sequence[Number], n: Number, level: float, fixed: Sequence[int]
) -> dict[int, tuple[Number, Number]]:
    """Return the intervals of the ends."""
    low, high = theta
    beyond = ratio_quantile(level, n if fixed else n - 1) * (high - low)
    return {0: (low - beyond, low), 1: (high, high + beyond)}


family = Family(
    name="uniform",
    names=("low", "high"),
    existence="at least two rows, not all equal, and none beyond an end that is fixed",
    limiting_family="low = high, a single point",
    boundary_limits=boundary_limits,
    elsewhere=(
        "R's unif(min=low, max=high)",
        "SciPy's loguniform(a=exp(low), b=exp(high)) with x replaced by log(x)",
        "SciPy's reciprocal(a=exp(low), b=exp(high)) with x replaced by log(x)",
    ),
    scipy=lambda low, high: ("uniform", {"loc": low, "scale": high - low}),
)
