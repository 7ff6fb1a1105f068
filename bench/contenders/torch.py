"""PyTorch: torch.distributions and autograd, eager and compiled."""

from __future__ import annotations

from functools import partial
from typing import Any

from contest import Case, Run
from jobs import RATE, START, THETA, ascended, one_pass, stochastic, values


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
