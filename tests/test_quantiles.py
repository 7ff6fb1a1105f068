"""Quantiles of fits: closed forms, implicit differentiation and a bootstrap."""

import math

import numpy as np
import pytest
from conftest import of_such
from scipy import stats
from test_inference import X, fitted, not_at_an_edge

import thetahat as th


def quantile_and_slopes(family, theta, p):
    """In closed form."""
    a, b = (*theta, 1.0)[:2]
    z, e, y = stats.norm.ppf(p), -np.log1p(-p), -np.log(-np.log(p))
    return {
        "normal": lambda: (a + z * b, [1 + 0 * p, z]),
        "lognormal": lambda: (np.exp(a + z * b), np.exp(a + z * b) * [1 + 0 * p, z]),
        "exponential": lambda: (a * e, [e]),
        "weibull": lambda: (b * e ** (1 / a), [-b * e ** (1 / a) * np.log(e) / a**2, e ** (1 / a)]),
        "gumbel": lambda: (a + b * y, [1 + 0 * p, y]),
        "pareto": lambda: (b * np.exp(e / a), [-b * np.exp(e / a) * e / a**2, np.exp(e / a)]),
        "rayleigh": lambda: (a * np.sqrt(2 * e), [np.sqrt(2 * e)]),
    }[family]()


@pytest.mark.parametrize("offset", [0.0, 1e9])
@pytest.mark.parametrize(
    "family", ["normal", "lognormal", "exponential", "weibull", "gumbel", "pareto", "rayleigh"]
)
def test_quantiles_in_closed_form(family, offset):
    rng = np.random.default_rng(1)
    x = offset + rng.gumbel(3, 0.7, 500) if family in ("normal", "gumbel") else rng.weibull(1.5, 500)
    fit = th.fit(x, family)
    p = np.array([[1e-12, 0.01, 0.5], [0.9, 0.999, 1 - 1e-12]])
    estimate = fit.quantile(p, 0.9)
    value, slopes = quantile_and_slopes(family, fit.theta, p)
    variance = np.einsum("ikl,ij,jkl->kl", slopes, fit.cov, slopes)
    np.testing.assert_allclose(estimate.value, value, rtol=1e-12)
    np.testing.assert_allclose(estimate.stderr, np.sqrt(variance), rtol=1e-9)
    z = stats.norm.ppf(0.95)
    limits = [estimate.low, estimate.high]
    if family in ("normal", "gumbel"):
        expected = [value - z * estimate.stderr, value + z * estimate.stderr]
    else:
        factor = np.exp(z * estimate.stderr / value)
        expected = [value / factor, value * factor]
    np.testing.assert_allclose(limits, expected, rtol=1e-12)
    alone = fit.quantile(0.999, 0.9)
    assert all(isinstance(part, float) for part in alone)
    assert alone == tuple(part[1, 1] for part in estimate)


@of_such(lambda case: not case.description.counts and not_at_an_edge(case))
def test_quantiles_move_as_the_likelihood_says(case):
    """The derivative by implicit differentiation of the distribution function."""
    _, fit = fitted(case, 200)
    p = np.array([0.05, 0.5, 0.99])
    estimate = fit.quantile(p)
    slopes = [-cdf_slope(case, fit, place, estimate.value) for place in range(fit.theta.size)]
    slopes /= np.exp(th.logpdf(estimate.value, case.family, fit.theta))
    errors = np.sqrt(np.einsum("ik,ij,jk->k", slopes, fit.cov, slopes))
    np.testing.assert_allclose(estimate.stderr, errors, rtol=1e-5)
    assert (estimate.low < estimate.value).all()
    assert (estimate.value < estimate.high).all()


def cdf_slope(case, fit, place, q):
    """The derivative of P(X <= q) by a parameter."""
    step = np.zeros(fit.theta.size)
    step[place] = 1e-4 * fit.stderr[place]
    below, above = (law(case, fit.theta + sign * step).cdf(q) for sign in (-1, 1))
    return (above - below) / (2 * step[place])


def law(case, theta):
    name, shapes = case.description.scipy(*theta.tolist())
    return getattr(stats, name)(**shapes)


def test_return_levels_are_quantiles():
    fit = th.fit(np.random.default_rng(2).gumbel(30, 5, 80), "gumbel")
    periods = np.array([2.0, 100.0, 1e4])
    for level, quantile in zip(
        fit.return_level(periods, 0.8), fit.quantile(1 - 1 / periods, 0.8), strict=True
    ):
        np.testing.assert_allclose(level, quantile, rtol=1e-11)
    mu, beta = fit.theta
    assert fit.return_level(1e15).value == pytest.approx(mu + beta * math.log(1e15), rel=1e-13)


def test_the_errors_of_quantiles_are_those_of_a_bootstrap():
    """1000 samples of the fitted law: their quantiles scatter as the delta method says, to 5 %."""
    fit = th.fit(np.random.default_rng(3).weibull(1.4, 400), "weibull")
    estimate = fit.quantile([0.1, 0.5, 0.99])
    rows = fit.dist().rvs((1000, 400), random_state=np.random.default_rng(4))
    again = np.array([th.fit(row, "weibull").theta for row in rows])
    quantiles = stats.weibull_min.ppf([[0.1], [0.5], [0.99]], again[:, 0], scale=again[:, 1])
    np.testing.assert_allclose(quantiles.std(axis=1), estimate.stderr, rtol=0.05)


def test_the_sandwich_reaches_quantiles():
    x = np.random.default_rng(5).standard_t(3, 500)
    plain, robust = (th.fit(x, "normal", cov=cov) for cov in ("information", "sandwich"))
    slopes = np.array([1.0, stats.norm.ppf(0.99)])
    assert robust.quantile(0.99).stderr == pytest.approx(math.sqrt(slopes @ robust.cov @ slopes), rel=1e-9)
    assert robust.quantile(0.99).stderr > 1.2 * plain.quantile(0.99).stderr
    known = th.fit(x, "normal", fixed={"sigma": 2})
    assert known.quantile(0.99).stderr == pytest.approx(known.stderr[0], rel=1e-9)
    assert th.fit(x, "normal", fixed={"mu": 0, "sigma": 2}).quantile(0.99).stderr == 0


def test_quantiles_of_counts():
    with pytest.raises(th.ParameterError, match=r"quantiles of poisson are integers.*see fit.dist\(\).ppf"):
        th.fit([1, 2, 5], "poisson").quantile(0.5)


def test_no_quantiles_of_no_probabilities():
    for p in ([], np.empty((0, 3))):
        for part in th.fit(X, "gumbel").quantile(p):
            assert part.shape == np.shape(p)
            assert part.dtype == np.float64


def test_quantiles_need_a_covariance():
    method = th.GradientAscent(learning_rate=1e-9, epochs=1)
    fit = th.fit(X, "normal", method=method, start=(50, 1000))
    assert np.isnan(fit.cov).all()
    with pytest.raises(th.ParameterError, match="errors of quantiles require a finite cov"):
        fit.quantile(0.9)


def test_quantiles_beyond_doubles():
    fit = th.fit(np.random.default_rng(7).gamma(0.02, 1, 300) + 5e-324, "gamma")
    with pytest.raises(th.ParameterError, match="quantiles of gamma so far out are beyond what doubles can"):
        fit.quantile([1e-12, 0.5])
