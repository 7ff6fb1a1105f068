"""Laws of samples drawn at random: portions, sums, bytes, maxima, scales and mirrors."""

from functools import reduce

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tolerance import EPS

import thetahat as th

ROUNDING = 16  # rounding errors that a sum may cost, as in test_laws

law = settings(deadline=None, max_examples=100, derandomize=True)

VALUES = st.one_of(
    st.integers(-9, 9).map(float),
    st.floats(-1e6, 1e6).map(lambda v: v if abs(v) > 1e-100 else 0.0),
    st.floats(1e9, 1e9 + 1),
)


@st.composite
def samples(draw):
    """Up to 60 values, repeated in turn to any length, with a far one here and there."""
    values = draw(st.lists(VALUES, min_size=1, max_size=60))
    return np.resize(values, draw(st.integers(1, 5000)))


@st.composite
def portions(draw, x):
    """The sample cut anywhere, also into nothing."""
    return np.split(x, sorted(draw(st.lists(st.integers(0, x.size), max_size=6))))


@st.composite
def summaries(draw):
    """A state reached by portions, additions and rows left out; also that of no rows."""
    parts = draw(st.lists(samples(), max_size=3))
    for x in parts:
        x[draw(st.integers(0, x.size - 1)) :: 7] = np.nan
    own = (th.Summary("normal").update(x, nan_policy="omit") for x in parts)
    total = reduce(th.Summary.__add__, own, th.Summary("normal"))
    return total.update(draw(samples())) if draw(st.booleans()) else total


def fitted(x):
    """The fit, or None where all rows are equal."""
    if x.min() == x.max():
        with pytest.raises(th.NoMaximumError):
            th.fit(x, "normal")
        return None
    return th.fit(x, "normal")


@law
@given(samples(), st.data())
def test_any_portions_give_the_bits_of_the_whole(x, data):
    summary = th.Summary("normal")
    for part in data.draw(portions(x)):
        summary.update(part)
    assert summary.to_bytes() == th.summarize(x, "normal").to_bytes()


@law
@given(samples(), st.data())
def test_sums_of_portions_agree_with_the_whole_to_rounding(x, data):
    parts = [th.Summary("normal").update(part) for part in data.draw(portions(x))]
    whole = fitted(x)
    for total in (reduce(th.Summary.__add__, parts), reduce(th.Summary.__add__, parts[::-1])):
        assert total.n == x.size
        if whole is not None:
            fit = total.fit()
            assert abs(fit.params["mu"] - whole.params["mu"]) <= ROUNDING * EPS * np.abs(x).mean()
            assert abs(fit.params["sigma"] - whole.params["sigma"]) <= ROUNDING * EPS * whole.params["sigma"]


@law
@given(summaries(), summaries())
def test_counts_add_in_either_order(s, t):
    for total in (s + t, t + s):
        assert (total.n, total.omitted) == (s.n + t.n, s.omitted + t.omitted)


@law
@given(summaries())
def test_bytes_hold_the_state(summary):
    record = summary.to_bytes()
    again = th.Summary.from_bytes(record)
    assert again.to_bytes() == record
    assert (again.family, again.n, again.omitted) == (summary.family, summary.n, summary.omitted)
    assert (again + again).to_bytes() == (summary + summary).to_bytes()


@law
@given(summaries(), st.data())
def test_any_changed_byte_or_lost_end_is_noticed(summary, data):
    record = summary.to_bytes()
    place, change = data.draw(st.integers(0, len(record) - 1)), data.draw(st.integers(1, 255))
    with pytest.raises(th.ParameterError):
        th.Summary.from_bytes(record[:place] + bytes([record[place] ^ change]) + record[place + 1 :])
    with pytest.raises(th.ParameterError):
        th.Summary.from_bytes(record[:place])


@law
@given(samples(), st.floats(-4, 4), st.floats(-2, 2))
def test_no_neighbour_is_likelier_than_the_fit(x, steps, log_ratio):
    """Beyond rounding: of the terms, and of mu itself, which counts where sigma is small beside it."""
    fit = fitted(x)
    assume(fit is not None)
    mu, sigma = fit.theta
    neighbour = mu + steps * fit.stderr[0], sigma * np.exp(log_ratio)
    of_terms = ROUNDING * EPS * x.size * (2 + abs(np.log(sigma)))
    of_mu = x.size * (ROUNDING * EPS * np.abs(x).mean() / sigma) ** 2
    assert th.log_likelihood(x, "normal", neighbour) <= fit.log_likelihood + of_terms + of_mu


@law
@given(samples(), st.integers(-60, 60))
def test_powers_of_two_scale_the_fit(x, k):
    fit, scaled = fitted(x), fitted(np.ldexp(x, k))
    if fit is not None:
        assert scaled.theta.tolist() == np.ldexp(fit.theta, k).tolist()
        assert scaled.stderr.tolist() == np.ldexp(fit.stderr, k).tolist()


@law
@given(samples())
def test_a_mirror_turns_mu_round(x):
    fit, mirrored = fitted(x), fitted(-x)
    if fit is not None:
        assert mirrored.theta.tolist() == (fit.theta * [-1, 1]).tolist()
        assert mirrored.stderr.tolist() == fit.stderr.tolist()
        assert mirrored.log_likelihood == fit.log_likelihood
