"""JAX, in float64, whole loops under jit."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from contest import Case, Run
from jobs import (
    FULL_RATE,
    HALF_LOG_2_PI,
    RATE,
    START,
    THETA,
    ascended,
    full_ascent,
    one_pass,
    stochastic,
    values,
)
from race import GRID, Array, Setting, Theta, enter, moved, rough


def load() -> Any:
    import jax

    jax.config.update("jax_enable_x64", True)
    return jax


def _log_likelihood(theta: Any, x: Any) -> Any:
    import jax

    return jax.scipy.stats.norm.logpdf(x, *theta).sum()


def _log_likelihood_by_hand(theta: Any, x: Any) -> Any:
    # With the division by sigma^2 outside the sum: several times faster than inside.
    import jax

    mu, sigma = theta
    d = x - mu
    return -(d * d).sum() / (2 * sigma**2) - x.size * (jax.numpy.log(sigma) + HALF_LOG_2_PI)


def evaluate(case: Case, log_likelihood: Callable[[Any, Any], Any]) -> Run:
    jax = load()
    x, theta = jax.numpy.asarray(case.x), tuple(map(jax.numpy.float64, THETA))
    both = jax.jit(jax.value_and_grad(log_likelihood))
    return Run(lambda: jax.block_until_ready(both(theta, x)), values(case), case.n)


one_pass.enter("JAX norm.logpdf, jit value_and_grad", threads=2, needs=["jax"])(
    partial(evaluate, log_likelihood=_log_likelihood)
)
one_pass.enter("JAX by hand, jit value_and_grad", threads=2, needs=["jax"])(
    partial(evaluate, log_likelihood=_log_likelihood_by_hand)
)


def _step(theta: Any, x: Any, rate: float) -> Any:
    import jax

    score = jax.grad(_log_likelihood_by_hand)(theta, x)
    return tuple(value + rate * slope for value, slope in zip(theta, score, strict=True))


@stochastic.enter("JAX lax.scan under jit", threads=2, needs=["jax"])
def scan(case: Case) -> Run:
    jax = load()
    batches = jax.numpy.asarray(case.x).reshape(-1, case.batch_size)

    def step(theta: Any, batch: Any) -> Any:
        return _step(theta, batch, RATE), None

    def epoch(theta: Any, key: Any) -> Any:
        return jax.lax.scan(step, theta, jax.random.permutation(key, batches))[0], None

    @jax.jit
    def ascend(key: Any) -> Any:
        start = tuple(map(jax.numpy.float64, START))
        return jax.lax.scan(epoch, start, jax.random.split(key, case.epochs))[0]

    key = jax.random.key(0)
    call = lambda: jax.block_until_ready(ascend(key))  # noqa: E731
    return Run(call, ascended(case, RATE), case.n * case.epochs, tolerance=0.01)


@full_ascent.enter("JAX by hand, lax.fori_loop, a pass per epoch", threads=2, needs=["jax"])
def gradient_ascent(case: Case) -> Run:
    jax = load()
    case = case._replace(epochs=min(case.epochs, 10))
    x, start = jax.numpy.asarray(case.x), tuple(map(jax.numpy.float64, START))

    @jax.jit
    def ascend(theta: Any, x: Any) -> Any:
        return jax.lax.fori_loop(0, case.epochs, lambda _, theta: _step(theta, x, FULL_RATE), theta)

    call = lambda: jax.block_until_ready(ascend(start, x))  # noqa: E731
    return Run(call, ascended(case, FULL_RATE), case.n * case.epochs)


# The race, with optax: the mean of -log f over a batch, without its constants. What is fitted is how far from
# the start the parameters are, in the units of `moved`, which makes all of them of one size.


def _normal_loss(by: Any, x: Any, start: Any) -> Any:
    import jax

    mu, log_sigma = start[0] + start[1] * by[0], jax.numpy.log(start[1]) + by[1]
    d = x - mu
    return (d * d).mean() / 2 * jax.numpy.exp(-2 * log_sigma) + log_sigma


def _student_t_loss(by: Any, x: Any, start: Any) -> Any:
    import jax

    gammaln, log = jax.scipy.special.gammaln, jax.numpy.log
    mu, log_sigma, nu = start[0] + start[1] * by[0], log(start[1]) + by[1], start[2] * jax.numpy.exp(by[2])
    d = x - mu
    mean = jax.numpy.log1p(d * d * (jax.numpy.exp(-2 * log_sigma) / nu)).mean()
    return (nu + 1) / 2 * mean + log_sigma + log(nu) / 2 + gammaln(nu / 2) - gammaln((nu + 1) / 2)


_LOSS = {"normal": _normal_loss, "student_t": _student_t_loss}


@cache
def _descent(family: str, setting: Setting) -> Any:
    import jax
    import optax

    rule, rate, batches, epochs = setting
    rates = optax.cosine_decay_schedule(rate, batches * epochs)
    optimizer = {
        "sgd": optax.sgd(rates),
        "momentum": optax.sgd(rates, momentum=0.8, nesterov=True),
        "adam": optax.adam(rates),
    }[rule]
    slope = jax.grad(_LOSS[family])

    @jax.jit
    def descend(x: Any, start: Any) -> Any:
        def step(state: Any, batch: Any) -> Any:
            by, moments = state
            change, moments = optimizer.update(slope(by, batch, start), moments)
            return (optax.apply_updates(by, change), moments), None

        def epoch(state: Any, _: Any) -> Any:
            return jax.lax.scan(step, state, x)[0], None

        by = jax.numpy.zeros(len(start))
        return jax.lax.scan(epoch, (by, optimizer.init(by)), length=epochs)[0][0]

    return descend


def race(family: str, x: Array, setting: Setting) -> Callable[[], Theta]:
    jax = load()
    batches = jax.numpy.asarray(x).reshape(setting.batches, -1)
    descend = _descent(family, setting)

    def call() -> Theta:
        start = rough(family, x)
        return moved(start, descend(batches, start).tolist())

    return call


SETTINGS = {
    "normal": Setting("sgd", 0.4, 10, 4),
    "student_t": Setting("momentum", 0.4, 10, 6),
}
for family, setting in SETTINGS.items():
    enter(family, "JAX + optax, lax.scan under jit", race, GRID, setting, threads=2, needs=["jax", "optax"])
