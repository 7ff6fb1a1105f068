"""scikit-learn's SGDRegressor: mu alone.

Squared loss of y = x on a constant feature, no penalty: the coefficient makes the steps of mu with sigma
fixed at 1. There is no second parameter, and no division. In the race the rates are 1 / t, by which it is the
mean. For Student t there is no loss.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from contest import Case, Run
from jobs import RATE, race_of, stochastic
from race import Array, Theta, raced


@stochastic.enter("scikit-learn SGDRegressor, mu only", only=["batches of 1"], needs=["sklearn"])
def regressor(case: Case) -> Run:
    from sklearn.linear_model import SGDRegressor

    x, ones = case.x, np.ones((case.n, 1))
    model = SGDRegressor(
        penalty=None,
        learning_rate="constant",
        eta0=RATE,
        max_iter=case.epochs,
        tol=None,
        fit_intercept=False,
        random_state=0,
    )
    decay = (1 - RATE) ** (case.n * case.epochs)
    return Run(
        lambda: model.fit(ones, x).coef_, [x.mean() * (1 - decay)], case.n * case.epochs, tolerance=0.05
    )


def race(_: str, x: Array) -> Callable[[], Theta]:
    from sklearn.linear_model import SGDRegressor

    ones = np.ones((x.size, 1))
    model = SGDRegressor(
        penalty=None,
        learning_rate="invscaling",
        eta0=1.0,
        power_t=1.0,
        max_iter=1,
        tol=None,
        shuffle=False,
        fit_intercept=False,
    )
    return lambda: tuple(model.fit(ones, x).coef_)


race_of["normal"].enter("scikit-learn SGDRegressor, mu only", needs=["sklearn"])(
    partial(raced, family="normal", prepare=race)
)
