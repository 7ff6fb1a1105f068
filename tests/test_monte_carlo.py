"""Many samples, with seeds that never change; `monte_carlo.py` as a script takes more, and fresh ones."""

import monte_carlo
import numpy as np
import pytest
from monte_carlo import answers_found, ascents_found, bad, found
from wrong_estimators import EXAMPLE, SUBTLE, WRONG_ANSWERS, WRONG_ASCENTS, of_few_rows, of_many_rows

import thetahat as th

ROWS, RUNS = 2000, 1000
MANY_RUNS = 10_000
SUBTLE_RUNS = 5000  # as many as tell standard errors that are a tenth off
ANSWERED = 400  # samples whose fits are asked for more
ASCENTS, MISTAKEN = 120, 25  # of as many rows as the script takes: in few, the pilot is everything


def generator(family):
    return np.random.default_rng(list(family.encode()))


def test_fits_to_many_samples(family):
    """The library is in every band; with a mistake in what it says it leaves one, if need be in more runs."""
    rng, simulated, unseen = generator(family), [], ["all"]
    while unseen and len(simulated) * RUNS < MANY_RUNS:
        simulated.append(monte_carlo.simulate(family, RUNS, ROWS, rng))
        right, *wrong = (monte_carlo.joined(same) for same in zip(*simulated, strict=True))
        seen = [bad(found(family, with_it)) for with_it in wrong]
        unseen = [name for name, by in zip(of_many_rows(family), seen, strict=True) if not by]
    assert bad(found(family, right)) == []
    assert unseen == []


def test_mistakes_that_many_runs_tell():
    rng, parts = generator(EXAMPLE), []
    for samples in monte_carlo.draw_in_parts(EXAMPLE, SUBTLE_RUNS, ROWS, rng):
        right = monte_carlo.look(EXAMPLE, samples)
        parts.append([plant(right, samples) for plant in SUBTLE.values()])
    wrong = map(monte_carlo.joined, zip(*parts, strict=True))
    assert [name for name, runs in zip(SUBTLE, wrong, strict=True) if not bad(found(EXAMPLE, runs))] == []


@pytest.mark.parametrize("family", [*filter(monte_carlo.has_exact_laws, th.families())])
def test_exact_laws_and_a_divisor_of_n_less_one(family):
    theta = monte_carlo.few_rows(family, MANY_RUNS, generator(family))
    assert bad(monte_carlo.exact_laws(family, theta)) == []
    for mistake, statistics in monte_carlo.wrong_in_few_rows(family, theta).items():
        assert bad(statistics), mistake


@pytest.mark.parametrize("family", monte_carlo.ANSWERING)
def test_answers_about_many_samples(family):
    """Profile intervals, tests and quantiles; a mistake in the answers leaves a band."""
    answers = monte_carlo.answer_all(family, ANSWERED, ROWS, generator(family))
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
    assert bad(ascents_found(family, *ascend(family, MISTAKEN, WRONG_ASCENTS[mistake])))


def ascend(family, runs, *ascents):
    return monte_carlo.ascend_all(family, runs, monte_carlo.ROWS, generator(family), *ascents)


def test_there_are_mistakes_in_every_family():
    """And ones that few rows tell only where the reference has the exact laws that notice them."""
    assert [family for family in th.families() if not of_many_rows(family)] == []
    told = set(filter(monte_carlo.has_exact_laws, th.families()))
    assert {family for family in th.families() if of_few_rows(family)} <= told
