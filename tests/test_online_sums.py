"""Streams of families whose sums shift: exact while these say so, and honest where they are not."""

import numpy as np
import pytest
from streams import assert_same, copies, far, followed, maximum, rows_of, told

import thetahat as th
from thetahat._packing import pack, unpack
from thetahat.families import find_family
from thetahat.streams import online, running

SHIFTING = [name for name in th.families() if find_family(name).shifts]
FORGETTING = [name for name in th.families() if not find_family(name).has_boundary]


@pytest.mark.parametrize("family", SHIFTING)
def test_the_estimate_is_the_maximum(family):
    """Of all rows, with standard errors and log-likelihood, whatever the pilot was."""
    fit, best = followed(family, rows_of(family)).fit_result(), maximum(family)
    assert fit.status == "converged"
    np.testing.assert_allclose(fit.theta, best.theta, rtol=1e-9, atol=1e-7 * best.stderr.min())
    np.testing.assert_allclose(fit.cov, best.cov, rtol=1e-6)
    np.testing.assert_allclose(fit.log_likelihood, best.log_likelihood, rtol=1e-11)
    assert (fit.n, fit.rows, fit.skipped) == (20_000, 20_000, 0)


@pytest.mark.parametrize("family", SHIFTING)
def test_a_stream_that_drifts_says_how_far_it_may_be_off(family):
    """Its rows grow by half. The distance told is about that of the maximum, or larger."""
    x = rows_of(family, 60_000) * np.linspace(1, 1.5, 60_000)
    stream, best = followed(family, x), th.fit(x, family)
    fit = stream.fit_result()
    off = (fit.theta - best.theta) @ np.linalg.inv(best.cov) @ (fit.theta - best.theta)
    assert fit.status in ("converged", "approximate")
    assert off <= 4 * fit.newton_decrement + 1e-6
    for again in copies(stream):
        assert_same(again, stream)


@pytest.mark.parametrize("family", SHIFTING)
def test_merged_streams_keep_what_each_has(family):
    x, best = rows_of(family), maximum(family)
    whole = (
        followed(family, x[:6000]).merge(followed(family, x[6000:15_000])).merge(followed(family, x[15_000:]))
    )
    fit = whole.fit_result()
    assert (fit.n, fit.rows, fit.skipped) == (20_000, 20_000, 0)
    assert far(fit, best) <= 2 * np.sqrt(fit.newton_decrement) + 1e-6
    moved = followed(family, 4 * x[:6000]).merge(followed(family, x[6000:]))  # beyond the reach of sums
    assert moved.fit_result().status == "approximate"
    assert_same(th.Online.from_bytes(moved.to_bytes()), moved)


@pytest.mark.parametrize("family", SHIFTING)
def test_many_restarts_keep_a_bounded_state(family, monkeypatch):
    monkeypatch.setattr(running, "SEGMENT", 500)
    x = rows_of(family) * np.exp(np.linspace(0, 3, 20_000))
    stream = followed(family, x)
    assert len(stream.to_bytes()) < 20_000
    fit = stream.fit_result()
    assert (fit.rows, fit.n, fit.skipped) == (20_000, 20_000, 0)
    assert np.all(np.isfinite(fit.stderr))


@pytest.mark.parametrize(("place", "row"), [(5000, -800.0), (5000, -999.0), (19_999, -1e300), (4096, -700.0)])
def test_rows_too_far_for_any_step_are_counted(place, row):
    """Gumbel's terms are exp(-z): all digits of the sum of the others are gone."""
    rows = np.random.default_rng(0).gumbel(0, 1, 20_000)
    fit = followed("gumbel", np.insert(rows, place, row), [777]).fit_result()
    best = th.fit(rows, "gumbel")
    assert (fit.status, fit.rows, fit.skipped, fit.n) == ("skipped", 20_001, 1, 20_000)
    assert far(fit, best) < 1e-6
    np.testing.assert_allclose(fit.log_likelihood, best.log_likelihood, rtol=1e-12)
    assert th.Fit.from_dict(fit.to_dict()).skipped == 1


def test_a_row_does_not_take_others_with_it():
    """The log-likelihood is that of the 6000 good rows, -9490."""
    rng = np.random.default_rng(0)
    z = np.r_[rng.gumbel(0, 1, 5000), -800.0, rng.gumbel(0, 1, 1000)]
    stream = th.Online("gumbel").partial_fit(z)
    fit = stream.fit_result()
    assert (stream.rows, stream.skipped, fit.status) == (6001, 1, "skipped")
    np.testing.assert_allclose(
        fit.log_likelihood, th.fit(np.delete(z, 5000), "gumbel").log_likelihood, rtol=1e-9
    )


@pytest.mark.parametrize("half_life", [3000, 1e6])
@pytest.mark.parametrize("family", FORGETTING)
def test_no_row_of_a_segment_is_lost(family, half_life):
    """Rows are in the estimate or counted, where a stream forgets and makes steps."""
    x = rows_of(family, 9000).copy()
    extreme = {"gumbel": -900.0, "weibull": x.max() * 1e300}
    x[[5000, 7000]] = extreme.get(family, x.max())
    stream = followed(family, x, half_life=half_life)
    fit = stream.fit_result()
    assert (stream.rows, fit.rows, stream.skipped) == (9000, 9000, fit.skipped)
    assert fit.skipped == (2 if family in extreme else 0)
    assert fit.status == ("skipped" if family in extreme else "streaming")
    whole = followed(family, np.delete(x, [5000, 7000]), half_life=half_life).fit_result()
    assert abs(fit.log_likelihood / whole.log_likelihood - 1) < 0.02


@pytest.mark.parametrize("half_life", [500, 3000])
def test_a_segment_of_rows_without_a_likelihood_is_a_change_point(half_life):
    """The stream starts again from them, as where they are merely far."""
    rows = np.random.default_rng(0).gumbel(0, 1, 20_000)
    rows[10_000:] -= 1000
    fit = followed("gumbel", rows, half_life=half_life).fit_result()
    assert np.all(np.abs(fit.theta - (-1000, 1)) < 5 * fit.stderr)
    assert fit.rows == 20_000


def test_rows_beyond_the_end_of_the_support_move_it():
    """They are no rows too far, though their density at the estimate is zero."""
    x = np.random.default_rng(0).beta(1, 2, 9000)  # shape -1/2: the end is one
    x[5000] = 1.05
    fit = followed("generalized_pareto", x).fit_result()
    assert fit.skipped == 0
    assert far(fit, th.fit(x, "generalized_pareto")) <= 2 * np.sqrt(fit.newton_decrement) + 1e-3


def test_records_of_running_sums_are_checked():
    program = online._PROGRAM
    values, arrays = unpack(program, followed("weibull", rows_of("weibull")[:9000]).to_bytes())
    stream = values["stream"]
    past = [[1.0, 1.0], -1.0, [0.0, 0.0], [[1.0, 0.0], [0.0, 1.0]], 9.0, 9, 0.0]
    changes = [{"layout": 1}, {"theta": [1.0]}, {"theta": [1, -1]}, {"skipped": -1}]
    changes += [
        {"past": [*past[:place], bad, *past[place + 1 :]]}
        for place, bad in enumerate([0, "a", [1], [1, 2, 3], 0, 0, -1])
    ]
    wrong = [{}, *({**stream, **change} for change in changes)]
    for state in wrong:
        with pytest.raises(th.ParameterError):
            th.Online.from_bytes(pack(program, {**values, "stream": state}, arrays))
    for name in ("at", "sums", "x"):
        for array in (arrays[name][:0], np.ones(99_999)):
            with pytest.raises(th.ParameterError):
                th.Online.from_bytes(pack(program, values, {**arrays, name: array, "w": np.ones(3)}))
    good = th.Online.from_bytes(pack(program, {**values, "stream": {**stream, "past": past}}, arrays))
    assert good.rows == 9009
    assert told(good.fit_result())["status"] in ("approximate", "converged")
