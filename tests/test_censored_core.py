"""Probabilities of intervals and their derivatives, by the compiled core: laws of every family."""

import math
import os
import pickle
import signal
import subprocess
import sys
import threading

import mpmath
import numpy as np
import pytest
from conftest import FIRSTS, Case, of_such
from turns import in_turn

import thetahat as th
from thetahat import _censored, _core, _sums
from thetahat._censored import Intervals

INF = math.inf


def limits_of(case, n=9):
    """Distinct limits inside the sample, in increasing order; counts lie between two limits."""
    x = np.unique(case.sample(200))
    return np.unique(x[np.linspace(0, x.size - 1, n + 2).astype(int)[1:-1]])


def log_p(case, lower, upper):
    lower, upper = np.broadcast_arrays(np.asarray(lower, float), np.asarray(upper, float))
    return _censored.log_probability(
        _core.models[case.family], case.theta, lower.ravel().copy(), upper.ravel().copy()
    )


def scores(case, lower, upper, theta=None):
    return _censored.scores(
        _core.models[case.family], theta or case.theta, np.array(lower, float), np.array(upper, float)
    )


def intervals(lower, upper, weights=None, n=None, **how):
    lower, upper = np.array(lower, float), np.array(upper, float)
    weights = np.ones(lower.size) if weights is None else np.array(weights, float)
    return Intervals(lower, upper, weights, float(weights.sum() if n is None else n), **how)


def derivatives(case, of, theta=None):
    value, score, information = of.derivatives(_core.models[case.family], theta or case.theta)
    return value, np.array(score), np.array(information).reshape(len(score), -1)


def has_ends(case):
    return not case.description.circular  # whose open intervals go around


def is_positive(case):
    return case.description.support == "x > 0"


def counts_of(case):
    return case.description.counts


def test_neighbouring_intervals_add_up(case):
    x = limits_of(case)
    low, middle, high = x[0], x[x.size // 2], x[-1]
    whole, parts = log_p(case, low, high), log_p(case, [low, middle], [middle, high])
    np.testing.assert_allclose(np.logaddexp(*parts), whole[0], rtol=1e-12, atol=1e-13)


def test_very_many_counts_are_added_in_groups():
    case = Case("poisson", (1e13,))  # of standard deviation 3e6
    low, middle, high = (1e13 + 3e6 * z for z in (0.3, 1.1, 2.0))
    whole, parts = log_p(case, low, high), log_p(case, [low, middle], [middle, high])
    np.testing.assert_allclose(np.logaddexp(*parts), whole[0], rtol=1e-10)
    normal = log_p(Case("normal", (1e13, math.sqrt(1e13))), low + 0.5, high + 0.5)
    np.testing.assert_allclose(whole, normal, rtol=1e-6)  # but for the skewness


@of_such(has_ends)
def test_two_sides_of_a_limit_are_all(case):
    for limit in limits_of(case):
        below, above = log_p(case, [-INF, limit], [limit, INF])
        np.testing.assert_allclose(np.logaddexp(below, above), 0.0, atol=1e-13)


@of_such(lambda case: not has_ends(case))
def test_a_turn_is_all(case):
    np.testing.assert_array_equal(log_p(case, [1.0, -INF, 2.0], [INF, 1.0, 9.0]), [0.0, 0.0, 0.0])
    inside, outside = log_p(case, [1.0, 2.5], [2.5, 1.0 + 2 * math.pi])
    np.testing.assert_allclose(np.logaddexp(inside, outside), 0.0, atol=1e-13)


def test_the_whole_line_is_certain(case):
    value, score = scores(case, [-INF], [INF])
    assert value[0] == 0
    np.testing.assert_array_equal(score, np.zeros((1, len(case.theta))))


def exact_derivatives(reference, theta, lower, upper):
    """log P and its gradient by the reference's density, in the digits of the moment."""
    density = lambda x: mpmath.exp(reference.log_likelihood([x], theta))  # noqa: E731
    if lower == math.floor(lower) and upper == math.floor(upper):
        rows = [mpmath.mpf(k) for k in range(int(lower) + 1, int(upper) + 1)]
        total = mpmath.fsum(map(density, rows))
        means = [
            mpmath.fsum(density(x) * reference.score([x], theta)[j] for x in rows) for j in range(len(theta))
        ]
    else:
        ends = [lower, theta[0], upper] if lower < theta[0] < upper else [lower, upper]  # there may be a kink
        total = mpmath.quad(density, ends)
        means = [
            mpmath.quad(lambda x, j=j: density(x) * reference.score([x], theta)[j], ends)
            for j in range(len(theta))
        ]
    return mpmath.log(total), [mean / total for mean in means]


@in_turn("narrow", [False, True])
def test_an_interval_has_the_derivatives_of_its_integral(first, in_fifty_digits, narrow):
    x = limits_of(first)
    low = float(x[x.size // 2 - 1])
    high = float(x[x.size // 2]) if not narrow else low + (1.0 if counts_of(first) else 1e-7 * abs(low))
    reference = in_fifty_digits(first.reference)
    mpmath.mp.dps = 25
    value, gradient = exact_derivatives(reference, [mpmath.mpf(t) for t in first.theta], low, high)
    found, score = scores(first, [low], [high])
    assert abs(found[0] - value) <= 1e-13 * abs(value) + 1e-14
    largest = max(map(abs, gradient))
    for of_core, truth in zip(score[0], gradient, strict=True):
        assert abs(of_core - truth) <= 1e-11 * max(abs(truth), largest / 1000)


def test_information_is_minus_the_slope_of_the_score(case):
    x = limits_of(case)
    lower = [-INF, x[0], x[0], x[-2]]
    upper = [x[-1], INF, x[-1], x[-1]]
    of = intervals(lower, upper, [1.0, 2.0, 1.0, -0.5])
    _, _, information = derivatives(case, of)
    sizes = np.sqrt(np.abs(np.diag(information))) + 1e-300
    smooth = [j for j, p in enumerate(_core.models[case.family].parameters) if p[3] != _core.NONSMOOTH]
    for j in smooth:
        step = 1e-5 / sizes[j]
        up, down = (
            tuple(case.theta[i] + s * (i == j) for i in range(len(case.theta))) for s in (step, -step)
        )
        slope = (derivatives(case, of, up)[1] - derivatives(case, of, down)[1]) / (2 * step)
        expected = (information[j] / sizes / sizes[j])[smooth]
        np.testing.assert_allclose((-slope / sizes / sizes[j])[smooth], expected, rtol=1e-5, atol=1e-5)


def test_many_limits_have_the_sum_of_each(first):
    rng = np.random.default_rng(5)
    x = np.concatenate([first.sample(1500), rng.choice(first.sample(200), 300)])
    x = x * rng.uniform(0.9, 1.0, x.size) if not counts_of(first) else x
    w = rng.uniform(0.5, 2.0, x.size)
    for lower, upper in ((x, np.full(x.size, INF)), (np.full(x.size, -INF), x)):
        value, score = scores(first, lower, upper)
        found = derivatives(first, intervals(lower, upper, w))
        np.testing.assert_allclose(found[0], w @ value, rtol=1e-11, atol=1e-11)
        scale = np.abs(w[:, None] * score).sum(axis=0) + 1e-300
        np.testing.assert_allclose(found[1] / scale, (w @ score) / scale, atol=1e-10)


@pytest.mark.parametrize("place", [1, 2, 2000, 3997, 3998])
@pytest.mark.parametrize(
    ("family", "theta"),
    [
        ("pareto", lambda end: (2.5, end)),
        ("laplace", lambda end: (end, 1.0)),
        ("uniform", lambda end: (end, 30.0)),
        ("gev", lambda end: (10.0, 2.0, 2.0 / (10.0 - end))),
    ],
)
def test_a_bend_among_many_limits(family, theta, place):
    x = np.geomspace(1.0, 9.0, 4000)
    case = Case(family, theta(x[place] * (1 + 1e-7)))
    lower, upper = x, np.full(x.size, INF)
    value, score = scores(case, lower, upper)
    found = derivatives(case, intervals(lower, upper))
    np.testing.assert_allclose(found[0], value.sum(), rtol=1e-12)
    np.testing.assert_allclose(found[1], score.sum(axis=0), rtol=1e-10, atol=1e-10 * np.abs(score).sum())


def test_threads_and_the_order_of_limits_change_no_bit(first):
    x = first.sample(700)
    order = np.random.default_rng(1).permutation(x.size)
    lower, upper = np.concatenate([x, np.full(x.size, -INF)]), np.concatenate([np.full(x.size, INF), x])
    expected = derivatives(first, intervals(lower, upper))
    shuffled = np.concatenate([order, x.size + order])
    for of in (
        intervals(lower, upper, threads=3),
        intervals(lower[shuffled], upper[shuffled]),
    ):
        for found, wanted in zip(derivatives(first, of), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)


BITS = """
import numpy as np
from thetahat import _censored, _core
from conftest import FIRSTS, Case
for name, theta in FIRSTS:
    x = np.unique(Case(name, theta).sample(60))
    w, inf = np.ones(x.size - 1), np.full(x.size - 1, np.inf)
    for lower, upper in ((x[:-1], x[1:].copy()), (x[:-1], inf), (-inf, x[1:].copy())):
        print(name, _censored.Intervals(lower, upper, w, 1.0).derivatives(_core.models[name], theta))
"""


def test_instruction_sets_give_the_same_bits():
    def output(isa):
        environment = {**os.environ, "THETAHAT_ISA": isa, "PYTHONPATH": os.pathsep.join(sys.path)}
        return subprocess.run(
            [sys.executable, "-c", BITS], env=environment, capture_output=True, check=True, text=True
        ).stdout

    assert len({output(isa) for isa in _core.isa_levels}) == 1


def fit(model, start, rows=(), fixed=None, threads=1):
    x = np.array(rows, float)
    machine = _sums.ExactFit(model, x.size, fixed or {}, start)
    machine.run([_core.plain_rows(x)] if x.size else [], threads)
    return machine


@of_such(lambda case: case.regular and (case.family, case.theta) in FIRSTS)
def test_narrow_intervals_are_fitted_as_their_rows(case):
    x = case.sample(60)
    lower, upper = (x - 1, x) if counts_of(case) else (x - 1e-9 * np.abs(x), x + 1e-9 * np.abs(x))
    expected = th.fit(x, case.family)
    machine = fit(intervals(lower, upper).attach(_core.models[case.family]), tuple(expected.theta))
    assert machine.converged
    np.testing.assert_allclose(machine.theta, expected.theta, rtol=1e-6, atol=1e-7)


def test_opposite_weights_cancel(first):
    x = limits_of(first)
    of = intervals([x[0], x[0]], [x[-1], x[-1]], [1.0, -1.0], n=0.0)
    for found in derivatives(first, of):
        np.testing.assert_array_equal(found, np.zeros_like(found))


def is_simple(case):
    return _censored.has_simple_hazard(_core.models[case.family])


@of_such(is_simple)
def test_censored_rows_among_the_exact_ones(case):
    x, model = case.sample(3000), _core.models[case.family]
    event = np.random.default_rng(2).random(x.size) < 0.6
    apart = intervals(x[~event], np.full((~event).sum(), INF)).attach(model)
    joined = intervals([], [], n=0.0, x=x[~event]).attach(model)
    one, other = fit(apart, case.theta, x[event]), fit(joined, case.theta, x)
    assert one.converged
    assert other.converged
    np.testing.assert_allclose(one.theta, other.theta, rtol=1e-12)
    of_one, of_other = (f.sums.evaluate(f.theta if model.sufficient else f.evaluated) for f in (one, other))
    np.testing.assert_allclose(of_one[0], of_other[0], rtol=1e-13)
    np.testing.assert_allclose(of_one[4], of_other[4], rtol=1e-10)


@of_such(lambda case: (case.family, case.theta) in FIRSTS and not is_simple(case))
def test_other_hazards_need_intervals(case):
    joined = intervals([], [], n=0.0, x=np.array([1.0]))
    with pytest.raises(ValueError, match="no power of x"):
        joined.attach(_core.models[case.family])


def mp_beta(a, b, low, high):
    return mpmath.betainc(a, b, low, high, regularized=True)


# Family, theta, limit, and log S in terms of mpmath: shapes and limits far out.
FAR = [
    ("gamma", (1e-6, 1.0), 2.0, lambda a, s, x: mpmath.gammainc(a, x / s, regularized=True)),
    ("gamma", (0.05, 1.0), 1e-60, lambda a, s, x: mpmath.gammainc(a, x / s, regularized=True)),
    ("gamma", (50.0, 2.0), 300.0, lambda a, s, x: mpmath.gammainc(a, x / s, regularized=True)),
    ("beta", (0.05, 0.05), 1e-6, lambda a, b, x: mp_beta(a, b, x, 1)),
    ("beta", (500.0, 0.05), 0.9999999, lambda a, b, x: mp_beta(b, a, 0, 1 - x)),
    ("beta", (500.0, 500.0), 0.4, lambda a, b, x: mp_beta(b, a, 0, 1 - x)),
    ("student_t", (0.0, 1.0, 0.05), 1e6, lambda _m, _s, n, x: mp_beta(n / 2, 0.5, 0, n / (n + x * x)) / 2),
    ("student_t", (0.0, 1.0, 1e6), 12.0, lambda _m, _s, n, x: mp_beta(n / 2, 0.5, 0, n / (n + x * x)) / 2),
    ("negative_binomial", (1e6, 10.0), 25.0, lambda r, m, x: mp_beta(x + 1, r, 0, m / (r + m))),
    ("negative_binomial", (0.05, 3.0), 40.0, lambda r, m, x: mp_beta(x + 1, r, 0, m / (r + m))),
    ("normal", (0.0, 1.0), 40.0, lambda _m, _s, x: mpmath.erfc(x / mpmath.sqrt(2)) / 2),
]


@pytest.mark.parametrize(("family", "theta", "limit", "survival"), FAR)
@pytest.mark.parametrize("upper", [True, False])
def test_far_limits_and_extreme_shapes(family, theta, limit, survival, upper):
    with mpmath.workdps(60):
        x, at = mpmath.mpf(limit), [mpmath.mpf(t) for t in theta]
        log_of = lambda *to: mpmath.log(survival(*to, x) if upper else 1 - survival(*to, x))  # noqa: E731
        value = log_of(*at)
        gradient = [
            mpmath.diff(log_of, tuple(at), tuple(int(i == j) for i in range(len(at)))) for j in range(len(at))
        ]
    case = Case(family, theta)
    lower, higher = ([limit], [INF]) if upper else ([-INF], [limit])
    found, score = scores(case, lower, higher)
    assert abs(found[0] - value) <= 1e-12 * abs(value)
    # Formulas leave out the mu and sigma that are 0 and 1.
    largest = max(map(abs, gradient))
    for of_core, truth in zip(score[0], gradient, strict=True):
        if truth != 0:
            assert abs(of_core - truth) <= 1e-10 * max(abs(truth), largest / 1000)


@of_such(is_positive)
def test_what_cannot_be_has_no_score(case):
    value, score = scores(case, [-3.0], [-2.0])
    assert value[0] == -INF
    assert np.isnan(score).all()


def test_equal_limits_are_a_row(case):
    x = case.sample(5)
    np.testing.assert_allclose(scores(case, x, x)[0], th.logpdf(x, case.family, case.theta), rtol=1e-14)


def test_scores_of_rows_add_up(smooth):
    x = smooth.sample(5)
    score = scores(smooth, x, x)[1]
    total = th.score(x, smooth.family, smooth.theta)
    np.testing.assert_allclose(score.sum(axis=0), total, rtol=1e-9, atol=1e-9 * np.abs(score).sum())


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="differ in length"):
        Intervals(np.zeros(2), np.ones(3), np.ones(2), 2.0)
    with pytest.raises(ValueError, match=r"interval 1 is empty: \(2.0, 1.0\]"):
        intervals([0.0, 2.0], [1.0, 1.0])
    with pytest.raises(ValueError, match="differ in length"):
        intervals([], [], n=0.0, x=np.ones(2), x_weights=np.ones(3))
    model = intervals([0.0], [1.0]).attach(_core.models["normal"])
    with pytest.raises(TypeError, match="no name to be pickled by"):
        pickle.dumps(model)
    with pytest.raises(ValueError, match="has intervals already"):
        intervals([0.0], [1.0]).attach(model)


def test_a_model_with_intervals_has_the_probabilities_of_its_family(first):
    x = limits_of(first)
    model = _core.models[first.family]
    attached = intervals([x[0]], [INF]).attach(model)
    for lower, upper in ((x, np.full(x.size, INF)), (x[:-1], x[1:].copy())):
        expected = _censored.scores(model, first.theta, lower, upper)
        for found, wanted in zip(
            _censored.scores(attached, first.theta, lower, upper), expected, strict=True
        ):
            np.testing.assert_array_equal(found, wanted)


def test_ctrl_c_ends_an_evaluation():
    low = np.random.default_rng(0).gamma(2.0, size=200_000)
    of = intervals(low, 1.5 * low)
    machine = _sums.ExactFit(of.attach(_core.models["gamma"]), 0, {}, (2.0, 1.0))
    timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        machine.run([], 1)
    timer.join()
    assert not machine.converged
