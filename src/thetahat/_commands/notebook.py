"""The command that compares gradient methods with the closed form, as in a teaching notebook."""

from __future__ import annotations

import math
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from rich.table import Table

from thetahat import plots
from thetahat._commands._shared import Command, parse_picture, picture
from thetahat._commands._tables import new_table, show
from thetahat.data.columns import printable
from thetahat.fit import fit
from thetahat.result import Fit
from thetahat.solvers import SGD, Exact, GradientAscent, Method

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["notebook"]


@click.command(cls=Command)
@click.option("--n", type=click.IntRange(min=2), default=1000, show_default=True, help="Sample size.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--epochs", type=int, default=1000, show_default=True)
@click.option("--learning-rate", type=float, default=1e-4, show_default=True)
@click.option(
    "--plot",
    type=picture,
    default="thetahat-notebook.png",
    callback=parse_picture,
    show_default=True,
    help="Where to draw how the methods converge.",
)
def notebook(n: int, seed: int, epochs: int, learning_rate: float, plot: Path) -> None:
    """Fit a normal sample in the four ways of the teaching notebook.

    Simulates a sample of Normal(1, 2) and estimates mu and sigma in closed form and, from (0, 1), by gradient
    ascent on the whole sample, on mini-batches of 10 and on single samples.
    """
    x = np.random.default_rng(seed).normal(1, 2, n)
    pace: dict[str, Any] = {"learning_rate": learning_rate, "epochs": epochs}
    ascents = {
        "full batch": GradientAscent(**pace),
        "batches of 10": SGD(**pace, batch_size=10, shuffle="batches"),
        "single samples": SGD(**pace),
    }
    exact, seconds = _timed(x, Exact())
    runs = {
        name: _timed(x, method, start=(0, 1), trace="epoch", **({"rng": seed + 1} if method.draws else {}))
        for name, method in ascents.items()
    }
    figure = plots.convergence_figure({name: fitted for name, (fitted, _) in runs.items()}, exact)
    figure.savefig(plot)
    click.echo(f"{n} draws of normal(1, 2); {epochs} epochs from (0, 1), learning rate {learning_rate:g}")
    show(_comparison({"closed form": (exact, seconds), **runs}, exact))
    click.echo(f"picture: {printable(plot)}")


def _timed(x: NDArray[np.float64], method: Method, **how: Any) -> tuple[Fit, float]:
    """Return the fit and its seconds, without the imports of a first call."""
    fit(x[:2], "normal", method=method, **how)
    began = perf_counter()
    fitted = fit(x, "normal", method=method, **how)
    return fitted, perf_counter() - began


def _comparison(runs: dict[str, tuple[Fit, float]], exact: Fit) -> Table:
    """Return the methods side by side; distances are measured with the closed form's information."""
    table = new_table(*runs)
    fits = [fitted for fitted, _ in runs.values()]
    for j, name in enumerate(exact.params):
        table.add_row(name, *(f"{fitted.theta[j]:#.8g}" for fitted in fits))
        table.add_row("  std. error", f"{exact.stderr[j]:.4g}")
    root = np.linalg.cholesky(exact.cov)
    away = [np.linalg.solve(root, fitted.theta - exact.theta) for fitted in fits]
    table.add_row("std. errors off", *(f"{math.hypot(*standardized):.2g}" for standardized in away))
    table.add_row("log-likelihood", *(f"{fitted.log_likelihood:#.10g}" for fitted in fits))
    table.add_row("status", *(fitted.status for fitted in fits))
    table.add_row("time in ms", *(f"{1e3 * seconds:.3g}" for _, seconds in runs.values()))
    return table
