"""What is asked of the fits of groups: intervals, quantiles, tables, records, pictures, comparisons."""

import json
import pickle
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from conftest import FIRSTS, Case
from test_inference import not_at_an_edge
from test_rows import POLARS
from turns import in_turn

import thetahat as th

QUANTILES = {  # the first case of each family whose quantiles have standard errors
    family: case
    for family, case in ((name, Case(name, theta)) for name, theta in FIRSTS)
    if not case.description.counts and not_at_an_edge(case)
}
X = np.concatenate([np.random.default_rng(0).gamma(2, 3, 60), [4.0, 4.0, 4.0]])
BY = np.repeat(["a", "b", "c", "same"], [10, 20, 30, 3])


def fits_of(family="gamma", **options):
    return th.fit_groups(X, family, by=BY, **options)


def assert_equal(values, expected):
    np.testing.assert_allclose(values, expected, rtol=1e-12, atol=0)


def test_intervals_are_those_of_each_fit(first):
    keys = np.arange(300) % 3
    x = first.sample(300)
    fits = th.fit_groups(x, first.family, by=keys)
    for level in (0.5, 0.95):
        limits = fits.confint(level)
        for place, key in enumerate(fits):
            assert limits[place].tobytes() == fits[key].confint(level).tobytes()


@pytest.mark.parametrize("family", QUANTILES)
@in_turn("p", [0.25, [0.01, 0.5, 0.999], [[0.1], [0.9]], []])
def test_quantiles_are_those_of_each_fit(family, p):
    fits = th.fit_groups(QUANTILES[family].sample(200), family, by=np.arange(200) % 2)
    found = fits.quantile(p, 0.9)
    for place, key in enumerate(fits):
        for ours, theirs in zip(found, fits[key].quantile(p, 0.9), strict=True):
            np.testing.assert_allclose(ours[place], theirs, rtol=1e-9, atol=1e-12)


def test_return_levels_are_those_of_each_fit():
    fits = fits_of("gumbel")
    found = fits.return_level([10, 100])
    assert found.value.shape == (4, 2)
    assert_equal(found.value[0], fits["a"].return_level([10, 100]).value)
    assert_equal(found.stderr[2], fits["c"].return_level([10, 100]).stderr)


def test_groups_without_a_fit_have_no_numbers():
    fits = fits_of()
    assert fits.status.tolist() == ["converged"] * 3 + ["equal_rows"]
    assert fits.reason.tolist() == [""] * 3 + ["point"]
    for values in (fits.theta, fits.stderr, fits.cov, fits.confint(), *fits.quantile([0.1, 0.5])):
        assert np.isfinite(values[:3]).all()
        assert np.isnan(values[3]).all()
    assert np.isnan([fits.aic[3], fits.bic[3], fits.log_likelihood[3], fits.newton_decrement[3]]).all()
    assert fits.n[3] == fits.rows[3] == 3


def test_fixed_parameters_have_no_width():
    fits = fits_of("gamma", fixed={"shape": [1, 2, 3, 4]})
    assert fits.confint()[:, 0].tolist() == [[k, k] for k in (1, 2, 3, 4)]
    alone = th.fit(X[BY == "b"], "gamma", fixed={"shape": 2})
    assert_equal([part[1] for part in fits.quantile(0.5)], alone.quantile(0.5))


def test_tables_have_a_row_for_each_group():
    fits = fits_of()
    frame = fits.to_pandas()
    names = ["key", "shape", "scale", "shape_stderr", "scale_stderr", "log_likelihood", "aic", "bic"]
    assert list(frame) == [*names, "newton_decrement", "n", "rows", "omitted", "passes", "status", "reason"]
    np.testing.assert_array_equal(frame[["shape", "scale"]].to_numpy(), fits.theta)
    assert frame.key.tolist() == ["a", "b", "c", "same"]
    assert frame.status.tolist() == fits.status.tolist()
    table = fits.to_arrow()
    assert table.schema.field("key").type == pa.string()
    assert table.column("status").to_pylist() == fits.status.tolist()
    assert list(fits.columns()) == table.column_names
    if POLARS:
        assert fits.to_polars()["scale"].to_list()[:3] == fits.params["scale"].tolist()[:3]


@pytest.mark.parametrize(
    "keys",
    [
        np.array(["2026-01-01", "2026-01-02"], "M8[D]"),
        np.array(["2026-01", "2026-02"], "M8[M]"),
        np.array(["2026-01-01T01", "NaT"], "M8[h]"),
        np.array([1, 2], "m8[m]"),
        np.array([1, None], object),
        np.array(["a", None]),
        np.array([1.5, np.nan]),
        np.array([True, False]),
        np.array([b"a", b"b"]),
        np.array([Decimal("1.5"), Decimal("1e-3")]),
        pd.period_range("2020", "2021", freq="Y").to_numpy(),
        np.fromiter([("a", 1), ("b", 0)], object),
    ],
)
def test_keys_of_every_type_are_columns(keys):
    fits = th.fit_groups(X, "normal", by=keys[np.arange(63) % 2], null_keys="group")
    assert len(th.fit_groups(X, "normal", by={"j": fits.keys[np.arange(63) % 2]}, null_keys="group")) == 2
    for table in (fits.to_pandas(), fits.to_arrow(), *([fits.to_polars()] if POLARS else [])):
        assert len(table) == 2
    json.dumps(fits.to_dicts(), allow_nan=False)
    assert list(pickle.loads(pickle.dumps(fits)).theta.ravel()) == list(fits.theta.ravel())
    assert [key in fits for key in fits] == [True, True]


def test_a_key_named_as_a_column_is_renamed():
    fits = th.fit_groups([1.0, 2.0, 3.0, 5.0], "normal", by={"n": [1, 1, 2, 2], "mu": ["a"] * 4})
    assert list(fits.columns())[:4] == ["n_key", "mu_key", "mu", "sigma"]


def test_records_are_those_of_each_fit():
    fits = fits_of()
    records = json.loads(json.dumps(fits.to_dicts(), allow_nan=False))
    assert [record.pop("key") for record in records] == ["a", "b", "c", "same"]
    for record, key in zip(records[:3], fits, strict=False):
        assert record.pop("reason") == ""
        assert (
            th.Fit.from_dict(record).to_dict()
            == fits[key].to_dict()
            == th.fit(X[key == BY], "gamma").to_dict()
        )
    assert records[3]["params"] is None
    assert (records[3]["status"], records[3]["reason"], records[3]["rows"]) == ("equal_rows", "point", 3)
    two = th.fit_groups(X, "gamma", by={"k": BY, "j": np.zeros(63, int)})
    assert two.to_dicts()[1]["key"] == {"k": "b", "j": 0}


@pytest.mark.parametrize("family", ["gamma", "weibull"])
def test_pickles_keep_what_fits_do(family):
    fits = fits_of(family)
    again = pickle.loads(pickle.dumps(fits))
    assert again.theta.tobytes() == fits.theta.tobytes()
    assert again["b"].to_dict() == fits["b"].to_dict()
    assert repr(again) == repr(fits)
    with pytest.raises(
        th.NoMaximumError, match="the group 'same' of 3 row\\(s\\) has no fit: equal_rows, point"
    ):
        again["same"]
    if family == "gamma":
        assert again["b"].test({"shape": 1}).pvalue == fits["b"].test({"shape": 1}).pvalue
    else:
        with pytest.raises(th.ParameterError, match="needs the data again; a fit from a record or a pickle"):
            again["b"].test({"shape": 1})


def test_groups_of_invalid_rows_stay_so():
    """In pickles and in sums of fits too, where their rows are gone."""
    fits = th.fit_groups([1.0, np.nan, 2.0, 4.0], "normal", by=[1, 1, 2, 2])
    again = pickle.loads(pickle.dumps(fits))
    both = again + fits
    assert both.status.tolist() == again.status.tolist() == ["bad_rows", "converged"]
    for of_sums in (again, both):
        with pytest.raises(th.SampleError, match=r"the group 1 of \d row\(s\) has no fit: bad_rows"):
            of_sums[1]
    assert both[2].params["mu"] == 3


def test_a_fit_of_a_group_has_everything_a_fit_has():
    fit, alone = fits_of()["b"], th.fit(X[BY == "b"], "gamma")
    assert fit.confint(method="profile").tobytes() == alone.confint(method="profile").tobytes()
    assert fit.test({"shape": 1}) == alone.test({"shape": 1})
    assert fit.gof(bootstrap=9, rng=0).to_dict() == alone.gof(bootstrap=9, rng=0).to_dict()
    assert str(fit) == str(alone)


def test_results_cannot_be_changed():
    fits = fits_of()
    with pytest.raises(AttributeError):
        fits.omitted = 3
    for array in (fits.theta, fits.cov, fits.status, fits.keys, fits.n, fits.reason):
        assert not array.flags.writeable


def test_pictures_show_the_groups():
    few = fits_of().plot("scale")
    axis = few.axes[0]
    assert [label.get_text() for label in axis.get_yticklabels()] == list(
        "bac"
    ) or axis.get_yticks().size == 3
    assert "1 of 4 groups have no estimate" in axis.get_title()
    x = np.random.default_rng(1).normal(size=(3000, 4))
    many = th.fit_groups(x, "normal", axis=1).plot("mu", 0.5)
    assert (
        "3,000 groups"
        in many.legends[0].get_texts()[1].get_text() + many.legends[0].get_texts()[0].get_text()
    )
    with pytest.raises(th.ParameterError, match="name must be one of shape, scale; got 'mu'"):
        fits_of().plot("mu")
    with pytest.raises(th.ParameterError, match="nothing to draw: no group has an estimate of mu"):
        th.fit_groups([1.0], "normal", by=[1]).plot("mu")


def test_the_best_family_of_each_group():
    families = ["normal", "gamma", "weibull"]
    compared = th.compare_groups(X, families, by=BY)
    assert compared.families == tuple(families)
    assert list(compared) == compared.keys.tolist() == ["a", "b", "c", "same"]
    for place, key in enumerate(compared):
        alone = th.compare(X[key == BY], families)
        fitted = [candidate for candidate in alone if candidate.fit]
        assert compared.best()[place] == (fitted[0].family if fitted else None)
        assert str(compared[key]) == str(alone)
        for candidate in fitted:
            column = families.index(candidate.family)
            assert compared.aic[place, column] == candidate.fit.aic
            assert compared.bic[place, column] == candidate.fit.bic
    assert compared.status[3].tolist() == ["equal_rows"] * 3
    assert compared.counts[None] == 1
    assert "1 without a fit" in repr(compared)
    frame = compared.to_pandas()
    assert list(frame)[:5] == ["key", "best_aic", "best_bic", "aic_normal", "aic_gamma"]
    assert len(compared.to_arrow()) == len(compared) == 4
    assert "a" in compared
    negative = th.compare_groups(-X[:20], ["gamma", "normal"], offsets=[0, 20])
    assert negative.best().tolist() == ["normal"]
    assert negative.status.tolist() == [["bad_rows", "converged"]]


def test_families_of_groups_must_be_comparable():
    with pytest.raises(th.ParameterError, match="log-likelihoods of poisson and gamma are not comparable"):
        th.compare_groups([1, 2], ["poisson", "gamma"], by=[1, 1])
    with pytest.raises(th.ParameterError, match="criterion must be one of aic, bic"):
        th.compare_groups([1.0, 2.0], ["normal"], by=[1, 1]).best("aicc")


def test_progress_counts_groups(capsys):
    fits_of(progress=True)
    assert "4/4" in capsys.readouterr().err
