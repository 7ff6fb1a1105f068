"""Solvers: methods that find the maximum of a likelihood, or approach it."""

from thetahat.solvers._by_name import METHODS, MethodName, as_method
from thetahat.solvers._method import (
    COVARIANCES,
    STATUSES,
    Method,
    Monitoring,
    Problem,
    Solution,
    Trace,
    Values,
)
from thetahat.solvers.exact import Exact
from thetahat.solvers.gradient import GradientAscent
from thetahat.solvers.schedules import Adam, InverseTime, Momentum, Power, StepDecay
from thetahat.solvers.sgd import SGD
from thetahat.solvers.state import State
from thetahat.solvers.stream import Streaming

__all__ = [
    "COVARIANCES",
    "METHODS",
    "SGD",
    "STATUSES",
    "Adam",
    "Exact",
    "GradientAscent",
    "InverseTime",
    "Method",
    "MethodName",
    "Momentum",
    "Monitoring",
    "Power",
    "Problem",
    "Solution",
    "State",
    "StepDecay",
    "Streaming",
    "Trace",
    "Values",
    "as_method",
]
