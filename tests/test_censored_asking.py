"""What users ask of censored rows: files, the command line, goodness of fit, pictures."""

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from matplotlib.image import imread
from scipy import stats

import thetahat as th
from thetahat._commands import thetahat
from thetahat.errors import ParameterError
from thetahat.goodness.censored import Mechanism, statistics_of_censored
from thetahat.goodness.of_fit import statistics

INF = np.inf


def columns(n=240, seed=3):
    """Lives with delayed entry: times, events, upper limits, entries, weights and keys."""
    rng = np.random.default_rng(seed)
    x, entry = 10 * rng.weibull(1.7, 4 * n), 2 * rng.random(4 * n)
    x, entry = x[x > entry][:n], entry[x > entry][:n]
    limit = entry + 9 * rng.random(n)
    event = x <= limit
    time = np.minimum(x, limit)
    return {
        "time": time,
        "status": event.astype(np.int64),
        "seen": event,
        "upper": np.where(event, time, INF),
        "entry": entry,
        "weight": rng.integers(1, 4, n),
        "key": np.where(np.arange(n) % 3, "b", "a"),
    }


@pytest.fixture(scope="module")
def data():
    return columns()


@pytest.fixture(scope="module")
def rows(data):
    return th.Censored(data["time"], event=data["seen"], truncated=(data["entry"], INF))


TABLES = [pa.table, pd.DataFrame, pl.DataFrame, lambda data: lambda: iter([data])]


@pytest.mark.parametrize("table", TABLES, ids=["arrow", "pandas", "polars", "blocks"])
@pytest.mark.parametrize("known", [{"event": "status"}, {"event": "seen"}, {"upper": "upper"}])
def test_columns_of_tables(data, rows, table, known):
    source = th.scan(table(data), "time", weights="weight", truncated=("entry", INF), **known)
    fit = th.fit(source, "weibull")
    assert fit.theta.tolist() == th.fit(rows, "weibull", weights=data["weight"]).theta.tolist()
    groups = th.fit_groups(source, "weibull", by="key")
    assert groups["a"].rows == np.count_nonzero(data["key"] == "a")


def test_what_scans_refuse(data):
    with pytest.raises(ParameterError, match="no column 'dead'"):
        th.scan(pa.table(data), "time", event="dead")
    with pytest.raises(ParameterError, match="upper and event both"):
        th.scan(pa.table(data), "time", event="status", upper="upper")
    with pytest.raises(ParameterError, match="truncated must be a pair"):
        th.scan(pa.table(data), "time", truncated="entry")
    with pytest.raises(ParameterError, match="limits, events and truncation go to Censored"):
        th.scan(data["time"], event="status")


def run(*arguments):
    return CliRunner(env={"COLUMNS": "100"}).invoke(thetahat, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def path(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("censored") / "lives.parquet"
    pq.write_table(pa.table(data), path)
    return path


def fitted_json(*arguments):
    result = run("fit", *arguments, "--family", "weibull", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    return json.loads(result.stdout)


def test_the_command_line(path, data, rows):
    delayed = ("--column", "time", "--truncated-below", "entry")
    expected = th.fit(rows, "weibull")
    by_event = fitted_json(path, *delayed, "--event", "status")
    assert by_event["params"] == expected.params
    assert by_event["kinds"] == expected.kinds._asdict()
    assert fitted_json(path, *delayed, "--upper", "upper")["params"] == expected.params
    window = fitted_json(path, "--column", "time", "--truncated-above", "1000", "--where", "status == 1")
    exact = th.Censored(data["time"][data["seen"]], truncated=(-INF, 1000))
    assert window["params"] == th.fit(exact, "weibull").params


def test_the_command_line_prints_what_is_known(path, data, tmp_path):
    picture = tmp_path / "lives.png"
    result = run(
        *("fit", path, "--column", "time", "--event", "status", "--family", "weibull", "--profile"),
        *("--quantile", "0.9", "--plot", picture),
    )
    events = int(data["seen"].sum())
    assert f"240 rows ({events} exact, {240 - events} right-censored) in" in result.stdout
    assert "profile interval" in result.stdout
    assert imread(picture).std() > 0.01


def test_other_commands_take_censored_columns(path, data):
    known = (path, "--column", "time", "--event", "status")
    compared = run("compare", *known, "--families", "weibull,gamma", "--json")
    assert {each["family"] for each in json.loads(compared.stdout)["candidates"]} == {"weibull", "gamma"}
    grouped = run("fit", *known, "--family", "weibull", "--by", "key", "--json")
    assert [each["key"] for each in json.loads(grouped.stdout)] == ["a", "b"]
    summarized = run("summarize", *known, "--family", "exponential", "--output", path.with_suffix(".sums"))
    assert "240 rows" in summarized.stdout
    merged = json.loads(run("merge", path.with_suffix(".sums"), "--json").stdout)
    direct = th.fit(th.Censored(data["time"], event=data["seen"]), "exponential")
    assert merged["params"]["scale"] == pytest.approx(direct.params["scale"], rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--event", "status", "--upper", "upper"), "upper and event both"),
        (("--event", "weight"), "neither 0 nor 1"),
        (("--event", "deaths"), "no column 'deaths'"),
        (("--truncated-below", "50"), "lie outside their truncation"),
        (("--event", "status", "--method", "sgd"), "takes exact rows alone"),
    ],
)
def test_wrong_columns_end_in_one_line(path, arguments, message):
    result = run("fit", path, "--column", "time", *arguments, "--family", "weibull")
    assert result.exit_code == 1
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_statistics_of_exact_rows_are_the_usual_ones():
    x = np.random.default_rng(1).gamma(2, 3, 50)
    fit = th.fit(x, "gamma")
    np.testing.assert_allclose(
        statistics_of_censored(fit, th.Censored(x).limits()), statistics(fit, x), rtol=1e-9
    )


def test_distances_of_type_one_censoring_end_at_the_limit():
    """D is the largest distance from the empirical distribution below the limit, found by brute force."""
    x = np.random.default_rng(2).weibull(1.5, 80)
    rows = th.Censored(np.minimum(x, 1.0), event=x <= 1)
    fit = th.fit(rows, "weibull")
    events = np.sort(x[x <= 1])
    F, rank = fit.dist().cdf(events), np.arange(1, events.size + 1)
    expected = max((rank / 80 - F).max(), (F - (rank - 1) / 80).max())
    assert statistics_of_censored(fit, rows.limits())[0] == pytest.approx(expected, rel=1e-12)


def test_replicates_are_censored_as_the_sample_is(rows):
    mechanism, limits = Mechanism(rows.limits()), rows.limits()
    rng = np.random.default_rng(0)
    drawn = [mechanism.draw(th.fit(rows, "weibull").dist(), rng).limits() for _ in range(50)]
    shares = [each.exact.mean() for each in drawn]
    assert np.mean(shares) == pytest.approx(limits.exact.mean(), abs=0.05)
    for each in drawn:
        assert (each.lower >= each.low).all()
        np.testing.assert_array_equal(each.low, limits.low)


def test_replicates_of_bins_lie_in_the_bins():
    edges = np.arange(0.0, 5.0)
    counts = np.array([9, 5, 3, 2])
    rows = th.Censored(np.repeat(edges[:-1], counts), np.repeat(edges[1:], counts))
    drawn = Mechanism(rows.limits()).draw(stats.expon(scale=1.5), np.random.default_rng(1)).limits()
    assert set(drawn.lower) <= {0.0, 1.0, 2.0, 3.0, 4.0, -INF}
    assert ((drawn.upper - drawn.lower == 1) | (drawn.lower == 4)).all()


@pytest.mark.parametrize("family", ["weibull", "lognormal"])
def test_p_values_are_uniform_where_the_family_is_the_truth(family):
    """Those of 20 samples, in the band that one in 1e4 such sets leaves."""
    rng, pvalues = np.random.default_rng(9), []
    law = stats.weibull_min(1.6) if family == "weibull" else stats.lognorm(0.8)
    for _ in range(20):
        x, limit = law.rvs(40, random_state=rng), 2.5 * rng.random(40)
        fit = th.fit(th.Censored(np.minimum(x, limit), event=x <= limit), family)
        pvalues.append(fit.gof(bootstrap=19, rng=rng).cramer_von_mises.pvalue)
    assert stats.kstest(pvalues, stats.uniform.cdf).statistic < 0.49


def test_a_wrong_family_is_noticed():
    rng = np.random.default_rng(4)
    x, limit = np.where(rng.random(300) < 0.5, 1, 6) + 0.2 * rng.standard_normal(300), 8 * rng.random(300)
    fit = th.fit(th.Censored(np.minimum(x, limit), event=x <= limit), "weibull")
    assert fit.gof(bootstrap=49, rng=0).cramer_von_mises.pvalue == 0.02


def test_goodness_of_a_histogram():
    rows, counts = th.Censored(np.arange(6.0), np.arange(1.0, 7.0)), np.array([30, 24, 16, 9, 4, 2])
    fit = th.fit(rows, "exponential", weights=counts)
    test = fit.gof(bootstrap=49, rng=1)
    assert test.anderson_darling is None
    assert 0 < test.kolmogorov_smirnov.pvalue <= 1
    halves = th.fit(rows, "exponential", weights=counts / 2)
    with pytest.raises(ParameterError, match="numbers of rows"):
        halves.gof(bootstrap=9)


def test_survival_under_the_fit(rows):
    fit = th.fit(rows, "weibull")
    (axis,) = fit.plot("survival", name="time").axes
    low, high = rows.limits().low.min(), rows.limits().lower.max()
    (curve,) = axis.lines
    at, drawn = curve.get_data()
    law = fit.dist()
    inside = (at > low) & (at < high)
    np.testing.assert_allclose(drawn[inside], law.sf(at[inside]) / law.sf(low), rtol=1e-9)
    assert "Kaplan-Meier's estimate" in axis.get_legend_handles_labels()[1]
    assert axis.get_xlabel().startswith("time   (")


def test_probability_plot(rows):
    fit = th.fit(rows, "weibull")
    (axis,) = fit.plot("probability").axes
    values, quantiles = axis.lines[0].get_data()
    assert values.size == np.unique(rows.limits().lower[rows.limits().exact]).size
    assert np.corrcoef(values, quantiles)[0, 1] > 0.97
    assert len(fit.plot().axes) == 2


@pytest.mark.parametrize(
    ("rows", "family", "name"),
    [
        (th.Censored(np.arange(6.0), np.arange(1.0, 7.0)), "exponential", "Turnbull's estimate"),
        (th.Censored([0, 1, 1, 3, 4], [0, 1, 1, 3, INF]), "poisson", "Kaplan-Meier's estimate"),
        (th.Censored([-INF, 1.0, 2.0, 3.0], [0.5, 1.0, INF, 4.0]), "normal", "Turnbull's estimate"),
    ],
)
def test_pictures_of_other_limits(rows, family, name):
    fit = th.fit(rows, family)
    figure = fit.plot()
    assert name in figure.axes[0].get_legend_handles_labels()[1]
    figure.canvas.draw()


def test_candidates_over_one_estimate(rows):
    comparison = th.compare(rows, ["weibull", "gamma", "lognormal"])
    (axis,) = comparison.plot(name="time").axes
    labels = axis.get_legend_handles_labels()[1]
    names = sorted(label.partition(",")[0] for label in labels)
    assert names == ["Kaplan-Meier's estimate", "gamma", "lognormal", "weibull"]
    (alone,) = comparison.best.plot("survival").axes
    np.testing.assert_array_equal(axis.lines[0].get_data(), alone.lines[0].get_data())
    with pytest.raises(ParameterError, match="kind must be one of survival"):
        comparison.plot("density")
    with pytest.raises(ParameterError, match="name must be a string"):
        comparison.plot(name=1)


@pytest.mark.parametrize("family", ["weibull", "gumbel", "lognormal"])
def test_labels_of_a_probability_plot_do_not_overlap(family):
    edges = np.arange(12.0)
    rows, weights = th.Censored(edges[:-1], edges[1:]), 1000 * 0.6 ** edges[:-1]
    (axis,) = th.fit(rows, family, weights=weights.round()).plot("probability").axes
    axis.figure.canvas.draw()
    boxes = sorted((label.get_window_extent().intervaly for label in axis.get_yticklabels()), key=tuple)
    assert len(boxes) > 2
    assert all(below[1] < above[0] for below, above in pairwise(boxes))
    quantiles = axis.lines[0].get_ydata()
    assert quantiles.size == 10  # above the last bin there is nothing
    assert quantiles.max() < 30


@pytest.mark.parametrize("words", [("True", "False"), ("TRUE", "false"), ("1", "0"), ("1.0", "0e0")])
def test_events_are_written_in_any_way(tmp_path, words):
    seen = columns()["seen"]
    lines = [
        f"{time},{words[0] if event else words[1]}"
        for time, event in zip(columns()["time"], seen, strict=True)
    ]
    (tmp_path / "lives.csv").write_text("\n".join(["time,seen", *lines]))
    fit = th.fit(th.scan(tmp_path / "lives.csv", "time", event="seen"), "weibull")
    assert fit.params == th.fit(th.Censored(columns()["time"], event=seen), "weibull").params


def test_words_that_are_no_events_are_named(tmp_path):
    (tmp_path / "lives.csv").write_text("time,seen\n1,true\n2,yes\n3,false\n")
    with pytest.raises(th.SampleError, match=r"event \(seen\) holds 'yes': write true or 1"):
        th.fit(th.scan(tmp_path / "lives.csv", "time", event="seen"), "weibull")


def test_panels_of_censored_fits(rows):
    fit = th.fit(rows, "weibull")
    with pytest.raises(ParameterError, match="kind must be one of survival, probability"):
        fit.plot("qq")
    again = th.Fit.from_dict(fit.to_dict())
    with pytest.raises(ParameterError, match="no longer has its rows"):
        again.plot()
    assert len(again.plot(x=rows).axes) == 2
    with pytest.raises(ParameterError, match="does not have the rows of this fit"):
        again.plot(x=th.Censored(1.01 * rows.limits().lower, event=rows.limits().exact))
