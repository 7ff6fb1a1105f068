"""Sums that merge, travel, and take rows in any portions."""

import pickle
import zlib

import numpy as np
import pytest
from conftest import of_such
from tolerance import EPS

import thetahat as th
from thetahat._packing import pack, unpack
from thetahat.summary import _PROGRAM


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(5, 3, 300_007)


def same(summary, other):
    """Equal to the last bit."""
    return summary.to_bytes() == other.to_bytes()


@of_such(lambda case: not (case.summed or case.shifts))
def test_what_sums_do_not_say_is_refused(case):
    with pytest.raises(th.ParameterError, match=f"{case.family} has no sufficient statistics"):
        th.summarize(case.sample(3001), case.family)


@of_such(lambda case: case.summed)
def test_a_summary_is_the_sample(case):
    sample = case.sample(3001)
    summary, fit = th.summarize(sample, case.family), th.fit(sample, case.family)
    assert summary.n == summary.rows == 3001
    assert summary.family == case.family
    assert str(summary.fit()) == str(fit)
    assert summary.fit().theta.tolist() == fit.theta.tolist()
    assert summary.log_likelihood(case.theta) == th.log_likelihood(sample, case.family, case.theta)
    assert summary.score(case.theta).tolist() == th.score(sample, case.family, case.theta).tolist()


@pytest.mark.parametrize("size", [1, 7, 2047, 2048, 2049, 131_072, 200_000])
def test_a_stream_has_the_bits_of_the_whole_whatever_its_blocks(x, size):
    if size < 7:
        x = x[:5000]
    blocks = (x[i : i + size] for i in range(0, x.size, size))
    assert same(th.summarize(blocks, "normal"), th.summarize(x, "normal"))


def test_random_portions_and_threads(x):
    rng = np.random.default_rng(1)
    whole = th.summarize(x, "normal", threads=1)
    for _ in range(20):
        cuts = np.sort(rng.integers(0, x.size, rng.integers(1, 9)))
        blocks = np.split(x, cuts)
        assert same(th.summarize(iter(blocks), "normal", threads=int(rng.integers(1, 65))), whole)


def test_summaries_add_to_rounding(x):
    whole = th.fit(x, "normal")
    parts = [th.summarize(part, "normal") for part in np.split(x, [1, 1000, 70_000])]
    fit = (parts[0] + parts[1] + (parts[2] + parts[3])).fit()
    assert fit.n == whole.n
    np.testing.assert_allclose(fit.theta, whole.theta, rtol=4 * EPS)
    np.testing.assert_allclose(fit.log_likelihood, whole.log_likelihood, rtol=8 * EPS)


def test_adding_nothing_changes_no_bit(x):
    empty, summary = th.Summary("normal"), th.summarize(x, "normal")
    assert same(summary + empty, summary)
    assert same(empty + summary, summary)
    assert same(th.Summary("normal").update([]).update(x).update([]), summary)


def test_counters_beyond_four_thousand_million_rows(x):
    """The same summary added to itself 45 times: 10^19 rows, as exact as the first."""
    once = total = th.summarize(x, "normal")
    for _ in range(45):
        total = total + total
    assert total.n == total.rows == x.size * 2**45
    fit, first = total.fit(), once.fit()
    assert fit.theta.tolist() == first.theta.tolist()
    assert fit.log_likelihood == first.log_likelihood * 2.0**45
    np.testing.assert_allclose(fit.stderr * 2.0**22.5, first.stderr, rtol=1e-15)
    assert th.Summary.from_bytes(total.to_bytes()).n == total.n


def test_addition_leaves_its_terms_alone(x):
    a, b = th.summarize(x[:100], "normal"), th.summarize(x[100:], "normal")
    before = a.to_bytes(), b.to_bytes()
    total = a + b
    total.update([1.0])
    assert (a.to_bytes(), b.to_bytes()) == before


def test_a_generator_that_raises_leaves_the_blocks_before_it(x):
    def blocks():
        yield x[:1000]
        yield x[1000:3000]
        raise ConnectionError("block 2")

    summary = th.Summary("normal")

    def run():
        for block in blocks():
            summary.update(block)

    with pytest.raises(ConnectionError, match="block 2"):
        run()
    assert same(summary, th.summarize(x[:3000], "normal"))
    with pytest.raises(ConnectionError, match="block 2"):
        th.summarize(blocks(), "normal")


@pytest.mark.parametrize("bad", [[1.0, np.nan], [[1.0]], ["a"], [2**60, 1]])
def test_a_bad_block_leaves_the_summary_as_it_was(x, bad):
    summary = th.summarize(x, "normal")
    before = summary.to_bytes()
    with pytest.raises((th.SampleError, th.SampleTypeError)):
        summary.update(bad)
    assert summary.to_bytes() == before
    assert summary.update([2.0]).n == x.size + 1


def test_omitted_rows_are_counted_on_the_way():
    summary = th.Summary("normal").update([1.0, np.nan, 2.0], nan_policy="omit")
    summary.update(np.ma.array([1.0, 2.0], mask=[1, 0]))
    assert (summary.n, summary.omitted) == (3, 2)
    assert (summary + summary).omitted == 4
    assert summary.fit().omitted == 2
    assert th.Summary.from_bytes(summary.to_bytes()).omitted == 2


def test_gradient_ascent_needs_the_sums_alone(x):
    method = th.GradientAscent(learning_rate=1e-6, epochs=300)
    ours = th.summarize(x, "normal").fit(method=method, start=(0, 1), trace="epoch")
    theirs = th.fit(x, "normal", method=method, start=(0, 1), trace="epoch")
    assert ours.trace.tolist() == theirs.trace.tolist()
    with pytest.raises(th.ParameterError, match="start is needed"):
        th.summarize(x, "normal").fit(method=method)
    with pytest.raises(th.ParameterError, match="SGD requires the rows"):
        th.summarize(x, "normal").fit(method=th.SGD(learning_rate=1e-6, epochs=1), start=(0, 1))


ASCENT = th.GradientAscent(learning_rate=1e-3, epochs=9)


@pytest.mark.parametrize(
    ("rows", "family", "settings", "error", "message"),
    [
        ([1.0, 2.0], "uniform", {"method": ASCENT, "start": (0, 9)}, th.ParameterError, "does not converge"),
        ([1.0, 2.0], "pareto", {"method": ASCENT, "start": (1, 1)}, th.ParameterError, "does not converge"),
        ([2.0, 2.0], "normal", {"method": ASCENT, "start": (0, 1)}, th.NoMaximumError, "not all equal"),
        (
            [1.0, 2.0],
            "normal",
            {"start": (0, 1)},
            th.ParameterError,
            "has a closed-form maximum",
        ),
        (
            [1.0, 2.0],
            "normal",
            {"trace": "epoch"},
            th.ParameterError,
            "trace, callback and checkpoint require",
        ),
        ([1.0, 2.0], "normal", {"method": "newton"}, th.ParameterError, r"method must be \"exact\""),
        ([1.0, 2.0], "uniform", {"fixed": {"low": 1.5}}, th.NoMaximumError, "none beyond an end"),
        ([2.0, 2.0], "normal", {"fixed": {"mu": 1}}, th.ParameterError, "start is needed: a summary has"),
    ],
)
def test_fits_of_sums_are_checked_like_those_of_rows(rows, family, settings, error, message):
    with pytest.raises(error, match=message):
        th.summarize(rows, family).fit(**settings)


def test_parameters_are_fixed(x):
    """Newton's method starts elsewhere than on rows, and ends at the same maximum."""
    for family, fixed in [("normal", {"mu": 1}), ("gamma", {"scale": 2}), ("pareto", {"minimum": 1e-9})]:
        rows = np.abs(x) + 0.1
        ours, theirs = th.summarize(rows, family).fit(fixed=fixed), th.fit(rows, family, fixed=fixed)
        np.testing.assert_allclose(ours.theta, theirs.theta, rtol=1e-12)
        assert ours.fixed == theirs.fixed
        np.testing.assert_allclose(ours.stderr, theirs.stderr, rtol=1e-12)
    fit = th.summarize([2.0, 2.0], "normal").fit(fixed={"mu": 1}, start=(1, 3))
    assert fit.params["sigma"] == pytest.approx(1, rel=1e-12)
    diverging = th.GradientAscent(learning_rate=1e9, epochs=9)
    assert th.summarize(x, "normal").fit(method=diverging, start=(0, 99)).status == "diverged"


def test_bytes_round_trip(x):
    for summary in (th.Summary("normal"), th.summarize(x, "normal"), th.summarize(x * 1e300, "normal")):
        again = th.Summary.from_bytes(summary.to_bytes())
        assert same(again, summary)
        assert same(pickle.loads(pickle.dumps(summary)), summary)
        if summary.n:
            assert again.fit().to_dict() == summary.fit().to_dict()
            assert again.update([1.0]).n == summary.n + 1


def test_damaged_bytes_are_refused(x):
    good = th.summarize(x, "normal").to_bytes()
    for i in range(len(good)):
        with pytest.raises(th.ParameterError):
            th.Summary.from_bytes(good[:i])
        with pytest.raises(th.ParameterError):
            th.Summary.from_bytes(good[:i] + bytes([good[i] ^ 1]) + good[i + 1 :])
    for foreign in (b"", b"PK\x03\x04" * 99, good + b"\0", good.replace(b"sums 1", b"sums 9")):
        with pytest.raises(th.ParameterError, match=r"another version|changed"):
            th.Summary.from_bytes(foreign)
    with pytest.raises(th.ParameterError, match="not str"):
        th.Summary.from_bytes("normal")
    unknown = good[:-4].replace(b"normal", b"nirmal")
    with pytest.raises(th.UnknownFamilyError):
        th.Summary.from_bytes(unknown + zlib.crc32(unknown).to_bytes(4, "little"))


def test_records_that_are_whole_but_wrong_are_refused(x):
    good = th.summarize(x, "normal").to_bytes()
    bodies = [good[:-12], good[:-4] + bytes(8), good[:20], good[:-4].replace(b"normal", b"n\xffrmal")]
    bodies += [good[:-4].replace(b'"layout": ', b'"layout": 9'), good[:-4].replace(b"omitted", b"omittes")]
    for body in bodies:
        with pytest.raises(th.ParameterError, match="this is not a summary of thetahat"):
            th.Summary.from_bytes(body + zlib.crc32(body).to_bytes(4, "little"))


def values_of(record):
    values, arrays = unpack(_PROGRAM, record)
    return dict(values), arrays


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("layout", 2, "layout 2; this version reads"), ("omitted", -1, "omitted must be"), ("family", 3, "3")],
)
def test_a_record_of_other_values_is_refused_by_name(x, name, value, said):
    values, arrays = values_of(th.summarize(x, "normal").to_bytes())
    with pytest.raises(th.ThetahatError, match=said):
        th.Summary.from_bytes(pack(_PROGRAM, values | {name: value}, arrays))


def test_an_empty_summary_has_nothing_to_fit():
    summary = th.Summary("normal")
    assert summary.n == 0
    for call in (summary.fit, lambda: summary.log_likelihood((0, 1)), lambda: summary.score((0, 1))):
        with pytest.raises(th.SampleError, match="x is empty"):
            call()


def test_a_summary_adds_to_a_summary_alone():
    with pytest.raises(TypeError):
        th.Summary("normal") + 1
