"""The laws of the library's families by formulas, each in the list of its thetas."""

import pickle

import numpy as np
import pytest
from formula_cases import NOT_IN_SCIPY, THETAS, fixed_of, sample_of
from formula_existence import ending, laws_of, rows_of

import thetahat as th
from thetahat import _core, _sums
from thetahat.families import find_family
from thetahat.families._formula_checks import check_definition

ROWS = 400
IN_SCIPY = sorted(set(THETAS) - set(NOT_IN_SCIPY))
# Whose integral is found at the thetas of a definition: the tails of others are too heavy there.
CHECKED = [
    name for name in THETAS if not find_family(name).known and name not in ("generalized_gamma", "zeta")
]


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


def test_portions_give_the_same_bits(name):
    x, trees = sample_of(name, 5000), [_sums.Tree(find_family(name).model, THETAS[name]) for _ in range(2)]
    trees[0].add(_core.plain_rows(x), 1)
    for part in np.split(x, [1, 700, 2048, 4999]):
        trees[1].add(_core.plain_rows(np.ascontiguousarray(part)), 2)
    assert trees[0].total().numbers() == trees[1].total().numbers()


@pytest.mark.parametrize("batch_size", [1, 10])
def test_the_same_seed_gives_the_same_steps(name, batch_size):
    x, method = sample_of(name, ROWS), th.SGD(batch_size=batch_size, learning_rate=1e-5, epochs=2)
    fits = [th.fit(x, name, method=method, start=THETAS[name], rng=3, **fixed_of(name)) for _ in range(2)]
    assert fits[0].theta.tolist() == fits[1].theta.tolist()


SCALED = [name for name in THETAS if any(find_family(name).powers)]


@pytest.mark.parametrize("power", [-60, 40])
@pytest.mark.parametrize("name", SCALED)
def test_fits_scale_with_the_unit_of_the_rows(name, power):
    """To rounding: logarithms of rows that are added up change by that of the unit."""
    x, unit = sample_of(name, ROWS), 2.0**power
    fit, scaled = th.fit(x, name), th.fit(x * unit, name)
    units = unit ** np.array(find_family(name).powers)
    np.testing.assert_allclose(scaled.theta, fit.theta * units, rtol=1e-9)
    np.testing.assert_allclose(scaled.stderr, fit.stderr * units, rtol=1e-7)


def test_rows_that_are_none_are_refused(name):
    x = sample_of(name, ROWS)
    with pytest.raises(th.SampleError, match="x is empty"):
        th.fit([], name, **fixed_of(name))
    for value in (np.nan, np.inf, -np.inf):
        x[17] = value
        with pytest.raises(th.SampleError, match="index 17"):
            th.fit(x, name, **fixed_of(name))


@pytest.mark.parametrize("n", [1, 2, 50])
def test_equal_rows_end_in_an_answer(name, n):
    how, said = ending(name, np.full(n, min(3.0, find_family(name).ends[1])))
    assert how == "converged" or (how == "no maximum" and "increases towards" in said)


def test_known_parameters_are_asked_for():
    x = sample_of("binomial", ROWS)
    for call in (lambda: th.fit(x, "binomial"), lambda: th.fit_groups(x, "binomial", by=x > 3)):
        with pytest.raises(th.ParameterError, match=r"n is not estimated.*fixed=\{'n': \.\.\.\}"):
            call()
    with pytest.raises(th.ParameterError, match=r"fixed: n must be an integer, got 10\.5"):
        th.fit(x, "binomial", fixed={"n": 10.5})
    assert "n is not estimated" in str(th.compare(x, families=["binomial", "poisson"]))


def test_rows_above_n_are_named():
    x = np.where(np.arange(ROWS) % 50 == 7, 11.0, sample_of("binomial", ROWS))
    with pytest.raises(th.ParameterError, match=r"fixed: 8 row\(s\) lie outside .* the first at index 7: 11"):
        th.fit(x, "binomial", fixed={"n": 10})
    groups = th.fit_groups(x, "binomial", by=np.arange(ROWS) % 2, fixed={"n": 10})
    assert groups.status.tolist() == ["converged", "bad_rows"]
    several = th.fit_groups(x, "binomial", by=np.arange(ROWS) % 2, fixed={"n": [10, 12]})
    np.testing.assert_allclose(several.theta[:, 1], [x[::2].mean() / 10, x[1::2].mean() / 12], rtol=1e-14)


def test_the_moving_end_of_a_support_is_named():
    x = np.array([-0.5, 1.0, 2.0, 5.0])
    theta = (1.0, 1.0, 1.5)  # from -1/3 up
    assert th.log_likelihood(x, "pearson3", theta) == -np.inf
    assert th.logpdf(x, "pearson3", theta)[0] == -np.inf
    with pytest.raises(
        th.ParameterError, match=r"theta: 1 row\(s\) lie outside .* the first at index 0: -0\.5"
    ):
        th.score(x, "pearson3", theta)


def test_limits_lie_inside_where_they_can():
    """Normal in Pearson III, lognormal in the generalized gamma and in log-Pearson III."""
    x, zero = np.linspace(0.3, 4, 30), 0.0
    for family, limit in (
        ("pearson3", "normal"),
        ("log_pearson3", "lognormal"),
        ("generalized_gamma", "lognormal"),
    ):
        there = th.logpdf(x, limit, (1.0, 0.7))
        np.testing.assert_allclose(th.logpdf(x, family, (1.0, 0.7, zero)), there, rtol=1e-14)
        np.testing.assert_allclose(th.logpdf(x, family, (1.0, 0.7, 1e-9)), there, rtol=1e-7)


def exponential_scores(n):
    """Quantiles of the exponential distribution."""
    return -np.log1p(-(np.arange(n) + 0.5) / n)


U = (np.arange(50) + 0.5) / 50
WITHOUT_MAXIMUM = {
    "bernoulli": ([1.0, 1.0], "a single point"),
    "binomial": ([10.0, 10.0], "a single point"),
    "zeta": ([1.0, 1.0], "a single point"),
    "lomax": ([1.0, 1.1, 0.9], "the exponential distribution"),
    "cauchy": ([2.0, 5.0], "a single point"),
    "burr12": (1 / (1 - U), "the Pareto distribution"),
    "exponnorm": (-exponential_scores(50), "the normal distribution"),
    "skew_normal": (
        np.abs(np.linspace(0.01, 1, 40)) ** 2,
        "a half-normal distribution from the least row up",
    ),
    "generalized_normal": (np.linspace(-1, 1, 40), "the uniform distribution"),
    "johnson_su": (U, "the normal distribution"),
    "pearson3": (exponential_scores(50) ** 2, "an exponential distribution from the least row up"),
    "log_pearson3": (np.exp(-(exponential_scores(50) ** 2)), "a power of x up to the largest row"),
    "generalized_gamma": ([1.0, 1.0, 1.0], "a single point"),
    "zero_inflated_poisson": ([1.0, 2.0, 3.0, 2.0], "the Poisson distribution"),
    "zero_inflated_negative_binomial": ([1.0, 2.0, 3.0, 2.0], "the Poisson distribution"),
}


@pytest.mark.parametrize("name", WITHOUT_MAXIMUM)
def test_the_limit_is_named_where_there_is_no_maximum(name):
    x, limit = WITHOUT_MAXIMUM[name]
    with pytest.raises(th.NoMaximumError) as raised:
        th.fit(x, name, **fixed_of(name))
    assert limit in str(raised.value).partition("increases towards")[2]


@pytest.mark.parametrize("name", [name for name in THETAS if find_family(name).limiting])
def test_random_samples_end_at_a_maximum_or_a_limit(name):
    """A few of what formula_existence.py fits by hundreds."""
    for law, draw in laws_of(name):
        for n in (3, 20):
            x = rows_of(name, draw, np.random.default_rng([1, n]), n)
            assert x is None or ending(name, x)[0] in ("converged", "no maximum"), (law, n)


@pytest.mark.parametrize("seed", range(4))
def test_skew_normal_finds_the_higher_of_both_sides(seed):
    x = np.random.default_rng(seed).standard_t(3, 400)  # an outlier may be skewed to the lower side
    mean, sd = x.mean(), x.std()
    sides = ({"mu": mean - side * sd, "sigma": sd, "alpha": 2 * side} for side in (1, -1))
    found = [th.fit(x, "skew_normal", start=start).log_likelihood for start in sides]
    assert th.fit(x, "skew_normal").log_likelihood >= max(found) - 1e-6
