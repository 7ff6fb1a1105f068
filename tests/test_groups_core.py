"""A group fitted among others has the bits of `th.fit` of its rows alone."""

import numpy as np
import pytest
from conftest import CASES, Case, identified

import thetahat as th
from thetahat import _groups
from thetahat.data.arrays import chunks_of
from thetahat.errors import ConvergenceError, NoMaximumError, SampleError
from thetahat.families import find_family

SIZES = [1, 0, 2, 3, 40, 15, 16, 17, 100, 2047, 2048, 2049, 0, 6500, 33]
FAILURES = {
    SampleError: ("too_few", "bad_rows"),
    NoMaximumError: ("no_maximum", "too_few", "equal_rows"),
    ConvergenceError: ("not_finished",),
}


def grouped(x, codes, groups, threads=1, **options):
    return _groups.GroupedRows.of_codes(chunks_of(x, **options), codes, groups, threads)


def fitted(family, rows, **options):
    return _groups.fit(rows, find_family(family).model, **options)


def bits(value):
    return np.asarray(value, float).tobytes()


def assert_same(fits, g, family, x, **options):
    """Group g is as `th.fit` of its rows, or its status is the error's."""
    status = _groups.STATUSES[fits["status"][g]]
    try:
        alone = th.fit(x, family, **options)
    except (SampleError, NoMaximumError, ConvergenceError) as error:
        assert status in FAILURES[type(error)], (status, error)
        assert np.isnan(fits["theta"][g]).all()
        assert np.isnan([fits["log_likelihood"][g], fits["newton_decrement"][g]]).all()
        return
    assert alone.status == {"boundary": "converged"}.get(status, status)
    for name in ("theta", "stderr", "cov", "log_likelihood", "newton_decrement", "n", "rows", "passes"):
        assert bits(fits[name][g]) == bits(getattr(alone, name)), (name, fits[name][g], getattr(alone, name))


def shuffled(sizes, seed=0):
    """Codes of groups of these sizes, in random order."""
    codes = np.repeat(np.arange(len(sizes)), sizes)
    np.random.default_rng(seed).shuffle(codes)
    return codes


@pytest.mark.parametrize("case", CASES, ids=identified)
def test_a_group_alone_is_the_group_among_others(case):
    case = Case(*case)
    codes = shuffled(SIZES)
    x = case.sample(codes.size)
    fits = fitted(case.family, grouped(x, codes, len(SIZES)))
    for g in range(len(SIZES)):
        assert_same(fits, g, case.family, x[codes == g])


OPTIONS = {
    "float32": lambda x, random: {"x": x.astype(np.float32)},
    "strided": lambda x, random: {"x": np.repeat(x, 2)[::2]},
    "masked": lambda x, random: {"x": np.ma.array(x, mask=random.random(x.size) < 0.2)},
    "weights": lambda x, random: {"x": x, "weights": random.integers(0, 4, x.size) / 2},
    "omitted": lambda x, random: {
        "x": np.where(random.random(x.size) < 0.2, np.nan, x),
        "nan_policy": "omit",
    },
}


@pytest.mark.parametrize("kind", OPTIONS)
@pytest.mark.parametrize("together", [False, True])
def test_rows_of_any_kind(first, kind, together):
    """Those left out are left out of their groups."""
    sizes = [1, 0, 17, 100, 2049, 33]
    codes = np.sort(shuffled(sizes)) if together else shuffled(sizes)
    options = OPTIONS[kind](first.sample(codes.size), np.random.default_rng(1))
    chunks = chunks_of(**options)
    if together:
        rows = _groups.GroupedRows.of_offsets(chunks, np.cumsum([0, *sizes]))
    else:
        rows = _groups.GroupedRows.of_codes(chunks, codes, len(sizes))
    fits = fitted(first.family, rows)
    for g in range(len(sizes)):
        x, weights = options["x"][codes == g], options.get("weights")
        alone = {} if weights is None else {"weights": weights[codes == g]}
        if "nan_policy" in options:
            alone["nan_policy"] = "omit"
        assert_same(fits, g, first.family, x, **alone)


SUFFICIENT = [name for name in th.families() if find_family(name).sufficient]
RESULTS = ("theta", "stderr", "cov", "log_likelihood", "newton_decrement", "n", "rows", "status")


@pytest.mark.parametrize("family", SUFFICIENT)
def test_fits_of_sums_are_fits(family):
    """Of one reading of the rows; and merged, those of summaries."""
    case = Case(*next(case for case in CASES if case[0] == family))
    model, sizes = case.description.model, [0, 1, 30, 2049, 400]
    parts = [grouped(case.sample(sum(sizes), seed), shuffled(sizes), len(sizes)) for seed in (1, 2)]
    nodes = [_groups.sums(part, model) for part in parts]
    ours, fits = _groups.fit_sums(model, nodes[0]), _groups.fit(parts[0], model)
    for name in RESULTS:
        assert bits(ours[name]) == bits(fits[name]), name
    both = _groups.fit_sums(model, _groups.merge_sums(model, *nodes))
    for g in range(2, len(sizes)):
        rows = [part.values[part.offsets[g] : part.offsets[g + 1]] for part in parts]
        summed = (th.summarize(rows[0], family) + th.summarize(rows[1], family)).fit()
        assert bits(both["theta"][g]) == bits(summed.theta)
        assert bits(both["log_likelihood"][g]) == bits(summed.log_likelihood)


LIMITS = {
    "student_t": ("normal", lambda random: random.uniform(size=50)),
    "negative_binomial": ("poisson", lambda random: random.integers(3, 6, 50)),
    "generalized_pareto": ("uniform", lambda random: np.linspace(0.1, 1, 50)),
    "von_mises": ("uniform", lambda random: np.tile([0, np.pi / 2, np.pi, 3 * np.pi / 2], 12)),
}


@pytest.mark.parametrize("family", LIMITS)
def test_the_limiting_family_is_known(family):
    limit, draw = LIMITS[family]
    x = np.asarray(draw(np.random.default_rng(0)), float)
    fits = fitted(family, grouped(x, np.zeros(x.size, np.int32), 1))
    assert _groups.STATUSES[fits["status"][0]] == "no_maximum"
    assert find_family(family).limit_of(int(fits["reason"][0])) == limit
