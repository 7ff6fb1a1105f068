"""The laws of the library's families by formulas, each in the list of its thetas."""

import pickle

import numpy as np
import pytest
from formula_cases import NOT_IN_SCIPY, THETAS, fixed_of, sample_of

import thetahat as th
from thetahat.families import find_family
from thetahat.families._formula_checks import check_definition

ROWS = 400
IN_SCIPY = sorted(set(THETAS) - set(NOT_IN_SCIPY))
# Whose integral quadrature or sums find at thetas that a definition is checked at.
CHECKED = [name for name in THETAS if not find_family(name).known and name != "zeta"]


@pytest.fixture(params=sorted(THETAS))
def name(request):
    return request.param


def test_every_one_is_in_the_list():
    assert tuple(sorted(THETAS)) == th.formula_families()
    assert set(THETAS) & set(th.families()) == set()


@pytest.mark.parametrize("name", CHECKED)
def test_it_is_a_log_density_with_two_derivatives(name):
    check_definition(find_family(name), sample_of)


def test_it_is_found_by_its_name(name):
    family = find_family(name)
    assert family.limiting_family or len(family.names) == 1
    assert find_family(name) is family
    assert pickle.loads(pickle.dumps(family)) is family


@pytest.mark.parametrize("name", IN_SCIPY)
def test_density_is_scipy_s(name):
    x, fit = sample_of(name, 60), th.fit(sample_of(name, ROWS), name, **fixed_of(name))
    law = fit.dist()
    wanted = law.logpmf(x) if find_family(name).counts else law.logpdf(x)
    np.testing.assert_allclose(th.logpdf(x, name, fit.theta), wanted, rtol=1e-9, atol=1e-11)


def test_estimates_are_near_the_truth(name):
    fit = th.fit(sample_of(name, 3000, 5), name, **fixed_of(name))
    assert np.all(np.abs(fit.theta - THETAS[name]) <= 5 * fit.stderr)


def test_a_fit_is_read_from_its_record(name):
    fit = th.fit(sample_of(name, ROWS), name, **fixed_of(name))
    assert th.Fit.from_dict(fit.to_dict()).params == fit.params
    assert pickle.loads(pickle.dumps(fit)).params == fit.params


WITHOUT_MAXIMUM = {"bernoulli": [1.0, 1.0], "lomax": [1.0, 1.1, 0.9], "cauchy": [2.0]}


@pytest.mark.parametrize("name", WITHOUT_MAXIMUM)
def test_no_maximum_is_a_named_error(name):
    with pytest.raises(th.NoMaximumError) as raised:
        th.fit(WITHOUT_MAXIMUM[name], name)
    assert find_family(name).limiting_family in str(raised.value)


@pytest.mark.parametrize("seed", range(4))
def test_skew_normal_finds_the_higher_of_both_sides(seed):
    x = np.random.default_rng(seed).standard_t(3, 400)  # an outlier may be skewed to the lower side
    mean, sd = x.mean(), x.std()
    sides = ({"mu": mean - side * sd, "sigma": sd, "alpha": 2 * side} for side in (1, -1))
    found = [th.fit(x, "skew_normal", start=start).log_likelihood for start in sides]
    assert th.fit(x, "skew_normal").log_likelihood >= max(found) - 1e-6
