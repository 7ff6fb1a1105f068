"""The ascent that needs no tuning on rows that are far out: more epochs undo nothing."""

import itertools

import numpy as np
import pytest
from outliers import EPOCHS, FAMILIES, KINDS, NEAR, ends, good, sample
from turns import in_turn

import thetahat as th


@in_turn("kind", KINDS)
@pytest.mark.parametrize("family", FAMILIES)
def test_more_epochs_undo_nothing(family, kind):
    assert good(ends(family, sample(kind, family, 10_000, 1), EPOCHS, 0))


HEAVY = {
    "gumbel": lambda rng, n: rng.standard_t(4, n),
    "normal": lambda rng, n: rng.pareto(2.2, n),
    "rayleigh": lambda rng, n: rng.lognormal(0, 2.3, n),
    "logistic": lambda rng, n: rng.standard_cauchy(n),
}


@pytest.mark.parametrize("n", [20_000, 200_000])
@pytest.mark.parametrize("family", HEAVY)
def test_ten_epochs_end_at_the_maximum_of_heavy_tailed_rows(family, n):
    x = HEAVY[family](np.random.default_rng(n), n)
    one, _, ten = (th.fit(x, family, method=th.SGD(epochs=epochs), rng=0) for epochs in EPOCHS)
    best = th.fit(x, family, cov="sandwich")
    assert (np.abs((ten.theta - best.theta) / best.stderr) < NEAR).all()
    assert ten.newton_decrement <= max(one.newton_decrement, 1e-12)


@pytest.mark.parametrize("batch_size", [1, 10, 2000])
@pytest.mark.parametrize("implicit", [False, True])
def test_batches_and_implicit_steps_undo_nothing(batch_size, implicit):
    x = np.random.default_rng(0).standard_t(4, 10_000)
    method = {"batch_size": batch_size, "implicit": implicit}
    fits = [th.fit(x, "gumbel", method=th.SGD(epochs=epochs, **method), rng=0) for epochs in EPOCHS]
    found = [fit.log_likelihood for fit in fits]
    assert found == sorted(found)
    assert fits[-1].status == "converged"


def test_an_epoch_that_none_after_it_verifies_is_not_worse_than_the_one_before():
    """Impossible rows: the end of the support moves; the last step of each ascent is a guess."""
    x = np.random.default_rng(0).standard_t(4, 20_000)
    fits = [th.fit(x, "gev", method=th.SGD(epochs=epochs), rng=0) for epochs in range(1, 9)]
    found = [fit.log_likelihood for fit in fits]
    assert all(later >= earlier - 0.01 for earlier, later in itertools.pairwise(found))


@pytest.mark.parametrize("weighted", [False, True])
def test_rows_that_a_theta_makes_impossible_are_not_left_out(weighted):
    """Their densities overflow at the maximum of the pilot."""
    x = np.random.default_rng(0).gumbel(0, 1, 20_000)
    x[15_000] = -800.0
    weights = np.random.default_rng(1).choice([0.5, 1.0, 2.0], x.size) if weighted else None
    best = th.fit(x, "gumbel", weights=weights)
    fit = th.fit(x, "gumbel", method=th.SGD(epochs=10, shuffle=None), weights=weights)
    assert fit.n == best.n
    np.testing.assert_allclose(fit.theta, best.theta, rtol=1e-6)


def test_a_stream_follows_rows_that_are_far_out():
    """Each row once: as far as one epoch goes; its decrement tells how far that is."""
    rng = np.random.default_rng(0)
    x = rng.standard_t(4, 50_000)
    for family in ("student_t", "logistic"):
        x[rng.choice(x.size, 250, replace=False)] *= 100
        fit, best = th.Online(family).partial_fit(x).fit_result(), th.fit(x, family, cov="sandwich")
        assert (np.abs((fit.theta - best.theta) / best.stderr) < NEAR).all()
