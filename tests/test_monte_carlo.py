"""Many samples, with seeds that never change; `monte_carlo.py` as a script takes more, and fresh ones."""

import monte_carlo
import numpy as np
import pytest
from monte_carlo import answers_found, ascents_found, bad, found
from wrong_estimators import DIVISOR, WRONG, WRONG_ANSWERS, WRONG_ASCENTS

import thetahat as th

ROWS, RUNS = 4000, 2000
MANY_RUNS = 10_000
ASCENTS = 200  # of as many rows as the script takes: in few, the pilot is everything
SUBTLE = {  # mistakes that fewer runs do not tell: standard errors 10 % off, moments nearly as good
    "exponential": MANY_RUNS,
    "beta": MANY_RUNS,
    "negative_binomial": 2 * RUNS,
}


def generator(family):
    return np.random.default_rng(list(family.encode()))


def test_fits_to_many_samples(family):
    """The library is in every band; with a mistake in what it says it leaves one."""
    right, *wrong = monte_carlo.simulate(family, SUBTLE.get(family, RUNS), ROWS, generator(family))
    assert bad(found(family, right)) == []
    for mistake, runs in zip(WRONG[family], wrong, strict=True):
        assert bad(found(family, runs)), mistake


@pytest.mark.parametrize("family", monte_carlo.EXACT)
def test_exact_laws_and_a_divisor_of_n_less_one(family):
    theta = monte_carlo.few_rows(family, MANY_RUNS, generator(family))
    assert bad(monte_carlo.exact_laws(family, theta)) == []
    if family in DIVISOR:
        assert bad(monte_carlo.exact_laws(family, theta * DIVISOR[family](monte_carlo.FEW_ROWS)))


@pytest.mark.parametrize("family", monte_carlo.ANSWERING)
def test_answers_about_many_samples(family):
    """Profile intervals, tests and quantiles; a mistake in the answers leaves a band."""
    answers = monte_carlo.answer_all(family, RUNS, ROWS, generator(family))
    assert bad(answers_found(family, answers)) == []
    for mistake, plant in WRONG_ANSWERS.items():
        assert bad(answers_found(family, plant(answers))), mistake


@pytest.mark.parametrize("family", [*filter(monte_carlo.ascends, th.families())])
def test_ascents_of_many_samples(family):
    """They cover, vary and end as told."""
    assert bad(ascents_found(family, *ascend(family, ASCENTS, monte_carlo.tuned))) == []


@pytest.mark.parametrize("mistake", WRONG_ASCENTS)
@pytest.mark.parametrize("family", monte_carlo.TELLING)
def test_ascents_with_a_mistake_leave_a_band(family, mistake):
    assert bad(ascents_found(family, *ascend(family, ASCENTS // 8, WRONG_ASCENTS[mistake])))


def ascend(family, runs, *ascents):
    return monte_carlo.ascend_all(family, runs, monte_carlo.ROWS, generator(family), *ascents)


def test_there_are_mistakes_of_many_kinds_and_in_every_family():
    assert set(WRONG) == set(th.families())
    assert sum(map(len, WRONG.values())) + len(DIVISOR) >= 20
    assert len(WRONG_ASCENTS) >= 8
