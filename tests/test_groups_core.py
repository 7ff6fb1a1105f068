"""Groups in the compiled core: rows put together by key, and the law that a group fitted among others has the
bits of `th.fit` of its rows alone.
"""

import numpy as np
import pytest
from conftest import FIRSTS, Case, identified
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from turns import in_turn

import thetahat as th
from thetahat import _groups
from thetahat.data.arrays import chunks_of
from thetahat.errors import ConvergenceError, NoMaximumError, SampleError
from thetahat.families import find_family

BLOCK = 2048
SIZES = [1, 0, 2, 3, 40, 15, 16, 17, 100, BLOCK - 1, BLOCK, BLOCK + 1, 0, 6500, 33]
SOME = [1, 0, 17, 100, BLOCK + 1, 33]
RESULTS = ("theta", "stderr", "cov", "log_likelihood", "newton_decrement", "n", "rows", "passes")
REFUSALS = {
    SampleError: {"too_few", "bad_rows"},
    NoMaximumError: {"no_maximum", "too_few", "equal_rows"},
    ConvergenceError: {"not_finished"},
}


def bits(value):
    return np.asarray(value, float).tobytes()


def shuffled(sizes, seed=0):
    """Codes of groups of these sizes, in random order."""
    codes = np.repeat(np.arange(len(sizes)), sizes)
    np.random.default_rng(seed).shuffle(codes)
    return codes


def by_codes(x, codes, groups, threads=1, **options):
    return _groups.GroupedRows.of_codes(chunks_of(x, **options), codes, groups, threads)


def by_offsets(x, offsets, **options):
    return _groups.GroupedRows.of_offsets(chunks_of(x, **options), np.asarray(offsets))


def fitted(family, rows, **options):
    return _groups.fit(rows, find_family(family).model, **options)


def status_of(fits, g):
    return _groups.STATUSES[fits["status"][g]]


def fit_or_error(x, family, **options):
    try:
        return th.fit(x, family, **options)
    except tuple(REFUSALS) as error:
        return error


def assert_alone(fits, g, family, x, **options):
    """Group g has the bits of the fit of its rows, or a status that says why there is none."""
    alone, status = fit_or_error(x, family, **options), status_of(fits, g)
    if isinstance(alone, Exception):
        assert status in REFUSALS[type(alone)], alone
        assert all(np.isnan(fits[name][g]).all() for name in RESULTS[:5])
        return
    assert alone.status == {"boundary": "converged"}.get(status, status)
    for name in RESULTS:
        assert bits(fits[name][g]) == bits(getattr(alone, name)), name


def test_a_group_alone_is_the_group_among_others(case):
    codes = shuffled(SIZES)
    x = case.sample(codes.size)
    fits = fitted(case.family, by_codes(x, codes, len(SIZES)))
    for g in range(len(SIZES)):
        assert_alone(fits, g, case.family, x[codes == g])


def masked(x, random):
    return {"x": np.ma.array(x, mask=random.random(x.size) < 0.2)}


def omitted(x, random):
    return {"x": np.where(random.random(x.size) < 0.2, np.nan, x), "nan_policy": "omit"}


def weighted(x, random):
    return {"x": x, "weights": random.integers(0, 4, x.size) / 2}


KINDS = {
    "float32": lambda x, _: {"x": x.astype(np.float32)},
    "strided": lambda x, _: {"x": np.repeat(x, 2)[::-2]},
    "masked": masked,
    "omitted": omitted,
    "weighted": weighted,
}


@in_turn("kind", KINDS)
@in_turn("together", [False, True])
def test_rows_of_any_kind(first, kind, together):
    """Those that do not count are left out of their groups."""
    codes = np.sort(shuffled(SOME)) if together else shuffled(SOME)
    options = KINDS[kind](first.sample(codes.size), np.random.default_rng(1))
    rows = (
        by_offsets(offsets=np.cumsum([0, *SOME]), **options)
        if together
        else by_codes(codes=codes, groups=len(SOME), **options)
    )
    fits = fitted(first.family, rows)
    for g in range(len(SOME)):
        alone = {name: v[codes == g] if isinstance(v, np.ndarray) else v for name, v in options.items()}
        assert_alone(fits, g, first.family, alone.pop("x"), **alone)


@in_turn("by_group", [False, True])
def test_fixed_parameters_and_starts(first, by_group):
    """The same for all groups, or by group; where a table holds NaN, a parameter is free."""
    codes, names = shuffled(SOME), first.description.names
    x, random = first.sample(codes.size), np.random.default_rng(2)
    fixed = np.full((len(SOME) if by_group else 1, len(names)), np.nan)
    for row in fixed:
        row[random.integers(len(names))] = 1.0
        row[:] = np.where(np.isnan(row), np.nan, first.theta)
    fits = fitted(first.family, by_codes(x, codes, len(SOME)), fixed=fixed)
    for g in range(len(SOME)):
        row = fixed[g if by_group else 0]
        values = {name: v for name, v in zip(names, row.tolist(), strict=True) if v == v}
        assert_alone(fits, g, first.family, x[codes == g], fixed=values)


@pytest.mark.parametrize("case", [c for c in FIRSTS if not find_family(c[0]).solved], ids=identified)
def test_starts_by_group(case):
    """Where there is a start; where it is NaN, the family's own."""
    case, codes = Case(*case), shuffled(SOME)
    x, start = case.sample(codes.size), np.tile(case.theta, (len(SOME), 1)).astype(float)
    start[3] = np.nan
    fits = fitted(case.family, by_codes(x, codes, len(SOME)), start=start)
    for g in range(len(SOME)):
        options = {} if g == 3 else {"start": case.theta}
        assert_alone(fits, g, case.family, x[codes == g], **options)


ROWS = st.sampled_from([0.0, -0.0, 1.0, 1.0, 1.0, 2.0, 3.0, 0.5, -1.0, 1e-300, 1e300, np.inf, np.nan, 5e-324])


@settings(max_examples=12, deadline=None)
@given(
    x=arrays.arrays(float, st.integers(0, 60), elements=ROWS),
    seed=st.integers(0, 99),
    weighs=st.booleans(),
)
def test_no_group_disturbs_another(x, seed, weighs):
    """Of rows with ties, ends of supports, numbers beyond what sums hold, NaN and infinities."""
    random = np.random.default_rng(seed)
    codes = random.integers(-1, 8, x.size)
    weights = random.choice([0.0, 1.0, 2.0, 1e300], x.size) if weighs else None
    rows = by_codes(x, codes, 8, weights=weights)
    for family in th.families():
        fits = fitted(family, rows, threads=2)
        for g in range(8):
            mine = None if weights is None else weights[codes == g]
            assert_alone(fits, g, family, x[codes == g], weights=mine)


@pytest.mark.parametrize("threads", [2, 3, 64])
def test_any_number_of_threads_gives_the_same_bits(threads):
    """Groups of all sizes, one of which is worth several threads."""
    sizes = [*SIZES, 600_000, *[40] * 3000]
    codes = shuffled(sizes)
    x = np.random.default_rng(3).gamma(2.0, 3.0, codes.size)
    alone, many = (by_codes(x, codes, len(sizes), threads=t) for t in (1, threads))
    assert bits(alone.values) == bits(many.values)
    for family in ("gamma", "laplace"):
        ours, theirs = fitted(family, alone), fitted(family, many, threads=threads)
        assert all(ours[name].tobytes() == theirs[name].tobytes() for name in ours)


@pytest.mark.parametrize("groups", [1, 7, 2048, 2049, 70_000])
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_rows_stay_in_their_order(groups, dtype):
    random = np.random.default_rng(groups)
    codes = random.integers(-1, groups, 50_001).astype(dtype)
    x, weights = random.normal(size=codes.size), random.random(codes.size)
    rows = by_codes(x, codes, groups, weights=weights)
    order = np.argsort(codes, kind="stable")[np.count_nonzero(codes < 0) :]
    assert rows.values.tolist() == x[order].tolist()
    assert rows.weights.tolist() == weights[order].tolist()
    assert rows.offsets.tolist() == np.searchsorted(codes[order], np.arange(groups + 1)).tolist()


def test_contiguous_rows_that_lie_together_are_not_copied():
    x, weights = np.arange(10.0), np.ones(10)
    rows = by_offsets(x, [0, 4, 4, 10], weights=weights)
    assert np.shares_memory(rows.values, x)
    assert np.shares_memory(rows.weights, weights)


@pytest.mark.parametrize("case", [c for c in FIRSTS if find_family(c[0]).sufficient], ids=identified)
def test_fits_of_sums_are_fits(case):
    """Of one reading of the rows; and of merged sums, those of summaries."""
    case, sizes = Case(*case), [0, 1, 30, BLOCK + 1, 400]
    model = case.description.model
    parts = [by_codes(case.sample(sum(sizes), seed), shuffled(sizes), len(sizes)) for seed in (1, 2)]
    nodes = [_groups.sums(part, model) for part in parts]
    ours, fits = _groups.fit_sums(model, nodes[0]), _groups.fit(parts[0], model)
    for name in ("status", *RESULTS[:-1]):
        assert bits(ours[name]) == bits(fits[name]), name
    both = _groups.fit_sums(model, _groups.merge_sums(model, *nodes))
    for g in range(2, len(sizes)):
        left, right = (
            th.summarize(part.values[part.offsets[g] : part.offsets[g + 1]], case.family) for part in parts
        )
        summed = (left + right).fit()
        assert bits(both["theta"][g]) == bits(summed.theta)
        assert bits(both["cov"][g]) == bits(summed.cov)


LIMITS = {
    "student_t": ("normal", np.random.default_rng(0).uniform(size=50)),
    "negative_binomial": ("poisson", np.tile([3.0, 4.0, 5.0], 20)),
    "generalized_pareto": ("uniform", np.linspace(0.1, 1, 50)),
    "von_mises": ("uniform", np.tile([0, np.pi / 2, np.pi, 3 * np.pi / 2], 12)),
}


@pytest.mark.parametrize("family", LIMITS)
def test_the_limiting_family_is_known(family):
    limit, x = LIMITS[family]
    fits = fitted(family, by_offsets(x, [0, x.size]))
    assert status_of(fits, 0) == "no_maximum"
    assert find_family(family).limit_of(int(fits["reason"][0])) == limit


def test_bad_rows_are_counted():
    x = np.array([1.0, 2.0, np.nan, np.inf, 1.0, 2.0, -3.0, 4.0])
    fits = fitted("exponential", by_offsets(x, [0, 4, 8, 8]))
    assert [status_of(fits, g) for g in range(3)] == ["bad_rows", "bad_rows", "too_few"]
    assert fits["bad"].tolist() == [2, 1, 0]
    assert fits["first_bad"].tolist() == [2, 2, 0]


KEYS = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i4", ">u8"]


@in_turn("dtype", KEYS)
@in_turn("n", [0, 1, 2049, 70_000])
@pytest.mark.parametrize("width", [0, 6, 64])
def test_codes_of_integers(dtype, n, width):
    """Of a single key, few, and of all that the type holds, in any order and byte order."""
    random = np.random.default_rng(n)
    words = random.integers(0, 2**width, n, dtype=np.uint64, endpoint=False) if width else np.zeros(n)
    keys = (words.astype(np.uint64) - np.uint64(2 ** (width - 1) if width else 0)).astype(dtype)
    for threads in (1, 2):
        uniques, codes = _groups.code_integers(keys[::-1], threads)
        assert uniques.dtype == keys.dtype
        expected, places = np.unique(keys[::-1], return_inverse=True)
        assert uniques.tolist() == expected.tolist()
        assert codes.tolist() == places.tolist()


def test_codes_of_many_keys_on_threads():
    keys = np.random.default_rng(4).integers(-(2**62), 2**62, 300_000).repeat(2)
    alone = [part.tobytes() for part in _groups.code_integers(keys, 1)]
    assert [part.tobytes() for part in _groups.code_integers(keys, 2)] == alone


NARROW = {
    "from 0 on": (0, 40),
    "negative, with gaps": (-120, 3),
    "a single one": (7, 1),
    "more than rows": (0, 3000),
}


@in_turn("dtype", KEYS)
@in_turn("n", [1, 2049, 270_001])
@pytest.mark.parametrize("keys", NARROW)
def test_keys_of_a_narrow_range_need_no_codes(dtype, n, keys):
    """Rows by keys where they lie are those by their codes; other keys are left to these."""
    least, step = NARROW[keys]
    keys = (least + step * np.random.default_rng(n).integers(0, 40, n)).astype(dtype)
    keys = keys ^ keys.dtype.type(2**63) if dtype.endswith("u8") else keys
    uniques, codes = _groups.code_integers(keys)
    x, w = np.arange(n) + 0.5, np.arange(n) % 7 / 4
    by_code = by_codes(x, codes, uniques.size, weights=w)
    for threads in (1, 2):
        found = _groups.GroupedRows.of_keys(chunks_of(x, weights=w), keys, threads)
        if found is None:
            assert int(keys.max()) - int(keys.min()) > n
            continue
        rows, distinct = found
        assert (distinct.dtype, distinct.tolist()) == (keys.dtype, uniques.tolist())
        for name in ("values", "weights", "offsets"):
            assert getattr(rows, name).tobytes() == getattr(by_code, name).tobytes(), name


def test_keys_at_the_ends_of_their_type():
    """The range is taken without overflow, and a wide one is left to codes."""
    ends = np.iinfo(np.int64)
    rows = chunks_of(np.ones(4))
    assert _groups.GroupedRows.of_keys(rows, np.array([ends.min, ends.max, 0, 0])) is None
    for keys in ([ends.max, ends.max - 1, ends.max, ends.max], [ends.min + 1, ends.min, ends.min, ends.min]):
        grouped, distinct = _groups.GroupedRows.of_keys(rows, np.array(keys))
        assert distinct.tolist() == sorted(set(keys))
        assert np.diff(grouped.offsets).tolist() == [keys.count(key) for key in sorted(set(keys))]


@pytest.mark.parametrize("dtype", ["i2", "i8", "u8"])
@pytest.mark.parametrize("far", [[], [-90], [120], [-90, 120]], ids=str)
@pytest.mark.parametrize("base", ["lowest", "middle", "highest"])
def test_a_range_that_few_keys_do_not_show(dtype, far, base):
    """Of many keys it is guessed: one far from all others, or at an end of the type, is in its group."""
    ends, n = np.iinfo(dtype), 2**17 + 5
    at = {"lowest": ends.min + 90, "middle": (int(ends.min) + int(ends.max)) // 2, "highest": ends.max - 120}
    keys = np.random.default_rng(0).integers(0, 31, n)
    keys[np.array([100, 100_001])[: len(far)]] = far
    keys = (keys + int(at[base])).astype(dtype) if dtype != "u8" else keys.astype(dtype) + np.uint64(at[base])
    x = np.arange(n) + 0.5
    uniques, codes = _groups.code_integers(keys)
    rows, distinct = _groups.GroupedRows.of_keys(chunks_of(x), keys, 2)
    assert distinct.tolist() == uniques.tolist()
    assert rows.offsets.tolist() == np.cumsum([0, *np.bincount(codes)]).tolist()
    assert rows.values.tolist() == x[np.argsort(codes, kind="stable")].tolist()


REJECTED = {
    "codes has 2 value(s) that are neither -1 nor below 2, the first at index 1: 2": [0, 2, -1, -7],
    "codes has 3 value(s), but there are 4 row(s)": [0, 1, 1],
}


@pytest.mark.parametrize("message", REJECTED)
def test_bad_codes_are_named(message):
    with pytest.raises(ValueError, match="codes") as error:
        by_codes(np.ones(4), np.array(REJECTED[message]), 2)
    assert str(error.value) == message


OFFSETS = {
    "offsets must begin with 0, not 1": [1, 4],
    "offsets must begin with 0, not nothing": [],
    "offsets decrease at index 2: 1 after 3": [0, 3, 1, 4],
    "offsets end with 3, but there are 4 row(s)": [0, 3],
    "offsets end with 9, but there are 4 row(s)": [0, 3, 9],
}


@pytest.mark.parametrize("message", OFFSETS)
def test_bad_offsets_are_named(message):
    with pytest.raises(ValueError, match="offsets") as error:
        by_offsets(np.ones(4), np.array(OFFSETS[message], np.int64))
    assert str(error.value) == message


def test_progress_is_told_and_may_interrupt():
    rows, told = by_offsets(np.random.default_rng(5).normal(size=200_000), range(0, 200_001, 20)), []
    fitted("student_t", rows, poll=told.append)
    assert told == sorted(told)
    assert told[-1] == rows.n_groups

    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fitted("student_t", rows, poll=interrupt)


def test_arrays_of_rows_in_place_keep_them():
    values = by_offsets(np.arange(1e5) + 0.0, [0, 100_000]).values
    others = [np.full(100_000, 7.0) for _ in range(3)]
    assert values.tolist() == list(range(100_000))
    del others


@pytest.mark.parametrize("groups", [2**50, 2**62])
def test_more_groups_than_memory(groups):
    with pytest.raises(MemoryError, match=f"memory has no room for {groups} groups"):
        by_codes(np.ones(3), np.zeros(3, np.int64), groups)
