"""Families by a formula: what compiled families of the same formula give, and what no compiled family has."""

import os
import subprocess
import sys
from pathlib import Path

import mpmath
import numpy as np
import pytest
from conftest import Case
from scipy import special
from tolerance import EPS, log_likelihood_size, score_sizes
from turns import in_turn

import thetahat as th
from thetahat import _core, _formulas, _sums
from thetahat.families import find_family
from thetahat.families._known import KNOWN
from thetahat.formulas.graph import Graph
from thetahat.formulas.trace import functions, trace
from thetahat.reference import Likelihood

ROUNDING = 64  # rounding errors of the sum of |terms|: a formula's terms may be larger than a family's
INF = np.inf


def formula_of(name):
    log_density, support = KNOWN[name]
    compiled = find_family(name)
    params = {p.name: (p.low, p.high) for p in compiled.parameters}
    return th.Family(log_density, params, support, discrete=compiled.counts, name=f"{name}_formula")


FORMULAS = {name: formula_of(name) for name in KNOWN}


@pytest.fixture(params=KNOWN)
def known(request):
    """A compiled family at its first point, and the family by its formula."""
    name = request.param
    return Case(name, Likelihood(name).family.THETAS[0]), FORMULAS[name]


def bits(*values):
    return [np.asarray(value, dtype=float).tobytes() for value in values]


def everything(x, family, theta, **options):
    fit = th.fit(x, family, **options)
    value, score = th.log_likelihood_and_score(x, family, theta, **options)
    return bits(fit.theta, fit.cov, fit.log_likelihood, fit.newton_decrement, value, score)


# What a compiled family of the same formula gives.


@in_turn("n", [1, 15, 17, 511, 512, 513, 2047, 2049, 5000])
def test_log_likelihood_and_score_are_the_compiled_ones(known, n):
    case, formula = known
    x = case.sample(n)
    value, score = th.log_likelihood_and_score(x, formula, case.theta)
    wanted, slopes = th.log_likelihood_and_score(x, case.family, case.theta)
    assert abs(value - wanted) <= ROUNDING * EPS * log_likelihood_size(case.family, x, case.theta)
    sizes = score_sizes(case.family, x, case.theta)
    assert np.all(np.abs(score - slopes) <= ROUNDING * EPS * np.array(sizes))


def test_density_is_the_compiled_one(known):
    case, formula = known
    x = np.concatenate([case.sample(1003), [INF, -INF]])
    wanted = th.logpdf(x, case.family, case.theta)
    np.testing.assert_allclose(th.logpdf(x, formula, case.theta), wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("n", [300, 4000])
def test_fit_is_the_compiled_one(known, n):
    case, formula = known
    x = case.sample(n)
    ours, theirs = th.fit(x, formula), th.fit(x, case.family)
    assert ours.status == "converged"
    one_row = theirs.stderr * np.sqrt(n)
    assert np.all(np.abs(ours.theta - theirs.theta) <= 1e-12 * (np.abs(theirs.theta) + one_row))
    np.testing.assert_allclose(ours.cov, theirs.cov, rtol=1e-8, atol=1e-12 * np.abs(theirs.cov).max())
    np.testing.assert_allclose(ours.log_likelihood, theirs.log_likelihood, rtol=1e-12)


def test_sandwich_and_weights_are_the_compiled_ones(known):
    case, formula = known
    x = case.sample(700)
    options = {"weights": np.resize([1.0, 2.5, 0.0], x.size), "cov": "sandwich"}
    ours, theirs = th.fit(x, formula, **options), th.fit(x, case.family, **options)
    np.testing.assert_allclose(ours.theta, theirs.theta, rtol=1e-9, atol=1e-9 * theirs.stderr.max())
    np.testing.assert_allclose(ours.stderr, theirs.stderr, rtol=1e-7)


@pytest.mark.parametrize(
    "method",
    [th.SGD(), th.SGD(learning_rate=1e-5, epochs=2), th.SGD(batch_size=50, learning_rate=1e-5, epochs=3)],
)
def test_steps_are_those_of_the_compiled_family(method):
    x = np.random.default_rng(3).gumbel(4, 2, 900)
    ours, theirs = (
        th.fit(x, family, method=method, rng=1, start=(4, 2)) for family in (FORMULAS["gumbel"], "gumbel")
    )
    np.testing.assert_allclose(ours.theta, theirs.theta, rtol=1e-12)


# The same bits.


def test_threads_and_portions_give_the_same_bits(known):
    case, formula = known
    x = np.tile(case.sample(3000), 44)[:-77]
    assert everything(x, formula, case.theta, threads=1) == everything(x, formula, case.theta, threads=3)
    trees = [_sums.Tree(formula.model, case.theta) for _ in range(2)]
    trees[0].add(_core.plain_rows(x), 1)
    for part in np.split(x, [1, 700, 2048, 4999, 131072]):
        trees[1].add(_core.plain_rows(np.ascontiguousarray(part)), 2)
    assert trees[0].total().numbers() == trees[1].total().numbers()


ISA_SCRIPT = """
import sys
import numpy as np
import thetahat as th
from conftest import Case
from test_formulas import FORMULAS, everything
samples = np.load(sys.argv[1])
for name, formula in FORMULAS.items():
    x = samples[name]
    theta = Case(name, samples[name + " theta"].tolist()).theta
    print(name, everything(x, formula, theta), th.logpdf(x, formula, theta).tobytes().hex())
mixture = th.mixture(["normal", "exponential"])
print(th.fit(samples["gamma"], mixture, start=samples["mixture"].tolist()).theta.tobytes().hex())
"""


def test_every_instruction_set_gives_the_same_bits(tmp_path):
    samples, path = {"mixture": [0.5, 2.0, 1.0, 3.0]}, tmp_path / "samples.npz"
    for name in KNOWN:
        theta = Likelihood(name).family.THETAS[0]
        samples |= {name: Case(name, theta).sample(613), f"{name} theta": theta}
    np.savez(path, **samples)
    outputs = []
    for level in _core.isa_levels:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "THETAHAT_ISA": level}
        environment["PYTHONPATH"] += os.pathsep + str(Path(th.__file__).parents[1])
        command = [sys.executable, "-c", ISA_SCRIPT, path]
        outputs.append(
            subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        )
    assert set(outputs) == {outputs[0]}


def test_containers_give_the_bits_of_the_plain_rows():
    formula, x = FORMULAS["logistic"], np.random.default_rng(0).logistic(2, 1, 3000).astype(np.float32)
    plain = everything(x.astype(np.float64), formula, (2, 1))
    assert everything(x, formula, (2, 1)) == plain
    masked = np.ma.array(np.repeat(x, 2), mask=np.tile([False, True], x.size))
    assert everything(masked, formula, (2, 1)) == plain


def test_groups_are_the_fits_of_each_alone():
    formula, x = FORMULAS["weibull"], np.random.default_rng(0).weibull(2, 900)
    groups = th.fit_groups(x, formula, by=np.arange(900) % 3)
    for k in range(3):
        assert groups.theta[k].tolist() == th.fit(x[k::3].copy(), formula).theta.tolist()


@pytest.mark.parametrize("power", [-200, 40])
def test_fits_scale_with_the_unit_of_the_rows(power):
    x, unit = np.random.default_rng(0).gumbel(4, 2, 500), 2.0**power
    fit, scaled = th.fit(x, FORMULAS["gumbel"]), th.fit(x * unit, FORMULAS["gumbel"])
    np.testing.assert_allclose(scaled.theta, fit.theta * unit, rtol=1e-13)


# Every function, with its two derivatives.


def beta_ln(a, b):
    return mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(a + b)


def stirling(u):
    return mpmath.loggamma(u) - (u - 0.5) * mpmath.log(u) + u - mpmath.log(2 * mpmath.pi) / 2


FUNCTIONS = {
    "log_ndtr": (special.log_ndtr, lambda u: mpmath.log(mpmath.ncdf(u)), (-30, -3, -0.2, 0.4, 3.0)),
    "erf": (special.erf, mpmath.erf, (-3, -0.5, 0.1, 0.69, 0.71, 2)),
    "erfc": (special.erfc, mpmath.erfc, (-3, -0.5, 0.1, 2, 9)),
    "expit": (special.expit, lambda u: 1 / (1 + mpmath.exp(-u)), (-30, -0.3, 0.2, 20)),
    "log_expit": (special.log_expit, lambda u: -mpmath.log1p(mpmath.exp(-u)), (-30, -0.3, 0.2, 20)),
    "gammaln": (special.gammaln, mpmath.loggamma, (0.1, 1.3, 7, 300)),
    "digamma": (special.digamma, mpmath.digamma, (0.4, 1.9, 11)),
    "sinh": (np.sinh, mpmath.sinh, (-3, 1e-3, 2)),
    "cosh": (np.cosh, mpmath.cosh, (-3, 1e-3, 2)),
    "tanh": (np.tanh, mpmath.tanh, (-3, 1e-3, 0.7, 20)),
    "arctan": (np.arctan, mpmath.atan, (-3, 1e-3, 0.7, 20)),
    "arcsinh": (np.arcsinh, mpmath.asinh, (-1e200, -3, 1e-9, 0.7, 20)),
    "log1p_rest": (
        functions["log1p_rest"],
        lambda u: (u - mpmath.log1p(u)) / u**2,
        (-0.99, -0.3, 1e-5, 1.1, 40),
    ),
    "expm1_rest": (
        functions["expm1_rest"],
        lambda u: (mpmath.exp(u) - 1 - u) / u**2,
        (-40, -0.3, 1e-5, 2.1, 40),
    ),
    "stirling": (functions["stirling"], stirling, (0.1, 1.3, 7, 300)),
    "sin": (np.sin, mpmath.sin, (-3, 1e-3, 0.7, 20)),
    "cos": (np.cos, mpmath.cos, (-3, 1e-3, 0.7, 20)),
    "expm1": (np.expm1, mpmath.expm1, (-3, 1e-9, 0.7)),
    "log1p": (np.log1p, mpmath.log1p, (-0.7, 1e-9, 5)),
    "log2": (np.log2, lambda u: mpmath.log(u, 2), (0.3, 5)),
    "log10": (np.log10, mpmath.log10, (0.3, 5)),
    "sqrt": (np.sqrt, mpmath.sqrt, (0.3, 5)),
    "abs": (abs, abs, (-0.3, 5)),
    "sign": (np.sign, mpmath.sign, (-0.3, 5)),
    "power": (lambda u: u**2.5, lambda u: u ** mpmath.mpf(2.5), (0.3, 5)),
    "square": (np.square, lambda u: u * u, (-0.3, 5)),
    "cube": (lambda u: u**-3, lambda u: u**-3, (-0.3, 5)),
    "exp2": (np.exp2, lambda u: mpmath.mpf(2) ** u, (-0.3, 5)),
    "logaddexp": (
        lambda u: np.logaddexp(u, 1.0),
        lambda u: mpmath.log(mpmath.exp(u) + mpmath.e),
        (-40, 1, 3),
    ),
    "where": (lambda u: np.where(u > 1, u * u, 3 * u), lambda u: u * u if u > 1 else 3 * u, (0.3, 5)),
    "minimum": (lambda u: np.minimum(u * u, 4.0), lambda u: min(u * u, mpmath.mpf(4)), (0.3, 5)),
    "maximum": (lambda u: np.maximum(u * u, 4.0), lambda u: max(u * u, mpmath.mpf(4)), (0.3, 5)),
    "xlogy": (lambda u: special.xlogy(u, u), lambda u: u * mpmath.log(u), (0.3, 5)),
    "betaln": (lambda u: special.betaln(u, 1.5), lambda u: beta_ln(u, mpmath.mpf(1.5)), (0.3, 5)),
}


def values_of(function, theta, rows):
    """The values and derivatives of a function of x + a - x0, by the machine on rows."""
    graph = Graph([-INF])
    family = th.Family.__new__(th.Family)
    node = trace(lambda x, a: function(x + a), graph)
    family._define(graph, node, "f", {"a": (-INF, INF)}, (-INF, INF), False, _formulas.DENSITY, None)
    return family.compiled.values(np.array([theta]), np.asarray(rows, dtype=float))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_and_derivatives_are_right(name):
    function, exact, points = FUNCTIONS[name]
    found = values_of(function, 0.25, np.array(points, dtype=float) - 0.25)
    with mpmath.workdps(40):
        for k, u in enumerate(points):
            wanted = [float(mpmath.diff(exact, mpmath.mpf(u), n)) for n in range(3)]
            size = max(map(abs, wanted)) if name in ("sin", "cos") else 0.0
            np.testing.assert_allclose(found[:, k], wanted, rtol=2e-12, atol=1e-14 + 1e-14 * size)


@pytest.mark.parametrize(
    ("function", "rows", "wanted"),
    [
        (np.exp, [-INF, -800.0, 800.0, INF, np.nan], [0.0, 0.0, INF, INF, np.nan]),
        (np.log, [0.0, -1.0, INF, 5e-324, np.nan], [-INF, np.nan, INF, np.log(5e-324), np.nan]),
        (special.log_ndtr, [-INF, INF, np.nan], [-INF, 0.0, np.nan]),
        (special.erf, [-INF, INF, np.nan], [-1.0, 1.0, np.nan]),
        (special.expit, [-INF, INF, np.nan], [0.0, 1.0, np.nan]),
        (np.tanh, [-INF, INF, np.nan], [-1.0, 1.0, np.nan]),
    ],
)
def test_functions_at_the_ends_of_doubles(function, rows, wanted):
    np.testing.assert_allclose(values_of(function, 0.0, rows)[0], wanted, rtol=1e-12)
