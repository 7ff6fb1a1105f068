"""A log-density as what the compiled core runs: programs for rows, and how sums give derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from thetahat._formulas import MOST_SUMS
from thetahat.formulas.derivatives import Derivatives
from thetahat.formulas.graph import Graph, Node
from thetahat.formulas.polynomials import Monomial, Polynomial, Polynomials
from thetahat.formulas.program import Instruction, Rows, Uniforms, allocated, log_arguments

__all__ = ["Lowered", "Term", "lower"]


class Term(NamedTuple):
    """A summand of an output: a coefficient, by its place among what depends on parameters, times a sum."""

    output: int
    sum: int  # by its place, the logarithms last; -1: n
    coefficient: int


class Lowered(NamedTuple):
    """The programs of a log-density l; outputs are l, its derivatives, and its second ones by rows j <= i."""

    uniforms: Uniforms
    sums: list[Instruction]
    density: list[Instruction]
    scores: list[Instruction]
    values: list[Instruction]
    terms: list[Term]
    n_sums: int
    n_logs: int
    sufficient: bool


class _Sums:
    """Which sums the outputs are made of."""

    def __init__(self, of: Polynomials, outputs: Sequence[Polynomial]) -> None:
        self.rows = Rows(of)
        self.parts: list[list[tuple[int, Node]]] = [[] for _ in outputs]
        self.sums: list[Monomial | Polynomial] = []
        self.logs: list[tuple[str, Polynomial]] = []
        monomials = sorted({m for output in outputs for m in output if m})
        logs = log_arguments(of, monomials)
        plain = [m for m in monomials if m not in logs]
        if 2 * len(plain) + 4 * len(logs) <= MOST_SUMS:  # doubles beside n
            self._of_monomials(outputs, plain, logs)
        else:
            self._of_outputs(of.graph, outputs)
        self.sufficient = all(map(of.is_data, outputs))

    def _of_monomials(
        self,
        outputs: Sequence[Polynomial],
        plain: list[Monomial],
        logs: dict[Monomial, tuple[str, Polynomial]],
    ) -> None:
        place = {m: k for k, m in enumerate([*plain, *logs])}
        for k, m in enumerate(plain):
            if len(m) == 1 and m[0][1] == 1:
                self.rows.end("sum", k, self.rows.monomial(m))
            else:
                a, b = self.rows.split(m)
                self.rows.end("dot", k, self.rows.monomial(a), self.rows.monomial(b))
        for k, (op, argument) in enumerate(logs.values()):
            self.rows.end(op, k, self.rows.value(argument))
        self.sums, self.logs = list(plain), list(logs.values())
        for part, output in zip(self.parts, outputs, strict=True):
            part += [(place[m] if m else -1, c) for m, c in output.items()]

    def _of_outputs(self, graph: Graph, outputs: Sequence[Polynomial]) -> None:
        """Add up the outputs themselves, where they are made of too many sums."""
        for part, output in zip(self.parts, outputs, strict=True):
            of_rows = {m: c for m, c in output.items() if m}
            if () in output:
                part.append((-1, output[()]))
            if of_rows:
                self.rows.end("sum", len(self.sums), self.rows.value(of_rows))
                part.append((len(self.sums), graph.one))
                self.sums.append(of_rows)


def lower(graph: Graph, log_density: Node) -> Lowered:
    """Differentiate a log-density, and return its programs."""
    derivatives, p = Derivatives(graph), graph.parameters
    slopes = [derivatives.of(log_density, parameter) for parameter in p]
    curvatures = [derivatives.of(slopes[i], p[j]) for i in range(len(p)) for j in range(i + 1)]
    of = Polynomials(graph)
    outputs = [of.split_logs(of.of(node)) for node in (log_density, *slopes, *curvatures)]
    apart = [of.expanded(output) for output in outputs]
    sums = _Sums(of, apart if all(map(of.is_data, apart)) else outputs)
    handed = [_handed_out(of, outputs[first:last]) for first, last in ((0, 1), (1, 1 + len(p)), (0, None))]
    uniforms = Uniforms(
        len(p),
        [
            *(node for rows in (sums.rows, *handed) for node in rows.constants()),
            *(node for part in sums.parts for _, node in part),
        ],
    )
    terms = [
        Term(output, place, uniforms.place(node))
        for output, part in enumerate(sums.parts)
        for place, node in part
    ]
    density, scores, values = (allocated(rows, uniforms) for rows in handed)
    return Lowered(
        uniforms,
        allocated(sums.rows, uniforms),
        density,
        scores,
        values,
        terms,
        len(sums.sums),
        len(sums.logs),
        sums.sufficient,
    )


def _handed_out(of: Polynomials, outputs: Sequence[Polynomial]) -> Rows:
    rows = Rows(of)
    for place, output in enumerate(outputs):
        rows.end("out", place, rows.value(output))
    return rows
