"""Expressions of a row, x, and of parameters, as a graph in which equal expressions are one node."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from typing import Any

from thetahat.errors import ParameterError

__all__ = ["UNARY", "Graph", "Node"]

# Functions of one argument: the names of the compiled core's operations.
UNARY = frozenset(
    {
        *("recip", "exp", "log", "log1p", "expm1", "sqrt", "abs", "sign", "sin", "cos", "sinh", "cosh"),
        *("tanh", "arctan", "lgamma", "digamma", "trigamma", "tetragamma", "erf", "erfc", "log_ndtr"),
        *("hazard", "softplus", "expit", "arcsinh"),
        *(f"{name}{k}" for name in ("log1p_rest", "expm1_rest", "stirling") for k in ("", "1", "2")),
    }
)
_BINARY = frozenset({"+", "*", "min", "max", "<", "<=", "==", "logaddexp"})
_MOST_NODES = 20_000


class Node:
    """An expression: an operation and its arguments."""

    __slots__ = ("args", "graph", "key", "op", "row", "theta")

    def __init__(self, graph: Graph, op: str, args: tuple[Any, ...], key: int) -> None:
        self.graph, self.op, self.args, self.key = graph, op, args, key
        self.row, self.theta = op == "x", op == "p"  # whether it depends on the row, on parameters
        for arg in args:
            if arg.__class__ is Node:
                self.row |= arg.row
                self.theta |= arg.theta

    @property
    def value(self) -> float | None:
        """The number that a constant is; None of others."""
        return self.args[0] if self.op == "c" else None

    @property
    def positive(self) -> bool:
        """Whether it is above 0 whatever the parameters, as far as the operations tell."""
        if self.op == "c":
            return bool(self.args[0] > 0)
        if self.op == "p":
            return bool(self.graph.lows[self.args[0]] >= 0)
        if self.op in ("*", "+"):
            return bool(self.args[0].positive and self.args[1].positive)
        if self.op in ("recip", "sqrt"):
            return bool(self.args[0].positive)
        return self.op in (
            "exp",
            "cosh",
            "expit",
            "softplus",
            "hazard",
            "erfc",
            "trigamma",
            "log1p_rest",
            "expm1_rest",
        )


class Graph:
    """The nodes of one formula, in the order in which they were made: arguments come first."""

    def __init__(self, lows: Sequence[float]) -> None:
        self.lows = tuple(lows)  # lower ends of the parameters' domains
        self.nodes: list[Node] = []
        self._known: dict[tuple[Any, ...], Node] = {}
        self.zero, self.one = self.constant(0.0), self.constant(1.0)
        self.x = self._node("x")
        self.parameters = [self._node("p", place) for place in range(len(self.lows))]

    def _node(self, op: str, *args: Any) -> Node:
        key = (op, *[arg.key if arg.__class__ is Node else arg for arg in args])
        node = self._known.get(key)
        if node is None:
            if len(self.nodes) >= _MOST_NODES:
                raise ParameterError(
                    f"log_density: the formula and its derivatives have more than {_MOST_NODES} operations;"
                    " write it with fewer, or split it"
                )
            node = self._known[key] = Node(self, op, args, len(self.nodes))
            self.nodes.append(node)
        return node

    def constant(self, value: float) -> Node:
        """Return a constant."""
        value = float(value) + 0.0  # -0 is 0
        node = self._known.get(("c", value.hex()))
        if node is None:
            node = self._known["c", value.hex()] = Node(self, "c", (value,), len(self.nodes))
            self.nodes.append(node)
        return node

    def add(self, a: Node, b: Node) -> Node:
        """Return a + b; multiples of one expression are joined."""
        if a is self.zero or b is self.zero:
            return b if a is self.zero else a
        (c, u), (d, v) = _multiple(a), _multiple(b)
        if u is v:
            return self.multiply(self.constant(c + d), self.one if u is None else u)
        return self._node("+", *sorted((a, b), key=_key))

    def multiply(self, a: Node, b: Node) -> Node:
        """Return a b; constants are joined, and what is divided by itself is 1."""
        if a is self.zero or b is self.zero:
            return self.zero
        (c, u), (d, v) = _multiple(a), _multiple(b)
        if u is None or v is None:
            rest = v if u is None else u
            return self._times(c * d, rest)
        if self._inverse(u, v):
            return self.constant(c * d)
        if u is v and u.op == "sqrt":
            return self._times(c * d, u.args[0])
        return self._times(c * d, self._node("*", *sorted((u, v), key=_key)))

    def _times(self, c: float, u: Node | None) -> Node:
        if u is None or c == 0:
            return self.constant(c)
        return u if c == 1 else self._node("*", self.constant(c), u)

    def _inverse(self, u: Node, v: Node) -> bool:
        return (u.op == "recip" and u.args[0] is v) or (v.op == "recip" and v.args[0] is u)

    def negative(self, a: Node) -> Node:
        """Return -a."""
        return self.multiply(self.constant(-1.0), a)

    def subtract(self, a: Node, b: Node) -> Node:
        """Return a - b."""
        return self.add(a, self.negative(b))

    def divide(self, a: Node, b: Node) -> Node:
        """Return a / b."""
        return self.multiply(a, self.unary("recip", b))

    def power(self, a: Node, b: Node) -> Node:
        """Return a to the power b: by products where b is a small integer, else exp(b log a)."""
        k = b.value
        if k is not None and k == int(k) and abs(k) <= 8:
            return self._integer_power(a, int(k))
        if k == 0.5:
            return self.unary("sqrt", a)
        if a.value is not None and a.value > 0:
            return self.unary("exp", self.multiply(b, self.constant(math.log(a.value))))
        return self.unary("exp", self.multiply(b, self.unary("log", a)))

    def _integer_power(self, a: Node, k: int) -> Node:
        if k < 0:
            return self.unary("recip", self._integer_power(a, -k))
        result = self.one
        for _ in range(k):
            result = self.multiply(result, a)
        return result

    def unary(self, op: str, a: Node) -> Node:
        """Return a function of a."""
        if op == "recip":
            return self._recip(a)
        if op == "abs" and _multiple(a)[0] == -1:  # so that both signs share what is made of it
            return self.unary("abs", self.negative(a))
        if (op, a.op) in (("log", "exp"), ("exp", "log")):
            return a.args[0]  # type: ignore[no-any-return]
        if (op, a) == ("exp", self.zero) or (op, a) in (("log", self.one), ("log1p", self.zero)):
            return self.one if op == "exp" else self.zero
        return self._node(op, a)

    def _recip(self, a: Node) -> Node:
        if a.op == "c" and a.args[0] != 0:
            return self.constant(1.0 / a.args[0])
        if a.op == "recip":
            return a.args[0]  # type: ignore[no-any-return]
        if a.op == "exp":
            return self.unary("exp", self.negative(a.args[0]))
        if a.op == "*" and not (a.args[0].row and a.args[1].row):
            return self.multiply(self._recip(a.args[0]), self._recip(a.args[1]))
        return self._node("recip", a)

    def binary(self, op: str, a: Node, b: Node) -> Node:
        """Return a comparison of a and b, 1 or 0, or the lesser or greater of them."""
        return a if a is b and op in ("min", "max") else self._node(op, a, b)

    def log_sum(self, a: Node, b: Node) -> Node:
        """Return log(exp(a) + exp(b)); of rows, such that none far below the other costs digits."""
        if a.row or b.row:
            return self._node("logaddexp", a, b)
        return self.add(a, self.unary("softplus", self.subtract(b, a)))

    def where(self, condition: Node, a: Node, b: Node) -> Node:
        """Return a where the condition is not 0, b elsewhere."""
        return a if a is b else self._node("where", condition, a, b)

    def record(self, of: Node) -> list[list[Any]]:
        """Return what `restored` needs: an operation and its arguments for each node, numbers as text."""
        places: dict[int, int] = {}
        lines: list[list[Any]] = []
        for node in reachable(of):
            args = [
                places[arg.key] if isinstance(arg, Node) else arg.hex() if isinstance(arg, float) else arg
                for arg in node.args
            ]
            places[node.key] = len(lines)
            lines.append([node.op, *args])
        return lines

    def restored(self, lines: Sequence[Sequence[Any]]) -> Node:
        """Return the node that `record` wrote; raise ValueError if it is none."""
        made: list[Node] = []
        for op, *args in lines:
            if op == "c" and len(args) == 1:
                node = self.constant(float.fromhex(args[0]))
            elif op == "x" and not args:
                node = self.x
            elif op == "p" and len(args) == 1 and args[0] in range(len(self.parameters)):
                node = self.parameters[args[0]]
            else:
                parts = [made[arg] for arg in args if arg in range(len(made))]
                wanted = 1 if op in UNARY else 2 if op in _BINARY else 3 if op == "where" else -1
                if len(parts) != len(args) or len(parts) != wanted:
                    raise ValueError(f"has no operation {op!r} of {len(args)} arguments")
                node = self._node(op, *parts)
            made.append(node)
        if not made:
            raise ValueError("has no operations")
        return made[-1]


def reachable(*of: Node) -> list[Node]:
    """Return the nodes that some depend on, arguments first."""
    found: dict[int, Node] = {}
    waiting = list(of)
    while waiting:
        node = waiting.pop()
        if node.key not in found:
            found[node.key] = node
            waiting += [arg for arg in node.args if isinstance(arg, Node)]
    return [found[key] for key in sorted(found)]


def digest(record: Any) -> str:
    """Return the hash of a record, 16 digits."""
    return hashlib.sha256(json.dumps(record).encode()).hexdigest()[:16]


def _key(node: Node) -> int:
    return node.key


def _multiple(node: Node) -> tuple[float, Node | None]:
    """Return c and u of c u, c a constant; u is None where the node is c."""
    if node.op == "c":
        return node.args[0], None
    if node.op == "*" and node.args[0].op == "c":
        return node.args[0].args[0], node.args[1]
    if node.op == "*" and node.args[1].op == "c":
        return node.args[1].args[0], node.args[0]
    return 1.0, node
