"""Inference from a fit: likelihood-ratio tests, Wald and profile intervals, quantiles."""

from thetahat.inference.estimate import Estimate, quantile, return_level
from thetahat.inference.intervals import METHODS, confidence_limits
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
    "return_level",
]
