"""P-P: the share of the rows against the probability by the fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thetahat._fitted import Fitted
from thetahat.plots._shared import BAND, SHADE, TRUTH, beta_band, dots
from thetahat.plots.order import Order

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_probabilities", "draw_probabilities_of_counts"]


def draw_probabilities(axis: Axes, order: Order, fitted: Fitted) -> None:
    """Draw the share of rows below each row against its probability."""
    rank = order.ranks()
    share = (rank - 0.5) / order.n
    axis.fill_betweenx(share, *beta_band(rank, order.n), label=BAND, **SHADE)
    axis.plot([0, 1], [0, 1], **TRUTH)
    axis.plot(fitted.dist().cdf(order.at(rank)), share, **dots(rank.size))
    _finish_probabilities(axis, order, fitted)


def draw_probabilities_of_counts(axis: Axes, order: Order, fitted: Fitted) -> None:
    """Draw, for every count, the share of rows up to it against the probability of these."""
    from scipy.stats import binom

    value = np.unique(order.at(order.ranks()))
    F = fitted.dist().cdf(value)
    low, high = binom.ppf([[0.025], [0.975]], order.n, F) / order.n
    axis.fill_between(F, low, high, label=BAND, **SHADE)
    axis.plot([0, 1], [0, 1], **TRUTH)
    axis.plot(F, order.share_up_to(value), **dots(value.size))
    _finish_probabilities(axis, order, fitted)


def _finish_probabilities(axis: Axes, order: Order, fitted: Fitted) -> None:
    axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), ylabel="share of the rows")
    axis.set_xlabel(f"probability by the {fitted.family} fit{order.note}")
