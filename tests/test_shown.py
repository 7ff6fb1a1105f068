"""What notebooks show of results: pictures and tables; axes of the user; all candidates of a comparison."""

import os
import pickle
import subprocess
import sys
from types import ModuleType, SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure

import thetahat as th
from thetahat.errors import ParameterError

RNG = np.random.default_rng(23)
X = RNG.gamma(2, 3, 400)
FIT = th.fit(X, "gamma")
GROUPS = th.fit_groups(X, "gamma", by=np.arange(X.size) % 12)


def size_of(png):
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


def test_a_figure_is_a_picture_for_a_notebook():
    figure = FIT.plot(name="delay")
    png, shown = figure._repr_png_()
    wide, high = size_of(png)
    assert (wide, high) == tuple(figure.get_size_inches() * figure.dpi)
    assert (shown["width"], shown["height"]) == (wide / 2, high / 2)
    assert "density over delay" in shown["alt"]


def test_figures_are_pickled():
    figure = pickle.loads(pickle.dumps(FIT.plot("density")))
    assert figure.axes[0].get_xlabel() == "value"
    assert type(figure) is type(FIT.plot("density"))


def test_a_notebook_shows_a_figure_below_the_cell(monkeypatch):
    shown = []
    kernel, display = ModuleType("IPython"), ModuleType("IPython.display")
    kernel.get_ipython, display.display = lambda: SimpleNamespace(kernel=None), shown.append
    monkeypatch.setitem(sys.modules, "IPython", kernel)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    figure = FIT.plot("density")
    figure.show()
    assert shown == [figure]


def test_elsewhere_a_figure_is_shown_in_a_window():
    """In a process of its own, since it starts pyplot."""
    program = """
import thetahat as th
figure = th.fit([1.0, 2.0, 4.0, 7.0], "normal").plot("density")
from matplotlib import pyplot
shown = []
pyplot.show = lambda: shown.append(pyplot.gcf())
figure.show()
assert shown == [figure] and figure.canvas.manager is pyplot.get_current_fig_manager()
figure.canvas.manager.show = lambda: shown.append("again")
figure.show()
assert shown[1] == "again"
"""
    settings = {**os.environ, "MPLBACKEND": "agg"}
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, env=settings)


@pytest.mark.parametrize("draw", [FIT.plot, th.compare(X, ["gamma", "weibull"]).plot])
def test_panels_are_drawn_into_axes_of_the_user(draw):
    figure = Figure()
    axes = figure.subplots(2)
    assert draw(ax=axes[0], name="delay") is figure
    assert draw("pp", ax=axes[1]) is figure
    assert figure.axes == list(axes)
    assert axes[0].get_xlabel() == "delay"
    assert axes[1].get_ylabel() == "share of the rows"
    assert "400 rows" in [text.get_text() for text in axes[0].get_legend().get_texts()]
    assert not figure.legends


def test_axes_of_a_subfigure_return_the_whole_figure():
    figure = Figure()
    assert FIT.plot(ax=figure.subfigures(1, 2)[0].subplots()) is figure


def test_groups_are_drawn_into_axes_of_the_user():
    axis = Figure().subplots()
    assert GROUPS.plot("shape", ax=axis) is axis.figure
    assert axis.get_xlabel() == "shape"
    np.testing.assert_array_equal(axis.lines[0].get_xdata(), np.sort(GROUPS.params["shape"]))


@pytest.mark.parametrize(
    "draw", [FIT.plot, th.compare(X, ["gamma"]).plot, lambda ax: GROUPS.plot("shape", ax=ax)]
)
@pytest.mark.parametrize("ax", [Figure(), Figure().subplots(2), 3])
def test_what_are_no_axes(draw, ax):
    with pytest.raises(
        ParameterError, match=r"ax must be axes of matplotlib, as of figure.subplots\(\), got"
    ):
        draw(ax=ax)


def test_a_trace_needs_a_figure():
    method = th.GradientAscent(learning_rate=1e-4, epochs=3)
    fit = th.fit(X, "normal", method=method, start=(0, 1), trace="epoch")
    with pytest.raises(ParameterError, match="trace has a panel for each parameter: leave ax out"):
        fit.plot("trace", ax=Figure().subplots())


def test_a_comparison_overlays_all_candidates():
    comparison = th.compare(X, ["normal", "gamma", "weibull", "lognormal"])
    density, pp = comparison.plot().axes
    at = density.lines[0].get_xdata()
    labels = [candidate.family for candidate in comparison]
    labels[1:] = [f"{c.family}, AIC + {c.delta_aic:,.1f}" for c in comparison[1:]]
    assert (
        [line.get_label() for line in density.lines] == labels == [line.get_label() for line in pp.lines[1:]]
    )
    for candidate, line, shares in zip(comparison, density.lines, pp.lines[1:], strict=True):
        fit = candidate.fit
        np.testing.assert_allclose(line.get_ydata(), np.exp(th.logpdf(at, fit.family, fit.theta)))
        np.testing.assert_allclose(shares.get_xdata(), fit.dist().cdf(np.sort(X)))
    styles = {(line.get_color(), line.get_linestyle()) for line in density.lines}
    assert len(styles) == 4


def test_formulas_are_drawn_by_their_densities():
    mixture = th.mixture(["normal", "exponential"])
    comparison = th.compare(X, ["gamma", mixture], criterion="bic")
    density = comparison.plot("density").axes[0]
    labels = [line.get_label() for line in density.lines]
    assert labels == [comparison[0].family, f"{comparison[1].family}, BIC + {comparison[1].delta:,.1f}"]
    for candidate, line in zip(comparison, density.lines, strict=True):
        np.testing.assert_allclose(line.get_ydata(), candidate.fit.pdf(line.get_xdata()))


def test_the_curves_of_all_families_can_be_told_apart():
    density = th.compare(X).plot("density").axes[0]
    assert (
        len({(line.get_color(), line.get_linestyle()) for line in density.lines}) == len(density.lines) > 10
    )


def test_a_comparison_of_counts_has_points_for_each():
    rows = RNG.poisson(3, 300)
    density, pp = th.compare(rows, ["poisson", "geometric"]).plot().axes
    for line, fit in zip(
        density.lines, (th.fit(rows, name) for name in ("poisson", "geometric")), strict=True
    ):
        np.testing.assert_allclose(
            line.get_ydata(), np.exp(th.logpdf(line.get_xdata(), fit.family, fit.theta))
        )
    assert len(pp.lines) == 3


def test_a_comparison_of_weighted_rows_has_the_density_alone():
    comparison = th.compare(X, ["gamma", "weibull"], weights=RNG.integers(1, 3, X.size))
    assert len(comparison.plot().axes) == 1
    with pytest.raises(ParameterError, match="pp: rows with weights"):
        comparison.plot("pp")


def test_a_comparison_without_a_fit_has_no_picture():
    with pytest.raises(th.NoMaximumError, match="no family could be fitted"):
        th.compare([2.0, 2.0], ["normal"]).plot()


def cells(html):
    """The caption, rows and paragraphs of a table, which is well-formed, with scopes of all titles."""
    root = ElementTree.fromstring(html)
    plain = {"div", "table", "caption", "thead", "tbody", "tr", "th", "td", "p"}
    assert {element.tag for element in root.iter()} <= plain
    assert all(title.get("scope") in ("col", "row") for title in root.iter("th"))
    rows = [["".join(cell.itertext()) for cell in row] for row in root.iter("tr")]
    return root.findtext(".//caption"), rows, [paragraph.text for paragraph in root.iter("p")]


def test_the_table_of_a_fit():
    caption, rows, notes = cells(FIT._repr_html_())
    printed = str(FIT)
    assert caption == printed.splitlines()[0]
    assert all(note.replace("\N{EM SPACE}", "  ") in printed for note in notes)
    assert [row[0] for row in rows] == ["", "shape", "scale"]
    assert all(cell in printed for row in rows[1:] for cell in row[3].split(" to "))
    fixed = cells(th.fit(X, "gamma", fixed={"shape": 2})._repr_html_())[1]
    assert fixed[1][1:] == ["2", "fixed", ""]


def test_the_table_of_a_comparison():
    comparison = th.compare([1.0, 2.0, 2.0, -1.0], ["normal", "gamma", "laplace"])
    caption, rows, notes = cells(comparison._repr_html_())
    printed = str(comparison)
    assert caption == printed.splitlines()[0]
    assert [row[0] for row in rows[1:]] == [candidate.family for candidate in comparison if candidate.fit]
    assert all(cell in printed for row in rows for cell in row)
    assert notes[0].startswith("gamma not fitted")


def test_the_table_of_a_goodness_of_fit():
    test = FIT.gof(bootstrap=19, rng=0)
    caption, rows, _ = cells(test._repr_html_())
    assert caption == repr(test).splitlines()[0]
    assert len(rows) == 4
    assert all(cell in repr(test) for row in rows for cell in row)


def test_the_table_of_groups_is_escaped_and_short():
    keys = np.array([f"<b>{i % 12:02}&" for i in range(X.size)])
    fits = th.fit_groups(X, "gamma", by={"site": keys, "year": np.full(X.size, 2020)})
    caption, rows, notes = cells(fits._repr_html_())
    assert caption == "gamma(shape, scale), fitted to 12 groups"
    assert rows[0] == ["site, year", "n", "shape", "std. error", "scale", "std. error", "status"]
    assert [row[0] for row in rows[1:]] == [
        *(f"<b>{i:02}&, 2020" for i in range(5)),
        "...",
        *(f"<b>{i:02}&, 2020" for i in range(7, 12)),
    ]
    assert notes == ["status: 12 converged"]
    few = th.fit_groups([1.0, 2.0, 3.0, 3.0], "normal", by=["a", "a", "b", "b"])
    assert [row[1:] for row in cells(few._repr_html_())[1]][2] == ["2", "", "", "", "", "equal_rows"]
