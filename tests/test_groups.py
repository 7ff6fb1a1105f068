"""Fits of groups: each is the fit of its rows alone, and nothing that is none of its rows changes it."""

import pickle
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from conftest import formulas_too, of_such
from hypothesis import given, settings
from hypothesis import strategies as st
from turns import in_turn

import thetahat as th

STATUSES = {
    th.SampleError: ("too_few", "bad_rows"),
    th.NoMaximumError: ("no_maximum", "too_few", "equal_rows"),
    th.ConvergenceError: ("not_finished",),
}
ERRORS = tuple(STATUSES)


def bits(value):
    return np.asarray(value, dtype=float).tobytes()


def assert_same_fit(fit, alone):
    for name in ("theta", "stderr", "cov", "log_likelihood", "newton_decrement", "n", "rows", "passes"):
        assert bits(getattr(fit, name)) == bits(getattr(alone, name)), name
    assert fit.to_dict() == alone.to_dict()
    assert type(fit.n) is type(alone.n)


def outcome(x, family, **options):
    """The fit of these rows, or its error."""
    try:
        return th.fit(x, family, **options)
    except ERRORS as error:
        return error


def assert_same_outcome(fits, place, key, alone):
    if isinstance(alone, th.Fit):
        assert_same_fit(fits[key], alone)
        assert bits(fits.theta[place]) == bits(alone.theta)
        assert bits([fits.aic[place], fits.bic[place]]) == bits([alone.aic, alone.bic])
    else:
        assert fits.status[place] in STATUSES[type(alone)]
        assert np.isnan(fits.theta[place]).all()
        with pytest.raises(type(alone), match=f"^{re.escape(str(alone))}$"):
            fits[key]


def assert_each_alone(fits, family, rows, **options):
    """Each group is as `thetahat.fit` of its rows; rows gives these, and arguments of fit, by key."""
    for place, key in enumerate(fits):
        x, of_group = rows(key)
        assert_same_outcome(fits, place, key, outcome(x, family, **of_group, **options))


@formulas_too("first")
@in_turn("threads", [1, 3])
def test_a_group_is_the_fit_of_its_rows(first, threads):
    sizes = [1, 0, 2, 3, 40, 17, 33, 2049]
    keys = np.random.default_rng(0).permutation(np.repeat(np.arange(len(sizes)), sizes))
    x = first.sample(keys.size)
    fits = th.fit_groups(x, first.family, by=keys, threads=threads, **first.options)
    assert_each_alone(fits, first.family, lambda key: (x[keys == key], {}), **first.options)
    in_order, offsets = x[np.argsort(keys, kind="stable")], np.cumsum([0, *sizes])
    together = th.fit_groups(in_order, first.family, offsets=offsets, **first.options)
    assert bits(together.theta[np.array(sizes) > 0]) == bits(fits.theta)
    assert together.status[1] == "too_few"
    assert_each_alone(together, first.family, lambda key: (x[keys == key], {}), **first.options)


@st.composite
def degenerate(draw):
    """Groups that no family expects: few rows, ties, zeros, huge, tiny and invalid rows."""
    values = st.sampled_from([0.0, 1.0, 1.0, 2.0, 3.0, 0.5, 1e-300, 1e300, -1.0, np.nan, np.inf, 5.0, 7.25])
    counts = st.sampled_from([0.0, 1.0, 2.0, 3.0, 7.0])
    groups = draw(
        st.lists(st.lists(draw(st.sampled_from([values, counts])), max_size=8), min_size=1, max_size=6)
    )
    return groups, draw(st.booleans())


@pytest.mark.parametrize("family", th.families())
@settings(max_examples=12, deadline=None)
@given(degenerate())
def test_degenerate_groups_disturb_no_other(family, drawn):
    groups, weighted = drawn
    x = np.array([row for group in groups for row in group])
    keys = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    weights = 1.0 + np.arange(x.size) % 3 if weighted else None
    fits = th.fit_groups(x, family, by=keys, weights=weights)
    assert_each_alone(
        fits,
        family,
        lambda key: (x[keys == key], {"weights": weights[keys == key]} if weighted else {}),
    )
    assert sum(fits.reasons().values()) == len(fits)


@pytest.mark.parametrize("kind", ["float32", "int16", "masked", "arrow", "omitted", "weights"])
def test_rows_of_any_kind(kind):
    rng = np.random.default_rng(2)
    x, keys = rng.integers(1, 50, 400), rng.integers(0, 5, 400)
    gaps, w = rng.random(400) < 0.1, rng.integers(0, 3, 400) / 2
    with_gaps = np.where(gaps, np.nan, x)
    given = {
        "float32": (x.astype("f4"), {}),
        "int16": (x.astype("i2"), {}),
        "masked": (np.ma.array(x, mask=gaps), {}),
        "arrow": (pa.chunked_array([with_gaps[:99], with_gaps[99:]]), {"nan_policy": "omit"}),
        "omitted": (with_gaps, {"nan_policy": "omit"}),
        "weights": (x, {"weights": w}),
    }
    rows, options = given[kind]
    arrays = {name: value for name, value in options.items() if name == "weights"}
    rest = {name: value for name, value in options.items() if name not in arrays}
    plain = rows if isinstance(rows, np.ndarray) else with_gaps
    fits = th.fit_groups(rows, "gamma", by=keys, **options)
    assert_each_alone(
        fits, "gamma", lambda key: (plain[keys == key], {"weights": w[keys == key]} if arrays else {}), **rest
    )
    left_out = {"weights": w == 0, "masked": gaps, "arrow": gaps, "omitted": gaps}.get(kind, gaps & ~gaps)
    np.testing.assert_array_equal(fits.omitted, np.bincount(keys[left_out], minlength=5))


def test_policies_of_rows_without_a_value():
    keys, nulls = [1, 1, 1, 2, 2, 2], [1.0, 2.0, None, 4.0, 5.0, 7.0]
    for x in (pa.array(nulls), pd.Series(nulls, dtype="Float64"), np.array([1, 2, np.nan, 4, 5, 7])):
        for groups in ({"by": keys}, {"offsets": [0, 3, 6]}):
            fits = th.fit_groups(x, "normal", **groups)
            assert fits.status.tolist() == ["bad_rows", "converged"]
            assert fits.reasons() == {("bad_rows", "rows that are NaN or infinite"): 1, ("converged", ""): 1}
            left_out = th.fit_groups(x, "normal", nan_policy="omit", **groups)
            assert left_out.status.tolist() == ["converged"] * 2
            assert left_out.omitted.tolist() == [1, 0]
            with pytest.raises(th.SampleError, match=r"x holds 1 .* the first at index 2"):
                th.fit_groups(x, "normal", nan_policy="raise", **groups)
    with pytest.raises(th.SampleError, match="outside the support of gamma, x > 0, the first at index 1"):
        th.fit_groups([1.0, -2.0], "gamma", by=[1, 2], nan_policy="raise")
    assert th.fit_groups([1.0, -2.0], "gamma", by=[1, 1]).reasons() == {
        ("bad_rows", "rows outside the support"): 1
    }


def test_fixed_parameters_are_one_value_or_one_for_each_group():
    rng = np.random.default_rng(3)
    x, keys = rng.standard_t(5, 300), rng.integers(0, 3, 300)
    for nu in (4.0, np.array([3.0, 4.0, 5.0]), [3, 4, 5]):
        fits = th.fit_groups(x, "student_t", by=keys, fixed={"nu": nu, "mu": 0})
        values = np.broadcast_to(nu, 3)
        for key in range(3):
            alone = th.fit(x[keys == key], "student_t", fixed={"nu": float(values[key]), "mu": 0})
            assert_same_fit(fits[key], alone)
        assert fits.fixed == ("nu", "mu")
        assert (fits.stderr[:, 2] == 0).all()
        assert bits(fits.aic) == bits([fits[key].aic for key in range(3)])
    low = th.fit_groups(x, "uniform", by=keys, fixed={"low": -100, "high": [100, 200, 300]})
    assert low.theta.tolist() == [[-100, 100], [-100, 200], [-100, 300]]


def test_start_values_are_those_of_a_fit():
    rng = np.random.default_rng(4)
    x, keys = rng.weibull(2, 200), rng.integers(0, 2, 200)
    for start in ((1.0, 1.0), {"scale": 1.0, "shape": 1.0}):
        fits = th.fit_groups(x, "weibull", by=keys, start=start)
        assert_each_alone(fits, "weibull", lambda key: (x[keys == key], {}), start=start)


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_axis_of_a_table(order):
    x = np.asarray(np.random.default_rng(5).gamma(2, 1, (4, 30)), order=order)
    weights = np.random.default_rng(6).random((4, 30))
    rows, columns = th.fit_groups(x, "gamma", axis=1), th.fit_groups(x, "gamma", axis=0)
    assert rows.keys.tolist() == [0, 1, 2, 3]
    assert len(columns) == 30
    assert_each_alone(rows, "gamma", lambda key: (x[key], {}))
    assert_each_alone(columns, "gamma", lambda key: (x[:, key], {}))
    weighted = th.fit_groups(x, "gamma", axis=1, weights=weights)
    assert_each_alone(weighted, "gamma", lambda key: (x[key], {"weights": weights[key]}))
    shared = th.fit_groups(x, "gamma", axis=0, weights=weights[:, 0])
    assert_each_alone(shared, "gamma", lambda key: (x[:, key], {"weights": weights[:, 0]}))
    frame = pd.DataFrame(x[:, :3], columns=["b", "a", "c"])
    for table in (frame, frame.convert_dtypes(), pa.table(frame)):
        named = th.fit_groups(table, "gamma", axis=0)
        assert list(named) == ["b", "a", "c"]
        assert bits(named.theta) == bits(columns.theta[:3])
    assert bits(th.fit_groups(frame, "gamma", axis=1).theta) == bits(
        th.fit_groups(x[:, :3], "gamma", axis=1).theta
    )
    hidden = np.ma.masked_greater(x, 3)
    assert_each_alone(th.fit_groups(hidden, "gamma", axis=0), "gamma", lambda key: (hidden[:, key], {}))


def test_threads_and_the_order_of_groups_change_nothing():
    rng = np.random.default_rng(7)
    x, keys = rng.gamma(2, 1, 20_000), rng.integers(0, 500, 20_000)
    expected = th.fit_groups(x, "weibull", by=keys, threads=1)
    assert bits(th.fit_groups(x, "weibull", by=keys, threads=4).theta) == bits(expected.theta)
    moved = th.fit_groups(x, "weibull", by=-keys)
    assert bits(moved.theta[::-1]) == bits(expected.theta)
    assert bits(moved.cov[::-1]) == bits(expected.cov)


def test_why_groups_have_no_maximum():
    rng = np.random.default_rng(8)
    x = np.concatenate([rng.normal(size=200), np.arange(50.0), np.ones(10), [3.0]])
    by = np.repeat(["normal", "flat", "equal", "one"], [200, 50, 10, 1])
    fits = th.fit_groups(x, "student_t", by=by)
    assert dict(zip(fits, fits.status, strict=True)) == {
        "equal": "equal_rows",
        "flat": "no_maximum",
        "normal": fits.status[2],
        "one": "too_few",
    }
    assert fits.reason[list(fits).index("flat")] == "normal"
    counts = th.fit_groups([0, 1, 2, 2, 1, 1], "negative_binomial", offsets=[0, 6])
    assert counts.reasons() == {("no_maximum", "poisson"): 1}
    ends = th.fit_groups([1.0, 2.0, 3.0], "uniform", offsets=[0, 3])
    assert ends.reasons() == {("boundary", ""): 1}


@of_such(lambda case: case.summed)
def test_fits_add_where_sums_say_all(case):
    x, y = case.sample(200), case.sample(300, seed=1)
    keys, others = np.arange(200) % 3, 1 + np.arange(300) % 3
    g, h = th.fit_groups(x, case.family, by=keys), th.fit_groups(y, case.family, by=others)
    both = g + h
    assert list(both) == [0, 1, 2, 3]
    assert bits(both.theta[[0, 3]]) == bits([g[0].theta, h[3].theta])
    for key in (1, 2):
        of_sums = th.summarize(iter([x[keys == key], y[others == key]]), case.family)
        np.testing.assert_allclose(both[key].theta, of_sums.fit().theta, rtol=1e-12)
        assert both[key].n == g[key].n + h[key].n
    again = pickle.loads(pickle.dumps(g)) + pickle.loads(pickle.dumps(h))
    assert bits(again.theta) == bits(both.theta)


def test_groups_that_are_added_keep_their_order():
    sizes = ["small", "medium", "large"]
    x = np.arange(6.0)

    def by(*keys):
        return th.fit_groups(x, "normal", by=pd.Categorical(keys, sizes), null_keys="group")

    both = by(*["large", "small"] * 3) + by(*["large", "medium", None] * 2)
    assert list(both) == [*sizes, None]
    assert both[None].n == 2
    words = th.fit_groups(x, "normal", by=["a", "c"] * 3) + th.fit_groups(x, "normal", by=["b", "c"] * 3)
    assert list(words) == ["a", "b", "c"]
    with pytest.raises(TypeError, match="the keys of both holds keys of types without a common order"):
        words + th.fit_groups(x, "normal", by={"key": [1] * 6})


def test_what_does_not_add_is_told():
    x = np.arange(1.0, 7.0)
    fits = {family: th.fit_groups(x, family, offsets=[0, 6]) for family in ("normal", "weibull", "gamma")}
    with pytest.raises(th.ParameterError, match="fits of normal and of gamma do not add"):
        fits["normal"] + fits["gamma"]
    with pytest.raises(th.ParameterError, match="fits of weibull do not add: it has no sums that say all"):
        fits["weibull"] + fits["weibull"]
    with pytest.raises(th.ParameterError, match="add only with the same fixed parameters"):
        fits["normal"] + th.fit_groups(x, "normal", offsets=[0, 6], fixed={"mu": 3})
    with pytest.raises(th.ParameterError, match="by their keys, which have the names group and day"):
        fits["normal"] + th.fit_groups(x, "normal", by={"day": x})
    with pytest.raises(TypeError):
        fits["normal"] + 1
