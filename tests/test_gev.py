"""Generalized extreme values: against SciPy, from far starts, and where there are no standard errors."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

import thetahat as th


def quantiles(xi, n):
    return stats.genextreme(-xi).ppf((np.arange(n) + 0.5) / n)


@pytest.mark.parametrize("xi", [-0.9, -0.3, 0.0, 0.2, 3.0])
def test_the_shape_has_the_sign_opposite_to_scipys(xi):
    theta, x = (0.3, 1.2, xi), np.linspace(-3, 5, 50)
    scipys = stats.genextreme(-xi, 0.3, 1.2)
    np.testing.assert_allclose(th.logpdf(x, "gev", theta), scipys.logpdf(x), rtol=1e-12, atol=1e-12)
    fit = th.fit(quantiles(min(xi, 1), 500), "gev")
    assert fit.dist().kwds["c"] == -fit.params["xi"]


def test_a_shape_of_zero_is_gumbel():
    x = stats.gumbel_r.rvs(size=1000, random_state=0)
    gumbel = th.fit(x, "gumbel")
    fit = th.fit(x, "gev", fixed={"xi": 0})
    np.testing.assert_allclose(fit.theta[:2], gumbel.theta, rtol=0, atol=1e-9 * gumbel.stderr.min())
    assert fit.log_likelihood == pytest.approx(gumbel.log_likelihood, rel=1e-13)
    for xi in (1e-300, -1e-300, 1e-12, -1e-12):
        assert th.score(x, "gev", (0, 1, xi)) == pytest.approx(th.score(x, "gev", (0, 1, 0)), rel=1e-9)


@pytest.mark.parametrize("xi", [-0.45, -0.1, 0, 0.2, 1])
def test_from_far_starts(xi):
    """Also from those with rows outside the support."""
    x = quantiles(xi, 500)
    best = th.fit(x, "gev")
    for start in product((-3, 0, 5), (0.1, 1, 30), (-0.4, 0, 0.5)):
        fit = th.fit(x, "gev", start=start)
        np.testing.assert_allclose(fit.theta, best.theta, rtol=0, atol=1e-8 * best.stderr.min())


NO_MAXIMUM = {
    "one row": [1.0],
    "all rows equal": [3.0] * 40,
    "two rows": [1.0, 2.0],
    "most rows equal": [1.0] * 50 + [2.0, 3.0, 5.0],
    "a density that rises to the largest row": -(stats.expon.ppf((np.arange(20) + 0.5) / 20) ** 2),
}


@pytest.mark.parametrize("name", NO_MAXIMUM)
def test_no_maximum(name):
    with pytest.raises(
        th.NoMaximumError, match=r"rows that are not all equal.*exponential distribution mirrored"
    ):
        th.fit(NO_MAXIMUM[name], "gev")


def test_no_standard_errors_below_minus_one_half():
    fit = th.fit(quantiles(-0.65, 3000), "gev")
    assert -0.7 < fit.params["xi"] < -0.6
    assert fit.status == "converged"
    assert fit.newton_decrement <= 1e-12
    assert np.isfinite(fit.log_likelihood)
    assert np.isnan(fit.cov).all()
    assert np.isnan(fit.stderr).all()
    assert np.isnan(fit.confint()).all()
    for ask in (lambda: fit.confint(method="profile"), lambda: fit.test({"xi": -0.6})):
        with pytest.raises(th.ParameterError, match="gev has no standard errors at"):
            ask()
    assert np.isfinite(th.fit(quantiles(-0.4, 3000), "gev").cov).all()
