"""Maxima of hard samples against forty digits: parameters, log-likelihood, standard errors."""

from collections import Counter
from itertools import product

import mpmath
import numpy as np
import pytest

import thetahat as th
from thetahat.reference import Likelihood

GAMMA = {
    "two rows": np.array([1.0, 2.0]),
    "two rows side by side": np.array([1.0, np.nextafter(1.0, 2)]),
    "shape 0.02": np.random.default_rng(0).gamma(0.02, 1, 3000) + 5e-324,
    "shape 3": np.random.default_rng(1).gamma(3, 1e-3, 3000),
    "shape 30": np.random.default_rng(2).gamma(30, 7, 3000),
    "shape 1e4": np.random.default_rng(3).gamma(1e4, 1e9, 3000),
    "mean/sd 1e10": 1e10 + np.random.default_rng(4).normal(size=3000),
    "mean/sd 1e10, many blocks": 1e10 + np.random.default_rng(5).normal(size=7000),
    "blocks far apart": np.repeat([1e-5, 1.0, 1e5], 2048) * np.random.default_rng(6).uniform(0.9, 1.1, 6144),
    "1e-300 to 1e300": 10 ** np.random.default_rng(7).uniform(-300, 300, 3000),
    "near overflow": 1.7e308 * np.random.default_rng(8).uniform(0.01, 1, 3000),
    "subnormal": 1e-310 * np.random.default_rng(9).uniform(0.1, 1, 3000),
}


@pytest.mark.parametrize("name", GAMMA)
def test_gamma(name):
    """log(a) - digamma(a) = log(mean) - mean(log), scale = mean / a."""
    x = GAMMA[name]
    with mpmath.workdps(80):
        rows = [mpmath.mpf(v) for v in x.tolist()]
        n, mean = len(rows), mpmath.fsum(rows) / len(rows)
        gap = mpmath.log(mean) - mpmath.fsum(map(mpmath.log, rows)) / n
        fit = th.fit(x, "gamma")
        a = mpmath.findroot(
            lambda a: mpmath.log(a) - mpmath.digamma(a) - gap, mpmath.mpf(fit.params["shape"])
        )
        assert abs(fit.params["shape"] / a - 1) < 1e-14
        scale = mean / a
        assert abs(fit.params["scale"] - scale) < 1e-14 * scale + 5e-324
        logs = n * (mpmath.log(mean) - gap)
        value = (a - 1) * logs - n * a - n * (a * mpmath.log(scale) + mpmath.loggamma(a))
        assert abs(fit.log_likelihood - value) < 1e-13 * max(abs(value), n)
        determinant = n * (a * mpmath.polygamma(1, a) - 1)
        errors = [mpmath.sqrt(a / determinant), scale * mpmath.sqrt(mpmath.polygamma(1, a) / determinant)]
        for ours, exact in zip(fit.stderr.tolist(), errors, strict=True):
            assert abs(ours - exact) < 1e-12 * exact + 5e-324
        assert fit.newton_decrement <= 1e-12


def negative_binomials(size, mu, n=2200):
    return np.random.default_rng(0).negative_binomial(size, size / (size + mu), n).astype(float)


NEGATIVE_BINOMIAL = {
    "size 0.05": negative_binomials(0.05, 5),
    "size 2": negative_binomials(2, 3, 20_000),
    "size 200": negative_binomials(200, 5, 20_000),
    "size 200, mu 1e5": negative_binomials(200, 1e5),
    "size 0.05, mu 1e5": negative_binomials(0.05, 1e5),
    "sparse": negative_binomials(0.3, 0.05, 20_000),
    "zeros and a two": np.repeat([0.0, 2.0], [2200, 1]),
    "20 rows": negative_binomials(2, 3, 20),
    "two rows": np.array([1.0, 7.0]),
    "size 1.6e4": np.random.default_rng(2337).poisson(3, 2200).astype(float),
    "size 1.4e5": np.random.default_rng(1398).poisson(3, 2200).astype(float),
    "one far row": np.append(negative_binomials(2, 3), 1e9),
    "of 1e12": 1e12 + 1e9 * np.floor(np.random.default_rng(1).normal(0, 30, 2200)),
}


@pytest.mark.parametrize("name", NEGATIVE_BINOMIAL)
def test_negative_binomial(name):
    """digamma(x + r) - digamma(r) is log(1 + mean / r) in the mean; mu is the mean."""
    x = NEGATIVE_BINOMIAL[name]
    counts = Counter(x.tolist()).items()
    fit = th.fit(x, "negative_binomial")
    with mpmath.workdps(60):

        def mean_of(f):
            return mpmath.fsum(k * f(mpmath.mpf(v)) for v, k in counts) / x.size

        def slope(r):
            return mean_of(lambda v: mpmath.digamma(v + r)) - mpmath.digamma(r) - mpmath.log1p(mu / r)

        mu, start = mean_of(lambda v: v), mpmath.mpf(fit.params["size"])
        r = mpmath.findroot(slope, (start, start * (1 + mpmath.mpf(10) ** -14)))
        m = r + mu
        value = mean_of(lambda v: mpmath.loggamma(v + r) - mpmath.loggamma(v + 1)) - mpmath.loggamma(r)
        value = x.size * (value + r * mpmath.log(r / m) + mu * mpmath.log(mu / m))
        curvature = mpmath.psi(1, r) - mean_of(lambda v: mpmath.psi(1, v + r)) - mu / (r * m)
        one_row = [1 / mpmath.sqrt(curvature), mpmath.sqrt(mu * m / r)]  # what it says of a parameter
        # What one rounding error of the terms of the score in r moves, terms near ((x - mu) / m)^2 / 2.
        rounding = 2.0**-52 * mean_of(lambda v: ((v - mu) / m) ** 2) / curvature
        for ours, exact, says, least in zip(fit.theta.tolist(), (r, mu), one_row, (rounding, 0), strict=True):
            assert abs(ours - exact) <= max(1e-12 * min(exact, says), least)
        for ours, says in zip(fit.stderr.tolist(), one_row, strict=True):
            assert abs(ours * mpmath.sqrt(x.size) / says - 1) < 1e-9
        assert abs(fit.log_likelihood / value - 1) < 1e-13
        assert fit.newton_decrement <= 1e-12


@pytest.mark.parametrize(("size", "mu"), [(2, 3), (0.05, 1e5), (200, 5)])
def test_negative_binomial_from_far_starts(size, mu):
    x = negative_binomials(size, mu)
    theta = th.fit(x, "negative_binomial").theta
    for factors in product(10.0 ** np.arange(-6, 7, 3), repeat=2):
        fit = th.fit(x, "negative_binomial", start=theta * factors)
        np.testing.assert_allclose(fit.theta, theta, rtol=1e-12)


def test_counts_no_wider_than_poisson_have_no_maximum():
    """The whole sample decides, not the rows that start values come from."""
    said = "the variance of these rows, {}, is not above their mean, {}, and it increases towards size"
    for x, variance, mean in [([0, 1, 2], "0.666667", "1"), ([2, 2], "0", "2"), ([0, 2], "1", "1")]:
        with pytest.raises(th.NoMaximumError, match=said.format(variance, mean)):
            th.fit(x, "negative_binomial")
        with pytest.raises(th.NoMaximumError, match=said.format(variance, mean)):
            th.fit(x, "negative_binomial", start=(1, 1))
        assert th.fit(x, "negative_binomial", fixed={"size": 2}).params["mu"] == pytest.approx(float(mean))
    rng = np.random.default_rng(0)
    narrow, wide = rng.choice([2.0, 3.0], 200_000), rng.choice([0.0, 9.0], 200_000)
    pilot = np.arange(narrow.size) % 20 == 0  # the rows that start values are taken from
    assert th.fit(np.where(pilot, narrow, wide), "negative_binomial").newton_decrement <= 1e-12
    with pytest.raises(th.NoMaximumError, match=r"is not above their mean, 2\.599"):
        th.fit(np.where(pilot, wide, narrow), "negative_binomial")
    with pytest.raises(th.NoMaximumError, match=r"rows whose variance .* is above their mean; otherwise"):
        th.fit(np.zeros(50), "negative_binomial")


def below_one(x):
    return x[(x > 0) & (x < 1)]


def drawn_beta(a, b, n=3000):
    return below_one(np.random.default_rng(0).beta(a, b, n))


def spread(centre, ratio, n=3000):
    return centre * (1 + ratio * np.random.default_rng(1).normal(size=n))


LAST = 1 - 2.0**-53  # the largest double below 1
BETA = {
    "two rows": np.array([0.25, 0.75]),
    "two rows side by side": np.array([0.3, np.nextafter(0.3, 1)]),
    "two rows at the ends": np.array([1e-300, LAST]),
    "shapes 2 and 3": drawn_beta(2, 3),
    "shapes 0.02 and 0.5": drawn_beta(0.02, 0.5),
    "shapes 1e4 and 0.9": drawn_beta(1e4, 0.9),
    "shapes 1 and 1e4": drawn_beta(1, 1e4),
    "shapes 1e4 and 3e4": drawn_beta(1e4, 3e4),
    "mean/sd 1e10": spread(0.3, 1e-10),
    "mean/sd 1e10, near one": spread(0.999999, 1e-10),
    "mean/sd 1e10, many blocks": spread(0.3, 1e-10, 7000),
    "many blocks": drawn_beta(0.8, 40, 7000),
    "blocks far apart": np.repeat([1e-5, 0.5, 1 - 1e-9], 2048)
    * np.random.default_rng(2).uniform(0.9, 1, 6144),
    "equal blocks far apart": np.repeat([1e-250, 1e-5, 1 - 1e-9], 2048),
    "1e-300 to 1": 10 ** np.random.default_rng(3).uniform(-300, -0.01, 3000),
    "all of 1e-200": 1e-200 * np.random.default_rng(4).gamma(2, 1, 40),
    "last doubles below one": 1 - 2.0**-53 * np.random.default_rng(5).integers(1, 4, 3000),
    "some at the last double": np.append(drawn_beta(1, 1), [LAST] * 50),
    "one of many": np.append([0.5] * 5000, 1e-300),
}


@pytest.mark.parametrize("name", BETA)
def test_beta(name):
    """The roots of digamma(a) - digamma(a + b) = mean(log x) and of its mirror image, by Newton's method."""
    rows, times = np.unique(BETA[name], return_counts=True)
    n = int(times.sum())
    fit = th.fit(BETA[name], "beta")
    with mpmath.workdps(500 if rows[-1] < 1e-100 else 120):

        def mean(logarithm):
            logs = [c * logarithm(mpmath.mpf(v)) for v, c in zip(rows.tolist(), times.tolist(), strict=True)]
            return mpmath.fsum(logs) / n

        def derivatives(order):
            total = mpmath.polygamma(order, a + b)
            return mpmath.polygamma(order, a) - total, mpmath.polygamma(order, b) - total, total

        logs = mean(mpmath.log), mean(lambda v: mpmath.log1p(-v))
        a, b = map(mpmath.mpf, fit.theta.tolist())
        for _ in range(20):
            slopes, (of_a, of_b, total) = derivatives(0), derivatives(1)
            covariance = mpmath.matrix([[of_a, -total], [-total, of_b]]) ** -1
            step = covariance * mpmath.matrix([logs[0] - slopes[0], logs[1] - slopes[1]])
            size = max(abs(step[0] / a), abs(step[1] / b))
            a, b = (v + s / max(1, 2 * size) for v, s in zip((a, b), step, strict=True))
            if size < 1e-30:
                break
        assert size < 1e-30
        log_beta = mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(a + b)
        value = n * ((a - 1) * logs[0] + (b - 1) * logs[1] - log_beta)
        assert abs(fit.log_likelihood - value) < 1e-13 * max(abs(value), n)
        for j, exact in enumerate((a, b)):
            assert abs(fit.theta[j] / exact - 1) < 1e-13
            assert abs(fit.stderr[j] / mpmath.sqrt(covariance[j, j] / n) - 1) < 1e-12
        assert fit.newton_decrement <= 1e-12


def drawn(family, seed, n=400):
    rng = np.random.default_rng(seed)
    return rng.gumbel(size=n) if family == "gumbel" else rng.standard_t(3, n)


@pytest.mark.parametrize("family", ["gumbel", "student_t"])
@pytest.mark.parametrize(
    ("offset", "scale"),
    [(0.0, 1.0), (1e10, 1.0), (-1e12, 100.0), (0.0, 1e290), (1e-280, 1e-290), (3.0, 1e-10)],
)
@pytest.mark.parametrize("seed", range(3))
def test_newton(family, offset, scale, seed, in_fifty_digits):
    x = offset + scale * drawn(family, seed)
    fit = check_maximum(x, scale, in_fifty_digits(Likelihood(family)), family)
    assert max(1e-12, x.size * float(2.0**-52 * offset / scale) ** 2) >= fit.newton_decrement


def check_maximum(x, scale, reference, family, has_errors=True):
    """Newton's step from the fit, in fifty digits, is 1e-12 of what one row says, or rounding of theta.

    Rounding of a location, in units of the scale, leaves its square in the others.
    """
    fit = th.fit(x, family)
    rows, theta = [mpmath.mpf(v) for v in x.tolist()], [mpmath.mpf(v) for v in fit.theta.tolist()]
    units = [mpmath.mpf(scale) ** d for d in reference.family.DIMENSION]
    p = range(len(theta))
    entries = reference.information(rows, theta)
    information = mpmath.matrix([[entries[i][j] * units[i] * units[j] for j in p] for i in p])
    gradient = [g * unit for g, unit in zip(reference.score(rows, theta), units, strict=True)]
    step = [s * unit for s, unit in zip(mpmath.lu_solve(information, gradient), units, strict=True)]
    errors = [mpmath.sqrt((information**-1)[j, j]) * units[j] for j in p]
    squared = max((2.0**-52 * abs(theta[j]) / scale) ** 2 for j in p)
    for j, error in enumerate(errors):
        near = 1e-12 * error * mpmath.sqrt(x.size) + squared * units[j]
        assert abs(step[j]) <= near + 2.0**-52 * abs(theta[j])
        assert abs(fit.stderr[j] / error - 1) < 1e-9 if has_errors else np.isnan(fit.stderr[j])
    value = reference.log_likelihood(rows, theta)
    assert abs(fit.log_likelihood - value) < 1e-13 * max(abs(value), x.size)
    return fit


def quantiles(shape, n):
    """Those of a generalized Pareto law of scale 1, in the middle of n equal shares."""
    q = -np.log1p(-(np.arange(n) + 0.5) / n)
    return np.expm1(shape * q) / shape if shape else q


def of_shape_zero(n):
    """Powers of exponential quantiles with mean(x^2) = 2 mean(x)^2, the score's root at a shape of 0."""
    low, high, q = 0.5, 2.0, quantiles(0, n)
    for _ in range(60):
        power = (low + high) / 2
        x = q**power
        low, high = (power, high) if np.mean(x * x) < 2 * np.mean(x) ** 2 else (low, power)
    return x


GENERALIZED_PARETO = {
    **{f"shape {shape}, {n} rows": quantiles(shape, n) for shape in (0, 1.5, -0.3) for n in (30, 2100)},
    **{f"fitted shape 0, {n} rows": of_shape_zero(n) for n in (30, 500)},
    "shape 0.125": quantiles(0.1253, 500),
    "shape 2.5": quantiles(2.5, 500),
    "shape -0.9": np.append(quantiles(-0.9, 500), 1.1),
    "some zeros": np.append(quantiles(0.2, 500), np.zeros(25)),
    "ties": np.round(quantiles(0.2, 500) + 0.05, 1),
    "one far row": np.append(quantiles(0.2, 500), 1e12),
}


@pytest.mark.parametrize(
    ("name", "scale"),
    [
        (name, scale)
        for name, x in GENERALIZED_PARETO.items()
        for scale in (1.0, 1e290, 1e-290)
        if scale == 1 or x.size < 2048  # a second block, where every other row is as large
    ],
)
def test_generalized_pareto(name, scale, in_fifty_digits):
    x = scale * GENERALIZED_PARETO[name]
    reference, has_errors = in_fifty_digits(Likelihood("generalized_pareto")), name != "shape -0.9"
    fit = check_maximum(x, scale, reference, "generalized_pareto", has_errors)
    assert fit.newton_decrement <= 1e-12
    if "fitted shape 0" in name:
        assert abs(fit.params["shape"]) < 1e-12


@pytest.mark.parametrize("shape", [-0.45, -0.1, 0, 0.2, 1, 2.5])
def test_generalized_pareto_from_far_starts(shape):
    """Also from those with rows outside the support."""
    x = quantiles(shape, 500)
    best = th.fit(x, "generalized_pareto")
    for start in product((-0.9, -0.3, 0, 0.5, 3), (1e-6, 1e-3, 0.1, 1, 10, 1e3, 1e6)):
        fit = th.fit(x, "generalized_pareto", start=start)
        np.testing.assert_allclose(fit.theta, best.theta, rtol=0, atol=1e-9 * best.stderr.min())


UNBOUNDED = {
    "one row": [1.0],
    "all rows equal": [3.0] * 40,
    "uniform": np.linspace(0.01, 1, 100),
    "a density that rises": np.sqrt(np.linspace(0.01, 1, 100)),
    "a support that starts elsewhere": 1e6 + quantiles(0, 100),
    "all rows 0": [0.0] * 5,
    "most rows 0": [0.0] * 50 + [1.0, 2.0, 5.0],
}


@pytest.mark.parametrize("name", UNBOUNDED)
def test_generalized_pareto_has_no_maximum(name):
    said = "a maximum requires at least two rows" if name == "all rows 0" else "still increases at"
    with pytest.raises(th.NoMaximumError, match=f"{said}.*few of them 0.*a shape of -1, the uniform"):
        th.fit(UNBOUNDED[name], "generalized_pareto")


@pytest.mark.parametrize("n", [100, 1000, 100_000, 300_000])
@pytest.mark.parametrize("seed", range(4))
def test_tails_no_heavier_than_the_normal_have_no_maximum(n, seed):
    """Where the likelihood rises to nu = infinity it says so; else no normal is more likely than the fit."""
    x = np.random.default_rng(seed).normal(1, 2, n)
    normal = th.fit(x, "normal")
    try:
        fit, message = th.fit(x, "student_t"), ""
    except th.NoMaximumError as error:
        fit, message = None, str(error)
    if fit:
        assert fit.log_likelihood > normal.log_likelihood
        assert fit.params["nu"] < 1e6
    else:
        assert "still increases" in message
        assert "tails heavier than the normal's" in message
        limit = th.log_likelihood(x, "student_t", (*normal.theta, 1e9))
        assert limit == pytest.approx(normal.log_likelihood, rel=1e-9)


def test_most_rows_equal():
    """The likelihood of a family with tails rises without end at a value that most rows share."""
    for family in ("student_t", "gumbel", "normal", "gamma"):
        with pytest.raises(th.NoMaximumError, match="has no maximum"):
            th.fit([2.0] * 50, family)
    with pytest.raises(th.NoMaximumError, match="not too many of which are equal"):
        th.fit([2.0] * 50 + [1.0, 3.0, 7.0], "student_t")
