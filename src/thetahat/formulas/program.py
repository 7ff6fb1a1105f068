"""Polynomials in atoms of a row become instructions for blocks of rows, and sums of them.

A program works on registers, each of which holds a block of rows; register -1 is x itself. Constants are
numbers of parameters alone, by their place in a table that is computed once at each theta.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from thetahat.errors import ParameterError
from thetahat.formulas.graph import Node, reachable
from thetahat.formulas.polynomials import Monomial, Polynomial, Polynomials

__all__ = ["MOST_REGISTERS", "Instruction", "Rows", "Uniforms", "allocated"]

MOST_REGISTERS = 40
X = -1
_NONE = -2


class Instruction(NamedTuple):
    """An operation on registers a, b and c, with constants k and l; out is a register, a sum or an output."""

    op: str
    out: int
    a: int = _NONE
    b: int = _NONE
    c: int = _NONE
    k: int = 0
    l: int = 0  # noqa: E741


class Uniforms:
    """The table of what depends on parameters alone: parameters, constants, then what they give."""

    def __init__(self, n_params: int, of: Iterable[Node]) -> None:
        nodes = [node for node in reachable(*of) if node.op != "p"]
        constants = [node for node in nodes if node.op == "c"]
        computed = [node for node in nodes if node.op != "c"]
        self.places = {node.key: n_params + place for place, node in enumerate([*constants, *computed])}
        self.constants = [node.args[0] for node in constants]
        self.n_params = n_params
        self.size = n_params + len(nodes)
        self.code = [
            Instruction(node.op, self.place(node), *(self.place(arg) for arg in node.args))
            for node in computed
        ]

    def place(self, node: Node) -> int:
        """Return the place of a node in the table."""
        return int(node.args[0]) if node.op == "p" else self.places[node.key]


class Rows:
    """Instructions that compute monomials and polynomials of a row, each once."""

    def __init__(self, polynomials: Polynomials) -> None:
        self.of = polynomials
        self.code: list[tuple[str, int, tuple[int, ...], tuple[Node, ...]]] = []
        self._registers: dict[object, int] = {}
        self._new = 0
        one = polynomials.graph.one
        self._one = one

    def _emit(self, op: str, registers: tuple[int, ...], constants: tuple[Node, ...] = ()) -> int:
        self._new += 1
        self.code.append((op, self._new - 1, registers, constants))
        return self._new - 1

    def end(self, op: str, place: int, *registers: int) -> None:
        """Add up registers, or hand them out."""
        self.code.append((op, place, registers, ()))

    def monomial(self, m: Monomial) -> int:
        """Return the register that holds a monomial."""
        found = self._registers.get(m)
        if found is None:
            found = self._atom(m[0][0]) if len(m) == 1 and m[0][1] == 1 else self._power(m)
            self._registers[m] = found
        return found

    def _power(self, m: Monomial) -> int:
        a, b = self.split(m)
        return self._emit("*", (self.monomial(a), self.monomial(b)))

    def split(self, m: Monomial) -> tuple[Monomial, Monomial]:
        """Return two factors of a monomial: such as are there already, if possible."""
        if all(power % 2 == 0 for _, power in m):
            half = tuple((atom, power // 2) for atom, power in m)
            if half in self._registers or len(m) == 1:
                return half, half
        best: tuple[int, Monomial, Monomial] | None = None
        for atom, _ in m:
            rest = tuple((a, power - (a == atom)) for a, power in m if power > (a == atom))
            one = ((atom, 1),)
            cost = 2 * (rest not in self._registers) + (one not in self._registers)
            if best is None or cost < best[0]:
                best = (cost, rest, one)
        assert best is not None
        return best[1], best[2]

    def _atom(self, place: int) -> int:
        atom = self.of.atoms[place]
        if atom.op == "x":
            return X
        if atom.op == "shift":
            return self._emit("addc", (self.value(atom.args[0]),), (atom.args[1][()],))
        if atom.op == "exp" and len(atom.args[0]) == 1 and () not in atom.args[0]:
            ((monomial, coefficient),) = atom.args[0].items()
            if coefficient is not self._one:
                return self._emit("expc", (self.monomial(monomial),), (coefficient,))
        return self._emit(atom.op, tuple(self.value(arg) for arg in atom.args))

    def value(self, p: Polynomial) -> int:
        """Return the register that holds a polynomial."""
        key = ("value", tuple(sorted((m, c.key) for m, c in p.items())))
        found = self._registers.get(key)
        if found is None:
            found = self._registers[key] = self._value(p)
        return found

    def _value(self, p: Polynomial) -> int:
        constant = p.get(())
        terms = [(m, c) for m, c in p.items() if m]
        if not terms:
            return self._emit("fill", (), (self.of.graph.zero if constant is None else constant,))
        terms.sort(key=lambda term: term[1] is not self._one)  # a term without a factor first
        (m, c), *rest = terms
        register = self.monomial(m)
        if constant is not None or c is not self._one:
            register = self._first(register, c, constant)
        for m, c in rest:
            other = self.monomial(m)
            if c is self._one:
                register = self._emit("+", (register, other))
            else:
                register = self._emit("madd", (register, other), (c,))
        return register

    def _first(self, register: int, c: Node, constant: Node | None) -> int:
        if constant is None:
            return self._emit("mulc", (register,), (c,))
        if c is self._one:
            return self._emit("addc", (register,), (constant,))
        return self._emit("maddc", (register,), (c, constant))

    def constants(self) -> list[Node]:
        """Return the nodes of parameters alone that the instructions use."""
        return [node for _, _, _, constants in self.code for node in constants]


ENDS = frozenset({"sum", "dot", "sumlog", "sumlog1p", "out"})


def allocated(rows: Rows, uniforms: Uniforms) -> list[Instruction]:
    """Return the instructions with as few registers as their order needs; raise if these are too many."""
    last: dict[int, int] = {}
    for at, (_, _, registers, _) in enumerate(rows.code):
        last.update(dict.fromkeys(registers, at))
    free: list[int] = []
    held: dict[int, int] = {X: X}
    used = 0
    code = []
    for at, (op, out, registers, constants) in enumerate(rows.code):
        operands = [held[register] for register in registers]
        free += [held[register] for register in set(registers) if last[register] == at and register != X]
        if op not in ENDS:
            if not free:
                free.append(used)
                used += 1
            held[out] = free.pop()
            out = held[out]
        a, b, c = (*operands, _NONE, _NONE, _NONE)[:3]
        first, second = (*(uniforms.place(node) for node in constants), 0, 0)[:2]
        code.append(Instruction(op, out, a, b, c, first, second))
    if used > MOST_REGISTERS:
        raise ParameterError(
            f"log_density: a row needs {used} intermediate results at once, more than {MOST_REGISTERS}: write"
            " the formula with fewer"
        )
    return code


def log_arguments(
    atoms: Polynomials, monomials: Sequence[Monomial]
) -> dict[Monomial, tuple[str, Polynomial]]:
    """Return the logarithms that are only added up: their sum is that of a product's logarithm."""
    inside = {atom for m in monomials for atom, _ in m if len(m) > 1 or m[0][1] > 1}
    waiting = [atom for m in monomials for atom, _ in m]
    seen: set[int] = set()
    while waiting:
        place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        for arg in atoms.atoms[place].args:
            for m in arg:
                inside.update(atom for atom, _ in m)
                waiting += [atom for atom, _ in m]
    found: dict[Monomial, tuple[str, Polynomial]] = {}
    for m in monomials:
        place = m[0][0]
        if len(m) == 1 and m[0][1] == 1 and place not in inside and atoms.atoms[place].op in ("log", "log1p"):
            found[m] = ("sum" + atoms.atoms[place].op, atoms.atoms[place].args[0])
    return found
