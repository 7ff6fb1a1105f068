"""The units of parameters, when rows have units: how l(c x) stays what it was but for a constant.

A value v of units u becomes c^u v when x becomes c x; the logarithm of one becomes log v + u log c. Both are
linear in the unknown units of the parameters, and so is what each operation requires of its arguments.
"""

from __future__ import annotations

from thetahat.formulas.graph import Graph, Node, reachable

__all__ = ["scale_powers"]

Form = list[float]  # coefficients of the parameters' units, and a constant at the end
_SAME = frozenset({"+", "min", "max", "logaddexp"})
_ROUNDING = 1e-9
_MOST = 8  # of a power


def scale_powers(graph: Graph, node: Node) -> list[int]:
    """Return the power of the rows' unit in each parameter; zeros where there is no unit."""
    found = _Units(graph, node).solution()
    return [0] * len(graph.parameters) if found is None else found


class _Units:
    def __init__(self, graph: Graph, of: Node) -> None:
        self.p = len(graph.parameters)
        self.equations: list[Form] = []  # each of them is 0
        self._known: dict[int, tuple[Form, Form]] = {}
        self._free = {graph.zero.key}  # 0 and infinity have any units
        for node in reachable(of):
            if node.op == "c" and node.args[0] - node.args[0] != 0:
                self._free.add(node.key)
            self._known[node.key] = self._of(node)
        self._vanish(self._known[of.key][0])

    def _zero(self) -> Form:
        return [0.0] * (self.p + 1)

    def _vanish(self, *forms: Form) -> None:
        self.equations += [form for form in forms if any(form)]

    def _of(self, n: Node) -> tuple[Form, Form]:
        """Return the units of a node, and those of what it is the logarithm of."""
        units, log_units = self._zero(), self._zero()
        if n.op == "x":
            units[-1] = 1.0
        elif n.op == "p":
            units[n.args[0]] = 1.0
        elif n.op == "*":
            return self._product(*n.args)
        elif n.op in _SAME or n.op == "where":
            return self._same(n.args[1:] if n.op == "where" else n.args, n.op == "+")
        elif n.op in ("<", "<=", "=="):
            self._same(n.args, False)
        elif n.op != "c":
            return self._function(n.op, *self._known[n.args[0].key])
        return units, log_units

    def _product(self, a: Node, b: Node) -> tuple[Form, Form]:
        (m, left), (k, right) = self._known[a.key], self._known[b.key]
        constant = a.value if a.op == "c" else b.value
        if constant is not None and constant - constant == 0:
            factor = constant
            logs = right if a.op == "c" else left
            return _plus(m, k), [factor * value for value in logs]
        self._vanish(left, right)
        return _plus(m, k), self._zero()

    def _same(self, nodes: tuple[Node, ...], adds: bool) -> tuple[Form, Form]:
        known = [self._known[node.key] for node in nodes if node.key not in self._free]
        if len(known) < 2:
            return known[0] if known else (self._zero(), self._zero())
        (m, left), (k, right) = known
        self._vanish(_plus(m, k, -1))
        if adds:
            return m, _plus(left, right)
        self._vanish(_plus(left, right, -1))
        return m, left

    def _function(self, op: str, m: Form, logs: Form) -> tuple[Form, Form]:
        if op == "exp":
            self._vanish(m)
            return logs, self._zero()
        self._vanish(logs)
        if op == "log":
            return self._zero(), m
        powers = {"recip": -1.0, "sqrt": 0.5, "abs": 1.0}
        if op in powers:
            return [powers[op] * value for value in m], self._zero()
        if op != "sign":
            self._vanish(m)
        return self._zero(), self._zero()

    def solution(self) -> list[int] | None:
        """Return the units that solve the equations, free ones 0; None if no whole numbers do."""
        rows = [list(row) for row in self.equations]
        solved: dict[int, Form] = {}
        for place in range(self.p):
            pivot = max(rows, key=lambda row: abs(row[place]), default=None)
            if pivot is None or abs(pivot[place]) < _ROUNDING:
                continue
            rows.remove(pivot)
            pivot = [value / pivot[place] for value in pivot]
            rows = [_plus(row, pivot, -row[place]) for row in rows]
            solved = {j: _plus(row, pivot, -row[place]) for j, row in solved.items()}
            solved[place] = pivot
        if any(abs(row[-1]) > _ROUNDING for row in rows):
            return None
        powers = [-solved[j][-1] if j in solved else 0.0 for j in range(self.p)]
        whole = [round(k) for k in powers]
        near = all(abs(k - w) < _ROUNDING and abs(w) <= _MOST for k, w in zip(powers, whole, strict=True))
        return whole if near else None


def _plus(a: Form, b: Form, factor: float = 1.0) -> Form:
    return [left + factor * right for left, right in zip(a, b, strict=True)]
