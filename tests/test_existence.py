"""When censored and truncated samples have a maximum: the cases of data/censored, and others."""

import math

import numpy as np
import pytest
from censored_data import cases_of_existence, container, dataset
from turns import in_turn

import thetahat as th
from thetahat.errors import NoMaximumError
from thetahat.families import find_family

INF = math.inf
CASES = list(cases_of_existence())
LIMITS = {  # what existence.csv calls a limit, as the errors say it
    "scale = inf": "scale = infinity",
    "shape = inf": "shape = infinity, a single point",
    "shape = 0 (Pareto)": "shape = 0, a Pareto",
    "sigma = 0": "sigma = 0, a single point",
    "sigma = inf": "sigma = infinity",
    "mu = inf": "mu = infinity",
    "Pareto (mu = -inf)": "mu = -infinity, sigma = infinity, a Pareto",
    "a, b = inf": "a, b = infinity, a single point",
    "rate = inf": "rate = infinity",
    "p = 1": "p = 1, a single point",
    "size = inf (Poisson)": "size = infinity, the limit poisson",
    "scale = 0": "scale = 0, a single point",
}


def assert_maximum(fit):
    """It is at a maximum: the score is zero, the curvature definite, and no neighbour is likelier."""
    assert fit.status == "converged"
    assert fit.newton_decrement <= 1e-12
    p = len(fit.theta)
    assert (np.linalg.eigvalsh(fit.cov) > 0).all()
    rows, family = fit._sample.censored.container, find_family(fit.family)
    weights, rng = fit._sample.censored.weights, np.random.default_rng(0)
    for size in (0.01, 0.3, 3.0):
        for step in size * rng.standard_normal((5, p)) @ np.linalg.cholesky(fit.cov).T:
            theta = tuple((fit.theta + step).tolist())
            if family.model.valid(theta):
                there = th.log_likelihood(rows, fit.family, theta, weights=weights)
                assert there <= fit.log_likelihood + 1e-9


@pytest.mark.parametrize(
    ("family", "rows", "counts", "has_maximum", "limit"),
    [(family, *rest) for family, _, *rest in CASES],
    ids=[f"{case[0]}: {case[1]}" for case in CASES],
)
def test_known_cases(family, rows, counts, has_maximum, limit):
    if has_maximum:
        assert_maximum(th.fit(rows, family, weights=counts))
        return
    with pytest.raises(NoMaximumError) as caught:
        th.fit(rows, family, weights=counts)
    assert f"increases towards {LIMITS.get(limit, limit)}" in str(caught.value)


SURELY = [  # rows (lower, upper, low, high); a family; what it increases towards
    ("normal", [[1, 4, -INF, INF], [2, INF, -INF, INF], [-INF, 3, -INF, INF]], "sigma = 0, a single point"),
    ("normal", [[1, 2, -INF, INF], [2, 3, -INF, INF]], "sigma = 0, a single point"),
    ("logistic", [[-INF, 1, -INF, INF], [-INF, 3, -INF, INF], [2, INF, -INF, INF]], "s = infinity"),
    ("gumbel", [[-INF, 1, -INF, INF], [-INF, 2, -INF, INF]], "mu = -infinity"),
    ("lognormal", [[0, 1, -INF, INF], [4, INF, -INF, INF]], "sigma = infinity"),
    ("weibull", [[3, 3, -INF, INF], [3, INF, -INF, INF]], "shape = infinity, a single point"),
    ("loglogistic", [[2, INF, -INF, INF], [-INF, 1, -INF, INF]], "shape = 0"),
    ("gamma", [[1, 2, -INF, INF], [1.5, 3, -INF, INF]], "shape = infinity, a single point"),
    ("inverse_gaussian", [[2, 2, -INF, INF], [1, INF, -INF, INF]], "shape = infinity, a single point"),
    ("gev", [[1, 1, -INF, INF], [1, 1, -INF, INF], [0, INF, -INF, INF]], "sigma = 0, a single point"),
    ("rayleigh", [[1, INF, -INF, INF]], "sigma = infinity"),
    ("exponential", [[0, 0, -INF, INF], [0, 2, -INF, INF]], "scale = 0, a single point"),
    ("exponential", [[1, 1, -INF, 1.5], [1.2, 1.2, -INF, 1.5]], "scale = infinity"),
    ("geometric", [[2, INF, -INF, INF], [0, INF, -INF, INF]], "p = 0"),
    ("poisson", [[1, 1, 0, INF], [0, 1, 0, INF]], "rate = 0, a single point"),
    ("negative_binomial", [[1, 1, 0, INF], [1, 1, 0, INF]], "mu = 0, a single point"),
    ("von_mises", [[0.1, 0.5, -INF, INF], [0.4, 0.9, -INF, INF]], "kappa = infinity, a single direction"),
    ("normal", [[0.1 * k**3, 0.1 * k**3, 0, INF] for k in range(1, 12)], "an exponential distribution"),
    ("normal", [[x, x, 0, 1] for x in (0.5, 0.9, 0.95, 0.97, 0.99)], "mu = infinity, sigma = infinity"),
    ("weibull", [[x, x, -INF, 4] for x in (0.1, 1, 2, 3, 3.5, 3.9)], "scale = infinity, a power law"),
    ("gamma", [[x, x, -INF, 4] for x in (0.1, 1, 2, 3, 3.5, 3.9)], "scale = infinity, a power law"),
]


@pytest.mark.parametrize(("family", "rows", "limit"), SURELY, ids=lambda value: str(value)[:40])
def test_samples_without_a_maximum(family, rows, limit):
    with pytest.raises(NoMaximumError) as caught:
        th.fit(container(rows), family)
    assert "has no maximum" in str(caught.value)
    assert limit in str(caught.value).partition("increases towards")[2]


THERE = [
    ("normal", [[1, 2, -INF, INF], [3, 4, -INF, INF]]),
    ("normal", [[-INF, 4, -INF, INF], [-INF, 1, -INF, INF], [2, INF, -INF, INF]]),
    ("lognormal", [[0, 4, -INF, INF], [0, 1, -INF, INF], [1.5, INF, -INF, INF]]),
    ("weibull", [[3, 3, -INF, INF], [4, INF, -INF, INF]]),
    ("gamma", [[1, 2, -INF, INF], [3, 3, -INF, INF], [5, INF, -INF, INF]]),
    ("gumbel", [[1, 1, -INF, INF], [2, INF, -INF, INF]]),
    ("inverse_gaussian", [[1, 1, -INF, INF], [2, 2, -INF, INF], [1.5, INF, -INF, INF]]),
    ("beta", [[0.1, 0.3, -INF, INF], [0.4, 0.9, -INF, INF], [0.2, 1, -INF, INF]]),
    ("exponential", [[1, 1, 0.5, INF], [3, INF, 2, INF]]),
    ("poisson", [[1, 1, 0, INF], [2, 2, 0, INF], [9, INF, 0, INF]]),
    ("exponential", [[0.1, 0.1, -INF, 1.5], [0.2, 0.2, -INF, 1.5]]),
]


@pytest.mark.parametrize(("family", "rows"), THERE, ids=lambda value: str(value)[:40])
def test_samples_with_a_maximum(family, rows):
    assert_maximum(th.fit(container(rows), family))


@pytest.mark.parametrize("family", ["weibull", "gamma"])
def test_induction_times_have_a_power_law_for_a_limit(family):
    """Of 258 adults with AIDS, right-truncated: the limit's exponent and log-likelihood are known."""
    rows, counts = dataset("aids_induction")
    with pytest.raises(NoMaximumError) as caught:
        th.fit(rows, family, weights=counts)
    assert "exp(2.10521 y) of their logarithms" in str(caught.value).replace("exp(--", "exp(")
    assert "log-likelihood -274.8856723" in str(caught.value)


def around(family, place, width):
    """Parameters of a distribution around a place, so many of its scales wide."""
    if find_family(family).parameters[0].low == 0:  # of a shape
        return 1 / width, place
    return (math.log(place) if find_family(family).ends[0] == 0 else place), width


@pytest.mark.parametrize("family", ["normal", "logistic", "gumbel", "lognormal", "weibull", "loglogistic"])
@in_turn("seed", range(8))
def test_verdicts_on_random_samples_are_those_of_a_search(family, seed):
    """A maximum is above all that a search finds; where there is none, narrow or wide ones are likelier."""
    rng = np.random.default_rng(seed)
    lower = rng.integers(1, 5, 3).astype(float)
    upper = np.where(rng.random(3) < 0.4, INF, lower + rng.integers(0, 3, 3))
    rows = th.Censored(np.where(rng.random(3) < 0.3, -INF, lower), np.maximum(upper, lower))

    def best(places, widths):
        thetas = [around(family, place, width) for place in places for width in widths]
        return max(th.log_likelihood(rows, family, theta) for theta in thetas)

    inner = best(np.linspace(0.5, 8, 12), np.exp(np.linspace(-2, 2, 7)))
    try:
        fit = th.fit(rows, family)
    except NoMaximumError:
        outer = best(np.arange(1, 8.25, 0.25), [1e-3]), best([1e-6, 1e3], [0.1]), best([1, 3, 6], [1e4])
        assert max(outer) >= inner
    else:
        assert_maximum(fit)
        assert inner <= fit.log_likelihood + 1e-9
