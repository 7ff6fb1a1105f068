"""Streams that merge, and travel as bytes, pickles and copies."""

import copy

import numpy as np
import pytest
from streams import SUMMED, WALKING, assert_same, copies, far, followed, maximum, rows_of, told

import thetahat as th
from thetahat._packing import pack, unpack
from thetahat.streams import online


@pytest.mark.parametrize("family", WALKING)
def test_merged_streams_know_the_rows_of_both(family):
    x, best = rows_of(family), maximum(family)
    for cuts in ([9000], [6000, 13_000], [300], [19_000], [4096], [300, 700]):
        streams = [followed(family, part) for part in np.split(x, cuts)]
        states = [stream.to_bytes() for stream in streams]
        first, *others = streams
        for other in others:
            assert first.merge(other) is first
        assert [stream.to_bytes() for stream in others] == states[1:]
        fit = first.fit_result()
        assert first.rows == fit.n == fit.rows == 20_000
        assert far(fit, best) < 0.15
        np.testing.assert_allclose(fit.stderr, best.stderr, rtol=0.06)


@pytest.mark.parametrize("family", SUMMED)
def test_merged_sums_add_to_rounding(family):
    x, best = rows_of(family), th.fit(rows_of(family), family)
    first, second, third = (followed(family, part) for part in np.split(x, [50, 9000]))
    fit = first.merge(second).merge(third).fit_result()
    assert fit.n == fit.rows == 20_000
    np.testing.assert_allclose(fit.theta, best.theta, rtol=1e-12, atol=1e-12 * best.stderr.min())
    np.testing.assert_allclose(fit.log_likelihood, best.log_likelihood, rtol=1e-13)


@pytest.mark.parametrize("family", ["normal", "student_t"])
def test_merging_nothing_changes_no_bit(family):
    x = rows_of(family)
    for n in (0, 100, 5000):
        stream = followed(family, x[:n])
        before = stream.to_bytes()
        assert stream.merge(th.Online(family)).to_bytes() == before
        assert th.Online(family).merge(stream).rows == n
    assert_same(th.Online(family).merge(followed(family, x)), followed(family, x))


def test_a_merged_stream_goes_on():
    x = rows_of("logistic")
    first, second = followed("logistic", x[:7000]), followed("logistic", x[7000:13_000])
    ended = copy.copy(second)
    fit = first.merge(second).partial_fit(x[13_000:]).fit_result()
    assert fit.n == 20_000
    assert far(fit, maximum("logistic")) < 0.15
    assert_same(second.partial_fit(x[13_000:]), ended.partial_fit(x[13_000:]))
    omitting = th.Online("logistic").partial_fit([1.0, np.nan], nan_policy="omit")
    assert first.merge(omitting).omitted == 1


@pytest.mark.parametrize(
    "other",
    [
        th.Online("normal"),
        th.Online("student_t", half_life=100),
        th.Online("student_t", batch_size=63),
        th.Online("student_t", fixed={"nu": 4}),
        th.Summary("normal"),
        None,
    ],
    ids=str,
)
def test_streams_of_other_settings_do_not_merge(other):
    stream = followed("student_t", rows_of("student_t")[:5000])
    before = stream.to_bytes()
    with pytest.raises(
        th.ParameterError, match="is not a stream of the family and settings of <Online student_t"
    ):
        stream.merge(other)
    assert stream.to_bytes() == before


@pytest.mark.parametrize("settings", [{}, {"half_life": 700.5}, {"batch_size": 100}], ids=str)
@pytest.mark.parametrize("family", WALKING)
def test_a_copy_goes_on_to_the_same_bits(family, settings):
    x = rows_of(family)
    whole = followed(family, x, **settings)
    for n in (0, 1, 4095, 4096, 5000, 12_345):
        stream = followed(family, x[:n], **settings)
        for again in copies(stream):
            assert again.to_bytes() == stream.to_bytes()
            assert_same(again.partial_fit(x[n:]), whole)


LONG = 80_000  # rows: from 65,536 on, batches are larger


@pytest.mark.parametrize("settings", [{}, {"half_life": 5000}, {"batch_size": 100}], ids=str)
@pytest.mark.parametrize("family", ["student_t", "logistic", "gev"])
def test_a_stream_that_becomes_long_goes_on_to_the_same_bits(family, settings):
    x, around = rows_of(family, LONG), (65_535, 65_536, 65_537, 67_583, 67_584, 67_585, 70_001)
    whole = followed(family, x, **settings)
    assert_same(followed(family, x, around, **settings), whole)
    for n in around:
        stream = followed(family, x[:n], **settings)
        again = th.Online.from_bytes(stream.to_bytes())
        assert again.to_bytes() == stream.to_bytes()
        assert_same(again.partial_fit(x[n:]), whole)
    if "half_life" not in settings:
        assert far(whole.fit_result(), th.fit(x, family)) < 0.15


def test_streams_that_are_long_together_go_on_as_their_copy_does():
    x = rows_of("logistic", LONG)
    stream = followed("logistic", x[:40_100]).merge(followed("logistic", x[40_100:70_000]))
    again = th.Online.from_bytes(stream.to_bytes())
    assert_same(again.partial_fit(x[70_000:]), stream.partial_fit(x[70_000:71_000]).partial_fit(x[71_000:]))


@pytest.mark.parametrize("family", SUMMED)
def test_a_copy_of_sums_goes_on(family):
    x = rows_of(family)
    stream = followed(family, x[:12_345])
    for again in copies(stream):
        assert again.to_bytes() == stream.to_bytes()
        assert told(again.fit_result()) == told(stream.fit_result())
        fit = again.partial_fit(x[12_345:]).fit_result()
        np.testing.assert_allclose(fit.theta, maximum(family).theta, rtol=1e-12)


def test_copies_keep_weights_settings_and_what_was_omitted():
    x = rows_of("student_t")
    weights = np.random.default_rng(0).integers(0, 3, x.size)
    stream = th.Online("student_t", fixed={"nu": 4.0})
    stream.partial_fit(x[:9000], weights=weights[:9000])
    for again in copies(stream):
        assert again.omitted == stream.omitted > 0
        again.partial_fit(x[9000:], weights=weights[9000:])
        whole = th.Online("student_t", fixed={"nu": 4.0}).partial_fit(x, weights=weights)
        assert_same(again, whole)


SMALL = followed("student_t", rows_of("student_t")[:4100]).to_bytes()
SHORT = followed("weibull", rows_of("weibull")[:9]).to_bytes()
SUMS = followed("exponential", rows_of("exponential")[:9]).to_bytes()


@pytest.mark.parametrize("good", [SMALL, SHORT, SUMS], ids=["a walk", "first rows", "sums"])
def test_damaged_bytes_are_refused(good):
    for i in range(0, len(good), 1 + len(good) // 2000):
        with pytest.raises(th.ParameterError, match="these bytes are not a stream of thetahat"):
            th.Online.from_bytes(good[:i])
        with pytest.raises(th.ParameterError, match="these bytes are not a stream of thetahat"):
            th.Online.from_bytes(good[:i] + bytes([good[i] ^ 1]) + good[i + 1 :])


def test_foreign_bytes_are_refused():
    for foreign in (b"", b"PK\x03\x04" * 99, SMALL + b"\0", th.Summary("normal").to_bytes()):
        with pytest.raises(th.ParameterError, match="these bytes are not a stream of thetahat"):
            th.Online.from_bytes(foreign)
    with pytest.raises(th.ParameterError, match="of another version of thetahat"):
        th.Online.from_bytes(SMALL.replace(b"stream 1", b"stream 2", 1))
    with pytest.raises(th.ParameterError, match="read from bytes, not str"):
        th.Online.from_bytes("weibull")


def test_records_that_are_whole_but_wrong_are_refused():
    program = online._PROGRAM
    values, arrays = unpack(program, SMALL)
    wrong = [
        ({**values, "settings": {**values["settings"], "color": 1}}, arrays),
        ({**values, "settings": 3}, arrays),
        ({name: item for name, item in values.items() if name != "omitted"}, arrays),
        ({**values, "stream": {**values["stream"], "stepped": 99}}, arrays),
        ({**values, "stream": {**values["stream"], "stepped": -1}}, arrays),
        ({**values, "stream": {}}, arrays),
        ({**values, "stream": {**values["stream"], "layout": 1}}, arrays),
        (values, {**arrays, "state": arrays["state"][:-1]}),
        (values, {**arrays, "w": arrays["w"][:-1]}),
        (values, {**arrays, "x": np.ones(99_999), "w": np.ones(99_999)}),
        (values, {**arrays, "x": np.ones(1025), "w": np.ones(1025)}),  # a segment: 1024
        (values, {"x": arrays["x"]}),
    ]
    for parts in wrong:
        with pytest.raises(th.ParameterError, match="these bytes are not a stream of thetahat"):
            th.Online.from_bytes(pack(program, *parts))
    other = {**values, "settings": {**values["settings"], "half_life": -1.0}}
    with pytest.raises(th.ParameterError, match="half_life"):
        th.Online.from_bytes(pack(program, other, arrays))


def test_a_pilot_that_waits_travels():
    stream = th.Online("student_t").partial_fit(np.ones(5000))
    again = th.Online.from_bytes(stream.to_bytes())
    assert again.to_bytes() == stream.to_bytes()
    assert_same(again.partial_fit(rows_of("student_t")), stream.partial_fit(rows_of("student_t")))
