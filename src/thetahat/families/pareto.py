"""Pareto(shape, minimum) on x >= minimum > 0; scipy's ``pareto(b=shape, scale=minimum)``.

Pareto's first kind, P(X > x) = (minimum / x)**shape; R's ``VGAM::dpareto(scale=minimum, shape)``. The maximum
is in closed form: minimum is the least row, 1 / shape the mean of log(x / minimum). The score in the minimum
has no root, since the support ends there, so gradient methods are refused unless it is fixed. The distance of
the true minimum below the least row is exponential with mean minimum / (n shape): this is its standard error,
and its interval is one-sided. It is exact: with shape and minimum as fitted to n rows,
P(shape log(minimum / true minimum) > t) = (1 + t)**(1 - n); with the shape known, exp(-n t).
"""

from collections.abc import Sequence

from thetahat import _core
from thetahat.families._family import Family, Number, exp, ratio_quantile

__all__ = ["family"]


def boundary_limits(
    theta: Sequence[Number], n: Number, level: float, fixed: Sequence[int]
) -> dict[int, tuple[Number, Number]]:
    """Return the interval of the minimum."""
    shape, minimum = theta
    t = -_core.log(1 - level) / n if fixed else ratio_quantile(level, n - 1)
    return {1: (minimum * exp(-t / shape), minimum)}


family = Family(
    name="pareto",
    names=("shape", "minimum"),
    support="x > 0",
    existence="at least two rows, not all equal, and none below a minimum that is fixed",
    limiting_family="shape = infinity, a single point",
    boundary_limits=boundary_limits,
    elsewhere=("R's (actuar) pareto1(shape=shape, min=minimum)",),
    scipy=lambda shape, minimum: ("pareto", {"b": shape, "scale": minimum}),
)
