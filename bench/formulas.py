"""A pass by formulas beside one by the compiled families of the same name; and how long a definition takes.

Ratios of the least times of many short rounds in turns, by one thread.
"""

import sys
from time import perf_counter

import numpy as np

import thetahat as th
from thetahat import _core, _sums
from thetahat.families import find_family
from thetahat.families._known import KNOWN
from thetahat.formulas.graph import Graph
from thetahat.formulas.lowering import lower
from thetahat.formulas.trace import trace

ROUNDS = 15


def formula_of(name):
    """The family of a compiled one's formula."""
    log_density, support = KNOWN[name]
    compiled = find_family(name)
    params = {p.name: (p.low, p.high) for p in compiled.parameters}
    return th.Family(log_density, params, support, discrete=compiled.counts, name=name)


def seconds_of_pass(model, rows, theta):
    begun = perf_counter()
    tree = _sums.Tree(model, theta, moments=False)
    tree.add(rows, 1)
    tree.total().evaluate(theta)
    return perf_counter() - begun


def compare_passes(name, n):
    """The least seconds of a pass by the formula, and by the compiled family."""
    formula, compiled = formula_of(name), find_family(name)
    theta = tuple(1.0 + 0.3 * j for j in range(len(compiled.names)))
    x = np.random.default_rng(0).gamma(2.0, 1.0, n)
    rows = _core.plain_rows(np.floor(x) if compiled.counts else x / (1 + x.max()) if name == "beta" else x)
    of_formula, of_compiled = [], []
    for _ in range(ROUNDS):
        of_formula.append(seconds_of_pass(formula.model, rows, theta))
        of_compiled.append(seconds_of_pass(compiled.model, rows, theta))
    return min(of_formula), min(of_compiled)


def seconds_of_lowering(name):
    """The least seconds of tracing, differentiating and lowering a formula."""
    log_density, _ = KNOWN[name]
    lows = [p.low for p in find_family(name).parameters]
    found = []
    for _ in range(ROUNDS):
        begun = perf_counter()
        graph = Graph(lows)
        lower(graph, trace(log_density, graph))
        found.append(perf_counter() - begun)
    return min(found)


def main():
    n = int(float(sys.argv[1])) if len(sys.argv) > 1 else 10**6
    print(f"{n} rows, {_core.isa}: ns a row by formula, by the compiled family, their ratio; ms of lowering")
    for name in KNOWN:
        formula, compiled = compare_passes(name, n)
        print(
            f"{name:18} {formula / n * 1e9:7.2f} {compiled / n * 1e9:7.2f} {formula / compiled:6.2f}"
            f" {seconds_of_lowering(name) * 1e3:6.2f}"
        )


if __name__ == "__main__":
    main()
