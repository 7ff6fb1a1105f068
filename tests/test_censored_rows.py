"""The container of rows that are known by limits: what it takes, what it says, and what it refuses."""

import math

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import thetahat as th
from thetahat.errors import ParameterError, SampleError

INF = math.inf
TIMES = [6.0, 2.5, 9.0, 4.0]
EVENTS = [True, False, True, False]
NUMBERS = [
    np.array(TIMES),
    np.array(TIMES, dtype=np.float32),
    np.array(TIMES)[::-1].copy()[::-1],
    np.array(TIMES, dtype=">f8"),
    TIMES,
    tuple(TIMES),
    pd.Series(TIMES, index=[7, 7, 1, 0]),
    pd.array(TIMES, dtype="Float64"),
    pl.Series(TIMES),
    pa.array(TIMES),
    pa.chunked_array([TIMES[:1], TIMES[1:]]),
]
FLAGS = [
    np.array(EVENTS),
    np.array(EVENTS, dtype=np.int8),
    np.array(EVENTS, dtype=np.float64),
    EVENTS,
    [1, 0, 1, 0],
    pd.Series(EVENTS),
    pd.array(EVENTS, dtype="boolean"),
    pl.Series(EVENTS),
    pa.array(EVENTS),
    pa.chunked_array([EVENTS[:3], EVENTS[3:]]),
]
UPPER = [6.0, INF, 9.0, INF]


def theta_of(rows, **how):
    return th.fit(rows, "weibull", **how).theta.tolist()


@pytest.mark.parametrize("numbers", NUMBERS, ids=lambda x: type(x).__name__)
def test_limits_of_any_container(numbers):
    expected = theta_of(th.Censored(TIMES, UPPER))
    assert theta_of(th.Censored(numbers, UPPER)) == expected
    low = np.full(4, -INF)
    assert theta_of(th.Censored(np.array(TIMES), UPPER, truncated=(low, INF))) == expected


@pytest.mark.parametrize("flags", FLAGS, ids=lambda x: type(x).__name__)
def test_events_of_any_container(flags):
    assert theta_of(th.Censored(TIMES, event=flags)) == theta_of(th.Censored(TIMES, event=np.array(EVENTS)))


def test_a_limit_may_be_one_for_all_rows():
    rows = th.Censored(0, [1.0, 2.0, 3.0], truncated=(-1, 4))
    np.testing.assert_array_equal(rows.limits().lower, [0, 0, 0])
    np.testing.assert_array_equal(rows.limits().high, [4, 4, 4])
    assert len(th.Censored(1.0, 2.0)) == 1


def test_the_part_inside_the_truncation_counts():
    limits = th.Censored([0.0, 3.0, 2.0], [2.0, INF, 2.0], truncated=([1.0, 1.0, 1.0], 5.0)).limits()
    np.testing.assert_array_equal(limits.lower, [1, 3, 2])
    np.testing.assert_array_equal(limits.upper, [2, 5, 2])


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (th.Censored([1.0, 2.0]), "2 exact"),
        (th.Censored([1.0, 2.0], event=[0, 1]), "1 exact, 1 right-censored"),
        (th.Censored([-INF, 2.0, 3.0], [1.0, INF, 4.0]), "1 right-censored, 1 left-censored, 1 interval"),
        (th.Censored([1.0, 2.0], truncated=(0, [INF, 3.0])), "2 exact, 2 truncated"),
        (th.Censored([]), "without rows"),
    ],
)
def test_it_says_what_it_holds(rows, told):
    assert repr(rows) == f"<Censored {told}>"


def test_some_rows_of_it():
    rows = th.Censored(TIMES, event=EVENTS, truncated=([0.0, 1.0, 2.0, 3.0], INF))
    assert len(rows[1:]) == 3
    assert len(rows[2]) == 1
    np.testing.assert_array_equal(rows[[3, 0]].limits().low, [3, 0])
    np.testing.assert_array_equal(rows[np.array(EVENTS)].limits().lower, [6, 9])


WRONG = [
    (
        lambda: th.Censored([1, 5, 7], [2, 3, 1]),
        "above upper in 2 row(s), the first at index 1: 5.0, 3.0",
    ),
    (
        lambda: th.Censored([1.0, 2.0, 3.0], truncated=(1, [9, 9, 2])),
        "2 exact row(s) lie outside their truncation (low, high], the first at index 0: 1.0, 1.0, 9.0",
    ),
    (
        lambda: th.Censored([1.0, 2.0], [2.0, INF], truncated=([0, 0], [INF, 2.0])),
        "no part of (lower, upper] inside their truncation (low, high], the first at index 1: 2.0",
    ),
    (
        lambda: th.Censored([1.0, 2.0], event=[0, 2]),
        "neither 0 nor 1, the first at index 1: 2.0; where 2 me",
    ),
    (lambda: th.Censored([1.0, 2.0], event=[0, -1]), "event holds 1 value(s) that are neither 0 nor 1"),
    (lambda: th.Censored([1.0, 2.0], event=[True]), "event has 1 value(s), but lower has 2"),
    (lambda: th.Censored([1.0, 2.0], [3.0]), "upper has 1 value(s), but lower has 2"),
    (lambda: th.Censored([1.0], truncated=([0.0, 0.0], 3)), "the lower end of truncated has 2 value(s)"),
    (lambda: th.Censored([1.0], truncated=(3, 1)), "truncated is (3.0, 1.0]"),
    (lambda: th.Censored(math.nan, [1.0]), "lower is NaN: write inf or -inf for an open end"),
    (lambda: th.Censored([1.0], truncated=(math.nan, 1)), "the lower end of truncated is NaN"),
    (
        lambda: th.Censored([INF, 1.0], event=[0, 1]),
        "lie above lower = inf, the first at index 0",
    ),
    (lambda: th.Censored([[1.0]]), "lower has shape (1, 1)"),
    (lambda: th.Censored([1.0], event=[[True]]), "event has shape (1, 1)"),
    (lambda: th.Censored([2**53 + 1, 1], event=[0, 1]), "lower holds 1 integer(s) beyond 2**53"),
]


@pytest.mark.parametrize(("make", "message"), WRONG, ids=lambda x: x if isinstance(x, str) else "")
def test_bad_limits_are_named(make, message):
    with pytest.raises(SampleError) as caught:
        make()
    assert message in str(caught.value)


def test_upper_and_event_together_are_refused():
    with pytest.raises(ParameterError, match="upper and event both say how rows are known"):
        th.Censored([1.0], [2.0], event=[0])


@pytest.mark.parametrize("truncated", [3, "ab", {"low": 1, "high": 2}, (1,), (1, 2, 3), None])
def test_truncation_is_a_pair(truncated):
    with pytest.raises(ParameterError, match="truncated must be a pair"):
        th.Censored([1.0], truncated=truncated)


@pytest.mark.parametrize(
    "make",
    [
        lambda: th.Censored(["a"]),
        lambda: th.Censored([1.0], ["b"]),
        lambda: th.Censored([1.0], event=["yes"]),
        lambda: th.Censored([1.0], event=[object()]),
        lambda: th.Censored(np.array([1 + 2j])),
    ],
)
def test_what_is_no_number_is_a_type_error(make):
    with pytest.raises(th.SampleTypeError, match=r"lower|upper|event"):
        make()


MISSING = [
    (
        th.Censored([1.0, math.nan, 3.0, 2.0], event=[1, 1, 0, 1]),
        "lower holds 1 value(s) that are NaN or",
    ),
    (
        th.Censored([1.0, 2, 3.0, 2.0], [1.0, math.nan, INF, 2.0]),
        "upper holds 1 value(s) that are NaN or",
    ),
    (th.Censored(pa.array([1.0, None, 3.0, 2.0]), event=[1, 0, 0, 1]), "write inf or -inf for an open end"),
    (th.Censored([1.0, 2, 3.0, 2.0], event=pa.array([True, None, False, True])), "event holds 1 value(s)"),
    (
        th.Censored([1.0, 2, 3.0, 2.0], event=[1, 1, 0, 1], truncated=([0, math.nan, 0, 0], INF)),
        "the lower end of truncated holds 1 value(s) that are NaN or null, the first at index 1",
    ),
]


@pytest.mark.parametrize(("rows", "message"), MISSING, ids=lambda x: x if isinstance(x, str) else "")
def test_missing_values_obey_the_policy(rows, message):
    """They are an error that says how to write an open end, or left out: the fit is that of the rows kept."""
    with pytest.raises(SampleError) as caught:
        th.fit(rows, "weibull")
    assert message in str(caught.value)
    assert "index 1" in str(caught.value)
    fit = th.fit(rows, "weibull", nan_policy="omit")
    assert (fit.rows, fit.omitted) == (3, 1)
    assert fit.theta.tolist() == theta_of(rows[[0, 2, 3]])


def test_masked_rows_are_left_out():
    masked = np.ma.array([1.0, -7.0, 3.0, 2.0], mask=[0, 1, 0, 0])
    fit = th.fit(th.Censored(masked, event=[1, 1, 0, 1]), "weibull")
    assert fit.omitted == 1
    assert fit.theta.tolist() == theta_of(th.Censored([1.0, 3.0, 2.0], event=[1, 0, 1]))


def test_the_rows_are_not_modified():
    lower, upper, event = np.array(TIMES), np.array(UPPER), np.array(EVENTS)
    kept = [array.copy() for array in (lower, upper, event)]
    th.fit(th.Censored(lower, upper, truncated=(1, 100)), "weibull")
    th.fit(th.Censored(lower, event=event), "gamma")
    for array, before in zip((lower, upper, event), kept, strict=True):
        np.testing.assert_array_equal(array, before)


OUTSIDE = [
    (
        th.Censored([1.0, -2.0, 3.0], event=[1, 1, 0]),
        "lower holds 1 value(s) outside the support of weibull",
    ),
    (
        th.Censored([2.0, -2.0, 3.0], [2.0, -1.0, INF]),
        "1 row(s) whose interval lies outside the support",
    ),
    (th.Censored([2.0, INF, 3.0], [2.0, INF, INF]), "lower holds 1 value(s) that are NaN or infinite"),
]


@pytest.mark.parametrize(("rows", "message"), OUTSIDE, ids=lambda x: x if isinstance(x, str) else "")
def test_rows_outside_the_support_are_named(rows, message):
    with pytest.raises(SampleError) as caught:
        th.fit(rows, "weibull")
    assert message in str(caught.value)
    assert "the first at index 1" in str(caught.value)


@pytest.mark.parametrize("rows", [th.Censored([]), th.Censored([], []), th.Censored([], event=[])])
def test_no_rows(rows):
    with pytest.raises(SampleError, match="empty"):
        th.fit(rows, "weibull")


def test_no_rows_of_positive_weight():
    rows = th.Censored(TIMES, event=EVENTS)
    with pytest.raises(SampleError, match="empty"):
        th.fit(rows, "weibull", weights=np.zeros(4))
    with pytest.raises(SampleError, match="negative or not finite, the first at index 2"):
        th.fit(rows, "weibull", weights=[1, 1, -1, 1])
    with pytest.raises(SampleError, match=r"weights has 3 value\(s\)"):
        th.fit(rows, "weibull", weights=[1, 1, 1])


def test_where_exact_rows_alone_are_taken():
    rows = th.Censored(TIMES, event=EVENTS)
    with pytest.raises(ParameterError, match="method: sgd takes exact rows alone"):
        th.fit(rows, "weibull", method=th.SGD())
    with pytest.raises(ParameterError, match="exact rows alone"):
        th.Online("weibull").partial_fit(rows)
    with pytest.raises(th.SampleTypeError, match="exact rows alone"):
        list(th.minibatches(rows, 2))


@pytest.mark.parametrize(("family", "free"), [("laplace", "mu"), ("uniform", "low"), ("pareto", "minimum")])
def test_kinks_and_edges_are_refused_by_name(family, free):
    with pytest.raises(ParameterError, match=f"need a value of {free}"):
        th.fit(th.Censored(TIMES, event=EVENTS), family)
