"""Inference from a fit: likelihood-ratio tests, Wald and profile intervals, quantiles."""

from thetahat.inference.estimate import (
    Estimate,
    quantile,
    quantiles_of_groups,
    return_level,
    return_levels_of_groups,
)
from thetahat.inference.intervals import METHODS, confidence_limits, wald_limits
from thetahat.inference.profile import Profile
from thetahat.inference.ratio import LikelihoodRatio, likelihood_ratio

__all__ = [
    "METHODS",
    "Estimate",
    "LikelihoodRatio",
    "Profile",
    "confidence_limits",
    "likelihood_ratio",
    "quantile",
    "quantiles_of_groups",
    "return_level",
    "return_levels_of_groups",
    "wald_limits",
]
