"""Confidence intervals of a fit's parameters."""

from __future__ import annotations

from thetahat._fitted import Fitted
from thetahat._quantile import normal_quantile
from thetahat.families import BOUNDARY, find_family
from thetahat.inference.profile import Profile, profile_limits

__all__ = ["METHODS", "confidence_limits"]

METHODS = ("wald", "profile")


def confidence_limits(fit: Fitted, level: float, profile: Profile | None) -> list[tuple[float, float]]:
    """Return the limits of each parameter: by the profile, where there is one, else Wald's."""
    z = normal_quantile(0.5 + level / 2)
    family, theta = find_family(fit.family), tuple(fit.theta.tolist())
    fixed = [place for place, name in enumerate(family.names) if name in fit.fixed]
    limits = []
    for place, (value, error, parameter) in enumerate(
        zip(theta, fit.stderr.tolist(), family.parameters, strict=True)
    ):
        if place in fixed:
            limits.append((value, value))
        elif parameter.regularity == BOUNDARY:
            assert family.boundary_limits is not None
            limits.append(family.boundary_limits(theta, fit.n, level, fixed)[place])
        elif profile is not None:
            limits.append(profile_limits(profile, place, error, z))
        else:
            step = z * error / parameter.slope(value)
            limits.append((max(parameter.moved(value, -step), parameter.low), parameter.moved(value, step)))
    return limits
