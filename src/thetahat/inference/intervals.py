"""Confidence intervals of fitted parameters: of one fit, or of many with their parameters in arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thetahat._fitted import Fitted
from thetahat._quantile import normal_quantile
from thetahat.families import BOUNDARY, Family
from thetahat.families._family import Number
from thetahat.inference.profile import Profile, profile_limits

__all__ = ["METHODS", "confidence_limits", "wald_limits"]

METHODS = ("wald", "profile")


def confidence_limits(fit: Fitted, level: float, profile: Profile | None) -> list[tuple[float, float]]:
    """Return the limits of each parameter: by the profile, where there is one, else Wald's."""
    z = normal_quantile(0.5 + level / 2)
    family, theta, errors = fit._family, fit.theta.tolist(), fit.stderr.tolist()
    fixed = [place for place, name in enumerate(family.names) if name in fit.fixed]
    return [
        wald_limits(family, place, theta, errors[place], fit.n, level, fixed)
        if profile is None or place in fixed or parameter.regularity == BOUNDARY
        else profile_limits(profile, place, errors[place], z)
        for place, parameter in enumerate(family.parameters)
    ]


def wald_limits(
    family: Family,
    place: int,
    theta: Sequence[Number],
    error: Number,
    n: Number,
    level: float,
    fixed: Sequence[int],
) -> tuple[Number, Number]:
    """Return Wald's limits of a parameter, or the exact ones of an end of the support."""
    parameter, value = family.parameters[place], theta[place]
    if place in fixed:
        return value, value
    if parameter.regularity == BOUNDARY:
        assert family.boundary_limits is not None
        low, high = family.boundary_limits(theta, n, level, fixed)[place]
        return low, high
    step = normal_quantile(0.5 + level / 2) * error / parameter.slope(value)
    low = parameter.moved(value, -step)
    bounded = np.maximum(low, parameter.low) if isinstance(low, np.ndarray) else max(low, parameter.low)
    return bounded, parameter.moved(value, step)
