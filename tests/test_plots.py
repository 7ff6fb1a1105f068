"""Pictures: what they show, read back from the figures; how they look is for eyes."""

import pickle
import sys

import numpy as np
import pytest
from matplotlib.image import imread
from scipy import stats

import thetahat as th
from thetahat.errors import MissingExtraError, ParameterError, SampleError
from thetahat.plots import check_target, convergence_figure, fit_figure
from thetahat.plots.order import Order


def histogram(figure):
    """Heights and edges of the histogram in the first panel."""
    values, edges, _ = figure.axes[0].patches[0].get_data()
    return values, edges


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.fixture
def x():
    return np.random.default_rng(7).normal(1, 2, 1000)


@pytest.fixture
def exact(x):
    return th.fit(x, "normal")


def ascent(x, epochs=100, **settings):
    method = th.GradientAscent(learning_rate=1e-4, epochs=epochs)
    return th.fit(x, "normal", method=method, start=(0, 1), trace="epoch", **settings)


def test_density_over_histogram(x, exact):
    figure = fit_figure(x, exact, "delay in $", "density")
    heights, edges = histogram(figure)
    assert np.sum(heights * np.diff(edges)) == pytest.approx(1)
    assert (edges[0], edges[-1]) == pytest.approx((x.min(), x.max()))
    (curve,) = figure.axes[0].lines
    at, density = curve.get_data()
    np.testing.assert_allclose(density, np.exp(th.logpdf(at, "normal", exact.theta)))
    assert density.mean() * (at[-1] - at[0]) == pytest.approx(1, abs=0.01)
    assert figure.axes[0].get_xlabel() == r"delay in \$"
    assert legend(figure) == [
        "1,000 rows",
        rf"normal: $\mu$ = {exact.theta[0]:.5g}, $\sigma$ = {exact.theta[1]:.5g}",
    ]


@pytest.mark.parametrize(("family", "mean"), [("poisson", 4), ("poisson", 4e5), ("geometric", 50)])
def test_probabilities_of_counts_are_drawn_at_integers(family, mean):
    rng = np.random.default_rng(7)
    rows = rng.poisson(mean, 1000) if family == "poisson" else rng.geometric(1 / mean, 1000) - 1
    fit = th.fit(rows, family)
    axis = fit_figure(rows.astype(float), fit).axes[0]
    at, probabilities = axis.lines[0].get_data()
    assert 5 < at.size <= 1001
    assert np.array_equal(at, np.rint(at))
    np.testing.assert_allclose(probabilities, np.exp(th.logpdf(at, family, fit.theta)))
    assert np.interp(np.median(rows), at, probabilities) > 0.3 * probabilities.max() > 0
    assert axis.get_xlim()[1] > rows.mean()


def test_few_rows_are_drawn_one_by_one(x):
    few = x[:10]
    (rows,) = fit_figure(few, th.fit(few, "normal")).axes[0].collections
    assert [segment[0, 0] for segment in rows.get_segments()] == sorted(few)


def test_bins_grow_with_the_sample_up_to_what_can_be_seen(x):
    many = np.random.default_rng(7).normal(size=1_000_000)
    counts = [len(histogram(fit_figure(rows, th.fit(rows, "normal")))[0]) for rows in (x[:10], x, many)]
    assert counts[0] <= 6 < counts[1] < 60 < counts[2] <= 121


def test_a_heavy_tail_does_not_flatten_the_picture():
    rows = np.random.default_rng(7).standard_cauchy(10_000)
    figure = fit_figure(rows, th.fit(rows, "normal"))
    heights, edges = histogram(figure)
    assert -11 < edges[0] < edges[-1] < 11 < np.abs(rows).max()
    inside = np.count_nonzero((rows >= edges[0]) & (rows <= edges[-1]))
    assert np.sum(heights * np.diff(edges)) == pytest.approx(inside / rows.size)  # not scaled up to 1
    assert figure.axes[0].get_xlabel() == f"value   (outside: {rows.size - inside:,} rows)"


@pytest.mark.parametrize("n", [100, 100_000])
def test_bins_of_integers_hold_equally_many_of_them(n):
    rows = np.random.default_rng(7).poisson(400, n).astype(float)
    _, edges = histogram(fit_figure(rows, th.fit(rows, "normal")))
    width = edges[1] - edges[0]
    assert width == round(width) >= 1
    assert edges[0] % 1 == 0.5


@pytest.mark.parametrize(
    "rows",
    [
        [1.0, 2.0],
        [0.0] * 50 + [1e200],
        [*range(100), 1e200],
        [1e16, 1e16 + 2, 1e16 + 4],
        [0.0] * 1000 + [1.0],
        [-1e-250, 1e-250],
    ],
    ids=["two", "outlier", "outlier from a spread", "far from zero", "nearly constant", "tiny"],
)
def test_odd_samples_can_be_drawn(tmp_path, rows):
    rows = np.array(rows)
    fit_figure(rows, th.fit(rows, "normal")).savefig(tmp_path / "f.png")
    assert imread(tmp_path / "f.png").std() > 0


@pytest.mark.parametrize("rows", [[-1e308, 1e308], [0.0, 2e-323]])
def test_samples_that_no_axis_can_show(rows):
    rows = np.array(rows)
    with pytest.raises(SampleError, match="cannot draw values from"):
        fit_figure(rows, th.fit(rows, "normal"))


def test_the_way_of_a_traced_fit_is_drawn_below(x, exact):
    fitted = ascent(x)
    figure = fit_figure(x, fitted)
    assert len(figure.axes) == 6
    assert_trace(figure.axes[4:], fitted, exact)
    assert_trace(fitted.plot("trace").axes[1:], fitted, exact)
    assert legend(figure)[2:] == [
        BAND,
        "gradient-ascent",
        "start",
        "end",
        "maximum",
        "maximum ± standard error",
    ]


def assert_trace(axes, fitted, exact):
    for parameter, axis in enumerate(axes):
        maximum, path = axis.lines
        assert set(maximum.get_ydata()) == {exact.theta[parameter]}
        np.testing.assert_array_equal(path.get_ydata(), fitted.trace[:, parameter])


def test_the_way_goes_to_the_maximum_with_what_was_fixed(x):
    fitted = ascent(x, fixed={"sigma": 3.0})
    axes = fitted.plot("trace").axes
    assert [axis.get_ylabel() for axis in axes] == [r"$\mu$"]  # alone: sigma does not move
    assert_trace(axes, fitted, th.fit(x, "normal", fixed={"sigma": 3.0}))


def test_a_trace_in_which_nothing_moves_is_drawn_on_request_alone(x, exact):
    method = th.GradientAscent(learning_rate=0.0001, epochs=3)
    fitted = th.fit(x, "normal", method=method, start=exact.params, trace="epoch")
    assert (fitted.trace == fitted.trace[0]).all()
    assert len(fitted.plot().axes) == 3
    assert [axis.get_ylabel() for axis in fitted.plot("trace").axes[1:]] == [r"$\mu$", r"$\sigma$"]


def test_a_way_to_no_maximum_is_drawn_alone():
    rows = np.linspace(-1, 1, 50)  # lighter tails than the normal's
    method = th.GradientAscent(learning_rate=1e-4, epochs=5)
    fitted = th.fit(rows, "student_t", method=method, start=(0, 1, 3), trace="epoch")
    figure = fitted.plot()
    for parameter, axis in enumerate(figure.axes[3:], start=1):  # mu moves by rounding alone
        (path,) = axis.lines
        np.testing.assert_array_equal(path.get_ydata(), fitted.trace[:, parameter])
    assert legend(figure)[3:] == ["gradient-ascent"]


@pytest.mark.parametrize(
    ("rate", "start"),
    [(1e-4, (0, 1e-30)), (1e-4, (0, 1e-300)), (1e-4, (1e305, 1e300)), (0.04, (0, 1)), (1e300, (0, 10))],
)
def test_a_way_that_goes_far_astray_can_be_drawn(tmp_path, x, rate, start):
    method = th.GradientAscent(learning_rate=rate, epochs=20)
    fitted = th.fit(x, "normal", method=method, start=start, trace="epoch")
    fitted.plot("trace").savefig(tmp_path / "f.png")


def test_the_axis_of_one_epoch_is_linear(x):
    _, *paths = ascent(x, epochs=1).plot("trace").axes
    for axis in paths:
        assert (axis.get_xscale(), axis.get_xlim()) == ("linear", (0, 1))


BAND = "95 % of samples, at each point"


def band(axis):
    """The corners of the band around the straight line."""
    (shade,) = axis.collections
    return shade.get_paths()[0].vertices


def test_quantiles_and_probabilities(x, exact):
    law = exact.dist()
    qq, pp = exact.plot("qq", name="delay").axes[0], exact.plot("pp").axes[0]
    middle = (np.arange(1, 1001) - 0.5) / 1000
    (line, dots), (_, shares) = qq.lines, pp.lines
    np.testing.assert_allclose(dots.get_data(), [law.ppf(middle), np.sort(x)])
    np.testing.assert_allclose(shares.get_data(), [law.cdf(np.sort(x)), middle])
    np.testing.assert_array_equal(*line.get_data())
    assert (qq.get_xlabel(), qq.get_ylabel()) == ("quantiles of the normal fit", "delay")
    median = band(pp)[np.isclose(band(pp)[:, 1], middle[499])]
    expected = stats.beta.ppf([0.025, 0.975], 500, 501)
    assert sorted(set(np.round(median[:, 0], 9))) == pytest.approx(expected, abs=1e-8)
    least = band(qq)[np.isclose(band(qq)[:, 0], law.ppf(middle[0]))]
    assert np.ptp(least[:, 1]) == pytest.approx(np.ptp(law.ppf(stats.beta.ppf([0.025, 0.975], 1, 1000))))


@pytest.mark.parametrize("n", [10, 3_000_000])
def test_few_points_are_drawn_and_the_extremes_among_them(n):
    rows = np.random.default_rng(7).standard_normal(n)
    axis = th.fit(rows, "normal").plot("qq").axes[0]
    at = axis.lines[1].get_ydata()
    assert at.size == n or 1000 < at.size < 2000
    ordered = np.sort(rows)
    assert at[:5].tolist() == ordered[:5].tolist()
    assert at[-5:].tolist() == ordered[-5:].tolist()
    assert np.all(np.diff(at) >= 0)
    assert ("one row in 2" in axis.get_xlabel()) == (n > 10)
    if n > 10:
        np.testing.assert_allclose(np.quantile(at, 0.5), ordered[n // 2], atol=0.1)


def test_the_order_of_very_many_rows_is_exact_in_the_tails():
    rows = np.random.default_rng(7).standard_normal(2_500_000)
    order, ordered = Order.of_rows(rows), np.sort(rows)
    for rank in (1, 2, 2000, 2_499_000, 2_500_000):
        assert order.at(np.array([rank])) == ordered[rank - 1]
    between = order.at(np.array([10_000, 1_250_000]))
    np.testing.assert_allclose(between, ordered[[9999, 1_249_999]], atol=2e-2)


@pytest.mark.parametrize(
    ("family", "rows", "scale"),
    [
        ("student_t", np.random.default_rng(7).standard_t(1.3, 5000), "asinh"),
        ("pareto", np.random.default_rng(7).pareto(0.8, 5000) + 1, "log"),
        ("laplace", np.random.default_rng(7).laplace(size=5000), "linear"),
    ],
)
def test_axes_of_heavy_tails_are_logarithmic(family, rows, scale):
    axis = th.fit(rows, family).plot("qq").axes[0]
    assert axis.get_xscale() == axis.get_yscale() == scale
    axis.figure.draw_without_rendering()


def test_heavy_tails_far_from_zero_are_drawn_around_a_number_that_the_labels_name():
    rows = 1e6 + np.random.default_rng(7).standard_cauchy(2000)
    axis = th.fit(rows, "student_t", fixed={"nu": 1}).plot("qq").axes[0]
    assert axis.get_ylabel() == "value \N{MINUS SIGN} 1000000"
    assert axis.get_xlabel() == "quantiles of the student_t fit \N{MINUS SIGN} 1000000"
    np.testing.assert_allclose(axis.lines[1].get_ydata(), np.sort(rows) - 1e6)
    labels = {label.get_text() for label in axis.get_yticklabels()}
    assert {"0", "$10$", "$-10$"} <= labels or {"0", "$100$", "$-100$"} <= labels


def test_counts_have_probabilities_and_no_quantiles():
    rows = np.random.default_rng(7).poisson(4, 500)
    fit = th.fit(rows, "poisson")
    figure = fit.plot()
    assert [axis.get_ylabel() for axis in figure.axes] == ["probability", "share of the rows"]
    probability, share = figure.axes[1].lines[1].get_data()
    value = np.unique(rows)
    np.testing.assert_allclose(probability, stats.poisson.cdf(value, fit.theta[0]))
    np.testing.assert_allclose(share, [(rows <= k).mean() for k in value])
    expected = stats.binom.ppf([0.025, 0.975], 500, probability[3]) / 500
    there = band(figure.axes[1])[np.isclose(band(figure.axes[1])[:, 0], probability[3])]
    assert sorted(set(np.round(there[:, 1], 9))) == pytest.approx(expected)
    with pytest.raises(ParameterError, match="quantiles of counts are a staircase"):
        fit.plot("qq")


def test_angles_are_drawn_over_one_turn():
    rows = np.random.default_rng(7).vonmises(3, 2, 300)
    fit = th.fit(rows + 4 * np.pi, "von_mises")
    density, qq, pp = fit.plot().axes
    assert np.ptp(density.get_xlim()) < 7
    assert np.abs(np.subtract(*qq.lines[1].get_data())).max() < 1
    assert np.abs(np.subtract(*pp.lines[1].get_data())).max() < 0.1


def test_weights_are_in_the_histogram_alone():
    rows, weights = np.arange(1.0, 9.0), np.arange(8)
    fit = th.fit(rows, "gamma", weights=weights)
    figure = fit.plot()
    assert len(figure.axes) == 1
    heights, edges = histogram(figure)
    assert np.sum(heights * np.diff(edges)) == pytest.approx(1)
    assert heights[-1] > heights[0]
    with pytest.raises(ParameterError, match="pp: rows with weights have no order statistics"):
        fit.plot("pp")


def test_a_pole_does_not_flatten_the_picture():
    rows = np.random.default_rng(7).beta(0.2, 0.2, 500)
    figure = th.fit(rows, "beta").plot("density")
    assert figure.axes[0].get_ylim()[1] == pytest.approx(1.5 * histogram(figure)[0].max())
    assert figure.axes[0].get_xlim() == (0, 1)


def test_rows_that_a_fit_has_lost_are_given_again(x, exact):
    lost = pickle.loads(pickle.dumps(exact))
    with pytest.raises(ParameterError, match="no longer has its rows: pass them as x"):
        lost.plot()
    assert len(lost.plot(x=x).axes) == 3


def test_panels_that_a_fit_does_not_have(exact):
    with pytest.raises(ParameterError, match="kept no trace"):
        exact.plot("trace")
    with pytest.raises(ParameterError, match="kind must be one of density, qq, pp, trace; got 'box'"):
        exact.plot("box")


def test_convergence_of_three_methods(x, exact):
    fits = {"broad": ascent(x, epochs=1000), "middle": ascent(x, epochs=10), "fine": ascent(x, epochs=50)}
    figure = convergence_figure(fits, exact)
    assert legend(figure) == ["maximum ± standard error", *fits]
    for parameter, (path_axis, distance_axis) in enumerate(
        zip(figure.axes[:2], figure.axes[2:], strict=True)
    ):
        around = path_axis.patches[0].get_extents().transformed(path_axis.transData.inverted())
        error = exact.stderr[parameter]
        assert (around.y0, around.y1) == pytest.approx(
            (exact.theta[parameter] - error, exact.theta[parameter] + error)
        )
        for fitted, path, distance in zip(
            fits.values(), path_axis.lines[1:], distance_axis.lines, strict=True
        ):
            trace = fitted.trace[:, parameter]
            np.testing.assert_array_equal(path.get_xdata(), np.arange(fitted.epochs + 1))
            np.testing.assert_array_equal(path.get_ydata(), trace)
            np.testing.assert_allclose(distance.get_ydata(), abs(trace - exact.theta[parameter]) / error)
        assert distance_axis.get_yscale() == "log"
        assert distance_axis.get_xlim() == (0, 1000)


def test_a_long_path_keeps_its_ends(x, exact):
    fitted = ascent(x, epochs=100_000)
    path = convergence_figure({"long": fitted}, exact).axes[0].lines[1]
    epochs = path.get_xdata()
    assert epochs.size <= 2000
    assert (epochs[0], epochs[-1]) == (0, 100_000)
    np.testing.assert_array_equal(path.get_ydata(), fitted.trace[epochs.astype(int), 0])


def test_a_path_that_diverges_at_once(tmp_path, x, exact):
    method = th.GradientAscent(learning_rate=1e300, epochs=5)
    fitted = th.fit(x, "normal", method=method, start=(0, 1e-100), trace="epoch")
    assert fitted.epochs == 0
    convergence_figure({"diverged": fitted}, exact).savefig(tmp_path / "f.png")


def test_pictures_that_cannot_be_written_are_refused_before_the_work(tmp_path):
    check_target(tmp_path / "f.PDF")
    with pytest.raises(ParameterError, match=r"f.gif: its name must end in .png, .pdf, .svg"):
        check_target(tmp_path / "f.gif")
    with pytest.raises(ParameterError, match=r"there is no folder .*nowhere"):
        check_target(tmp_path / "nowhere" / "f.png")


def test_without_matplotlib_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"pictures need matplotlib: pip install .thetahat\[cli\]"):
        check_target(tmp_path / "f.png")


def test_no_window_system_is_touched(x, exact):
    fit_figure(x, exact)
    assert "matplotlib.pyplot" not in sys.modules


def test_long_labels_lie_inside_the_figure():
    x = np.concatenate([np.random.default_rng(0).normal(mu, 1, 60) for mu in (-4, 4)])
    figure = th.fit(x, th.mixture(["normal", "normal"])).plot("density")
    figure.canvas.draw()
    (drawn,) = figure.legends
    box = drawn.get_window_extent()
    assert 0 <= box.x0 < box.x1 <= figure.bbox.x1
