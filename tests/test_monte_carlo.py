"""Many samples, with seeds that never change; `monte_carlo.py` as a script takes more, and fresh ones."""

import monte_carlo
import numpy as np
import pytest
from wrong_estimators import DIVISOR, WRONG

ROWS, RUNS = 4000, 2000
RUNS_OF_SIMPLEST = 10_000  # a standard error that is 10 % off takes so many


def generator(family):
    return np.random.default_rng(list(family.encode()))


def bad(found):
    return [one for one in found if not one.good]


def test_fits_to_many_samples_and_mistakes_in_them(family):
    """The library is in every band; with a mistake it leaves one."""
    count = RUNS_OF_SIMPLEST if family == "exponential" else RUNS
    samples = monte_carlo.draw(family, count, ROWS, generator(family))
    runs = monte_carlo.look(family, samples)
    assert bad(monte_carlo.found(family, runs)) == []
    for mistake, plant in WRONG.get(family, {}).items():
        assert bad(monte_carlo.found(family, plant(runs, samples))), mistake


@pytest.mark.parametrize("family", monte_carlo.EXACT)
def test_exact_laws_and_a_divisor_of_n_less_one(family):
    theta = monte_carlo.few_rows(family, RUNS_OF_SIMPLEST, generator(family))
    assert bad(monte_carlo.exact_laws(family, theta)) == []
    assert bad(monte_carlo.exact_laws(family, theta * DIVISOR[family](monte_carlo.FEW_ROWS)))


def test_there_are_mistakes_of_many_kinds():
    assert sum(map(len, WRONG.values())) + len(DIVISOR) >= 20
