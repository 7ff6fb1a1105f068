"""The ascent that needs no tuning: how near it ends to the maximum, in standard errors, and what it says."""

import numpy as np
import pyarrow as pa
import pytest
from conftest import CASES, Case
from monte_carlo import LEVEL, bad, coverages
from scipy import stats
from scipy.signal import lfilter
from turns import InTurn, in_turn

import thetahat as th
from thetahat.families import find_family
from thetahat.reference import Likelihood
from thetahat.reference.order import WINDOW
from thetahat.solvers.pilot import PILOT_ROWS

TUNED = th.SGD()
NEAR = 0.15  # rms distance to the maximum, in standard errors, of fits to 2e4 rows
ROWS, RUNS = 20_000, 25
MANY_ROWS, FEW_RUNS = 200_000, 6


def bound_of(case):
    """How near an ascent ends: less near where the score has tails so heavy that it takes larger samples."""
    return getattr(case.reference.family, "SGD_ENDS", {}).get(case.theta, NEAR)


ASCENDING = [case for case in (Case(*c) for c in CASES) if case.ascends]
FIRSTS = [case for case in ASCENDING if case.theta == case.reference.family.THETAS[0]]
HEAVIEST = [case for case in ASCENDING if bound_of(case) != NEAR]
SOME = [case for case in FIRSTS if case.family in ("normal", "gamma", "student_t")]


def of(cases):
    """A test of these, those of a family in turn."""
    families = {}
    for case in cases:
        families.setdefault(case.family, []).append(case)
    return pytest.mark.parametrize("case", [*map(InTurn, families.values())], ids=families)


def law(case):
    name, settings = case.description.scipy(*case.theta)
    return getattr(stats, name)(**settings)


def generator(case):
    return np.random.default_rng(list(repr(case).encode()))


def drawn(case, n, runs=1):
    """Samples of n rows, one after the other."""
    rng, frozen = generator(case), law(case)
    for _ in range(runs):
        yield frozen.rvs(n, random_state=rng).astype(np.float64)


def ascended(x, family, seed=0, method=TUNED, **options):
    return th.fit(x, family, method=method, rng=seed if method.draws else None, **options)


def apart(fit, best):
    """The distance of a fit to the maximum, in standard errors of what is not fixed."""
    free = best.stderr > 0
    return (fit.theta - best.theta)[free] / best.stderr[free]


def missing(fit, best):
    """Twice the log-likelihood that a fit lacks, as its Newton decrement should say."""
    return 2 * (best.log_likelihood - fit.log_likelihood)


def rms(distances):
    return np.sqrt(np.mean(np.square(distances), axis=0))


def distances(family, samples, method=TUNED, **options):
    """The rms distance by parameter over samples, each ascended with another seed."""
    return rms(
        [
            apart(ascended(x, family, seed, method, **options), th.fit(x, family, **options))
            for seed, x in enumerate(samples)
        ]
    )


@of(ASCENDING)
def test_it_ends_near_the_maximum(case):
    assert (distances(case.family, drawn(case, ROWS, RUNS)) < bound_of(case)).all()


@of(FIRSTS)
def test_it_ends_nearer_in_a_larger_sample(case):
    far = rms(distances(case.family, drawn(case, MANY_ROWS, FEW_RUNS)))
    assert far < max(0.01, rms(distances(case.family, drawn(case, ROWS, RUNS))))


@of(HEAVIEST)
def test_heavy_tails_take_larger_samples(case):
    """Most ascents then end as near; of one that does not, the decrement says so."""
    fits = [(ascended(x, case.family), th.fit(x, case.family)) for x in drawn(case, MANY_ROWS, 2 * FEW_RUNS)]
    assert np.median([np.abs(apart(*pair)).max() for pair in fits]) < NEAR
    for fit, best in fits:
        assert abs(fit.newton_decrement - missing(fit, best)) < 0.1 * fit.newton_decrement


@of(ASCENDING)
def test_what_it_says_is_what_the_maximum_says(case):
    (x,) = drawn(case, ROWS)
    best, fit = th.fit(x, case.family), ascended(x, case.family)
    assert (fit.status, fit.n, fit.rows, fit.epochs) == ("max_epochs", ROWS, ROWS, 1)
    np.testing.assert_allclose(fit.stderr, best.stderr, rtol=0.03)
    assert fit.log_likelihood == pytest.approx(th.log_likelihood(x, case.family, fit.theta), rel=1e-13)
    assert 0 <= missing(fit, best) < 0.1
    if case.regular:
        assert abs(fit.newton_decrement - missing(fit, best)) < 0.03 * fit.newton_decrement + 1e-7


@in_turn("weighted", [False, True])
@of(ASCENDING)
def test_polish_is_exact(case, weighted):
    (x,) = drawn(case, ROWS)
    options = {"weights": generator(case).uniform(0.5, 2.0, ROWS)} if weighted else {}
    best = th.fit(x, case.family, **options)
    fit = ascended(x, case.family, method=th.SGD(polish=True), **options)
    assert fit.status == "converged"
    assert fit.newton_decrement <= 1e-12
    assert (np.abs(apart(fit, best)) < 1e-9).all()
    np.testing.assert_allclose(fit.stderr, best.stderr, rtol=1e-6)


@pytest.mark.parametrize("shuffle", ["rows", "batches", None])
@pytest.mark.parametrize("batch_size", [1, 10, 100, 1000])
@of(SOME)
def test_batches_and_shuffles_change_no_distance(case, batch_size, shuffle):
    method = th.SGD(batch_size=batch_size, shuffle=shuffle)
    assert (distances(case.family, drawn(case, ROWS, 12), method) < NEAR).all()


@pytest.mark.parametrize("weighted", [False, True])
@of(SOME)
def test_large_batches_that_are_spread_change_no_distance(case, weighted):
    options = {"weights": generator(case).uniform(0.5, 2.0, ROWS)} if weighted else {}
    method = th.SGD(shuffle="spread")
    assert (distances(case.family, drawn(case, ROWS, 12), method, **options) < NEAR).all()


@in_turn("n", [4097, 5119, 5120, 5121, 20_011])
@pytest.mark.parametrize("batch_size", [1, 7, 1000])
@of(SOME)
def test_samples_of_no_round_size(case, batch_size, n):
    """Where the last batch is short, and the last rows that stock is taken of are few."""
    method = th.SGD(batch_size=batch_size)
    assert (distances(case.family, drawn(case, n, 5), method) < NEAR).all()


# Rows that lie in an order, and what the shuffle of windows makes of it.


def autocorrelated(rng, n, phi=0.999):
    """Rows in the order of time, each near the one before."""
    noise = rng.normal(0, np.sqrt(1 - phi**2), n)
    noise[0] = rng.normal()
    return lfilter([1], [1, -phi], noise)


def grouped(rng, n):
    """Twenty groups of other means, one after the other."""
    return np.repeat(rng.normal(size=20), n // 20) + rng.normal(size=n // 20 * 20)


def halves(rng, n):
    """One half ascends, the other descends."""
    return np.concatenate([np.sort(rng.normal(size=n // 2)), -np.sort(rng.normal(size=n // 2))])


def periodic(period):
    """Rows that ascend within each period, and from one to the next."""
    return lambda rng, n: np.sort(rng.normal(size=n)).reshape(period, -1).T.ravel()


ARRANGED = {"sorted": lambda rng, n: np.sort(rng.normal(size=n)), "time": autocorrelated, "groups": grouped}
PERIODS = {f"period {period}": periodic(period) for period in (8, 16, 64, 2000)}
MORE_ARRANGED = ARRANGED | {"halves": halves} | PERIODS


def arranged(how, n, runs=10):
    return [MORE_ARRANGED[how](np.random.default_rng([seed, n]), n) for seed in range(runs)]


@pytest.mark.parametrize("how", ARRANGED)
def test_what_fits_a_window_may_lie_in_any_order(how):
    assert (distances("normal", arranged(how, WINDOW)) < NEAR).all()


@pytest.mark.parametrize("how", MORE_ARRANGED)
def test_a_long_sample_may_lie_in_any_order(how):
    assert (distances("normal", arranged(how, MANY_ROWS)) < 0.05).all()


@pytest.mark.parametrize("how", ARRANGED)
def test_other_orders_of_a_long_sample_end_farther_away(how):
    """Windows of 2048 runs hold whole neighbourhoods, not single draws. In no order it ends nowhere near."""
    samples = arranged(how, MANY_ROWS)
    assert (distances("normal", samples, th.SGD(shuffle="rows")) < 0.3).all()
    assert (distances("normal", samples, th.SGD(shuffle="batches", batch_size=32)) < 0.6).all()
    assert (distances("normal", samples, th.SGD(shuffle=None)) > 3).all()


# Where the family is not the truth: its maximum has a place in large samples all the same. A law with five
# moments or more, so that sums of squared scores have one too.
def mixture(rng, n):
    return rng.normal(0, np.where(rng.random(n) < 0.1, 5, 1))


def counts_of_two_kinds(rng, n):
    return rng.poisson(np.where(rng.random(n) < 0.3, 10.0, 2.0)).astype(float)


NOT_THE_TRUTH = {
    "normal": lambda rng, n: rng.standard_t(5, n),
    "gamma": lambda rng, n: rng.lognormal(size=n),
    "weibull": lambda rng, n: rng.lognormal(size=n),
    "exponential": lambda rng, n: rng.lognormal(size=n),
    "inverse_gaussian": lambda rng, n: rng.gamma(2.0, size=n),
    "student_t": mixture,
    "logistic": mixture,
    "gumbel": lambda rng, n: rng.gamma(2.0, size=n),
    "poisson": lambda rng, n: rng.negative_binomial(2, 0.3, n).astype(float),
    "negative_binomial": counts_of_two_kinds,
    "von_mises": lambda rng, n: 0.5 * rng.standard_t(3, n),
    "beta": lambda rng, n: rng.random(n) ** 2,
}


@pytest.mark.parametrize("family", NOT_THE_TRUTH)
def test_it_ends_near_the_maximum_of_a_family_that_is_not_the_truth(family):
    rng = np.random.default_rng(list(family.encode()))
    samples = [NOT_THE_TRUTH[family](rng, ROWS) for _ in range(12)]
    assert (distances(family, samples, cov="sandwich") < NEAR).all()


# The parameters that the maximum goes to: of each family those with the truth's mean, and the other moment.
LIMITS = {
    "normal": [0.0, np.sqrt(5 / 3)],
    "poisson": [2 * 0.7 / 0.3],
}


@pytest.mark.parametrize("family", LIMITS)
def test_the_sandwich_covers_where_the_family_is_not_the_truth(family):
    """As often as its level says; the information does not."""
    rng, limits = np.random.default_rng(list(family.encode())), {"sandwich": [], "information": []}
    for seed in range(400):
        x = NOT_THE_TRUTH[family](rng, ROWS)
        for cov, found in limits.items():
            found.append(ascended(x, family, seed, cov=cov).confint(LEVEL))
    truth, names = np.array(LIMITS[family]), find_family(family).names
    assert bad(coverages("coverage", np.array(limits["sandwich"]), truth, names)) == []
    assert bad(coverages("coverage", np.array(limits["information"]), truth, names))


@of(SOME)
def test_integer_weights_end_as_near_as_repeated_rows(case):
    by_weight, repeated = [], []
    for seed, x in enumerate(drawn(case, ROWS, 12)):
        w = np.random.default_rng(seed).integers(0, 4, ROWS)
        best, fit = th.fit(x, case.family, weights=w), ascended(x, case.family, seed, weights=w)
        assert (fit.n, fit.rows) == (w.sum(), np.count_nonzero(w))
        by_weight.append(apart(fit, best))
        repeated.append(apart(ascended(np.repeat(x, w), case.family, seed), best))
    assert (rms(by_weight) < NEAR).all()
    assert (rms(repeated) < NEAR).all()


@pytest.mark.parametrize("method", [TUNED, th.SGD(shuffle="spread")], ids=str)
@of(SOME)
def test_where_rows_lie_and_threads_change_no_bit(case, method):
    (x,) = drawn(case, ROWS)
    x = x.astype(np.float32)
    table = np.zeros((ROWS, 3), np.float32)
    table[:, 1] = x
    fit = ascended(x.astype(float), case.family, method=method)
    masked = np.ma.array(np.append(x, np.full(99, 5.0)), mask=np.arange(ROWS + 99) >= ROWS)
    chunked = pa.chunked_array([x[:7], x[7:5000], x[5000:]])
    for rows in (x, table[:, 1], x[::-1].copy()[::-1], x.astype(">f4"), masked, chunked):
        assert bits_of(ascended(rows, case.family, method=method)) == bits_of(fit)
    for threads in (1, 2, 5):
        assert bits_of(ascended(x, case.family, method=method, threads=threads)) == bits_of(fit)
    weighted = ascended(x, case.family, method=method, weights=np.ones(ROWS))
    assert weighted.theta == pytest.approx(fit.theta, rel=1e-9)


def bits_of(fit):
    return fit.theta.tolist(), fit.cov.tolist(), fit.log_likelihood, fit.newton_decrement


@in_turn("k", [-300, -3, 40, 400])
@of([case for case in ASCENDING if case.dimension])
def test_it_scales_with_the_sample(case, k):
    """The ascent of 2^k x is 2^k times that of x, bit for bit."""
    (x,) = drawn(case, 6000)
    fit, scaled = ascended(x, case.family), ascended(np.ldexp(x, k), case.family)
    assert scaled.theta.tolist() == np.ldexp(fit.theta, k * np.array(case.dimension)).tolist()


@pytest.mark.parametrize(
    ("family", "fixed"),
    [
        ("student_t", {"nu": 4}),
        ("student_t", {"mu": 0.1, "sigma": 1.1}),
        ("normal", {"sigma": 2}),
        ("gamma", {"shape": 2}),
        ("laplace", {"b": 1.0}),
    ],
)
def test_fixed_parameters_stay_and_the_others_end_near(family, fixed):
    case = Case(family, Likelihood(family).family.THETAS[0])
    assert (distances(family, drawn(case, ROWS, 12), fixed=fixed) < NEAR).all()
    (x,) = drawn(case, ROWS)
    fit = ascended(x, family, fixed=fixed)
    assert {name: fit.params[name] for name in fixed} == fixed


@in_turn("n", [1, 2, 5, 100, 1000, PILOT_ROWS])
@of(FIRSTS)
def test_a_sample_no_larger_than_the_pilot_is_fitted_exactly(case, n):
    """Where it has no maximum, the error is that of the exact fit."""
    x = case.sample(n)
    try:
        best = th.fit(x, case.family)
    except th.NoMaximumError:
        with pytest.raises(th.NoMaximumError, match=rf"of these {n} row\(s\)"):
            ascended(x, case.family)
    else:
        fit = ascended(x, case.family)
        assert (np.abs(apart(fit, best)) < 1e-9).all()
        np.testing.assert_allclose(fit.stderr, best.stderr, rtol=1e-9)


@pytest.mark.parametrize("n", [5, 5000, 20_000])
@pytest.mark.parametrize("family", ["normal", "gamma", "student_t", "laplace", "negative_binomial", "beta"])
def test_equal_rows_have_no_maximum(family, n):
    with pytest.raises(th.NoMaximumError, match=rf"of these {n} row\(s\)"):
        ascended(np.full(n, 0.5 if family == "beta" else 3.0), family)


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_a_pilot_takes_all_rows_where_it_must_and_none_twice(batch_size):
    """The one row that is not 0 comes last: only all of them have a maximum."""
    x = np.append(np.zeros(5999), 1.0)
    fit = ascended(x, "poisson", method=th.SGD(shuffle=None, batch_size=batch_size))
    assert fit.theta == pytest.approx(1 / 6000, rel=1e-12)


def test_a_pilot_without_a_maximum_takes_more_rows():
    """Of rows in order, 5000 equal ones come first: it ends far from the maximum, as the decrement shows."""
    x = np.concatenate([np.full(5000, 1.0), np.random.default_rng(0).normal(1, 2, 15_000)])
    fit, best = ascended(x, "normal", method=th.SGD(shuffle=None)), th.fit(x, "normal")
    assert abs(fit.newton_decrement - missing(fit, best)) < 0.2 * fit.newton_decrement
    assert (np.abs(apart(ascended(x, "normal"), best)) < NEAR).all()


@pytest.mark.parametrize("place", [5000, ROWS - 1])
@pytest.mark.parametrize("family", ["normal", "logistic", "gumbel", "laplace", "exponential", "gamma"])
def test_one_row_far_out_takes_it_along(family, place):
    """One epoch goes a part of the way to the maximum, as the decrement shows; polish ends there."""
    case = Case(family, Likelihood(family).family.THETAS[0])
    (x,) = drawn(case, ROWS)
    without = th.fit(x, family)
    x[place] = 1e6 * np.std(x)
    best = th.fit(x, family)
    fits = [ascended(x, family, method=th.SGD(shuffle=None, epochs=epochs)) for epochs in (1, 2, 10)]
    found = [th.log_likelihood(x, family, without.theta), *(fit.log_likelihood for fit in fits)]
    assert found == sorted(found)
    assert 0.2 * missing(fits[0], best) < fits[0].newton_decrement
    polished = ascended(x, family, method=th.SGD(shuffle=None, polish=True))
    assert (np.abs(apart(polished, best)) < 1e-9).all()


def test_a_robust_family_hardly_heeds_one_row_far_out():
    x = np.random.default_rng(0).standard_t(4, ROWS)
    x[5000] = 1e6
    fit, best = ascended(x, "student_t", method=th.SGD(shuffle=None)), th.fit(x, "student_t")
    assert (np.abs(apart(fit, best)) < 2 * NEAR).all()


@pytest.mark.parametrize("mu", [-3.1, 0.0, 3.1])
def test_angles_have_no_first_turn(mu):
    rng = np.random.default_rng(0)
    x = rng.vonmises(mu, 5.0, ROWS)
    fit, best = ascended(x, "von_mises"), th.fit(x, "von_mises")
    turned = ascended(x + 2 * np.pi * rng.integers(-3, 4, ROWS), "von_mises")
    assert (np.abs(apart(fit, best)) < NEAR).all()
    np.testing.assert_allclose(turned.theta, fit.theta, rtol=1e-9)


@pytest.mark.parametrize("family", ["normal", "student_t"])
@pytest.mark.parametrize("shuffle", ["rows", "batches", None])
@pytest.mark.parametrize("place", [3000, 9000])
def test_a_row_that_is_none_is_named_by_its_place(family, shuffle, place):
    x = np.random.default_rng(0).standard_t(4, 10_000)
    x[place] = np.nan
    rng = None if shuffle is None else 0
    with pytest.raises(th.SampleError, match=f"holds 1 value.* index {place}"):
        th.fit(x, family, method=th.SGD(shuffle=shuffle), rng=rng)
