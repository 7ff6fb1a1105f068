"""The path of a fit over contours of the log-likelihood."""

from time import perf_counter

import numpy as np
import pytest
from test_plots import ascent

import thetahat as th
from thetahat.plots.contours import landscape


@pytest.fixture
def x():
    return np.random.default_rng(7).normal(1, 2, 1000)


@pytest.fixture
def exact(x):
    return th.fit(x, "normal")


def test_the_way_over_contours(x, exact):
    fitted = ascent(x)
    axis = fitted.plot("trace").axes[0]
    path, start, end, maximum = axis.lines
    np.testing.assert_array_equal(np.transpose(path.get_data()), fitted.trace)
    assert np.ravel(start.get_data()).tolist() == [0, 1]
    assert np.ravel(end.get_data()).tolist() == fitted.theta.tolist()
    assert np.ravel(maximum.get_data()).tolist() == exact.theta.tolist()
    assert (axis.get_xlabel(), axis.get_ylabel()) == (r"$\mu$", r"$\sigma$")
    assert_levels(axis, lambda theta: exact.log_likelihood - th.log_likelihood(x, "normal", theta))
    assert 8 <= crossings(axis, fitted) <= 12


def assert_levels(axis, drop):
    """The lines are k = 1, 2, 3, ... standard errors from the maximum, and lie where they say, to the eye."""
    (lines,) = axis.collections
    assert lines.levels[:3].tolist() == [1, 2, 3]
    assert np.all(np.diff(lines.levels) > 0)
    for k, line in zip(lines.levels, lines.get_paths(), strict=True):
        away = [np.sqrt(2 * drop(theta)) for theta in line.vertices[::20]]
        np.testing.assert_allclose(away, k, rtol=0.05)


def crossings(axis, fitted):
    """How many lines lie between the start and the maximum."""
    sums, maximum = fitted._sample.at(()), axis.lines[-1]
    start, top = (sums.evaluate(tuple(theta))[0] for theta in (fitted.trace[0], np.ravel(maximum.get_data())))
    return np.count_nonzero(axis.collections[0].levels < np.sqrt(2 * (top - start)))


@pytest.mark.parametrize("n", [100, 10_000, 1_000_000])
def test_lines_to_cross_are_about_as_many_from_however_far(n):
    rows = np.random.default_rng(7).normal(1, 2, n)
    method = th.GradientAscent(learning_rate=0.1 / n, epochs=20)
    fitted = th.fit(rows, "normal", method=method, start=(0, 1), trace="epoch")
    assert 5 <= crossings(fitted.plot("trace").axes[0], fitted) <= 12


def test_contours_show_three_standard_errors_of_a_way_that_starts_near(x, exact):
    method = th.SGD(learning_rate=1e-3, epochs=50)
    start = exact.theta - exact.stderr * [5, 0]
    axis = th.fit(x, "normal", method=method, start=start, trace="epoch", rng=1).plot("trace").axes[0]
    low, high = np.transpose([axis.get_xlim(), axis.get_ylim()])
    away = (np.array([low, high]) - exact.theta) / exact.stderr
    np.testing.assert_allclose(away, [[-5.3, -3.2], [3.3, 3.2]], atol=0.1)
    assert axis.get_yscale() == "linear"


def test_contours_of_many_rows_come_from_some_about_the_maximum_of_all():
    rows = np.random.default_rng(7).standard_t(4, 1_000_000) * 2 + 1
    method = th.GradientAscent(learning_rate=1e-6, epochs=3)
    fitted = th.fit(rows, "student_t", method=method, start=(0, 1, 2), trace="epoch")
    maximum = th.fit(rows, "student_t")
    began = perf_counter()
    axis = fitted.plot("trace").axes[0]
    assert perf_counter() - began < 20  # a pass over all rows for every point would take minutes
    assert np.ravel(axis.lines[-1].get_data()).tolist() == maximum.theta[:2].tolist()
    nu = maximum.theta[2]
    assert axis.get_title().endswith(rf"$\nu$ = {nu:.4g} fixed at the maximum; contours from 15,624 rows")
    top = maximum.log_likelihood
    assert_levels(axis, lambda theta: top - th.log_likelihood(rows, "student_t", (*theta, nu)))
    near = [
        value + error * np.linspace(-1, 1, 21)
        for value, error in zip(maximum.theta[:2], maximum.stderr[:2], strict=True)
    ]
    away = landscape(fitted, maximum, rows, None).distances(*np.meshgrid(*near))
    assert np.unravel_index(np.argmin(away), away.shape) == (10, 10)
    assert away[10, 10] == 0


def test_contours_of_weighted_rows_with_one_parameter_fixed():
    rng = np.random.default_rng(7)
    rows, weights = rng.standard_t(4, 2000), rng.integers(0, 3, 2000)
    settings = {"fixed": {"sigma": 1.0}, "weights": weights}
    method = th.GradientAscent(learning_rate=1e-4, epochs=5)
    fitted = th.fit(rows, "student_t", method=method, start=(1, 1, 3), trace="epoch", **settings)
    maximum = th.fit(rows, "student_t", **settings)
    axis = fitted.plot("trace").axes[0]
    assert (axis.get_xlabel(), axis.get_ylabel()) == (r"$\mu$", r"$\nu$")
    np.testing.assert_array_equal(np.transpose(axis.lines[0].get_data()), fitted.trace[:, ::2])

    def drop(theta):
        at = (theta[0], 1.0, theta[1])
        return maximum.log_likelihood - th.log_likelihood(rows, "student_t", at, weights=weights)

    assert_levels(axis, drop)


def test_axes_of_contours_are_logarithmic_where_the_way_is_long():
    rows = np.random.default_rng(7).gamma(2, 3, 500)
    method = th.GradientAscent(learning_rate=1e-4, epochs=5)
    fitted = th.fit(rows, "gamma", method=method, start=(1.9, 0.3), trace="epoch")
    axis = fitted.plot("trace").axes[0]
    assert (axis.get_xscale(), axis.get_yscale()) == ("linear", "log")
    top = th.fit(rows, "gamma").log_likelihood
    assert_levels(axis, lambda theta: top - th.log_likelihood(rows, "gamma", theta))
    axis.figure.draw_without_rendering()
    labels = [text.get_text() for text in axis.get_yticklabels()]
    assert {"0.5", "1", "2"} <= set(labels)


def test_families_of_one_parameter_have_no_contours():
    rows = np.random.default_rng(7).poisson(4, 500)
    method = th.GradientAscent(learning_rate=1e-3, epochs=5)
    fitted = th.fit(rows, "poisson", method=method, start=(1,), trace="epoch")
    assert [axis.get_ylabel() for axis in fitted.plot("trace").axes] == ["rate"]


def test_the_maximum_of_angles_is_on_the_turn_where_the_way_ends():
    rows = np.random.default_rng(7).vonmises(3, 2, 300)
    method = th.GradientAscent(learning_rate=1e-3, epochs=300)
    fitted = th.fit(rows, "von_mises", method=method, start=(-2.0, 0.5), trace="epoch")
    mu = th.fit(rows, "von_mises").theta[0] - 2 * np.pi
    contours, path, _ = fitted.plot("trace").axes
    assert contours.lines[-1].get_xdata() == pytest.approx([mu])
    assert path.lines[0].get_ydata() == pytest.approx([mu, mu])
    assert path.lines[1].get_ydata()[-1] == pytest.approx(mu, abs=1e-6)
