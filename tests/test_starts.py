"""Starts far from the truth, and samples that have a maximum only where parameters are fixed."""

from itertools import product

import numpy as np
import pytest
from conftest import of_such
from turns import in_turn

import thetahat as th
from thetahat.data.source import ArraySource
from thetahat.families import find_family
from thetahat.sample import Sample
from thetahat.solvers.newton import newton

FACTORS = (1e-6, 1e-3, 1.0, 1e3, 1e6)


def start_at(case, factors):
    """The truth times factors: its distance from the end of the domain, or its odds between two of them."""
    values = []
    for value, factor, parameter in zip(case.theta, factors, case.description.parameters, strict=True):
        if parameter.transformed:
            values.append(parameter.moved(value, np.log(factor)))
        elif parameter.low > -np.inf:
            values.append((value - parameter.low) * factor + parameter.low)
        else:
            values.append((value or 1.0) * factor)
    return values


def grid(parameters):
    """Factors for so many parameters: all pairs of any two, of three those of a Latin square."""
    places = product(range(len(FACTORS)), repeat=min(parameters, 2))
    return [[FACTORS[k] for k in (*place, sum(place) % len(FACTORS))[:parameters]] for place in places]


def whole_periods(case, difference):
    """The multiple of a parameter's period that is nearest to a difference, 0 where it has none."""
    periods = np.array(getattr(case.reference.family, "PERIODS", [None] * len(case.theta)), float)
    return np.nan_to_num(np.round(difference / periods) * periods)


@of_such(lambda case: not case.description.solved)
def test_any_start_on_a_grid_reaches_the_maximum(case):
    x = case.sample(400)
    fit = th.fit(x, case.family)
    for factors in grid(len(case.theta)):
        again = th.fit(x, case.family, start=start_at(case, factors))
        np.testing.assert_allclose(again.theta, fit.theta, rtol=1e-8, atol=1e-8 * fit.stderr.max())


@of_such(lambda case: case.regular and len(case.theta) > 1)
def test_any_start_on_a_grid_with_parameters_fixed(case):
    """All families climb then; those whose maximum lies at an edge are solved for."""
    x = case.sample(400)
    for j, (name, value) in enumerate(zip(case.description.names, case.theta, strict=True)):
        fit = th.fit(x, case.family, fixed={name: value})
        for others in grid(len(case.theta) - 1):
            factors = [*others[:j], 1.0, *others[j:]]
            again = th.fit(x, case.family, start=start_at(case, factors), fixed={name: value})
            if (away := whole_periods(case, again.theta - fit.theta)).any():
                again = th.fit(x, case.family, start=again.theta - away, fixed={name: value})
            np.testing.assert_allclose(again.theta, fit.theta, rtol=1e-8, atol=1e-8 * fit.stderr.max())


@pytest.mark.parametrize("start", [100.0, -1e3])
@pytest.mark.parametrize("scale", [1.0, 10.0, 1e3])
@pytest.mark.parametrize("family", ["normal", "logistic", "student_t"])
def test_newton_goes_far(family, scale, start):
    """By itself, from 1000 scales away; it does not take a step that was cut short for the last."""
    x = scale * np.random.default_rng(0).standard_t(5, 500)
    theta = (start * scale, scale, 5.0)[: 3 if family == "student_t" else 2]
    names = {"normal": ("sigma",), "logistic": ("s",), "student_t": ("sigma", "nu")}[family]
    near = th.fit(x, family, fixed=dict(zip(names, theta[1:], strict=True)))
    (mu, *_), _ = newton(Sample(find_family(family), ArraySource(x)), theta, (1, 2))
    assert mu == pytest.approx(near.theta[0], abs=1e-8 * near.stderr[0])


def drawn(seed, law, n, **shapes):
    return getattr(np.random.default_rng(seed), law)(size=n, **shapes)


def every_third(pilot, rest):
    """Rows that a pilot takes, and two others after each."""
    return np.column_stack([pilot, rest.reshape(-1, 2)]).ravel()


@pytest.mark.parametrize(
    ("family", "pilot", "rest"),
    [
        ("student_t", drawn(0, "uniform", 3000), drawn(1, "standard_t", 6000, df=3)),
        ("generalized_pareto", np.sqrt(drawn(0, "uniform", 3000)), drawn(1, "exponential", 6000)),
    ],
)
def test_a_pilot_without_a_maximum(family, pilot, rest):
    with pytest.raises(th.NoMaximumError):
        th.fit(pilot, family)
    x = every_third(pilot, rest)
    fit, shuffled = th.fit(x, family), th.fit(np.random.default_rng(2).permutation(x), family)
    np.testing.assert_allclose(fit.theta, shuffled.theta, rtol=1e-9)


@pytest.mark.parametrize(
    ("family", "pilot", "rest"),
    [
        ("student_t", 0.1 * drawn(1, "standard_t", 3000, df=3), drawn(0, "uniform", 6000)),
        ("generalized_pareto", drawn(1, "uniform", 3000), np.sqrt(drawn(0, "uniform", 6000))),
    ],
)
def test_a_pilot_alone_with_a_maximum(family, pilot, rest):
    assert th.fit(pilot, family).status == "converged"
    with pytest.raises(th.NoMaximumError):
        th.fit(every_third(pilot, rest), family)


def test_a_start_of_no_use_does_not_hide_why_there_is_no_maximum():
    x = np.random.default_rng(0).normal(size=100)
    with pytest.raises(th.NoMaximumError, match=r"still increases at .* tails heavier than the normal's"):
        th.fit(x, "student_t", start=(1e6, 1e-6, 1e3))


EQUAL = [  # family, rows, what is fixed, and the others' maximum
    ("normal", 3.0, {"sigma": 2.0}, {"mu": 3.0}),
    ("normal", 0.0, {"sigma": 2.0}, {"mu": 0.0}),
    ("normal", -3.0, {"mu": 1.0}, {"sigma": 4.0}),
    ("lognormal", 1e-5, {"sigma": 2.0}, {"mu": np.log(1e-5)}),
    ("gumbel", 3.0, {"beta": 0.5}, {"mu": 3.0}),
    ("gumbel", 0.0, {"beta": 0.5}, {"mu": 0.0}),
    ("gumbel", 1e10, {"beta": 1.0}, {"mu": 1e10}),
    ("logistic", 3.0, {"s": 2.0}, {"mu": 3.0}),
    ("laplace", 3.0, {"b": 2.0}, {"mu": 3.0}),
    ("laplace", 3.0, {"mu": 2.0}, {"b": 1.0}),
    ("student_t", 3.0, {"sigma": 2.0, "nu": 4.0}, {"mu": 3.0}),
    ("gamma", 3.0, {"shape": 2.0}, {"scale": 1.5}),
    ("inverse_gaussian", 3.0, {"shape": 2.0}, {"mu": 3.0}),
    ("weibull", 3.0, {"shape": 2.0}, {"scale": 3.0}),
    ("weibull", 1e10, {"shape": 30.0}, {"scale": 1e10}),
    ("loglogistic", 3.0, {"shape": 2.0}, {"scale": 3.0}),
    ("pareto", 3.0, {"minimum": 1.0}, {"shape": 1 / np.log(3)}),
    ("uniform", 3.0, {"low": 1.0}, {"high": 3.0}),
    ("von_mises", 3.0, {"kappa": 2.0}, {"mu": 3.0}),
    ("generalized_pareto", 3.0, {"shape": 0.25}, {"scale": 3.0}),
    ("negative_binomial", 3.0, {"size": 2.0}, {"mu": 3.0}),
    ("beta", -np.expm1(-0.5), {"a": 2.0}, {"b": 1.5 + np.sqrt(4.25)}),  # 1 / b + 1 / (b + 1) = 0.5
]


@in_turn("n", [1, 5])
@pytest.mark.parametrize(("family", "row", "fixed", "fitted"), EQUAL)
def test_equal_rows_with_parameters_fixed(family, row, fixed, fitted, n):
    fit = th.fit([row] * n, family, fixed=fixed)
    for name, value in fitted.items():
        assert fit.params[name] == pytest.approx(value, rel=1e-12, abs=1e-12)
    weighted = th.fit([row], family, fixed=fixed, weights=[n])
    assert weighted.theta == pytest.approx(fit.theta, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("family", "fixed"), [("normal", {"mu": 2.0}), ("gumbel", {"mu": 2.0}), ("weibull", {"scale": 2.0})]
)
def test_equal_rows_without_a_maximum_all_the_same(family, fixed):
    with pytest.raises(th.NoMaximumError):
        th.fit([2.0] * 5, family, fixed=fixed)


def test_all_fixed_takes_no_start_values(case):
    """One row, or equal ones, are evaluated like others."""
    x = np.repeat(case.sample(1), 3)
    fixed = dict(zip(case.description.names, case.theta, strict=True))
    fit = th.fit(x, case.family, fixed=fixed)
    assert fit.theta.tolist() == list(case.theta)
    assert fit.log_likelihood == th.log_likelihood(x, case.family, case.theta)
