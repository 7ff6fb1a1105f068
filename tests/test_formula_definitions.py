"""Formulas that are refused, those that are normalized, and what becomes of their fits elsewhere."""

import math
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize, special, stats

import thetahat as th

INF = np.inf
LINE, POSITIVE = None, (0, INF)


def gaussian(x, mu, sigma):
    z = (x - mu) / sigma
    return -0.5 * z * z - np.log(sigma) - 0.5 * math.log(2 * math.pi)


def bell(x, mu, sigma):
    return -0.5 * ((x - mu) / sigma) ** 2


def with_if(x, mu):
    if x > mu:
        return -x
    return x


def with_loop(x, mu):
    return sum(value for value in x) + mu


NORMAL = {"mu": LINE, "sigma": POSITIVE}
REFUSED = {
    "if": (with_if, {"mu": LINE}, {}, "write np.where.*if x > mu"),
    "loop": (with_loop, {"mu": LINE}, {}, "x is one row"),
    "math": (lambda x, mu: math.exp(x - mu), {"mu": LINE}, {}, "instead of those of math"),
    "no such function": (lambda x, mu: np.arccosh(x - mu), {"mu": LINE}, {}, "cannot use arccosh.*there are"),
    "a sum": (lambda x, mu: np.sum(x - mu), {"mu": LINE}, {}, "cannot use sum"),
    "a constant": (lambda _x, _mu: 1.0, {"mu": LINE}, {}, "returned 1.0"),
    "an array": (lambda x, mu: (x - mu) * np.ones(3), {"mu": LINE}, {}, "no number"),
    "an exception": (lambda x, _mu: x / 0, {"mu": LINE}, {}, "cannot be traced|log_density"),
    "too few arguments": (lambda x: -x * x, {"mu": LINE}, {}, "cannot be traced.*argument"),
    "negative": (lambda x, mu: np.log(-((x - mu) ** 2)), {"mu": LINE}, {}, "log_density is nan at x = "),
    "infinite": (lambda x, mu: 1 / (x - x) + mu, {"mu": LINE}, {}, "log_density"),
    "nothing of a parameter": (
        lambda x, mu, _a: gaussian(x, mu, 1.0),
        {"mu": LINE, "a": LINE},
        {},
        "parameter a",
    ),
    "nothing of x": (lambda _x, mu: -mu * mu, {"mu": LINE}, {}, "depend on x"),
    "not normalized": (bell, NORMAL, {}, "integral of the density is .* and not 1"),
    "a window": (gaussian, NORMAL, {"support": (0, 1)}, "integral of the density"),
    "no integral": (lambda x, a: a * x, {"a": POSITIVE}, {"normalized": False}, "not found, or is infinite"),
    "a kink": (lambda x, mu: -np.abs(x - mu) - math.log(2), {"mu": LINE}, {}, "kink that moves with mu"),
    "a moving support": (lambda x, m: np.where(x > m, m - x, -INF), {"m": LINE}, {}, "moves with m"),
    "a moving end": (
        lambda x, m: np.where(x > m, m - x, -INF) - 0.1 * x * x,
        {"m": LINE},
        {"normalized": False},
        "moves with m",
    ),
    "nine parameters": (lambda x, *p: sum(p) * x, dict.fromkeys("abcdefghi"), {}, "more than 8"),
    "no parameters": (lambda x: -x, {}, {}, "params must be a dict"),
    "a list": (gaussian, ["mu", "sigma"], {}, "params must be a dict"),
    "a domain": (gaussian, {"mu": LINE, "sigma": (1, 0)}, {}, "the lower one first"),
    "a support": (gaussian, NORMAL, {"support": 3}, "support must be two numbers"),
    "no function": ("normal", NORMAL, {}, "must be a function"),
    "a start outside": (gaussian, NORMAL, {"start": {"mu": 0, "sigma": -1}}, "start: sigma must lie"),
    "half a start": (gaussian, NORMAL, {"start": {"mu": 0}}, "start must have a value for each"),
    "a name": (gaussian, NORMAL, {"name": ""}, "name must be"),
    "a flag": (gaussian, NORMAL, {"normalized": 3}, "normalized"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_log_density_is_refused_by_name(case):
    log_density, params, options, message = REFUSED[case]
    with pytest.raises(th.ParameterError, match=message):
        th.Family(log_density, params, **options)


def test_an_error_shows_the_line_of_the_formula():
    with pytest.raises(th.ParameterError, match=r"line \d+ of .*test_formula_definitions.py"):
        th.Family(with_if, {"mu": LINE})


def test_two_formulas_do_not_mix():
    kept = []

    def keeps(x, mu):
        kept.append(mu)
        return gaussian(x, kept[0], 1.0)

    th.Family(keeps, {"mu": LINE})
    with pytest.raises(th.ParameterError, match="symbols of two formulas"):
        th.Family(keeps, {"mu": LINE})


# Normalization.


@pytest.fixture(scope="module")
def window():
    """A normal distribution cut off to (0, 3)."""
    return th.Family(bell, NORMAL, (0, 3), normalized=False, name="window")


def test_a_truncated_density_is_scipy_s(window):
    x = np.linspace(0.01, 2.99, 50)
    for mu, sigma in ((1.0, 0.5), (-2.0, 1.5), (1.7, 1e-3), (40.0, 5.0)):
        wanted = stats.truncnorm((0 - mu) / sigma, (3 - mu) / sigma, mu, sigma).logpdf(x)
        np.testing.assert_allclose(th.logpdf(x, window, (mu, sigma)), wanted, rtol=1e-11, atol=1e-11)


def test_a_truncated_fit_is_the_maximum(window):
    rng = np.random.default_rng(4)
    x = rng.normal(2.2, 0.8, 4000)
    x = x[(x > 0) & (x < 3)]
    fit = th.fit(x, window)

    def minus(theta):
        mu, sigma = theta
        return -stats.truncnorm((0 - mu) / sigma, (3 - mu) / sigma, mu, sigma).logpdf(x).sum()

    assert fit.status == "converged"
    assert fit.log_likelihood == pytest.approx(-minus(fit.theta), rel=1e-12)
    found = optimize.minimize(minus, (2, 1), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    np.testing.assert_allclose(fit.theta, found.x, rtol=1e-5)
    h, (mu, sigma) = 1e-4, fit.theta
    curvature = (minus((mu + h, sigma)) - 2 * minus((mu, sigma)) + minus((mu - h, sigma))) / h**2
    assert np.linalg.inv(fit.cov)[0, 0] == pytest.approx(curvature, rel=1e-4)


@pytest.mark.parametrize("shape", [0.1, 0.9, 3.0])
def test_singular_ends_and_tails_are_integrated(shape):
    half_line = th.Family(
        lambda x, a: (a - 1) * np.log(x) - x, {"a": POSITIVE}, (0, INF), normalized=False, name="gamma_of_one"
    )
    found = half_line.compiled.integral(np.array([shape]))
    wanted = -special.gammaln(shape), -special.digamma(shape), -special.polygamma(1, shape)
    np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-12)


def test_a_narrow_peak_in_a_window_is_found():
    def peak(x, f, mu, sigma):
        return np.logaddexp(np.log(f) + gaussian(x, mu, sigma), np.log1p(-f) - x)

    params = {"f": (0, 1), "mu": LINE, "sigma": POSITIVE}
    family = th.Family(peak, params, (0.2, 4), normalized=False)
    for sigma in (1e-6, 1e-3, 0.1):
        value = family.compiled.integral(np.array([0.3, 1.5, sigma]))[0]
        inside = stats.norm(1.5, sigma).cdf(4) - stats.norm(1.5, sigma).cdf(0.2)
        total = 0.3 * inside + 0.7 * (math.exp(-0.2) - math.exp(-4))
        rounding = 1e-12 + 2.0**-50 / sigma  # that of rows, beside the width of the peak
        assert -value == pytest.approx(math.log(total), rel=rounding)


def test_counts_are_normalized_by_sums():
    truncated = th.Family(
        lambda x, rate: x * np.log(rate) - special.gammaln(x + 1),
        {"rate": POSITIVE},
        (1, INF),
        normalized=False,
        discrete=True,
        name="positive_poisson",
    )
    x = np.arange(1.0, 9.0)
    wanted = stats.poisson(2.5).logpmf(x) - np.log1p(-math.exp(-2.5))
    np.testing.assert_allclose(th.logpdf(x, truncated, (2.5,)), wanted, rtol=1e-12)
    with pytest.raises(th.SampleError, match=r"1 value|support"):
        th.fit([1.0, 2.0, 0.0], truncated)
    with pytest.raises(th.SampleError):
        th.fit([1.0, 2.5], truncated)


def test_an_intensity_counts_its_rows():
    """Of rate exp(a + b x) on (0, 1): the expected number at the maximum is that of the rows."""
    process = th.Family(
        lambda x, a, b: a + b * x, {"a": LINE, "b": LINE}, (0, 1), extended=True, name="process"
    )
    x = np.random.default_rng(0).beta(2, 1, 500)
    fit = th.fit(x, process)
    a, b = fit.theta
    assert fit.status == "converged"
    assert math.exp(a) * math.expm1(b) / b == pytest.approx(500, rel=1e-9)
    assert fit.log_likelihood == pytest.approx((a + b * x).sum() - 500, rel=1e-12)


def test_an_intensity_is_fitted_as_a_whole():
    process = th.Family(
        lambda x, a: a + 0 * x + a * x * x, {"a": LINE}, (0, 1), extended=True, name="process"
    )
    for options in ({"method": th.SGD()}, {"cov": "sandwich"}):
        with pytest.raises(th.ParameterError, match="process is an intensity"):
            th.fit([0.2, 0.7], process, **options)


@pytest.mark.parametrize("row", [3.5, -1e-9, INF, np.nan])
def test_one_row_outside_among_many_is_named(window, row):
    x = np.full(50_000, 1.5)
    x[::3] = 0.5
    weights = np.ones(x.size)
    x[33_333], weights[33_333] = row, 0.0
    assert math.isfinite(th.log_likelihood(x, window, (1.0, 1.0), weights=weights))
    with pytest.raises(th.SampleError, match="index 33333"):
        th.log_likelihood(x, window, (1.0, 1.0))
    with pytest.raises(th.SampleError, match="index 33333"):
        th.fit(x, window)


def test_counts_are_summed_by_how_often_they_occur():
    """As row by row, weighted or not, small ones and large."""
    family = th.Family(
        lambda x, rate: x * np.log(rate) - rate - special.gammaln(x + 1),
        {"rate": POSITIVE},
        (0, INF),
        discrete=True,
        name="poisson_formula",
    )
    x = np.random.default_rng(0).poisson(200, 3000).astype(float)
    w = np.resize([1.0, 2.5, 0.0], x.size)
    rows = th.logpdf(x, family, (200.0,))
    assert th.log_likelihood(x, family, (200.0,)) == pytest.approx(math.fsum(rows), rel=1e-14)
    assert th.log_likelihood(x, family, (200.0,), weights=w) == pytest.approx(math.fsum(w * rows), rel=1e-14)


def test_rows_outside_the_support_are_named(window):
    with pytest.raises(th.SampleError, match=r"1 value.*3\.5|index 1"):
        th.fit([0.5, 3.5], window)


# Mixtures.


@pytest.fixture(scope="module")
def two_normals():
    return th.mixture(["normal", "normal"])


def rows_of_two(n=2000):
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.normal(5, 0.5, 7 * n // 10), rng.normal(0, 1, 3 * n // 10)])
    return rng.permutation(x)


def test_a_mixture_is_the_sum_of_its_parts(two_normals):
    x = np.linspace(-4, 9, 40)
    theta = (0.3, 0.0, 1.0, 5.0, 0.5)
    wanted = np.log(0.3 * stats.norm(0, 1).pdf(x) + 0.7 * stats.norm(5, 0.5).pdf(x))
    np.testing.assert_allclose(th.logpdf(x, two_normals, theta), wanted, rtol=1e-12)


def test_parts_come_in_the_order_of_their_places(two_normals):
    fit = th.fit(rows_of_two(), two_normals)
    assert fit.status == "converged"
    assert fit.params["mu_1"] < fit.params["mu_2"]
    assert fit.params["weight"] == pytest.approx(0.3, abs=0.01)


def test_a_part_adds_nothing_outside_its_support():
    mixture = th.mixture(["exponential", "normal"])
    theta = (0.4, 2.0, 0.0, 1.0)
    wanted = math.log(0.6) + stats.norm.logpdf(-1.5)
    assert th.logpdf([-1.5], mixture, theta)[0] == pytest.approx(wanted, rel=1e-14)
    assert np.all(np.isfinite(th.score([-1.5, 2.0], mixture, theta)))


def test_three_parts_have_softmax_weights():
    mixture = th.mixture(["normal", "normal", "exponential"])
    theta = (0.5, -0.2, 0.0, 1.0, 5.0, 0.5, 2.0)
    weights = special.softmax([0, 0.5, -0.2])
    densities = stats.norm(0, 1).pdf(3.0), stats.norm(5, 0.5).pdf(3.0), stats.expon(scale=2).pdf(3.0)
    assert th.logpdf([3.0], mixture, theta)[0] == pytest.approx(math.log(weights @ densities), rel=1e-12)


def _near_one_value(seed=1):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(0, 1, 200), np.full(60, 0.5)])


DEGENERATE = {
    "equal": (
        ["exponential"] * 2,
        np.linspace(1, 2, 50),
        "parts 1 and 2 .exponential. become one",
    ),
    "weight": (
        ["normal", "exponential"],
        np.linspace(9, 11, 60),
        "weight of part 2 .exponential. tends to 0",
    ),
    "collapse": (["normal", "normal"], _near_one_value(), "part 2 .normal. collapses onto one value"),
    "three": (
        ["poisson"] * 3,
        np.arange(40) % 5,
        "become one|tends to 0|collapses onto one value",
    ),
    "one value": (["normal", "normal"], np.full(20, 3.0), "has no maximum"),
}


@pytest.mark.parametrize("case", DEGENERATE)
def test_a_part_that_does_not_count_is_named(case):
    parts, x, message = DEGENERATE[case]
    with pytest.raises(th.NoMaximumError, match=message):
        th.fit(x, th.mixture(parts))
    with pytest.raises(th.NoMaximumError, match=message):
        th.fit(x, th.mixture(parts), weights=np.ones(x.size))


def test_parts_come_in_their_order_wherever_newton_s_method_ends(two_normals):
    x, mixture = rows_of_two(), two_normals
    fit = th.fit(x, mixture)
    w, *theta = fit.theta.tolist()
    turned = (1 - w, *theta[2:], *theta[:2])
    assert mixture.in_label_order(turned) == pytest.approx(tuple(fit.theta), rel=1e-15)
    assert th.log_likelihood(x, mixture, turned) == pytest.approx(fit.log_likelihood, rel=1e-13)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (["normal"], "two or more"),
        ("normal", "two or more"),
        (["laplace", "normal"], "laplace is no part"),
        (["poisson", "normal"], "do not mix"),
        (["normal"] * 5, "more than 8"),
    ],
)
def test_mixtures_that_are_none_are_refused(parts, message):
    with pytest.raises(th.ParameterError, match=message):
        th.mixture(parts)


# Fits elsewhere.

READ = """
import pickle, sys, thetahat as th
fit = pickle.loads(sys.stdin.buffer.read())
print(fit.family, repr(fit.params["sigma"]), fit.confint().tolist()[0][0].hex())
print(th.fit([1.0, 2.0, 4.0, 7.0], fit._family).params["mu"].hex())
"""


def test_a_pickle_carries_the_formula_and_no_code():
    fit = th.fit([1.0, 2.0, 4.0, 7.0], th.Family(gaussian, NORMAL, name="gauss"))
    pickled = pickle.dumps(fit)
    assert b"test_formula_definitions" not in pickled
    environment = {**os.environ, "PYTHONPATH": str(Path(th.__file__).parents[1])}
    command = [sys.executable, "-c", READ]
    found = subprocess.run(command, input=pickled, env=environment, capture_output=True, check=True).stdout
    first, second = found.decode().splitlines()
    assert first.split() == ["gauss", repr(fit.params["sigma"]), fit.confint()[0, 0].hex()]
    assert second == fit.params["mu"].hex()


def test_a_pickle_that_was_changed_is_refused():
    family = th.Family(gaussian, NORMAL)
    restore, (record, *rest) = family.__reduce__()
    with pytest.raises(ValueError, match="has no operation"):
        restore([["__import__", 0], *record], *rest)


def test_a_record_names_the_formula_that_it_needs():
    family = th.Family(gaussian, NORMAL, name="recorded")
    record = th.fit([1.0, 2.0, 4.0, 7.0], family).to_dict()
    assert record["family"] == "recorded"
    assert record["formula"] == family.digest
    assert th.Fit.from_dict(record).params == th.fit([1.0, 2.0, 4.0, 7.0], family).params
    with pytest.raises(th.ParameterError, match=r"'recorded' is a formula, 0123, that is not defined here"):
        th.Fit.from_dict({**record, "formula": "0123"})


def test_a_summary_of_a_sufficient_formula_adds_up():
    family = th.Family(
        lambda x, a, b: (a - 1) * np.log(x) - x / b - a * np.log(b) - special.gammaln(a),
        {"a": POSITIVE, "b": POSITIVE},
        (0, INF),
        name="gamma_formula",
        start={"a": 1, "b": 1},
    )
    x = np.random.default_rng(0).gamma(2, 3, 500)
    summary = th.summarize(x[:200], family) + th.summarize(x[200:], family)
    assert family.sufficient
    np.testing.assert_allclose(summary.fit().theta, th.fit(x, "gamma").theta, rtol=1e-12)
    assert pickle.loads(pickle.dumps(summary)).n == 500


def test_start_values_by_a_function_of_sorted_rows():
    seen = []

    def start(x):
        seen.append(x)
        return {"mu": float(np.median(x)), "sigma": float(np.std(x))}

    x = np.random.default_rng(0).normal(3, 2, 100)
    fit = th.fit(x, th.Family(gaussian, NORMAL, start=start))
    assert np.all(np.diff(seen[0]) >= 0)
    assert fit.params == pytest.approx(th.fit(x, "normal").params, rel=1e-12)


def test_a_formula_goes_beside_names_in_a_comparison():
    x = np.random.default_rng(0).normal(3, 2, 100)
    family = th.Family(gaussian, NORMAL, name="gauss")
    comparison = th.compare(x, [family, "normal", "gumbel"])
    assert {candidate.family for candidate in comparison} == {"gauss", "normal", "gumbel"}
    with pytest.raises(th.ParameterError, match="two of them are called normal"):
        th.compare(x, [th.Family(gaussian, NORMAL, name="normal"), "normal"])


def test_groups_start_by_the_function_too():
    def start(x):
        return {"mu": float(np.median(x)), "sigma": float(np.std(x))}

    x = np.random.default_rng(0).normal(3, 2, 400)
    groups = th.fit_groups(x, th.Family(gaussian, NORMAL, start=start), by=np.arange(400) % 4, threads=2)
    wanted = th.fit_groups(x, "normal", by=np.arange(400) % 4)
    np.testing.assert_allclose(groups.theta, wanted.theta, rtol=1e-12)


def test_an_error_in_a_start_function_is_raised():
    def start(_x):
        raise ZeroDivisionError("start fails")

    with pytest.raises(th.ParameterError, match="start fails"):
        th.fit([1.0, 2.0, 4.0], th.Family(gaussian, NORMAL, start=start))


@pytest.mark.parametrize("call", [th.log_likelihood, th.score, th.logpdf])
@pytest.mark.parametrize("x", [[1.0, 2.0, 3.0], th.Censored([2.0], [INF])])
def test_parameters_at_which_the_sum_is_not_found(call, x):
    """A tail that falls too slowly to be added up is an error, and no probability of 0."""
    family = th.Family(
        lambda k, a, b: -a * np.log(k) - b * k,
        {"a": (-5, 5), "b": POSITIVE},
        support=(1, INF),
        discrete=True,
        normalized=False,
        start={"a": 1.5, "b": 0.5},
    )
    assert np.all(np.isfinite(call(x, family, (1.5, 0.5))))
    with pytest.raises(th.ParameterError, match=r"^theta: the sum .* not found, for formula at \(1.5"):
        call(x, family, (1.5, 1e-4))
