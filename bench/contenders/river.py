"""river, a row at a time: its running mean and variance, which are the normal law's maximum.

It has no Student t, nor a loss for it: its optimiser is given the Fisher-scaled score, written by hand.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from fisher import student_t_steps
from jobs import race_of
from race import T0, Array, Theta, enter, raced, rough


def gaussian(_: str, x: Array) -> Callable[[], Theta]:
    from river.proba import Gaussian

    values = x.tolist()

    def call() -> Theta:
        law = Gaussian()
        for value in values:
            law.update(value)
        return law.mu, law.sigma

    return call


def variance(_: str, x: Array) -> Callable[[], Theta]:
    from river.stats import Var

    def call() -> Theta:
        var = Var(ddof=0)
        var.update_many(x)
        return var.mean.get(), math.sqrt(var.get())

    return call


for name, prepare in (
    ("river proba.Gaussian", gaussian),
    ("river stats.Var, update_many of all rows", variance),
):
    race_of["normal"].enter(name, needs=["river"])(partial(raced, family="normal", prepare=prepare))

REFRESHED = 100  # rows for which the information stays as it is


def optimiser(family: str, x: Array, t0: int) -> Callable[[], Theta]:
    from river.optim import SGD
    from river.optim.schedulers import InverseScaling

    values = x.tolist()

    def call() -> Theta:
        mu, sigma, nu = rough(family, x)
        theta = {"mu": mu, "log_sigma": math.log(sigma), "log_nu": math.log(nu)}
        optimizer = SGD(InverseScaling(1.0, power=1.0))
        optimizer.n_iterations = t0
        for t, value in enumerate(values):
            mu, sigma, nu = theta["mu"], math.exp(theta["log_sigma"]), math.exp(theta["log_nu"])
            if t % REFRESHED == 0:
                c, s_mu, s_sigma, s_both, s_nu = student_t_steps(nu)
            z = (value - mu) / sigma
            v = 1 + z * z / nu
            zw = (nu + 1) / nu * z / v
            g_sigma, g_nu = z * zw - 1, (c - nu * math.log(v) + z * zw) / 2
            step = {
                "mu": -s_mu * sigma * zw,
                "log_sigma": -s_sigma * g_sigma - s_both * g_nu,
                "log_nu": -s_both * g_sigma - s_nu * g_nu,
            }
            optimizer.step(theta, step)
        return theta["mu"], math.exp(theta["log_sigma"]), math.exp(theta["log_nu"])

    return call


enter("student_t", "river optim.SGD, of scores by hand", optimiser, T0, 100, needs=["river"])
