"""Uniform(low, high) on low <= x <= high; scipy's ``uniform(loc=low, scale=high - low)``, R's ``dunif``.

The maximum is the least and the greatest row. There the support ends and the score has no root, so gradient
methods decline. Each end of the truth lies outside the sample by an exponential law of mean
(high - low) / n: this is the standard error, and intervals are one-sided.
"""

from thetahat.families._family import Family

__all__ = ["family"]


family = Family(
    name="uniform",
    names=("low", "high"),
    exists="at least two rows, not all equal, and none beyond an end that is fixed",
    scipy=lambda low, high: ("uniform", {"loc": low, "scale": high - low}),
)
