"""Methods by their names."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Literal

from thetahat.errors import ParameterError
from thetahat.solvers._method import Method
from thetahat.solvers.exact import Exact
from thetahat.solvers.gradient import GradientAscent
from thetahat.solvers.sgd import SGD

__all__ = ["METHODS", "MethodName", "as_method"]

MethodName = Literal["exact", "sgd"]  # those that need no settings
METHODS: dict[str, type[Method]] = {method.name: method for method in (Exact, GradientAscent, SGD)}


def as_method(method: Method | str) -> Method:
    """Return a method, or the one of that name with its defaults; raise if it has none."""
    if isinstance(method, Method):
        return method
    kind = METHODS.get(method) if isinstance(method, str) else None
    if kind is None:
        raise ParameterError(
            f'method must be "exact", "sgd", Exact(), GradientAscent(...) or SGD(...), got {method!r}'
        )
    needed = [field.name for field in fields(kind) if field.default is MISSING]
    if needed:
        settings = ", ".join(f"{name}=..." for name in needed)
        raise ParameterError(f"method={method!r} has no defaults: pass {kind.__name__}({settings})")
    return kind()
