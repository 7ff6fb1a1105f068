"""PyTorch: torch.distributions and autograd, eager and compiled."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from contest import Case, Run
from jobs import RATE, START, THETA, ascended, one_pass, stochastic, values
from race import GRID, Array, Setting, Theta, enter, moved, rough


def evaluate(case: Case, compiled: bool) -> Run:
    import torch

    mu, sigma = _parameters(THETA)
    x = torch.tensor(case.x)

    def log_likelihood(mu: Any, sigma: Any) -> Any:
        return torch.distributions.Normal(mu, sigma, validate_args=False).log_prob(x).sum()

    forward = torch.compile(log_likelihood) if compiled else log_likelihood

    def call() -> tuple[Any, Any, Any]:
        mu.grad = sigma.grad = None
        value = forward(mu, sigma)
        value.backward()
        return value.detach(), mu.grad, sigma.grad

    return Run(call, values(case), case.n)


one_pass.enter("PyTorch Normal.log_prob, backward", threads=2, needs=["torch"])(
    partial(evaluate, compiled=False)
)
one_pass.enter("PyTorch Normal.log_prob, backward, torch.compile", threads=2, needs=["torch"])(
    partial(evaluate, compiled=True)
)


@stochastic.enter("PyTorch loop", needs=["torch"])
def loop(case: Case) -> Run:
    import torch

    # Some hundred steps are enough to time: the first batches, one epoch.
    case = case._replace(
        n=min(case.n, 200 * case.batch_size), epochs=min(case.epochs, 100 * case.batch_size // 1000 + 1)
    )
    batches = torch.tensor(case.x).split(case.batch_size)
    torch.manual_seed(0)

    def call() -> tuple[float, ...]:
        theta = mu, sigma = _parameters(START)
        for _ in range(case.epochs):
            for i in torch.randperm(len(batches)).tolist():
                density = torch.distributions.Normal(mu, sigma, validate_args=False)
                score = torch.autograd.grad(density.log_prob(batches[i]).sum(), theta)
                with torch.no_grad():
                    for value, slope in zip(theta, score, strict=True):
                        value.add_(slope, alpha=RATE)
        return mu.item(), sigma.item()

    return Run(call, ascended(case, RATE), case.n * case.epochs, tolerance=0.01)


def _parameters(theta: tuple[float, float]) -> tuple[Any, ...]:
    import torch

    return tuple(torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in theta)


# The race: the mean of -log f over a batch, without its constants, by hand: torch.distributions takes longer.
# What is fitted is how far from the start the parameters are, in the units of `moved`, which makes all of
# them of one size.


def _normal_loss(by: Any, x: Any, start: Any) -> Any:
    mu, log_sigma = start[0] + start[1] * by[0], start[1].log() + by[1]
    d = x - mu
    return d.square().mean() / 2 * (-2 * log_sigma).exp() + log_sigma


def _student_t_loss(by: Any, x: Any, start: Any) -> Any:
    mu, log_sigma, nu = start[0] + start[1] * by[0], start[1].log() + by[1], start[2] * by[2].exp()
    mean = ((x - mu).square() * ((-2 * log_sigma).exp() / nu)).log1p().mean()
    return (nu + 1) / 2 * mean + log_sigma + nu.log() / 2 + (nu / 2).lgamma() - ((nu + 1) / 2).lgamma()


@cache
def _loss(family: str, compiled: bool) -> Any:
    import torch

    loss = {"normal": _normal_loss, "student_t": _student_t_loss}[family]
    return torch.compile(loss, dynamic=False) if compiled else loss


def _optimizer(by: Any, setting: Setting) -> Any:
    from torch import optim

    return {
        "sgd": partial(optim.SGD),
        "momentum": partial(optim.SGD, momentum=0.8, nesterov=True),
        "adam": partial(optim.Adam),
    }[setting.rule]([by], lr=setting.rate)


def race(family: str, x: Array, setting: Setting, compiled: bool) -> Callable[[], Theta]:
    import torch

    loss, batches = _loss(family, compiled), torch.tensor(x).split(-(-x.size // setting.batches))

    def call() -> Theta:
        start = rough(family, x)
        at, by = torch.tensor(start, dtype=torch.float64), torch.zeros(len(start), dtype=torch.float64)
        optimizer = _optimizer(by.requires_grad_(), setting)
        rates = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, setting.epochs * len(batches))
        for _ in range(setting.epochs):
            for batch in batches:
                optimizer.zero_grad()
                loss(by, batch, at).backward()
                optimizer.step()
                rates.step()
        return moved(start, by.tolist())

    return call


SETTINGS = {
    "normal": Setting("sgd", 0.8, 4, 4),
    "student_t": Setting("momentum", 0.4, 10, 6),
}
for family, setting in SETTINGS.items():
    for compiled, name in ((False, "PyTorch"), (True, "PyTorch, torch.compile")):
        prepare = partial(race, compiled=compiled)
        enter(family, f"{name}, torch.optim", prepare, GRID, setting, threads=2, needs=["torch"])
