"""Densities, log-likelihoods and scores at parameters far from the rows, against seventy digits and more."""

import math
from random import Random

import mpmath
import numpy as np
import pytest
from tolerance import EPS
from turns import in_turn

import thetahat as th
from thetahat import _core
from thetahat.reference import Likelihood

STEP = mpmath.mpf(2) ** -60  # of the relative changes that give a condition number
LARGEST = mpmath.mpf(1.7976931348623157e308)
ROUNDING = 64


def far_theta(chance, case, decades):
    """The case's theta, so many decades away at most in each of its parameters."""

    def moved(value, parameter):
        low, _, coordinate, _ = parameter
        if coordinate == _core.LOG:
            return value * 10.0 ** chance.uniform(-decades, decades)
        if coordinate == _core.LOGIT:
            return 10.0 ** chance.uniform(-decades, 0)
        if low > -math.inf:
            return chance.choice([value, 10.0 ** chance.uniform(-decades, 0)])
        return chance.choice(
            [value, value + chance.choice([-1, 1]) * 10.0 ** chance.uniform(-decades, decades)]
        )

    parameters = case.description.model.parameters
    return tuple(moved(*pair) for pair in zip(case.theta, parameters, strict=True))


def conditioned(f, arguments):
    """f, and what a relative change of 1 in each argument would make of it."""
    value, condition = f(*arguments), mpmath.mpf(0)
    for i, argument in enumerate(arguments):
        changed = [*arguments[:i], argument * (1 + STEP), *arguments[i + 1 :]]
        condition += abs(f(*changed) - value) / STEP
    return value, condition


def density_of(reference):
    return lambda x, *theta: mpmath.fsum(reference.family.log_density(x, theta))


def total_of(reference, rows):
    return lambda *theta: reference.log_likelihood(rows, theta)


def agrees(ours, exact, size):
    """Whether a double is the exact value to rounding, or infinite as that is beyond doubles."""
    if abs(exact) > LARGEST:
        return ours == (math.inf if exact > 0 else -math.inf)
    return abs(ours - exact) <= ROUNDING * EPS * (abs(exact) + size)


# Whose reference is slow, or has fewer digits, so far away: Bessel functions by power series.
NEARER = {"von_mises": 2}


def check_densities(case, reference, decades, chance, count):
    """The law of so many random parameters and rows."""
    decades = NEARER.get(case.family, decades)
    mpmath.mp.dps = 70 + 2 * decades
    rows = case.sample(5).tolist()
    for _ in range(count):
        theta, x = far_theta(chance, case, decades), chance.choice(rows)
        if not case.description.model.valid(theta):
            continue
        ours = th.logpdf([x], case.family, theta)[0]
        terms = reference.family.log_density(mpmath.mpf(x), [mpmath.mpf(v) for v in theta])
        exact, condition = conditioned(density_of(reference), [mpmath.mpf(v) for v in (x, *theta)])
        if any(isinstance(term, mpmath.mpc) for term in terms):  # the logarithm of a negative number
            assert ours == -math.inf, (x, theta)
        else:
            size = 1 + condition + mpmath.fsum(map(abs, terms))
            assert agrees(ours, exact, size), (x, theta)


@in_turn("decades", [6, 140])
def test_densities_far_from_the_row(first, decades, in_fifty_digits):
    reference = in_fifty_digits(first.reference)
    check_densities(first, reference, decades, Random(f"{first.family} {decades}"), 6)


def test_log_likelihoods_and_scores_far_from_the_sample(first, in_fifty_digits):
    """Where they are doubles: sums that are beyond them are refused by name."""
    reference, chance = in_fifty_digits(first.reference), Random(first.family)
    rows, decades = first.sample(5), NEARER.get(first.family, 2)
    exact_rows = [mpmath.mpf(v) for v in rows.tolist()]
    for _ in range(6):
        theta = far_theta(chance, first, decades)
        if not first.description.model.valid(theta):
            continue
        try:
            value, score = th.log_likelihood_and_score(rows, first.family, theta)
        except th.ParameterError as error:
            refused = str(error)
            assert any(why in refused for why in ("beyond what doubles can hold", "outside the support"))
            continue
        at = [mpmath.mpf(v) for v in theta]
        terms = [reference.family.log_density(v, at) for v in exact_rows]
        size = mpmath.fsum(abs(term) for row in terms for term in row)
        exact = reference.log_likelihood(exact_rows, at)
        assert agrees(value, exact, size + abs(conditioned(total_of(reference, exact_rows), at)[1]))
        for j, gradient in enumerate(score):
            of_rows = [reference.family.score(v, at)[j] for v in exact_rows]
            size = mpmath.fsum(abs(term) for row in of_rows for term in row)
            exact, condition = conditioned(lambda *t, j=j: reference.score(exact_rows, t)[j], at)
            assert agrees(gradient, exact, size + condition)


FAR_SCORES = [  # by fifty digits; the scale is so large that all rows are much alike beside it
    ("gumbel", (0.0, 1e9), [1.0, 2.0, -4.0, 6.0]),
    ("logistic", (0.0, 1e9), [1.0, 2.0, -4.0, 6.0]),
    ("weibull", (1e-9, 3.0), [1.0, 2.0, 4.0, 6.0]),
    ("loglogistic", (1e-9, 3.0), [1.0, 2.0, 4.0, 6.0]),
    ("gamma", (2.0, 1e17), [1.0, 2.0, 4.0, 6.0]),
]


@pytest.mark.parametrize(("family", "theta", "x"), FAR_SCORES, ids=[name for name, *_ in FAR_SCORES])
@pytest.mark.parametrize("copies", [1, 1000])
def test_scores_keep_their_digits_where_a_scale_is_far_above_the_rows(
    family, theta, x, copies, in_fifty_digits
):
    reference = in_fifty_digits(Likelihood(family))
    rows, at = [mpmath.mpf(v) for v in x], [mpmath.mpf(v) for v in theta]
    score = th.score(np.tile(x, copies), family, theta)
    for ours, exact in zip(score, reference.score(rows, at), strict=True):
        assert abs(ours - copies * exact) <= ROUNDING * EPS * copies * abs(exact)


REPORTED = [
    ("gamma", [1e-300], (0.5, 1e300), -0.572364942924700),
    ("gamma", [1.0, 2.0], (2, 1e17), -155.882639143035),
    ("normal", [1.7e308], (-1.7e308, 1e308), -715.8951471753707),
    ("student_t", [3.0], (0.0, 1e-200, 2.0), -924.3298740636226),
    ("gumbel", [-1.0], (1e300, 1e-300), -math.inf),
]


@pytest.mark.parametrize(("family", "x", "theta", "value"), REPORTED)
def test_densities_that_were_reported(family, x, theta, value):
    assert math.fsum(th.logpdf(x, family, theta)) == pytest.approx(value, rel=2e-14)


def test_a_sample_far_below_its_shape_has_a_likelihood():
    assert th.log_likelihood([1.0, 2.0], "gamma", (2, 1e17)) == pytest.approx(-155.882639143035, rel=1e-14)


def test_a_decrement_is_never_negative_and_not_converged_without_one():
    """Of weights that leave one row alone, rounding leaves no covariance."""
    rng = np.random.default_rng(1)
    for ratio in (1e50, 1e100, 1e300):
        for _ in range(20):
            weights = np.where(np.arange(20) == rng.integers(20), 1.0, 1 / ratio)
            try:
                fit = th.fit(rng.beta(2, 3, 20), "beta", weights=weights)
            except th.NoMaximumError:
                continue
            assert fit.newton_decrement >= 0 or math.isnan(fit.newton_decrement)
            assert fit.status != "converged" or fit.newton_decrement >= 0


def test_no_standard_errors_where_the_largest_row_says_more():
    """A shape of -0.7 or so: a distance to the maximum and a status, as elsewhere."""
    u = np.random.default_rng(0).uniform(size=2000)
    for family, shape, x in (
        ("generalized_pareto", "shape", 1 - u**0.7),
        ("gev", "xi", 1 - (-np.log(u)) ** 0.7),
    ):
        fit = th.fit(x, family)
        assert fit.params[shape] < -0.5
        assert np.isnan(fit.stderr).all()
        assert fit.newton_decrement <= 1e-12
        assert fit.status == "converged"
