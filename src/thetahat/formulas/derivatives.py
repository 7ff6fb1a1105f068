"""Symbolic derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable

from thetahat.formulas.graph import Graph, Node, reachable

__all__ = ["Derivatives"]

_TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)


def _gaussian(g: Graph, u: Node, sign: float) -> Node:
    return g.multiply(g.constant(sign * _TWO_OVER_ROOT_PI), g.unary("exp", g.negative(g.multiply(u, u))))


def _unary(op: str) -> Callable[[Graph, Node, Node], Node]:
    return lambda g, _n, u: g.unary(op, u)


# Of a function n of u: dn / du.
_SLOPES: dict[str, Callable[[Graph, Node, Node], Node]] = {
    "recip": lambda g, n, _u: g.negative(g.multiply(n, n)),
    "exp": lambda _g, n, _u: n,
    "log": lambda g, _n, u: g.unary("recip", u),
    "log1p": lambda g, _n, u: g.unary("recip", g.add(g.one, u)),
    "expm1": lambda g, _n, u: g.unary("exp", u),
    "sqrt": lambda g, n, _u: g.multiply(g.constant(0.5), g.unary("recip", n)),
    "abs": lambda g, _n, u: g.unary("sign", u),
    "sign": lambda g, _n, _u: g.zero,
    "sin": lambda g, _n, u: g.unary("cos", u),
    "cos": lambda g, _n, u: g.negative(g.unary("sin", u)),
    "sinh": lambda g, _n, u: g.unary("cosh", u),
    "cosh": lambda g, _n, u: g.unary("sinh", u),
    "tanh": lambda g, n, _u: g.subtract(g.one, g.multiply(n, n)),
    "arctan": lambda g, _n, u: g.unary("recip", g.add(g.one, g.multiply(u, u))),
    "arcsinh": lambda g, _n, u: g.unary("recip", g.unary("sqrt", g.add(g.one, g.multiply(u, u)))),
    "lgamma": lambda g, _n, u: g.unary("digamma", u),
    "digamma": lambda g, _n, u: g.unary("trigamma", u),
    "trigamma": lambda g, _n, u: g.unary("tetragamma", u),
    "erf": lambda g, _n, u: _gaussian(g, u, 1.0),
    "erfc": lambda g, _n, u: _gaussian(g, u, -1.0),
    "log_ndtr": lambda g, _n, u: g.unary("hazard", u),
    "hazard": lambda g, n, u: g.negative(g.multiply(n, g.add(u, n))),  # of phi(u) / Phi(u)
    "softplus": lambda g, _n, u: g.unary("expit", u),
    "expit": lambda g, n, u: g.multiply(n, g.unary("expit", g.negative(u))),
}


for _name in ("log1p_rest", "expm1_rest", "stirling"):
    _SLOPES[_name] = _unary(f"{_name}1")
    _SLOPES[f"{_name}1"] = _unary(f"{_name}2")


class Derivatives:
    """Derivatives with respect to parameters."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._known: dict[tuple[int, int], Node] = {}

    def of(self, node: Node, parameter: Node) -> Node:
        """Return the derivative of a node."""
        for part in reachable(node):  # arguments first, so that no recursion is deep
            if (part.key, parameter.key) not in self._known:
                self._known[part.key, parameter.key] = self._derivative(part, parameter)
        return self._known[node.key, parameter.key]

    def _derivative(self, n: Node, p: Node) -> Node:
        g = self.graph
        if n is p:
            return g.one
        if not n.theta or n.op in ("p", "<", "<=", "=="):
            return g.zero
        slopes = [self._known[arg.key, p.key] for arg in n.args]
        if n.op == "+":
            return g.add(*slopes)
        if n.op == "*":
            (a, b), (da, db) = n.args, slopes
            return g.add(g.multiply(da, b), g.multiply(a, db))
        if n.op == "where":
            return g.where(n.args[0], slopes[1], slopes[2])
        if n.op == "logaddexp":
            return self._of_log_sum(n, slopes)
        if n.op in ("min", "max"):
            return self._of_extreme(n, slopes)
        if slopes[0] is g.zero:
            return g.zero
        if n.op == "log" and n.args[0].op == "*":  # u'/u + v'/v: factors of theta alone leave the rows
            return g.add(*(self._relative(arg, p) for arg in n.args[0].args))
        return g.multiply(slopes[0], _SLOPES[n.op](g, n, n.args[0]))

    def _relative(self, u: Node, p: Node) -> Node:
        """Return u' / u."""
        g = self.graph
        if u.op == "*":
            return g.add(*(self._relative(arg, p) for arg in u.args))
        slope = self._known[u.key, p.key]
        if u.op == "exp":
            return self._known[u.args[0].key, p.key]
        return g.zero if slope is g.zero else g.multiply(slope, g.unary("recip", u))

    def _of_log_sum(self, n: Node, slopes: list[Node]) -> Node:
        """Return the mean of the slopes, with the weights that exp(a) and exp(b) have."""
        g, (a, b) = self.graph, n.args
        weights = g.unary("expit", g.subtract(a, b)), g.unary("expit", g.negative(g.subtract(a, b)))
        return g.add(*(g.multiply(w, slope) for w, slope in zip(weights, slopes, strict=True)))

    def _of_extreme(self, n: Node, slopes: list[Node]) -> Node:
        a, b = n.args if n.op == "min" else (n.args[1], n.args[0])
        return self.graph.where(self.graph.binary("<=", a, b), slopes[0], slopes[1])
