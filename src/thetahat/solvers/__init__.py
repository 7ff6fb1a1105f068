"""How a maximum is reached: which passes are made, and until when."""

from thetahat.solvers._method import Method, Outcome, Task, Values
from thetahat.solvers.ascent import SGD, GradientAscent
from thetahat.solvers.exact import Exact

__all__ = ["METHODS", "SGD", "Exact", "GradientAscent", "Method", "Outcome", "Task", "Values"]

METHODS: dict[str, type[Method]] = {method.name: method for method in (Exact, GradientAscent, SGD)}
