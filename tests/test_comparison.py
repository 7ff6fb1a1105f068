"""Families side by side: every fit is that of `fit` alone, and what cannot be fitted says why."""

import json

import numpy as np
import pyarrow as pa
import pytest

import thetahat as th
from thetahat.errors import NoMaximumError, ParameterError, SampleError, UnknownFamilyError
from thetahat.families import find_family

rng = np.random.default_rng(3)
POSITIVE = rng.gamma(2.0, 3.0, 700_001)  # more than two slices
WEIGHTS = rng.integers(0, 3, POSITIVE.size)
GAPS = np.where(WEIGHTS == 1, np.nan, POSITIVE)
SAMPLES = [
    (POSITIVE, {}),
    (POSITIVE, {"threads": 2}),
    (POSITIVE[:50], {}),
    (POSITIVE[:50].tolist(), {"weights": WEIGHTS[:50].tolist()}),
    (POSITIVE.astype(np.float32)[::2], {"weights": WEIGHTS[::2]}),
    (GAPS, {"nan_policy": "omit"}),
    (np.ma.masked_array(POSITIVE, WEIGHTS == 0), {}),
    (pa.chunked_array([POSITIVE[:5], POSITIVE[5:300_000], POSITIVE[300_000:]]), {"threads": 3}),
]
IDS = ["plain", "threads", "few", "lists", "float32 weighted", "omit", "masked", "chunks"]


def names(kind):
    return [name for name in th.families() if kind(find_family(name))]


OF_COUNTS = names(lambda family: family.counts)
OF_NUMBERS = names(lambda family: not (family.counts or family.circular))


@pytest.mark.parametrize(("x", "how"), SAMPLES, ids=IDS)
def test_every_fit_is_that_of_fit_alone_bit_for_bit(x, how):
    comparison = th.compare(x, OF_NUMBERS, **how)
    assert sorted(candidate.family for candidate in comparison) == sorted(OF_NUMBERS)
    for candidate in comparison:
        if candidate.fit is None:
            with pytest.raises((NoMaximumError, SampleError)) as alone:
                th.fit(x, candidate.family, **how)
            assert str(alone.value) == candidate.reason
        else:
            assert candidate.fit.to_dict() == th.fit(x, candidate.family, **how).to_dict()


def test_the_best_comes_first_with_the_most_weight():
    comparison = th.compare(POSITIVE[:2000], ["normal", "gamma", "lognormal", "exponential"])
    aic = [candidate.fit.aic for candidate in comparison]
    assert aic == sorted(aic)
    assert comparison.best is comparison[0].fit
    assert comparison.best.family == "gamma"
    assert [candidate.parameters for candidate in comparison] == [
        len(candidate.fit.theta) for candidate in comparison
    ]
    deltas = np.array(aic) - aic[0]
    np.testing.assert_allclose([candidate.delta_aic for candidate in comparison], deltas)
    expected = np.exp(-deltas / 2) / np.exp(-deltas / 2).sum()
    np.testing.assert_allclose([candidate.weight for candidate in comparison], expected)


def test_the_default_is_every_family_of_the_rows_kind():
    counts = th.compare([0, 3, 1, 2, 7.0])
    assert sorted(candidate.family for candidate in counts) == sorted(OF_COUNTS)
    assert str(counts).splitlines()[-1] == (
        "all rows are counts: families of counts are compared; name families to compare densities"
    )
    numbers = th.compare([-0.5, 3, 1, 2, 7.0])
    assert "counts" not in str(numbers) + str(th.compare([0, 3, 1, 2], ["poisson", "geometric"]))
    assert sorted([*(candidate.family for candidate in numbers), *numbers.outside]) == sorted(OF_NUMBERS)
    assert {"gamma", "weibull"} <= set(numbers.outside)
    assert f"rows are outside the support of {', '.join(numbers.outside)}" in str(numbers)


@pytest.mark.parametrize(("largest", "counts"), [(2.0**53 - 1, True), (2.0**53, False), (1e300, False)])
def test_doubles_that_are_all_integers_are_no_counts(largest, counts):
    comparison = th.compare([1.0, 2.0, largest])
    assert ("poisson" in [candidate.family for candidate in comparison]) == counts


def test_families_that_cannot_be_fitted_come_last_with_the_reason():
    comparison = th.compare([0.0, 0.0, 3.0], ["gamma", "normal", "exponential"])
    assert [candidate.family for candidate in comparison][2:] == ["gamma"]
    assert comparison[2].fit is comparison[2].weight is None
    assert comparison[2].reason == (
        "x holds 2 value(s) outside the support of gamma, x > 0, the first at index 0: 0.0"
    )
    assert str(comparison).splitlines()[-1] == f"gamma not fitted: {comparison[2].reason}"
    equal = th.compare([2.0, 2.0], ["gamma", "exponential"])
    assert "has no maximum: a maximum requires at least two rows, not all equal" in equal[1].reason
    none = th.compare([2.0, 2.0], ["gamma", "normal"])
    with pytest.raises(NoMaximumError, match="no family could be fitted\ngamma not fitted: the gamma like"):
        none.best  # noqa: B018


def test_the_table():
    lines = str(th.compare(POSITIVE[:2000], ["gamma", "exponential"])).splitlines()
    assert lines[0] == "2 families, fitted to 2000 rows"
    assert lines[2].split() == ["k", "log-likelihood", "AIC", "delta", "weight", "BIC"]
    assert lines[3].split()[:2] == ["gamma", "2"]
    assert len({len(line) for line in lines[2:]}) == 1
    large = str(th.compare([1.0, 2.0, 1e300], ["poisson", "geometric"]))
    assert max(map(len, large.splitlines())) < 110
    one = th.compare([1.0, 2.0, np.nan], ["normal"], nan_policy="omit", weights=[1, 3, 1])
    assert str(one).splitlines()[0] == "1 family, fitted to 2 rows of weight 4; 1 row left out"
    assert repr(one) == "<Comparison of normal>"


def test_as_json():
    comparison = th.compare([0.0, 1.0, 3.0], ["gamma", "normal"])
    record = json.loads(json.dumps(comparison.to_dict(), allow_nan=False))
    best, other = record["candidates"]
    assert th.Fit.from_dict(best.pop("fit")).params == comparison.best.params
    numbers = {"parameters": 2, "delta": 0, "delta_aic": 0, "weight": 1}
    assert best == {"family": "normal", **numbers, "reason": None}
    assert (other["fit"], other["weight"]) == (None, None)
    assert other["reason"].startswith("x holds 1 value(s) outside")


@pytest.mark.parametrize(
    ("families", "message"),
    [
        (["normal", "poisson"], "densities on the line, .* the other of probabilities of counts"),
        (["von_mises", "normal"], "of von_mises and normal are not comparable: one .* densities on one turn"),
        ("normal", "must be a sequence of names"),
        ([], "must be a sequence of names"),
        (3, "must be a sequence of names"),
    ],
)
def test_families_that_do_not_compare(families, message):
    with pytest.raises(ParameterError, match=message):
        th.compare([1.0, 2.0], families)


def test_what_is_wrong_for_every_family_is_an_error():
    with pytest.raises(SampleError, match=r"1 value\(s\) that are NaN or infinite, the first at index 1"):
        th.compare([1.0, np.nan], ["normal", "gamma"])
    with pytest.raises(SampleError, match="NaN or infinite"):
        th.compare([1.0, np.inf, 3.0], ["student_t"])
    with pytest.raises(SampleError, match="x is empty"):
        th.compare([], ["normal"])
    with pytest.raises(SampleError, match="x is empty"):
        th.compare([])
    with pytest.raises(ParameterError, match="threads"):
        th.compare([1.0, 2.0], threads=0)
    with pytest.raises(UnknownFamilyError, match="did you mean 'gamma'"):
        th.compare([1.0, 2.0], ["gama"])


@pytest.mark.parametrize("criterion", ["aic", "aicc", "bic"])
def test_families_are_ranked_by_a_criterion(criterion):
    x = np.random.default_rng(1).standard_t(5, 25)
    chosen = ["student_t", "normal", "gev", "laplace"]
    comparison = th.compare(x, chosen, criterion=criterion)
    values = [getattr(candidate.fit, criterion) for candidate in comparison]
    assert values == sorted(values)
    deltas = np.array(values) - values[0]
    assert [candidate.delta for candidate in comparison] == list(deltas)
    shares = np.exp(-deltas / 2)
    np.testing.assert_allclose([candidate.weight for candidate in comparison], shares / shares.sum())
    again = th.compare(x, chosen).by(criterion)
    assert str(again) == str(comparison)
    assert again.to_dict() == comparison.to_dict()
    assert min(candidate.delta_aic for candidate in comparison) == 0
    frame = comparison.to_pandas()
    assert list(frame.index) == [candidate.family for candidate in comparison]
    assert list(frame[criterion]) == values


def test_formulas_that_have_no_fit_keep_their_number_of_parameters():
    mixture = th.mixture(["exponential", "gamma"])
    comparison = th.compare([0.5, 1.0, 3.0, -1.0], ["normal", mixture]).by("bic")
    left = comparison[mixture.name]
    assert left.fit is None
    assert left.parameters == len(mixture.names) == comparison.to_pandas().loc[mixture.name, "parameters"]


def test_censored_rows_are_ranked_by_any_criterion():
    x = np.random.default_rng(5).weibull(1.5, 50)
    comparison = th.compare(th.Censored(x, event=x < 1), ["weibull", "gamma"], criterion="aicc")
    kinds = comparison.best.kinds
    assert str(comparison).startswith(f"2 families, fitted to 50 rows ({kinds})\n")
    assert [each.family for each in comparison.by("bic")] == [each.family for each in comparison]


def test_candidates_are_found_by_name():
    comparison = th.compare([0.5, 1.0, 3.0, -1.0], ["normal", "gamma", "laplace"])
    assert comparison["gamma"] is comparison[2]
    assert comparison["laplace"].fit.family == "laplace"
    with pytest.raises(UnknownFamilyError, match="'gama' is not among the families compared: "):
        comparison["gama"]
    with pytest.raises(ParameterError, match="criterion must be one of aic, aicc, bic; got 'AIC'"):
        comparison.by("AIC")


def test_a_criterion_that_is_infinite_for_all_ranks_none():
    short = th.compare([1.0, 2.0], ["normal"], criterion="aicc")
    assert (short[0].delta, short[0].weight) == (0.0, 1.0)
    three = th.compare([1.0, 2.0, 4.0], ["normal", "exponential"], criterion="aicc")
    assert [row["delta"] for row in three.to_dict()["candidates"]] == [0.0, "inf"]
