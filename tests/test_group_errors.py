"""Wrong arguments of fits of groups are told before any work."""

import numpy as np
import pandas as pd
import pytest

import thetahat as th

X = np.arange(6.0)
BY = [1, 1, 1, 2, 2, 2]
TABLE = X.reshape(2, 3)


@pytest.mark.parametrize(
    ("x", "options", "words"),
    [
        (X, {}, "groups are given by one of by .* offsets .* and axis .*; got none of them"),
        (X, {"by": BY, "offsets": [0, 6]}, "; got by and offsets"),
        (X, {"by": BY, "offsets": [0, 6], "axis": 1}, "; got by and offsets and axis"),
        (X, {"offsets": [0, 4, 3, 6]}, r"offsets decrease 1 time\(s\), first at index 2: from 4 to 3"),
        (X, {"offsets": [1, 6]}, "offsets must begin with 0, the first row; they begin with 1"),
        (X, {"offsets": [-1, 6]}, "they begin with -1"),
        (X, {"offsets": [0, 5]}, r"offsets end at 5, but x has 6 row\(s\)$"),
        (
            X,
            {"offsets": [0, 3, 8, 9]},
            r"offsets end at 9, but x has 6 row\(s\); the first beyond is at index 2: 8",
        ),
        (X, {"offsets": [0.0, 6.0]}, "offsets must be integers"),
        (X, {"offsets": []}, "offsets must be integers"),
        (X, {"offsets": [[0, 6]]}, "offsets must be integers"),
        (X, {"offsets": 6}, "offsets must be integers"),
        (X, {"offsets": "06"}, "offsets must be integers"),
        (TABLE, {"axis": 2}, "axis must be 1 for a fit of each row, or 0 for each column, got 2"),
        (TABLE, {"axis": True}, "axis must be 1"),
        ([[1.0], [1.0, 2.0]], {"axis": 1}, "x is no two-dimensional array"),
        (X, {"axis": 1}, r"axis is for a two-dimensional x; this one has shape \(6,\)"),
        (TABLE, {"by": [1, 2]}, r"x has shape \(2, 3\): pass axis=1 for a fit of each row"),
        (pd.DataFrame(TABLE), {"by": [1, 2]}, "axis=0 for one of each column, or names of its columns as by"),
        (
            TABLE,
            {"axis": 1, "weights": [1, 2]},
            r"weights has shape \(2,\): pass one of \(2, 3\), or of \(3,\)",
        ),
        (X, {"by": BY, "weights": [1.0]}, r"weights has 1 value\(s\), but x has 6 row\(s\)"),
        (X, {"by": BY, "nan_policy": "drop"}, "nan_policy must be one of status, omit, raise; got 'drop'"),
        (X, {"by": BY, "null_keys": True}, "null_keys must be one of drop, group; got True"),
        (X, {"by": BY, "threads": 0}, "threads must be an integer of at least 1, got 0"),
        (X, {"by": BY, "progress": 1}, "progress must be True or False, got 1"),
        (X, {"by": BY, "fixed": {"nu": 1}}, r"fixed: normal\(mu, sigma\) has no parameter 'nu'"),
        (X, {"by": BY, "fixed": 3}, "fixed must be a dict of numbers by name"),
        (X, {"by": BY, "fixed": {"sigma": -1}}, "fixed: sigma must be positive and finite, got -1"),
        (
            X,
            {"by": BY, "fixed": {"mu": [1, 2, 3]}},
            r"fixed\['mu'\] has shape \(3,\), but there are 2 groups",
        ),
        (X, {"by": BY, "fixed": {"mu": [[1, 2]]}}, r"fixed\['mu'\] has shape \(1, 2\)"),
        (
            X,
            {"by": BY, "fixed": {"sigma": [1, -2]}},
            r"positive and finite; 1 group\(s\) have another value, the first 2 at index 1: -2.0",
        ),
        (
            X,
            {"by": BY, "fixed": {"mu": ["a", "b"]}},
            r"fixed\['mu'\] must be a number or an array of numbers",
        ),
        (X, {"by": BY, "start": (0, 1)}, "start is not used: normal has a closed-form maximum"),
        (
            X,
            {"by": BY, "family": "weibull", "start": (0, 1)},
            "start: shape must be positive and finite, got 0",
        ),
        (X, {"by": BY, "family": "weibul"}, "did you mean 'weibull'"),
    ],
)
def test_wrong_arguments(x, options, words):
    with pytest.raises(th.ThetahatError, match=words):
        th.fit_groups(x, **{"family": "normal", **options})


def test_rows_that_are_no_numbers():
    with pytest.raises(th.SampleTypeError, match="x has dtype <U1; a sample holds real numbers"):
        th.fit_groups(np.array(["a", "b"]), "normal", by=[1, 1])
    with pytest.raises(th.SampleError, match=r"x holds 1 integer\(s\) beyond 2\*\*53, the first at index 1"):
        th.fit_groups(np.array([1, 2**53 + 1]), "normal", by=[1, 1])


def test_level_and_probabilities_are_checked():
    fits = th.fit_groups(X, "normal", by=BY)
    with pytest.raises(th.ParameterError, match="level must lie between 0 and 1, got 2"):
        fits.confint(2)
    with pytest.raises(th.ParameterError, match="p must lie strictly between 0 and 1, got 1"):
        fits.quantile(1)
    with pytest.raises(th.ParameterError, match="period must be finite and above 1, got 0"):
        fits.return_level(0)
    counts = th.fit_groups([1, 2, 3], "poisson", offsets=[0, 3])
    with pytest.raises(th.ParameterError, match="quantiles of poisson are integers"):
        counts.quantile(0.5)


def test_more_groups_than_memory(monkeypatch):
    monkeypatch.setattr("thetahat.data.memory._free", lambda: 10**4)
    with pytest.raises(th.SampleError, match=r"the fits of 200000 groups takes .*: fit fewer of the keys"):
        th.fit_groups(np.arange(2e5), "normal", by=np.arange(200_000))
