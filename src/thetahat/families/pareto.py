"""Pareto(shape, minimum) on x >= minimum > 0; scipy's ``pareto(b=shape, scale=minimum)``.

Pareto's first kind, P(X > x) = (minimum / x)**shape; R's ``VGAM::dpareto(scale=minimum, shape)``. The maximum
is in closed form: minimum is the least row, 1 / shape the mean of log(x / minimum). The score in the minimum
has no root, since the support ends there, so gradient methods decline. The true minimum lies below the least
row by an exponential law of mean minimum / (n shape): this is its standard error, and its interval is
one-sided.
"""

from thetahat.families._family import Family

__all__ = ["family"]


family = Family(
    name="pareto",
    names=("shape", "minimum"),
    support="x > 0",
    exists="at least two rows, not all equal, and none below a minimum that is fixed",
    scipy=lambda shape, minimum: ("pareto", {"b": shape, "scale": minimum}),
)
