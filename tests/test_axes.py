"""Axes on which fits can be seen: their scales, limits, ticks and labels, for every family."""

import math

import numpy as np
import pytest
from conftest import FIRSTS, Case
from turns import in_turn

import thetahat as th
from thetahat.families import find_family
from thetahat.plots import fit_figure
from thetahat.plots.order import Order

MINUS = "\N{MINUS SIGN}"
RNG = np.random.default_rng(19)
HEAVY = RNG.lognormal(0, 3, 2000)


POSITIVE = [
    Case(name, theta)
    for name, theta in FIRSTS
    if min(Case(name, theta).sample(100)) >= 0 and np.isneginf(th.logpdf([-1e-300], name, theta))[0]
]


def texts(labels):
    return [label.get_text() for label in labels]


def plain_of(figure):
    """Heights and edges of the histogram in the first panel."""
    values, edges, _ = figure.axes[0].patches[0].get_data()
    return values, edges


@in_turn("n", [10, 1000])
def test_all_panels_have_labels_and_show_the_rows(first, n):
    case, rows = first, first.sample(n)
    figure = th.fit(rows, case.family).plot(name="delay")
    described = find_family(case.family)
    assert len(figure.axes) == (2 if described.counts else 3)
    assert all(axis.get_xlabel() and axis.get_ylabel() for axis in figure.axes)
    density, *squares = figure.axes
    assert density.get_xlabel().startswith("delay")
    assert density.get_ylim()[1] < np.inf
    for axis in squares:
        (low, high), y = axis.get_ylim(), axis.lines[-1].get_ydata()
        assert low <= y.min() < y.max() <= high
    assert figure.legends[0].get_texts()[0].get_text() == f"{n:,} rows"


@pytest.mark.parametrize("case", POSITIVE, ids=lambda case: case.family)
@pytest.mark.parametrize("n", [10, 1000])
def test_no_axis_of_positive_values_is_negative(case, n):
    for axis in th.fit(case.sample(n), case.family).plot().axes[: 1 if case.description.counts else 2]:
        assert axis.get_xlim()[0] >= (-0.5 if case.description.counts else 0)  # the stem at 0 is in full
        assert axis.get_ylim()[0] >= 0
        assert min(axis.get_xticks()[axis.get_xticks() >= axis.get_xlim()[0]]) >= 0


def test_positive_values_of_many_magnitudes_have_a_logarithmic_axis():
    """Its areas are shares of the rows: it shows the density of the logarithm."""
    fit = th.fit(HEAVY, "lognormal")
    figure = fit.plot("density")
    (axis,) = figure.axes
    heights, edges = plain_of(figure)
    assert axis.get_xscale() == "log"
    assert axis.get_ylabel() == "density of the logarithm"
    inside = np.mean((edges[0] <= HEAVY) & (edges[-1] >= HEAVY))
    assert np.sum(heights * np.diff(np.log(edges))) == pytest.approx(inside)
    np.testing.assert_allclose(np.diff(np.log(edges)), np.log(edges[1] / edges[0]))
    at, curve = axis.lines[0].get_data()
    np.testing.assert_allclose(curve, at * np.exp(th.logpdf(at, "lognormal", fit.theta)))
    assert np.trapezoid(curve, np.log(at)) == pytest.approx(1, abs=0.02)


def test_weights_are_in_a_logarithmic_histogram():
    weights = RNG.integers(0, 3, HEAVY.size)
    figure = th.fit(HEAVY, "lognormal", weights=weights).plot("density")
    heights, edges = plain_of(figure)
    inside = np.repeat(HEAVY, weights)
    expected = np.histogram(inside, edges)[0] / inside.size / np.diff(np.log(edges))
    np.testing.assert_allclose(heights, expected)


def test_a_few_zeros_are_beyond_a_logarithmic_axis_and_many_make_it_linear():
    rows = np.concatenate([[0.0, 0.0], RNG.pareto(0.5, 998)])
    figure = th.fit(rows, "generalized_pareto").plot("density")
    outside = 2 + np.sum(rows > plain_of(figure)[1][-1])
    assert figure.axes[0].get_xscale() == "log"
    assert f"(outside: {outside} rows)" in figure.axes[0].get_xlabel()
    many = np.concatenate([np.zeros(100), RNG.pareto(0.5, 900)])
    assert th.fit(many, "exponential").plot("density").axes[0].get_xscale() == "linear"


@pytest.mark.parametrize(("family", "scale"), [("student_t", "asinh"), ("normal", "linear")])
def test_the_band_decides_the_scale_of_quantiles(family, scale):
    """Few rows, near each other, of which one fit expects far ones."""
    rows = np.random.default_rng(7).standard_t(1.5, 10)
    axis = th.fit(rows, family).plot("qq").axes[0]
    assert axis.get_xscale() == axis.get_yscale() == scale
    low, high = axis.get_ylim()
    corners = axis.collections[0].get_paths()[0].vertices[:, 1]
    assert low <= corners.min() < corners.max() <= high
    assert not any("-" in text.replace("$-", "") for text in texts(axis.get_yticklabels()))


@pytest.mark.parametrize("n", [4999, 5000])
def test_long_samples_have_differences_from_probability(n):
    rows = RNG.gamma(2, 3, n)
    fit = th.fit(rows, "gamma")
    axis = fit.plot("pp").axes[0]
    line, dots = axis.lines
    probability, drawn = dots.get_data()
    share = np.interp(probability, fit.dist().cdf(np.sort(rows)), (np.arange(n) + 0.5) / n)
    differs = n >= 5000
    np.testing.assert_allclose(drawn, share - differs * probability, atol=2 / n)
    assert line.get_ydata().tolist() == [0, 1 - differs]
    assert axis.get_ylabel() == "share of the rows" + differs * f" {MINUS} probability"


def test_equal_rows_have_one_share():
    rows = np.rint(RNG.normal(50, 4, 1000))
    probability, share = th.fit(rows, "normal").plot("pp").axes[0].lines[1].get_data()
    value = np.unique(rows)
    assert probability.size == value.size
    np.testing.assert_allclose(share, [(np.mean(rows < v) + np.mean(rows <= v)) / 2 for v in value])


def test_shares_of_very_many_rows_are_those_of_all(monkeypatch):
    monkeypatch.setattr("thetahat.plots.order._SORTED", 1000)
    rows = RNG.gumbel(2, 3, 30_000)
    fit = th.fit(rows, "gumbel")
    axis = fit.plot("pp").axes[0]
    probability, difference = axis.lines[1].get_data()
    share = np.searchsorted(np.sort(rows), fit.dist().ppf(probability), "right") / rows.size
    np.testing.assert_allclose(difference, share - probability, atol=2 / rows.size)
    corners = axis.collections[0].get_paths()[0].vertices
    assert np.abs(corners[:, 1]).max() == pytest.approx(1.96 * 0.5 / math.sqrt(30_000), rel=0.05)


@pytest.mark.parametrize("size", [1, 999, 4096, 10**6])
def test_an_order_of_blocks_is_that_of_the_rows(monkeypatch, size):
    monkeypatch.setattr("thetahat.plots.order._SORTED", 1000)
    rows = RNG.normal(size=10_500)
    blocks = (rows[first : first + size] for first in range(0, rows.size, size))
    order, whole = Order.of_blocks(rows.size, blocks, lambda _: np.array([-1.0, 0, 1])), Order.of_rows(rows)
    np.testing.assert_array_equal(order.rows, np.sort(rows[::10]))
    np.testing.assert_array_equal(order.rows, whole.rows)
    np.testing.assert_array_equal(order.below, np.sort(rows)[:10])
    np.testing.assert_array_equal(order.above, np.sort(rows)[-10:])
    assert order.shares[1].tolist() == [np.mean(rows <= value) for value in (-1, 0, 1)]


def test_counts_are_stems():
    rows = RNG.poisson(4, 500)
    fit = th.fit(rows, "poisson")
    axis = fit.plot("density").axes[0]
    (stems,) = axis.collections
    heights = {end[0]: end[1] for _, end in stems.get_segments()}
    assert heights == {k: pytest.approx(np.mean(rows == k)) for k in np.unique(rows)}
    at, probability = axis.lines[0].get_data()
    np.testing.assert_array_equal(at, np.arange(max(rows.min() - 1, 0), rows.max() + 2))
    np.testing.assert_allclose(probability, fit.dist().pmf(at))
    assert axis.lines[0].get_linestyle() == "None"
    assert axis.get_ylim()[0] == 0
    assert axis.get_ylim()[1] > max(probability.max(), *heights.values())


@pytest.mark.parametrize("weighted", [False, True])
def test_counts_of_many_magnitudes_have_logarithmic_axes(weighted):
    rows = RNG.negative_binomial(0.2, 0.001, 2000)
    weights = np.full(rows.size, 2.0) if weighted else None
    axis = th.fit(rows, "negative_binomial", weights=weights).plot("density").axes[0]
    assert (axis.get_xscale(), axis.get_yscale()) == ("asinh", "log")
    (stems,) = axis.collections
    at, heights = np.array([end for _, end in stems.get_segments()]).T
    for k in (0, 1, 2):
        assert heights[at == k] == pytest.approx(np.mean(rows == k))
    assert {"0", "$1$", "$100$"} <= set(texts(axis.get_xticklabels()))


@pytest.mark.parametrize("mean", [-3.0, 0.0, 2.5])
def test_angles_have_one_turn_in_quarters_of_pi(mean):
    fit = th.fit(RNG.vonmises(mean, 1.5, 500), "von_mises")
    density, qq, _ = fit.plot(name="wind").axes
    for limits in (density.get_xlim(), qq.get_xlim(), qq.get_ylim()):
        assert limits == (fit.theta[0] - np.pi, fit.theta[0] + np.pi)
    ticks = dict(zip(texts(density.get_xticklabels()), density.get_xticks(), strict=True))
    known = {f"{MINUS}π": -np.pi, f"{MINUS}π/2": -np.pi / 2, "0": 0, "π/2": np.pi / 2, "π": np.pi}
    assert len(ticks) >= 4
    assert all(ticks[label] == pytest.approx(value) for label, value in known.items() if label in ticks)
    assert density.get_xlabel() == qq.get_ylabel() == "wind (radians)"


def test_angles_of_one_direction_are_not_lost_on_a_turn():
    density, qq, _ = th.fit(RNG.vonmises(1, 1e4, 500), "von_mises").plot().axes
    assert np.ptp(density.get_xlim()) < 0.2
    assert np.ptp(qq.get_ylim()) < 0.2
    assert density.get_xlabel() == "value (radians)"


def test_numbers_agree_with_what_they_count():
    legends = [
        fit_figure(np.array(rows), th.fit(rows, "exponential")).legends[0].get_texts()[0].get_text()
        for rows in ([1.0], [1.0, 2.0])
    ]
    assert legends == ["1 row", "2 rows"]
    rows = np.concatenate([RNG.normal(size=200), [50.0]])
    assert th.fit(rows, "normal").plot("density").axes[0].get_xlabel() == "value   (outside: 1 row)"


def test_legends_have_true_minus_signs_and_all_digits_that_are_known():
    rows = -1e6 + RNG.normal(size=10_000)
    fit = th.fit(rows, "normal")
    estimates = fit.plot("density").legends[0].get_texts()[1].get_text()
    assert "-" not in estimates
    mu = float(estimates.split("= ")[1].split(",")[0].replace(MINUS, "-"))
    assert abs(mu - fit.theta[0]) < fit.stderr[0]


@pytest.mark.parametrize("shape", [0.05, 40.0, 1e9])
def test_quantiles_that_scipy_searches_for_are_interpolated(shape):
    fit = th.fit(RNG.wald(3.0, 3.0 * shape, 1000), "inverse_gaussian")
    quantiles, _ = fit.plot("qq").axes[0].lines[1].get_data()
    assert np.all(np.isfinite(quantiles))
    np.testing.assert_allclose(fit.dist().cdf(quantiles), (np.arange(1000) + 0.5) / 1000, rtol=1e-3)
