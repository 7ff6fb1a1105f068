"""The laws of the library's families by formulas, each in the list of its thetas."""

import pickle

import mpmath
import numpy as np
import pytest
from tolerance import EPS

import thetahat as th
from thetahat.families import find_family
from thetahat.families._formula_checks import check_definition
from thetahat.formulas.derivatives import Derivatives
from thetahat.formulas.graph import reachable

THETAS = {
    "bernoulli": (0.3,),
    "burr12": (2.5, 1.5, 3.0),
    "cauchy": (3.0, 2.0),
    "chi": (3.5, 2.0),
    "chi2": (4.5,),
    "exponnorm": (5.0, 1.0, 2.0),
    "frechet": (2.5, 3.0),
    "generalized_gamma": (2.0, 1.5, 3.0),
    "half_normal": (2.0,),
    "inverse_gamma": (3.0, 2.0),
    "lomax": (2.5, 3.0),
    "maxwell": (2.0,),
    "nakagami": (1.5, 2.0),
    "skew_normal": (1.0, 2.0, 3.0),
    "zero_inflated_negative_binomial": (0.3, 2.0, 5.0),
    "zero_inflated_poisson": (0.3, 4.0),
}
ROWS = 400
IN_SCIPY = sorted(set(THETAS) - {"zero_inflated_negative_binomial", "zero_inflated_poisson"})


def sample_of(name, n=ROWS, seed=0):
    rng, theta = np.random.default_rng(seed), THETAS[name]
    if name in IN_SCIPY:
        law, shapes = find_family(name).scipy(*theta)
        from scipy import stats

        return np.asarray(getattr(stats, law)(**shapes).rvs(n, random_state=rng), dtype=float)
    zero = rng.random(n) < theta[0]
    if name == "zero_inflated_poisson":
        return np.where(zero, 0.0, rng.poisson(theta[1], n))
    size, mu = theta[1:]
    return np.where(zero, 0.0, rng.negative_binomial(size, size / (size + mu), n))


EXACT = {
    "exp": mpmath.exp,
    "log": mpmath.log,
    "log1p": mpmath.log1p,
    "expm1": mpmath.expm1,
    "sqrt": mpmath.sqrt,
    "recip": lambda u: 1 / u,
    "lgamma": mpmath.loggamma,
    "digamma": mpmath.digamma,
    "trigamma": lambda u: mpmath.polygamma(1, u),
    "log_ndtr": lambda u: mpmath.log(mpmath.ncdf(u)),
    "hazard": lambda u: mpmath.npdf(u) / mpmath.ncdf(u),
    "softplus": lambda u: mpmath.log1p(mpmath.exp(u)),
    "expit": lambda u: 1 / (1 + mpmath.exp(-u)),
}


def in_digits(nodes, x, theta):
    """Values of nodes, one after another with arguments first, in the digits of the moment."""
    known = {}
    for node in nodes:
        args = [known[arg.key] for arg in node.args if hasattr(arg, "key")]
        if node.op == "c":
            value = mpmath.mpf(node.args[0])
        elif node.op in "xp":
            value = x if node.op == "x" else theta[node.args[0]]
        elif node.op == "where":
            value = args[1] if args[0] else args[2]
        elif node.op in "+*":
            value = args[0] + args[1] if node.op == "+" else args[0] * args[1]
        elif node.op == "logaddexp":
            value = mpmath.log(mpmath.exp(args[0]) + mpmath.exp(args[1]))
        elif node.op == "==":
            value = args[0] == args[1]
        else:
            value = EXACT[node.op](*args)
        known[node.key] = value
    return known


@pytest.fixture(params=sorted(THETAS))
def name(request):
    return request.param


def test_every_one_is_in_the_list():
    assert tuple(sorted(THETAS)) == th.formula_families()
    assert set(THETAS) & set(th.families()) == set()


def test_it_is_a_log_density_with_two_derivatives(name):
    family = find_family(name)
    check_definition(family, sample_of)
    assert family.limiting_family or len(family.names) == 1
    assert find_family(name) is family
    assert pickle.loads(pickle.dumps(family)) is family


@pytest.mark.parametrize("name", IN_SCIPY)
def test_density_is_scipy_s(name):
    x, fit = sample_of(name, 60), th.fit(sample_of(name), name)
    law = fit.dist()
    wanted = law.logpmf(x) if find_family(name).counts else law.logpdf(x)
    np.testing.assert_allclose(th.logpdf(x, name, fit.theta), wanted, rtol=1e-9, atol=1e-11)


def test_fit_is_the_maximum_in_forty_digits(name):
    """One Newton step from it is rounding, and so is the difference of its standard errors."""
    family, x = find_family(name), sample_of(name, 120)
    fit, p = th.fit(x, name), family.graph.parameters
    derivatives = Derivatives(family.graph)
    slopes = [derivatives.of(family.node, parameter) for parameter in p]
    second = [[derivatives.of(slope, parameter) for parameter in p] for slope in slopes]
    nodes = reachable(*slopes, *(node for row in second for node in row))
    with mpmath.workdps(40):
        theta = [mpmath.mpf(v) for v in fit.theta.tolist()]
        score, J = mpmath.zeros(len(p), 1), mpmath.zeros(len(p))
        for row, times in zip(*np.unique(x, return_counts=True), strict=True):
            found = in_digits(nodes, mpmath.mpf(float(row)), theta)
            score += int(times) * mpmath.matrix([found[node.key] for node in slopes])
            J -= int(times) * mpmath.matrix([[found[node.key] for node in line] for line in second])
        step = [float(v) for v in mpmath.lu_solve(J, score)]
        errors = [float(mpmath.sqrt((J**-1)[j, j])) for j in range(len(p))]
    one_row = fit.stderr * np.sqrt(fit.n)
    assert fit.status == "converged"
    assert np.all(np.abs(step) <= 64 * EPS * (np.abs(fit.theta) + one_row))
    np.testing.assert_allclose(fit.stderr, errors, rtol=1e-8)


def test_no_neighbour_is_more_likely(name):
    x, rng = sample_of(name), np.random.default_rng(1)
    fit = th.fit(x, name)
    for _ in range(20):
        theta = fit.theta + fit.stderr * rng.normal(0, 0.3, fit.theta.size)
        if find_family(name).model.valid(theta.tolist()):
            assert th.log_likelihood(x, name, theta) < fit.log_likelihood


def test_estimates_are_near_the_truth(name):
    fit = th.fit(sample_of(name, 3000, 5), name)
    assert np.all(np.abs(fit.theta - THETAS[name]) < 5 * fit.stderr)


def test_a_fit_is_read_from_its_record(name):
    fit = th.fit(sample_of(name), name)
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
