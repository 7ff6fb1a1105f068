"""A plain NumPy function becomes a graph: it is called with a symbol of a row and symbols of parameters."""

from __future__ import annotations

import linecache
import math
import traceback
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from thetahat.errors import ParameterError
from thetahat.formulas.graph import Graph, Node, reachable

__all__ = ["Symbol", "functions", "grafted", "trace"]

_WHAT_THERE_IS = (
    "+ - * / ** abs, comparisons, exp exp2 log log2 log10 log1p expm1 sqrt square reciprocal sign where"
    " minimum maximum clip logaddexp sin cos sinh cosh tanh arctan arcsinh of NumPy, and gammaln digamma"
    " betaln erf erfc log_ndtr xlogy xlog1py expit log_expit of scipy.special"
)


class Symbol:
    """Stands for a row, a parameter, or what is calculated from them."""

    __slots__ = ("node",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, node: Node) -> None:
        self.node = node

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options or ufunc.__name__ not in _FUNCTIONS:
            what = ufunc.__name__ + ("" if method == "__call__" else f".{method}")
            raise TypeError(f"log_density cannot use {what} here; there are {_WHAT_THERE_IS}")
        return _apply(ufunc.__name__, inputs)

    def __array_function__(self, function: Any, _types: Any, args: Any, options: Any) -> Any:
        if function.__name__ not in ("where", "clip") or options or len(args) != 3:
            raise TypeError(
                f"log_density cannot use {function.__name__} here: it is of one row, x, and of parameters;"
                f" there are {_WHAT_THERE_IS}"
            )
        return _apply(function.__name__, args)

    def _refused(self, instead: str) -> NoReturn:
        raise TypeError(f"log_density is traced once, and its symbols have no values: {instead}")

    def __bool__(self) -> bool:
        self._refused("write np.where(condition, a, b) instead of if, and, or, not, min and max")

    def __float__(self) -> float:
        self._refused("use functions of NumPy, such as np.exp, instead of those of math")

    def __int__(self) -> int:
        self._refused("there are no integers of them")

    __index__ = __int__

    def __iter__(self) -> Any:
        self._refused("x is one row, not a sequence, and no loop goes over it")

    def __len__(self) -> int:
        self._refused("x is one row, not a sequence")

    def __getitem__(self, _: Any) -> Any:
        self._refused("x is one row, not a sequence")

    def __neg__(self) -> Symbol:
        return _apply("negative", (self,))

    def __pos__(self) -> Symbol:
        return self

    def __abs__(self) -> Symbol:
        return _apply("absolute", (self,))

    def __invert__(self) -> Symbol:
        return _apply("logical_not", (self,))


def _operator(name: str, swapped: bool = False) -> Callable[[Symbol, Any], Symbol]:
    def apply(self: Symbol, other: Any) -> Symbol:
        return _apply(name, (other, self) if swapped else (self, other))

    return apply


for _name, _ufunc in {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "pow": "power",
    "and": "logical_and",
    "or": "logical_or",
}.items():
    setattr(Symbol, f"__{_name}__", _operator(_ufunc))
    setattr(Symbol, f"__r{_name}__", _operator(_ufunc, swapped=True))
for _name, _ufunc in {
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "eq": "equal",
    "ne": "not_equal",
}.items():
    setattr(Symbol, f"__{_name}__", _operator(_ufunc))


def _apply(name: str, inputs: Sequence[Any]) -> Symbol:
    graph = next(value.node.graph for value in inputs if isinstance(value, Symbol))
    return Symbol(_FUNCTIONS[name](graph, *(as_node(graph, value) for value in inputs)))


def as_node(graph: Graph, value: Any) -> Node:
    """Return the node of a symbol or a number; raise TypeError of another value."""
    if isinstance(value, Symbol):
        if value.node.graph is not graph:
            raise TypeError("log_density mixes symbols of two formulas")
        return value.node
    if isinstance(value, str | bytes) or np.ndim(value) > 0:
        raise TypeError(f"log_density uses {value!r}, which is no number: it is of one row, x")
    return graph.constant(float(value))


def _xlogy(g: Graph, a: Node, b: Node) -> Node:
    product = g.multiply(a, g.unary("log", b))
    return product if a.positive else g.where(g.binary("==", a, g.zero), g.zero, product)


def _lgamma(g: Graph, a: Node) -> Node:
    return g.unary("lgamma", a)


def _not(g: Graph, a: Node) -> Node:
    return g.subtract(g.one, a)


def _log_of_base(base: float) -> Callable[[Graph, Node], Node]:
    return lambda g, a: g.multiply(g.constant(1 / math.log(base)), g.unary("log", a))


def _unary(op: str) -> Callable[[Graph, Node], Node]:
    return lambda g, a: g.unary(op, a)


_FUNCTIONS: dict[str, Callable[..., Node]] = {
    **{name: _unary(name) for name in ("exp", "log", "log1p", "expm1", "sqrt", "sign", "sin", "cos")},
    **{
        name: _unary(name)
        for name in ("sinh", "cosh", "tanh", "arctan", "arcsinh", "erf", "erfc", "log_ndtr")
    },
    **{name: _unary(name) for name in ("expit", "log1p_rest", "expm1_rest", "stirling")},
    "absolute": _unary("abs"),
    "fabs": _unary("abs"),
    "reciprocal": _unary("recip"),
    "gammaln": _unary("lgamma"),
    "loggamma": _unary("lgamma"),
    "psi": _unary("digamma"),
    "digamma": _unary("digamma"),
    "log_expit": lambda g, a: g.negative(g.unary("softplus", g.negative(a))),
    "exp2": lambda g, a: g.power(g.constant(2.0), a),
    "log2": _log_of_base(2.0),
    "log10": _log_of_base(10.0),
    "square": lambda g, a: g.multiply(a, a),
    "negative": Graph.negative,
    "positive": lambda _g, a: a,
    "add": Graph.add,
    "subtract": Graph.subtract,
    "multiply": Graph.multiply,
    "divide": Graph.divide,
    "true_divide": Graph.divide,
    "power": Graph.power,
    "float_power": Graph.power,
    "logaddexp": Graph.log_sum,
    "xlogy": _xlogy,
    "xlog1py": lambda g, a, b: _xlogy(g, a, g.add(g.one, b)),
    "betaln": lambda g, a, b: g.subtract(g.add(_lgamma(g, a), _lgamma(g, b)), _lgamma(g, g.add(a, b))),
    "minimum": lambda g, a, b: g.binary("min", a, b),
    "maximum": lambda g, a, b: g.binary("max", a, b),
    "clip": lambda g, a, low, high: g.binary("min", g.binary("max", a, low), high),
    "less": lambda g, a, b: g.binary("<", a, b),
    "less_equal": lambda g, a, b: g.binary("<=", a, b),
    "greater": lambda g, a, b: g.binary("<", b, a),
    "greater_equal": lambda g, a, b: g.binary("<=", b, a),
    "equal": lambda g, a, b: g.binary("==", a, b),
    "not_equal": lambda g, a, b: _not(g, g.binary("==", a, b)),
    "logical_and": Graph.multiply,
    "bitwise_and": Graph.multiply,
    "logical_or": lambda g, a, b: g.binary("max", a, b),
    "bitwise_or": lambda g, a, b: g.binary("max", a, b),
    "logical_not": _not,
    "invert": _not,
    "where": Graph.where,
}


def _function(name: str) -> Callable[..., Symbol]:
    return lambda *inputs: _apply(name, inputs)


# Those of scipy.special, where SciPy is not there. And what is smooth where differences would cancel:
# (u - log1p(u)) / u**2, (expm1(u) - u) / u**2, and gammaln(u) - (u - 1/2) log(u) + u - log(2 pi) / 2.
_SPECIAL = ("gammaln", "betaln", "log_ndtr", "erfc", "xlogy")
_SMOOTH = ("log1p_rest", "expm1_rest", "stirling")
functions: dict[str, Callable[..., Any]] = {name: _function(name) for name in (*_SPECIAL, *_SMOOTH)}


def _with(graph: Graph, op: str, *args: Node) -> Node:
    if op == "logaddexp":
        return graph.log_sum(*args)
    return graph.unary(op, *args) if len(args) == 1 else graph.binary(op, *args)


def grafted(node: Node, graph: Graph, parameters: Sequence[Node]) -> Node:
    """Return a node of another graph as one of this graph, with other parameters in their order."""
    made: dict[int, Node] = {}
    for part in reachable(node):
        args = [made[arg.key] for arg in part.args if isinstance(arg, Node)]
        if part.op == "c":
            made[part.key] = graph.constant(part.args[0])
        elif part.op in ("x", "p"):
            made[part.key] = graph.x if part.op == "x" else parameters[part.args[0]]
        elif part.op in ("+", "*"):
            made[part.key] = graph.add(*args) if part.op == "+" else graph.multiply(*args)
        elif len(args) == 3:
            made[part.key] = graph.where(*args)
        else:
            made[part.key] = _with(graph, part.op, *args)
    return made[node.key]


def trace(function: Callable[..., Any], graph: Graph) -> Node:
    """Return what the function calculates from a row and parameters; raise if it cannot be traced."""
    if not callable(function):
        raise ParameterError(f"log_density must be a function of x and the parameters, got {function!r}")
    symbols = [Symbol(graph.x), *(Symbol(node) for node in graph.parameters)]
    try:
        result = function(*symbols)
    except ParameterError:
        raise
    except Exception as error:  # whatever the formula's own code raises
        raise ParameterError(f"log_density cannot be traced: {error}{_line_of(error)}") from error
    if not isinstance(result, Symbol):
        raise ParameterError(
            f"log_density returned {result!r}, which does not depend on x or a parameter: return its value"
        )
    return result.node


def _line_of(error: BaseException) -> str:
    """Return the line of the formula at which it was raised, as the end of a message."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
    if len(frames) < 1:
        return ""
    frame = frames[-1]
    text = (frame.line or linecache.getline(frame.filename, frame.lineno or 0)).strip()
    return f" (line {frame.lineno} of {frame.filename}{': ' + text if text else ''})"
