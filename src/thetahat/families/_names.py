"""The names of the families, for checkers of types."""

from typing import Literal

__all__ = ["FamilyName"]

FamilyName = Literal[
    "normal",
    "lognormal",
    "exponential",
    "gamma",
    "inverse_gaussian",
    "weibull",
    "rayleigh",
    "pareto",
    "generalized_pareto",
    "laplace",
    "logistic",
    "loglogistic",
    "gumbel",
    "gev",
    "student_t",
    "beta",
    "uniform",
    "von_mises",
    "poisson",
    "geometric",
    "negative_binomial",
    # those of formulas, by the alphabet
    "bernoulli",
    "burr12",
    "cauchy",
    "chi",
    "chi2",
    "exponnorm",
    "frechet",
    "generalized_gamma",
    "half_normal",
    "inverse_gamma",
    "lomax",
    "maxwell",
    "nakagami",
    "skew_normal",
    "zero_inflated_negative_binomial",
    "zero_inflated_poisson",
]
