"""The ascent that needs no tuning: how near it ends to the maximum, in standard errors, and what it says."""

import numpy as np
import pytest
from conftest import CASES, Case, named
from scipy import stats

import thetahat as th
from thetahat.solvers.sgd import pilot_rows

NEAR = 0.15  # rms distance to the maximum, in standard errors, of fits to 2e4 rows
ROWS, RUNS = 20_000, 25
MANY_ROWS, FEW_RUNS = 200_000, 8

# Two laws have scores with tails so heavy that an ascent ends as near only in larger samples. Rows near the
# end of a generalized Pareto's support say more of its shape than all others, and steps of bounded length
# cannot follow them: a row's score has no fourth moment from a shape of -1/4 down, and its information no
# variance. An inverse Gaussian with a shape of mu / 80 has a coefficient of variation of 9: its mean rests on
# a few hundred of 2e4 rows.
HEAVY = {
    ("generalized_pareto", (-0.25, 1e3)): 1.0,
    ("inverse_gaussian", (40.0, 0.5)): 0.3,
}
FARTHEST = {case: bound / 3 for case, bound in HEAVY.items()}  # in MANY_ROWS

ASCENDING = [case for case in (Case(*c) for c in CASES) if case.ascends]
FIRSTS = [case for case in ASCENDING if case.theta == case.reference.family.THETAS[0]]
SOME = [case for case in FIRSTS if case.family in ("normal", "gamma", "student_t")]


def of(cases):
    return pytest.mark.parametrize("case", cases, ids=named)


def law(case):
    name, settings = case.description.scipy(*case.theta)
    return getattr(stats, name)(**settings)


def generator(case):
    return np.random.default_rng(list(named(case).encode()))


def drawn(case, n, runs=1):
    """Samples of n rows, one after the other."""
    rng, frozen = generator(case), law(case)
    for _ in range(runs):
        yield frozen.rvs(n, random_state=rng).astype(np.float64)


def climbed(x, family, seed=0, method=th.SGD(), **options):
    return th.fit(x, family, method=method, rng=seed if method.draws else None, **options)


def apart(fit, best):
    """The distance of a fit to the maximum, in standard errors of what is not fixed."""
    free = best.stderr > 0
    return (fit.theta - best.theta)[free] / best.stderr[free]


def rms(distances):
    return np.sqrt(np.mean(np.square(distances), axis=0))


def distances(family, samples, method=th.SGD(), **options):
    """The rms distance by parameter over samples, each ascended with another seed."""
    return rms(
        [
            apart(climbed(x, family, seed, method, **options), th.fit(x, family, **options))
            for seed, x in enumerate(samples)
        ]
    )


@of(ASCENDING)
def test_it_ends_near_the_maximum(case):
    bound = HEAVY.get((case.family, case.theta), NEAR)
    assert (distances(case.family, drawn(case, ROWS, RUNS)) < bound).all()


@of([*FIRSTS, *(Case(*case) for case in HEAVY)])
def test_it_ends_nearer_in_a_larger_sample(case):
    far = distances(case.family, drawn(case, MANY_ROWS, FEW_RUNS))
    assert (far < FARTHEST.get((case.family, case.theta), 0.1)).all()
    assert rms(far) < rms(distances(case.family, drawn(case, ROWS, RUNS)))


@of(ASCENDING)
def test_what_it_says_is_what_the_maximum_says(case):
    """Standard errors, log-likelihood and L; where the ascent ends far from the maximum, L tells."""
    heavy = (case.family, case.theta) in HEAVY
    (x,) = drawn(case, ROWS)
    best, fit = th.fit(x, case.family), climbed(x, case.family)
    assert fit.status == "stopped"
    assert (fit.n, fit.rows, fit.epochs) == (ROWS, ROWS, 1)
    np.testing.assert_allclose(fit.stderr, best.stderr, rtol=0.3 if heavy else 0.1)
    away = best.log_likelihood - th.log_likelihood(x, case.family, fit.theta)
    assert 0 <= away < 0.5 * p_bound(case)
    assert fit.L == pytest.approx(2 * away, rel=0.25, abs=2e-3)
