"""Pictures of a fit over the rows that it was made of."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from thetahat._fitted import Fitted
from thetahat._rows_of_fit import censored_of, rows_of
from thetahat.pilot import Pilot
from thetahat.solvers.progress import reading

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

    from thetahat.plots.order import Order

__all__ = ["Plotted"]

_DRAWN = 10**6  # weighted rows of a source whose density is drawn


class Plotted(Fitted):
    """The part of `Fit` that draws it over its rows."""

    def plot(
        self,
        kind: str | None = None,
        *,
        ax: Axes | None = None,
        x: ArrayLike | None = None,
        name: str = "value",
        progress: bool = False,
    ) -> Figure:
        """Draw the fit over its sample.

        The density over the histogram (of counts, their probabilities beside the shares of the rows), the
        quantiles of the rows against those of the fit (Q-Q), the share of the rows against probability (P-P;
        of 5000 rows and more, their difference), and, for an iterative fit with a trace, the path of the
        first two fitted parameters over contours of the log-likelihood, and the parameters that move, by
        epoch. Bands contain 95 % of samples from the fit at each point, by the beta distribution of order
        statistics; since parameters are estimated, fewer than 5 % of the rows should be outside.

        Axes are logarithmic where positive values differ by orders of magnitude: there the density is that of
        the logarithm, so that areas are shares of the rows. Where both signs occur, Q-Q axes are linear
        around zero, or around a number that their labels name, and logarithmic beyond (asinh). Angles that go
        far round have axes of one turn.

        Of large samples about 1500 points are drawn, evenly spaced in probability and more densely towards
        both ends. Above two million rows P-P points are the shares of all rows up to quantiles of the fit;
        Q-Q points are exact in the tails, the others are from a subsample, and the axis says so. A source of
        more than 1e7 rows is read once for it, block by block; its trace needs memory for all rows. Contours
        are k**2 / 2 below the maximum: near it, k standard errors away. Without sufficient statistics they
        are from about 10,000 rows, moved to the maximum of all.

        A fit to censored or truncated rows has two other panels: ``"survival"``, the share of rows above each
        value over Kaplan-Meier's estimate (Turnbull's where rows are known by intervals), and
        ``"probability"``, a probability plot, where rows of the family lie on a line.

        Parameters
        ----------
        kind : {"density", "qq", "pp", "trace", "survival", "probability"}, optional
            One panel; by default all that there are. There is no Q-Q plot of counts, which would be a
            staircase, and neither Q-Q nor P-P with weights.
        ax : matplotlib.axes.Axes, optional
            Axes in which one panel is drawn, by default the density or the survival, instead of a new figure.
        x : array_like, shape (n,), optional
            The rows that were fitted, if the fit no longer has them (a pickle, a record).
        name : str, default "value"
            What the values are, for the axis.
        progress : bool, default False
            Show a progress bar while a source is read (needs tqdm).

        Returns
        -------
        matplotlib.figure.Figure
            A notebook shows it; ``figure.show()`` opens a window, ``figure.savefig(path)`` writes it.

        Raises
        ------
        ParameterError
            If the fit has no such panel, its rows are lost or changed, or `x` has other rows.
        SampleError
            If changed rows are outside the support; if the values, or their range, are too large or small for
            axes in float64.
        MissingExtraError
            If matplotlib is not installed, or SciPy, which Q-Q and P-P need.

        Examples
        --------
        >>> import thetahat as th
        >>> figure = th.fit([1.0, 2.0, 4.0, 7.0], "normal").plot("density")
        >>> figure.savefig("normal.png")  # doctest: +SKIP
        """
        from thetahat.plots import censored_figure, fit_figure, panels_of

        if self.kinds is not None:
            return censored_figure(censored_of(self, self._sample, x), self, name, kind, ax)
        source = None if x is not None or self._sample is None else self._sample.source
        weighted = source is not None and source.weighted
        kinds = panels_of(self, weighted, kind, ax)
        if source is not None and kinds != ("density",):
            source.check_together("a plot of other panels than the density")
        with reading(source, progress):
            rows, order = self._drawn(x, "trace" not in kinds, "pp" in kinds)
        if isinstance(name, str) and order is None and rows.x.size < self.rows:
            name = f"{name}, of {rows.x.size:,} rows"
        return fit_figure(rows.x, self, name, kind, rows.weights, order=order, ax=ax)

    def _drawn(
        self, x: ArrayLike | None, by_order: bool = True, shares: bool = True
    ) -> tuple[Pilot, Order | None]:
        """Return the rows to be drawn; if they are many and `by_order`, some of them and the order of all.

        The order has the shares of the rows for a P-P plot if they are asked for, which needs SciPy.
        """
        from thetahat.goodness.of_fit import unrolled
        from thetahat.plots.order import Order
        from thetahat.plots.probabilities import values_of

        sample = self._sample
        if not by_order or x is not None or sample is None or not sample.is_long:
            return rows_of(self, sample, x, "a plot of other panels than the density"), None
        source = sample.read()
        if source.weighted or source.apart:
            return source.sample(_DRAWN, 0).contiguous(), None
        blocks = (unrolled(self, block) for _, block, _ in source.copies())
        order = Order.of_blocks(self.rows, blocks, partial(values_of, self) if shares else None)
        return Pilot(order.rows), order
