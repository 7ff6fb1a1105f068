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
]
