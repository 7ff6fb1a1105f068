"""Sums taken at one theta, at others: right where they say so, and refused elsewhere."""

import ast
import re

import numpy as np
import pytest
from conftest import Case, of_such
from tolerance import EPS, log_likelihood_size, score_sizes

import thetahat as th
from thetahat import _sums
from thetahat._packing import pack, unpack
from thetahat.data.arrays import chunks_of
from thetahat.summary import _PROGRAM

shifting = of_such(lambda case: case.shifts)


def sums_at(case, x, theta):
    tree = _sums.Tree(case.description.model, theta)
    for chunk in chunks_of(x):
        tree.add(chunk, 1)
    return tree.total()


def moved(case, steps):
    """Parameters so far from the case's: by steps of a logarithm, of a location in scales, of a shape."""
    parameters, scale = case.description.parameters, case.sample(300).std()
    units = [scale if p.low == -np.inf else 1.0 for p in parameters]
    return tuple(
        p.moved(t, step * unit) for p, t, step, unit in zip(parameters, case.theta, steps, units, strict=True)
    )


@shifting
def test_shifted_sums_are_as_exact_as_they_say(case):
    rng = np.random.default_rng(0)
    x = case.sample(300)
    here, near = sums_at(case, x, case.theta), 0
    for size in 10.0 ** rng.uniform(-6, 1, 60):
        theta = moved(case, rng.normal(0, size, len(case.theta)))
        there, error = here.shifted(case.theta, theta) if case.description.model.valid(theta) else (None, 1)
        if there is not None and error < 1e-4:
            near += 1
            value, score, *_ = there.evaluate(theta)
            allowed = 100 * EPS + error
            assert abs(value - th.log_likelihood(x, case.family, theta)) <= allowed * log_likelihood_size(
                case.family, x, theta
            )
            sizes = score_sizes(case.family, x, theta)
            off = np.abs(score - th.score(x, case.family, theta))
            assert np.all(off <= allowed * np.array(sizes)), (theta, error, off / sizes)
    assert near > 5


@shifting
def test_merged_summaries_fit_as_the_rows_do(case):
    x = case.sample(3001)
    weights = np.random.default_rng(1).integers(0, 4, x.size).astype(float)
    at = th.fit(x, case.family).theta
    for w in (None, weights):
        best = th.fit(x, case.family, weights=w)
        cuts = [1, 17, 2048, 2900]
        parts = [
            th.summarize(part, case.family, at=at, weights=None if w is None else v)
            for part, v in zip(np.split(x, cuts), np.split(weights, cuts), strict=True)
        ]
        fit = (parts[4] + parts[0] + (parts[2] + parts[1]) + parts[3]).fit()
        assert (fit.n, fit.rows, fit.omitted) == (best.n, best.rows, best.omitted)
        assert fit.status == "converged"
        np.testing.assert_allclose(fit.theta, best.theta, rtol=1e-12, atol=1e-8 * best.stderr.min())
        np.testing.assert_allclose(fit.stderr, best.stderr, rtol=1e-8)
        np.testing.assert_allclose(fit.log_likelihood, best.log_likelihood, rtol=1e-12)


@shifting
def test_a_summary_says_where_its_rows_are_to_be_summarized(case):
    """From parameters that are far off, what the errors name leads to the maximum."""
    x = case.sample(3001)
    best, at = th.fit(x, case.family), moved(case, [0.3] * len(case.theta))
    for _ in range(20):
        try:
            fit = th.summarize(x, case.family, at=at).fit()
            break
        except th.ParameterError as error:
            at = ast.literal_eval(re.search(r"again with at=(\{.*\})", str(error))[1])
    np.testing.assert_allclose(fit.theta, best.theta, rtol=1e-9, atol=1e-7 * best.stderr.min())


@shifting
def test_summaries_at_a_theta_keep_what_others_do(case):
    x = case.sample(9000)
    at = th.fit(x, case.family).params
    whole = th.summarize(x, case.family, at=at)
    assert whole.at == tuple(at.values())
    assert th.summarize(iter(np.split(x, [1, 2049, 7000])), case.family, at=at).to_bytes() == whole.to_bytes()
    again = th.Summary.from_bytes(whole.to_bytes())
    assert (again.to_bytes(), repr(again)) == (whole.to_bytes(), repr(whole))
    assert again.fit().to_dict() == whole.fit().to_dict()
    name = case.description.names[-1]
    fixed = {name: at[name] * 1.001}
    ours, theirs = whole.fit(fixed=fixed), th.fit(x, case.family, fixed=fixed)
    np.testing.assert_allclose(ours.theta, theirs.theta, rtol=1e-12)
    with pytest.raises(th.SampleError, match="x is empty"):
        th.Summary(case.family, at=at).fit()
    with pytest.raises(th.ParameterError, match="do not add: summarize all rows at the same"):
        whole + th.Summary(case.family, at=np.nextafter(whole.at, np.inf))


@shifting
def test_records_of_summaries_at_a_theta_are_checked(case):
    values, arrays = unpack(_PROGRAM, th.summarize(case.sample(99), case.family, at=case.theta).to_bytes())
    hostile = [None, [], [1.0], [1.0] * 9, "12", [float("nan")] * 2, [1.0, -1.0], [1.0, None], {"k": 1}]
    for at in hostile:
        with pytest.raises(th.ParameterError):
            th.Summary.from_bytes(pack(_PROGRAM, dict(values) | {"at": at}, arrays))
    with pytest.raises(th.ParameterError, match="expected"):
        th.Summary.from_bytes(pack(_PROGRAM, dict(values), {"sums": arrays["sums"][:-1]}))


@pytest.mark.parametrize(
    ("family", "at", "said"),
    [
        ("normal", (0, 1), "at is not used: normal has sufficient statistics"),
        ("student_t", (0, 1, 4), "student_t has no sufficient statistics"),
        ("weibull", None, "but sums that hold near one theta: pass it as `at`"),
        ("weibull", (1.0,), r"at has 1 value\(s\)"),
        ("weibull", (1.0, -1.0), "at: scale must be positive"),
        ("gumbel", {"mu": 1.0}, "at: a value of beta is missing"),
    ],
)
def test_a_place_is_for_families_whose_sums_shift(family, at, said):
    with pytest.raises(th.ParameterError, match=said):
        th.Summary(family, at=at)


def test_rows_that_a_place_cannot_hold_are_named():
    with pytest.raises(th.SampleError, match=r"beyond what doubles can hold at .*nearer to these rows"):
        th.Summary("gumbel", at=(0, 1)).update([0.0, -800.0])
    with pytest.raises(th.SampleError, match=r"1 row\(s\) outside the support of .* at index 1"):
        th.Summary("generalized_pareto", at=(-0.5, 1)).update([1.0, 2.5])


@shifting
def test_a_long_sample_is_read_once(case):
    """And again where the sums of the first pass, at a pilot's maximum, are not exact."""
    fit = th.fit(case.sample(60_000), case.family)
    assert fit.passes <= 3
    assert fit.status == "converged"


@shifting
def test_shifted_sums_have_the_digits_of_the_definition(case, in_fifty_digits):
    x = case.sample(30)
    theta = moved(case, [1e-3, -1e-3])
    reference = in_fifty_digits(Case(case.family, case.theta).reference)
    there = th.summarize(x, case.family, at=case.theta)
    exact = reference.score(x.tolist(), theta)
    off = np.abs(there.score(theta) - np.array(exact, dtype=float))
    assert np.all(off <= 16 * EPS * np.array(score_sizes(case.family, x, theta), dtype=float))
