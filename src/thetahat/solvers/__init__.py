"""How a maximum is reached: which passes are made, and until when."""

from thetahat.solvers._method import Method, Outcome, Task, Values
from thetahat.solvers.exact import Exact
from thetahat.solvers.gradient import GradientAscent
from thetahat.solvers.rates import Adam, InverseTime, Momentum, Power, StepDecay
from thetahat.solvers.sgd import SGD
from thetahat.solvers.state import State

__all__ = [
    "SGD",
    "Adam",
    "Exact",
    "GradientAscent",
    "InverseTime",
    "Method",
    "Momentum",
    "Outcome",
    "Power",
    "State",
    "StepDecay",
    "Task",
    "Values",
]
