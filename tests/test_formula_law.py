"""The distribution of formulas without a name in SciPy: functions by quadrature, quantiles by inversion."""

import math

import matplotlib as mpl
import numpy as np
import pytest
from scipy import stats
from test_formula_definitions import NORMAL, gaussian
from test_formulas import FORMULAS

import thetahat as th
from thetahat import reference
from thetahat._distribution import distribution
from thetahat.families import find_family

mpl.use("Agg")
INF = math.inf
SHARES = np.array([1e-200, 1e-30, 1e-8, 1e-3, 0.05, 0.3, 0.5])
CONTINUOUS = [name for name in FORMULAS if not find_family(name).counts]
COUNTS = [name for name in FORMULAS if find_family(name).counts]
# SciPy's own functions lose digits far out: these quantiles are of shares that it can tell.
ACCURATE = {"loglogistic": 1e-3, "inverse_gaussian": 1e-8, "beta": 1e-3}


def laws(name):
    theta = getattr(reference, name).THETAS[0]
    return FORMULAS[name].law(theta), distribution(find_family(name), theta)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_tails_have_the_digits_of_the_tail(name):
    ours, scipy = laws(name)
    shares = SHARES[ACCURATE.get(name, 0) <= SHARES]
    below, above = scipy.ppf(shares), scipy.isf(shares)
    np.testing.assert_allclose(ours.cdf(below), scipy.cdf(below), rtol=3e-12)
    np.testing.assert_allclose(ours.sf(above), scipy.sf(above), rtol=3e-12)
    np.testing.assert_allclose(ours.logcdf(below), scipy.logcdf(below), rtol=1e-12)
    np.testing.assert_allclose(ours.logsf(above), scipy.logsf(above), rtol=1e-12)
    np.testing.assert_allclose(ours.pdf(above), scipy.pdf(above), rtol=1e-12)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_quantiles_invert_the_distribution_function(name):
    """To rounding of the rows, which may be coarse beside an end of the support."""
    ours, scipy = laws(name)
    shares = SHARES[ACCURATE.get(name, 0) <= SHARES]
    near = {"rtol": 1e-11, "atol": 1e-11 * float(scipy.std())}
    np.testing.assert_allclose(ours.ppf(shares), scipy.ppf(shares), **near)
    np.testing.assert_allclose(ours.isf(shares), scipy.isf(shares), **near)
    assert ours.ppf([0.0, 1.0]).tolist() == list(scipy.support())
    assert np.isnan(ours.ppf([-0.1, 1.1, math.nan])).all()


@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_added_up(name):
    ours, scipy = laws(name)
    k = np.array([-1.0, 0, 1, 2, 3.5, 7, 20, 60])
    np.testing.assert_allclose(ours.cdf(k), scipy.cdf(k), rtol=1e-12)
    np.testing.assert_allclose(ours.sf(k), scipy.sf(k), rtol=1e-11)
    np.testing.assert_allclose(ours.pmf(k), scipy.pmf(k), rtol=1e-11)
    np.testing.assert_array_equal(ours.ppf(SHARES), scipy.ppf(SHARES))
    np.testing.assert_array_equal(ours.isf([1e-12, 0.01, 0.4]), scipy.isf([1e-12, 0.01, 0.4]))
    np.testing.assert_allclose(ours.cdf(scipy.ppf(0.3) - [0, 1]), scipy.cdf(scipy.ppf(0.3) - [0, 1]))


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_many_values_have_those_of_each(order):
    law = th.mixture(["normal", "normal"]).law((0.3, 0.0, 1.0, 6.0, 0.01))
    x = np.concatenate([np.linspace(-9, 9, 301), [6.0, 6.0, 5.99, 1e300, -1e300, INF, -INF]])[order]
    below, above = law.cdf(x), law.sf(x)
    np.testing.assert_allclose(below, [law.cdf(value) for value in x], rtol=1e-12)
    np.testing.assert_allclose(above, [law.sf(value) for value in x], rtol=1e-12)
    wanted = 0.3 * stats.norm.sf(x) + 0.7 * stats.norm.sf(x, 6, 0.01)
    np.testing.assert_allclose(above, wanted, rtol=1e-11)
    assert math.isnan(law.cdf(math.nan))
    assert law.cdf(x.reshape(-1, 2)).shape == (x.size // 2, 2)


def test_a_density_that_is_not_normalized_is_divided_by_its_integral():
    family = th.Family(gaussian, NORMAL, support=(-1.0, 2.0), normalized=False)
    law, scipy = family.law((0.3, 0.8)), stats.truncnorm(-1.3 / 0.8, 1.7 / 0.8, 0.3, 0.8)
    x = np.array([-2, -1, -0.999, 0, 1, 1.9, 2, 3])
    np.testing.assert_allclose(law.cdf(x), scipy.cdf(x), rtol=1e-11)
    np.testing.assert_allclose(law.sf(x), scipy.sf(x), rtol=1e-11)
    np.testing.assert_allclose(law.ppf([0.01, 0.5, 0.99]), scipy.ppf([0.01, 0.5, 0.99]), rtol=1e-11)
    assert law.support() == (-1.0, 2.0)
    assert law.interval(0.5) == (law.ppf(0.25), law.isf(0.25))
    assert law.median() == law.ppf(0.5)


def test_an_intensity_has_no_distribution():
    family = th.Family(gaussian, NORMAL, support=(-3.0, 3.0), extended=True)
    with pytest.raises(th.ParameterError, match="intensity of a Poisson process"):
        family.law((0.0, 1.0))


def test_an_integral_that_is_not_found_is_named():
    law = FORMULAS["poisson"].law((1e9,))
    with pytest.raises(th.ParameterError, match="density of poisson_formula was not found"):
        law.cdf(1.0)


def drawn(name, n=300):
    return distribution(find_family(name), getattr(reference, name).THETAS[0]).rvs(n, random_state=3)


@pytest.mark.parametrize("name", ["normal", "gamma", "weibull", "beta", "student_t"])
def test_quantiles_have_the_standard_errors_of_the_compiled_family(name):
    x = drawn(name)
    ours, theirs = th.fit(x, FORMULAS[name]), th.fit(x, name)
    for mine, other in zip(
        ours.quantile([0.01, 0.5, 0.999]), theirs.quantile([0.01, 0.5, 0.999]), strict=True
    ):
        np.testing.assert_allclose(mine, other, rtol=1e-9)
    np.testing.assert_allclose(ours.return_level(50.0), theirs.return_level(50.0), rtol=1e-9)


def test_groups_have_quantiles():
    x, by = drawn("gamma", 400), np.arange(400) % 4
    ours, theirs = (th.fit_groups(x, family, by=by) for family in (FORMULAS["gamma"], "gamma"))
    np.testing.assert_allclose(
        ours.quantile([0.1, 0.9]).stderr, theirs.quantile([0.1, 0.9]).stderr, rtol=1e-9
    )


@pytest.mark.parametrize("name", ["gumbel", "poisson"])
def test_tests_of_the_fit_are_those_of_the_compiled_family(name):
    x = drawn(name)
    ours, theirs = (th.fit(x, family).gof(bootstrap=19, rng=1) for family in (FORMULAS[name], name))
    for mine, other in zip(ours._statistics(), theirs._statistics(), strict=True):
        assert other is None if mine is None else mine == pytest.approx(other, rel=1e-9)


def test_a_fit_has_the_functions_of_its_distribution():
    fit = th.fit(drawn("gumbel"), FORMULAS["gumbel"])
    law = fit.dist()
    assert fit.cdf(1.0) == law.cdf(1.0)
    assert fit.sf(1.0) == law.sf(1.0)
    assert fit.ppf(0.4) == law.ppf(0.4)
    assert repr(law).startswith("<distribution gumbel_formula(mu=")
    rows = fit.rvs((2, 3), rng=5)
    assert rows.shape == (2, 3)
    np.testing.assert_array_equal(rows, fit.rvs((2, 3), rng=5))


def test_random_rows_follow_the_distribution():
    law = th.mixture(["normal", "exponential"]).law((0.4, -2.0, 0.5, 3.0))
    assert stats.kstest(law.rvs(4000, 11), law.cdf).pvalue > 1e-3


@pytest.mark.parametrize("family", [FORMULAS["normal"], FORMULAS["poisson"]], ids=lambda f: f.name)
def test_pictures_need_no_name_in_scipy(family):
    x = np.round(np.abs(drawn("normal")) * 3) if family.counts else drawn("normal")
    assert len(th.fit(x, family).plot().axes) > 1
