"""Expressions as polynomials in atoms of a row, with coefficients of parameters alone.

An atom is what a row has to be computed for: x, x - c, or a function of a polynomial. The sums over rows of
the monomials are all that a likelihood needs of a sample. A difference x - c is an atom of its own: in powers
of x, far from 0, its digits would cancel.
"""

from __future__ import annotations

from typing import NamedTuple

from thetahat.formulas.graph import Graph, Node

__all__ = ["Atom", "Monomial", "Polynomial", "Polynomials"]

Monomial = tuple[tuple[int, int], ...]  # of atoms by their places, with their powers
Polynomial = dict[Monomial, Node]

_MOST_TERMS = 24  # of a product that is multiplied out


class Atom(NamedTuple):
    """A function of polynomials: an operation of nodes, "x", or "shift", by a constant."""

    op: str
    args: tuple[Polynomial, ...]
    node: Node


class Polynomials:
    """The atoms of some expressions, and these as polynomials in them."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.atoms: list[Atom] = []
        self._places: dict[tuple[object, ...], int] = {}
        self._known: dict[int, Polynomial] = {}

    def of(self, node: Node) -> Polynomial:
        """Return a node as a polynomial."""
        if not node.row:
            return {} if node is self.graph.zero else {(): node}
        found = self._known.get(node.key)
        if found is None:
            found = self._known[node.key] = self._of_row(node)
        return found

    def _of_row(self, node: Node) -> Polynomial:
        if node.op == "x":
            return self._atom("x", (), node)
        if node.op in ("softplus", "expit", "logaddexp"):
            return self.of(self._by_exp(node))
        args = [self.of(arg) for arg in node.args]
        if node.op == "+":
            return self._sum(node, *args)
        if node.op == "*" and len(args[0]) * len(args[1]) <= _MOST_TERMS:
            return self._product(*args)
        return self._atom(node.op, tuple(args), node)

    def _by_exp(self, node: Node) -> Node:
        """Return log(exp(a) + exp(b)) or its derivative by e = exp(-abs(a - b)), which both of them share."""
        g, a = self.graph, node.args[0]
        b = node.args[1] if node.op == "logaddexp" else g.zero
        u = g.subtract(a, b)
        e = g.unary("exp", g.negative(g.unary("abs", u)))
        if node.op != "expit":
            return g.add(g.binary("max", a, b), g.unary("log1p", e))
        share = g.unary("recip", g.add(g.one, e))
        return g.where(g.binary("<", u, g.zero), g.multiply(e, share), share)

    def _atom(self, op: str, args: tuple[Polynomial, ...], node: Node) -> Polynomial:
        key = (op, *(_key(arg) for arg in args))
        if key not in self._places:
            self._places[key] = len(self.atoms)
            self.atoms.append(Atom(op, args, node))
        return {((self._places[key], 1),): self.graph.one}

    def _sum(self, node: Node, a: Polynomial, b: Polynomial) -> Polynomial:
        for part, constant in ((a, b), (b, a)):
            if list(constant) == [()] and self._is_datum(part):
                return self._atom("shift", (part, constant), node)
        total = dict(a)
        for monomial, coefficient in b.items():
            _add(self.graph, total, monomial, coefficient)
        return total

    def _is_datum(self, part: Polynomial) -> bool:
        """Whether it is one atom that depends on the row alone."""
        if len(part) != 1:
            return False
        ((monomial, coefficient),) = part.items()
        if len(monomial) != 1 or monomial[0][1] != 1 or coefficient is not self.graph.one:
            return False
        return not self.atoms[monomial[0][0]].node.theta

    def _product(self, a: Polynomial, b: Polynomial) -> Polynomial:
        total: Polynomial = {}
        for left, c in a.items():
            for right, d in b.items():
                powers = dict(left)
                for atom, power in right:
                    powers[atom] = powers.get(atom, 0) + power
                _add(self.graph, total, tuple(sorted(powers.items())), self.graph.multiply(c, d))
        return total

    def split_logs(self, polynomial: Polynomial) -> Polynomial:
        """Return the polynomial with the logarithms of positive factors of parameters alone taken apart."""
        total: Polynomial = {}
        for monomial, coefficient in polynomial.items():
            node = self.atoms[monomial[0][0]].node if len(monomial) == 1 and monomial[0][1] == 1 else None
            factor = None if node is None or node.op != "log" else self._factor(node.args[0])
            if factor is None:
                _add(self.graph, total, monomial, coefficient)
                continue
            for part in factor:
                for m, c in self.split_logs(self.of(self.graph.unary("log", part))).items():
                    _add(self.graph, total, m, self.graph.multiply(coefficient, c))
        return total

    def expanded(self, polynomial: Polynomial) -> Polynomial:
        """Return the polynomial with differences from constants that are only added up taken apart."""
        total: Polynomial = {}
        for monomial, coefficient in polynomial.items():
            atom = self.atoms[monomial[0][0]] if len(monomial) == 1 and monomial[0][1] == 1 else None
            if atom is None or atom.op != "shift":
                _add(self.graph, total, monomial, coefficient)
                continue
            for part in atom.args:
                for m, c in part.items():
                    _add(self.graph, total, m, self.graph.multiply(coefficient, c))
        return total

    def is_data(self, polynomial: Polynomial) -> bool:
        """Whether its monomials are of the row alone."""
        return not any(self.atoms[atom].node.theta for monomial in polynomial for atom, _ in monomial)

    @staticmethod
    def _factor(product: Node) -> tuple[Node, Node] | None:
        """Return a positive factor that does not depend on the row, and the other; None if there is none."""
        if product.op != "*":
            return None
        a, b = product.args
        for factor, rest in ((a, b), (b, a)):
            if not factor.row and factor.positive:
                return factor, rest
        return None


def _add(graph: Graph, total: Polynomial, monomial: Monomial, coefficient: Node) -> None:
    value = graph.add(total[monomial], coefficient) if monomial in total else coefficient
    if value is graph.zero:
        total.pop(monomial, None)
    else:
        total[monomial] = value


def _key(polynomial: Polynomial) -> tuple[tuple[Monomial, int], ...]:
    return tuple(sorted((monomial, coefficient.key) for monomial, coefficient in polynomial.items()))
