"""Mixtures: a weighted sum of densities, as one formula."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import permutations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from thetahat import _core, _formulas, _sums
from thetahat.errors import ParameterError
from thetahat.families._family import Family
from thetahat.families._formula import FormulaFamily
from thetahat.families._formula_checks import start_values
from thetahat.families._known import KNOWN
from thetahat.formulas.graph import Graph, Node
from thetahat.formulas.trace import Symbol, grafted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["MixtureFamily", "mixture_of"]

_MOST_STARTS = 8
_MOST_EVALUATIONS = 200
_SAME = 1e-6  # by how much parts of one family differ that are one
_LEAST_ROWS = 1e-3  # that a part stands for
_NARROW = 1e-8  # the width of a part that has become one value, beside that of another
_CORE = 0.3  # share of the rows that a narrow part may have
_EXISTENCE = (
    "start values from which Newton's method finds a maximum inside the domains, since the likelihood of"
    " mixtures may be unbounded, as where a part shrinks to one row: the highest such maximum is the fit"
)


class _Part(NamedTuple):
    """A family in a mixture."""

    family: Family
    support: tuple[float, float]
    density: Callable[..., Node]  # of the graph, the row and the parameters


class MixtureFamily(FormulaFamily):
    """A mixture of families; made by `mixture_of`."""

    parts: tuple[_Part, ...]
    labelled = True

    def __init__(self, parts: Sequence[_Part], name: str | None) -> None:
        self._keep(parts=tuple(parts))
        domains = _weight_domains(len(parts))
        for k, part in enumerate(parts, 1):
            for parameter in part.family.parameters:
                domains[f"{parameter.name}_{k}"] = (parameter.low, parameter.high)
        if len(domains) > 8:
            raise ParameterError(f"parts have {len(domains)} parameters together, more than 8")
        graph = Graph([low for low, _ in domains.values()])
        support = min(part.support[0] for part in parts), max(part.support[1] for part in parts)
        self._define(
            graph,
            self._log_density(graph),
            name or "_".join(["mixture", *(part.family.name for part in parts)]),
            domains,
            support,
            parts[0].family.counts,
            _formulas.DENSITY,
            self._sorted_starts,
        )
        self._keep(existence=_EXISTENCE)

    def _log_density(self, graph: Graph) -> Node:
        n = len(self.parts)
        weights, rest = graph.parameters[: n - 1], graph.parameters[n - 1 :]
        terms = []
        for part, log_weight in zip(self.parts, _log_weights(graph, weights), strict=True):
            count = len(part.family.names)
            of_row, rest = part.density(graph, rest[:count]), rest[count:]
            terms.append((part.support, graph.add(log_weight, of_row)))
        return _sum_of(graph, terms)

    def _sorted_starts(self, x: Array) -> list[dict[str, float]]:
        """Return start values from sorted rows: of parts that lie side by side, and of one inside another."""
        rows, best, most = _core.plain_rows(np.ascontiguousarray(x)), None, -math.inf
        first: tuple[float, ...] | None = None
        for slices in _slices(x, [part.family for part in self.parts]):
            theta = self._start_of(slices)
            if theta is None or not self.model.valid(theta):
                continue
            first = first or theta
            height, theta = _maximum_from(self.model, rows, theta)
            if height > most:
                most, best = height, theta
        found = best or first
        return [] if found is None else [dict(zip(self.names, self.in_label_order(found), strict=True))]

    def _of_parts(self, theta: tuple[float, ...]) -> list[tuple[float, ...]]:
        """Return the parameters of each part."""
        found, at = [], len(self.parts) - 1
        for part in self.parts:
            found.append(theta[at : at + len(part.family.names)])
            at += len(part.family.names)
        return found

    def in_label_order(self, theta: tuple[float, ...]) -> tuple[float, ...]:
        """Return theta with parts of one family in the order of their first parameters."""
        n, of_parts = len(self.parts), self._of_parts(theta)
        weights = [theta[0], 1.0 - theta[0]] if n == 2 else [0.0, *theta[: n - 1]]
        places = list(range(n))
        for family in {part.family for part in self.parts}:
            same = [k for k in range(n) if self.parts[k].family is family]
            for k, j in zip(same, sorted(same, key=lambda k: of_parts[k]), strict=True):
                places[k] = j
        if places == list(range(n)):
            return theta
        ordered = [weights[k] for k in places]
        first = [ordered[0]] if n == 2 else [logit - ordered[0] for logit in ordered[1:]]
        return *first, *(value for k in places for value in of_parts[k])

    def _starts(self, x: Array) -> list[tuple[float, ...]]:
        found = self._sorted_starts(np.sort(x))
        return start_values(self, found) if found else []

    def degeneracy(self, theta: tuple[float, ...], n: float, converged: bool) -> str:
        """Return which part does not count at theta, for n rows, in words; empty if all do."""
        of_parts = self._of_parts(theta)
        for k, part in enumerate(self.parts):
            for j in range(k):
                if part.family is self.parts[j].family and _are_one(part.family, of_parts[j], of_parts[k]):
                    return f"parts {j + 1} and {k + 1} ({part.family.name}) become one distribution"
        for k, (part, share) in enumerate(zip(self.parts, self._shares(theta), strict=True)):
            if share * n < _LEAST_ROWS:
                return f"the weight of part {k + 1} ({part.family.name}) tends to 0"
        widths = [_width_of(part.family, of_part) for part, of_part in zip(self.parts, of_parts, strict=True)]
        for k, (part, width) in enumerate(zip(self.parts, widths, strict=True)):
            if width < _NARROW * max(widths) and not converged:
                return f"part {k + 1} ({part.family.name}) collapses onto one value"
        return ""

    def _shares(self, theta: tuple[float, ...]) -> list[float]:
        """Return the weights of the parts."""
        if len(self.parts) == 2:
            return [theta[0], 1 - theta[0]]
        logits = np.array([0.0, *theta[: len(self.parts) - 1]])
        shares = np.exp(logits - logits.max())
        return list((shares / shares.sum()).tolist())

    def _start_of(self, slices: Sequence[Array]) -> tuple[float, ...] | None:
        parameters: list[float] = []
        for part, rows in zip(self.parts, slices, strict=True):
            low, high = part.support
            theta = _fit_of(part.family, rows[(rows >= low) & (rows <= high)])
            if theta is None:
                return None
            parameters += theta
        sizes = [rows.size for rows in slices]
        if len(sizes) == 2:
            return sizes[0] / sum(sizes), *parameters
        return *(math.log(size / sizes[0]) for size in sizes[1:]), *parameters

    def __reduce__(self) -> tuple[Any, ...]:
        return mixture_of, ([part.family for part in self.parts], self.name)


def _are_one(family: Family, theta: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether two parts of one family are the same but for what rounding and flat likelihoods leave."""
    width = min(_width_of(family, theta), _width_of(family, other))
    for parameter, a, b in zip(family.parameters, theta, other, strict=True):
        size = width if parameter.low == -math.inf and width < math.inf else max(abs(a), abs(b))
        if abs(a - b) > _SAME * size:
            return False
    return True


def _width_of(family: Family, theta: tuple[float, ...]) -> float:
    """Return the least positive parameter of a part, which goes to 0 where the part becomes one value."""
    positive = [v for p, v in zip(family.parameters, theta, strict=True) if p.low == 0 and p.high == math.inf]
    return min(positive, default=math.inf)


def mixture_of(families: Sequence[Family], name: str | None = None) -> MixtureFamily:
    """Return the mixture of some families."""
    parts = [_part(family) for family in families]
    if len({family.counts for family in families}) > 1:
        raise ParameterError("parts: families of counts and of other rows do not mix")
    return MixtureFamily(parts, name)


def _part(family: Family) -> _Part:
    if isinstance(family, FormulaFamily):
        if family.kind != _formulas.DENSITY:
            raise ParameterError(f"parts: {family.name} is not normalized, and a part of a mixture must be")
        return _Part(family, family.ends, partial(grafted, family.node))
    if family.name not in KNOWN:
        raise ParameterError(
            f"parts: {family.name} is no part of a mixture: its support or a kink depends on parameters, or"
            f" it has no formula here; there are {', '.join(KNOWN)}, and formulas"
        )
    formula, support = KNOWN[family.name]

    def density(graph: Graph, parameters: Sequence[Node]) -> Node:
        result: Symbol = formula(Symbol(graph.x), *map(Symbol, parameters))
        return result.node

    return _Part(family, support, density)


def _weight_domains(n: int) -> dict[str, tuple[float, float]]:
    if n == 2:
        return {"weight": (0.0, 1.0)}
    return {f"logit_{k}": (-math.inf, math.inf) for k in range(2, n + 1)}


def _log_weights(graph: Graph, weights: Sequence[Node]) -> list[Node]:
    if len(weights) == 1:
        return [graph.unary("log", weights[0]), graph.unary("log1p", graph.negative(weights[0]))]
    logits = [graph.zero, *weights]
    total = logits[0]
    for logit in logits[1:]:
        total = graph.log_sum(total, logit)
    return [graph.subtract(logit, total) for logit in logits]


def _sum_of(graph: Graph, terms: Sequence[tuple[tuple[float, float], Node]]) -> Node:
    """Return the logarithm of a sum, of which a term outside its support is no part."""
    supports = sorted({support for support, _ in terms}, key=_width, reverse=True)
    all_rows = min(low for low, _ in supports), max(high for _, high in supports)
    total = graph.constant(-math.inf)
    for support in supports:
        inside = [node for ends, node in terms if ends[0] <= support[0] and support[1] <= ends[1]]
        here = inside[0]
        for node in inside[1:]:
            here = graph.log_sum(here, node)
        total = here if support == all_rows else graph.where(_within(graph, support, all_rows), here, total)
    return total


def _width(support: tuple[float, float]) -> tuple[int, float]:
    """Return how many ends are infinite, and how wide a support is."""
    return sum(map(math.isinf, support)), support[1] - support[0]


def _within(graph: Graph, support: tuple[float, float], all_rows: tuple[float, float]) -> Node:
    condition = graph.one
    if support[0] > all_rows[0]:
        condition = graph.binary("<", graph.constant(support[0]), graph.x)
    if support[1] < all_rows[1]:
        condition = graph.multiply(condition, graph.binary("<", graph.x, graph.constant(support[1])))
    return condition


def _slices(x: Array, families: Sequence[Family]) -> list[list[Array]]:
    """Return divisions of sorted rows among parts."""
    n = len(families)
    pieces = np.array_split(x, n)
    orders = {tuple(families[k].name for k in order): order for order in permutations(range(n))}
    found = []
    for order in orders.values():
        slices = list(pieces)
        for piece, place in zip(pieces, order, strict=True):
            slices[place] = piece
        found.append(slices)
    size = max(2, int(_CORE * x.size))
    first = int(np.argmin(x[size - 1 :] - x[: x.size - size + 1])) if x.size >= size else 0
    core = x[first : first + size]
    found += [[core if k == j else x for k in range(n)] for j in range(n)]
    return found[:_MOST_STARTS]


def _maximum_from(model: _core.Model, rows: Any, theta: tuple[float, ...]) -> tuple[float, tuple[float, ...]]:
    """Return the log-likelihood and the maximum that Newton's method reaches; -inf where it reaches none."""
    newton, going = _sums.Newton(model, theta), True
    while going and newton.evaluations < _MOST_EVALUATIONS:
        theta = newton.theta
        tree = _sums.Tree(model, theta)
        tree.add(rows, 1)
        sums = tree.total()
        going = newton.iterate(sums)
    height = sums.evaluate(theta)[0] if newton.converged else -math.inf
    return height, newton.theta


def _fit_of(family: Family, x: Array) -> tuple[float, ...] | None:
    """Return the maximum of some rows alone, or start values; None where they have none."""
    if x.size < 2:
        return None
    rows = _core.plain_rows(np.ascontiguousarray(x))
    fit = None if rows is None else _sums.fit_plain(family.model, rows)
    if fit is not None:
        return tuple(fit.theta)
    begun = _sums.ExactFit(family.model, 0, {})
    begun.take_pilot(np.ascontiguousarray(x))
    return None if begun.state in ("no start", "all rows") else tuple(begun.theta)
