"""Parameters that keep a value."""

from itertools import combinations

import numpy as np
import pytest

import thetahat as th
from thetahat import reference
from thetahat.families import BOUNDARY, find_family


def names_of(case):
    return find_family(case.family).names


def subsets(names):
    return [fixed_names for size in range(1, len(names)) for fixed_names in combinations(names, size)]


def downhill(case, x, fit):
    """Either way from a smooth maximum; one from an edge."""
    edges = [parameter.regularity == BOUNDARY for parameter in case.description.parameters]
    return np.where(edges, -np.sign(th.score(x, case.family, fit.theta)), 1.0)


def test_the_others_are_fitted(case):
    """At the value of the free fit they stay where they are; beside it, at the maximum along the rest."""
    x = case.sample(2000)
    free = th.fit(x, case.family)
    beside = dict(zip(names_of(case), free.theta + 0.3 * free.stderr * downhill(case, x, free), strict=True))
    for fixed_names in subsets(names_of(case)):
        same = th.fit(x, case.family, fixed={name: free.params[name] for name in fixed_names})
        np.testing.assert_allclose(same.theta, free.theta, rtol=1e-10, atol=1e-10 * free.stderr.max())
        assert same.fixed == fixed_names
        assert same.aic == pytest.approx(free.aic - 2 * len(fixed_names), rel=1e-12)
        near = {name: beside[name] for name in fixed_names}
        fit = th.fit(x, case.family, fixed=near)
        assert all(fit.params[name] == value for name, value in near.items())
        assert fit.log_likelihood < free.log_likelihood
        for _ in range(20):
            neighbour = fit.theta + fit.stderr * np.random.default_rng(0).normal(size=fit.theta.size)
            assert th.log_likelihood(x, case.family, neighbour) < fit.log_likelihood


def test_standard_errors_are_those_of_the_others_alone(smooth):
    x = smooth.sample(500)
    for fixed_names in subsets(names_of(smooth)):
        fixed = dict(zip(names_of(smooth), smooth.theta, strict=True))
        fit = th.fit(x, smooth.family, fixed={name: fixed[name] for name in fixed_names})
        free = [j for j, name in enumerate(names_of(smooth)) if name not in fixed_names]
        information = np.array(smooth.reference.information(x, fit.theta))[np.ix_(free, free)]
        np.testing.assert_allclose(fit.cov[np.ix_(free, free)], np.linalg.inv(information), rtol=1e-8)
        others = [j for j in range(fit.theta.size) if j not in free]
        assert not fit.cov[others].any()
        assert fit.stderr[others].tolist() == [0.0] * len(others)
        np.testing.assert_array_equal(fit.confint()[others], fit.theta[others][:, None] * [1, 1])
        assert str(fit).count("  fixed") == len(fixed_names)
        robust = th.fit(x, smooth.family, fixed={name: fixed[name] for name in fixed_names}, cov="sandwich")
        inverse = np.linalg.inv(information)
        meat = np.array(smooth.reference.score_products(x, robust.theta))[np.ix_(free, free)]
        np.testing.assert_allclose(robust.cov[np.ix_(free, free)], inverse @ meat @ inverse, rtol=1e-6)


def test_all_of_them_fixed_is_an_evaluation(case):
    x = case.sample(500)
    fit = th.fit(x, case.family, fixed=dict(zip(names_of(case), case.theta, strict=True)))
    assert fit.theta.tolist() == list(case.theta)
    assert fit.log_likelihood == th.log_likelihood(x, case.family, case.theta)
    assert fit.aic == -2 * fit.log_likelihood
    assert fit.passes == 1


def test_a_large_sample_takes_the_pilot_too():
    x = np.random.default_rng(0).standard_t(4, 300_000)
    fit = th.fit(x, "student_t", fixed={"nu": 4})
    assert fit.passes <= 4
    assert fit.params["nu"] == 4
    assert fit.newton_decrement <= 1e-12


def test_records_keep_what_was_fixed():
    fit = th.fit([1.0, 2.0, 4.0], "normal", fixed={"mu": 2})
    back = th.Fit.from_dict(fit.to_dict())
    assert back.fixed == ("mu",)
    assert (back.aic, back.aicc, str(back)) == (fit.aic, fit.aicc, str(fit))


def test_the_corrected_criterion():
    fit = th.fit([1.0, 2.0, 4.0, 8.0, 9.0], "normal")
    assert fit.aicc == pytest.approx(fit.aic + 2 * 2 * 3 / (5 - 3))
    assert th.fit([1.0, 2.0, 4.0], "normal").aicc == np.inf


@pytest.mark.parametrize(
    ("fixed", "message"),
    [
        ({"nu": -1}, "fixed: nu must be positive and finite, got -1"),
        ({"sigma": np.inf}, "fixed: sigma must be positive and finite, got inf"),
        ({"mu": "0"}, "fixed: mu must be finite, got '0'"),
        ({"df": 4}, r"fixed: student_t\(mu, sigma, nu\) has no parameter 'df'"),
    ],
)
def test_bad_values(fixed, message):
    with pytest.raises(th.ParameterError, match=message):
        th.fit([1.0, 2.0, 4.0], "student_t", fixed=fixed)


def test_values_that_are_none_together():
    with pytest.raises(th.ParameterError, match=r"fixed: \(5.0, 4.0\) is outside the domain of uniform"):
        th.fit([4.5], "uniform", fixed={"low": 5, "high": 4})


def test_all_fixed_and_rows_outside_the_support():
    fit = th.fit([1.0, 2.0], "uniform", fixed={"low": 0, "high": 1.5})
    assert fit.log_likelihood == -np.inf
    assert fit.confint(method="profile").tolist() == [[0, 0], [1.5, 1.5]]


def test_an_edge_that_is_fixed_is_none():
    """Of pareto with its minimum fixed only the smooth shape is free; laplace's scale is smooth too."""
    x = 0.5 + np.random.default_rng(0).pareto(3, 400)
    exact = th.fit(x, "pareto", fixed={"minimum": 0.25})
    ascent = th.GradientAscent(learning_rate=1e-3, epochs=300)
    for method in (ascent, th.SGD(learning_rate=1e-3, epochs=9, shuffle=None)):
        fit = th.fit(x, "pareto", fixed={"minimum": 0.25}, method=method)
        assert fit.params["minimum"] == 0.25
        assert abs(fit.params["shape"] - exact.params["shape"]) < fit.stderr[0]
        with pytest.raises(th.NoMaximumError, match="none below a minimum that is fixed"):
            th.fit(x, "pareto", fixed={"minimum": 1}, method=method)
    assert th.fit(x, "pareto", fixed={"minimum": 0.25}, method=ascent).status == "converged"
    robust = th.fit(x, "pareto", fixed={"minimum": 0.25}, cov="sandwich")
    shape, scores = exact.params["shape"], 1 / exact.params["shape"] - np.log(x / 0.25)
    assert robust.cov[0, 0] == pytest.approx(shape**4 * (scores @ scores) / x.size**2, rel=1e-10)
    assert not robust.cov[1].any()
    assert exact.stderr.tolist() == pytest.approx([shape / 20, 0])
    robust = th.fit(x, "laplace", fixed={"mu": 1}, cov="sandwich")
    b, scores = robust.params["b"], np.abs(x - 1) / robust.params["b"] - 1
    assert robust.cov[1, 1] == pytest.approx(b**2 * (scores @ scores) / x.size**2, rel=1e-10)


def test_ascents_hold_them(ascending):
    """Their bits stay; the others take the reference's steps along a score without them."""
    x = ascending.sample(200)
    free = th.fit(x, ascending.family)
    start, rate = free.theta + 0.3 * free.stderr, 0.02 * float(free.stderr.min()) ** 2
    score = ascending.reference.score
    for fixed_names in subsets(names_of(ascending)):
        fixed = dict(zip(names_of(ascending), start.tolist(), strict=True))
        fixed = {name: fixed[name] for name in fixed_names}
        kept = [name in fixed_names for name in names_of(ascending)]

        def along(rows, theta, kept=kept):
            return [0.0 if keep else g for keep, g in zip(kept, score(rows, theta), strict=True)]

        theirs = reference.gradient_ascent(x.tolist(), along, start.tolist(), rate, 20)
        method = th.GradientAscent(learning_rate=rate, epochs=20)
        fit = th.fit(x, ascending.family, method=method, start=start, fixed=fixed, trace="epoch")
        np.testing.assert_allclose(fit.trace, theirs, rtol=1e-11, atol=0)
        for size in (1, 7, 50):
            batches = list(reference.minibatches(x.tolist(), size, None))
            theirs = reference.stochastic_ascent([batches] * 3, along, start.tolist(), rate)
            method = th.SGD(learning_rate=rate, epochs=3, batch_size=size, shuffle=None)
            fit = th.fit(x, ascending.family, method=method, start=start, fixed=fixed, trace="epoch")
            np.testing.assert_allclose(fit.trace, theirs, rtol=1e-11, atol=0)
            assert (fit.trace[:, kept] == start[kept]).all()
            assert not fit.stderr[kept].any()


def test_ascents_start_where_parameters_are_fixed():
    x = np.random.default_rng(0).normal(1, 2, 500)
    method = th.GradientAscent(learning_rate=1e-3, epochs=2000)
    fit = th.fit(x, "normal", method=method, fixed={"sigma": 3})
    assert fit.status == "converged"
    assert fit.theta == pytest.approx([x.mean(), 3], rel=1e-9)
    assert th.fit(x, "normal", method=method, fixed={"sigma": 3}, start=(9, 9)).params["sigma"] == 3
    nowhere = th.fit(x, "normal", method=method, fixed={"mu": 1, "sigma": 3})
    assert (nowhere.theta.tolist(), nowhere.status) == ([1, 3], "converged")
