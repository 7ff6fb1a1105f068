"""Pictures of a fit over the rows that it was made of."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from thetahat._fitted import Fitted
from thetahat.data.arrays import as_rows
from thetahat.data.source import ArraySource
from thetahat.errors import ParameterError
from thetahat.pilot import Pilot
from thetahat.sample import Sample
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

        Parameters
        ----------
        kind : {"density", "qq", "pp", "trace"}, optional
            One panel; by default all of them. There is no Q-Q plot of counts, which would be a staircase, and
            neither Q-Q nor P-P with weights.
        ax : matplotlib.axes.Axes, optional
            Axes in which one panel is drawn, by default the density, instead of a new figure.
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
        from thetahat.plots import fit_figure, panels_of

        source = None if x is not None or self._sample is None else self._sample.source
        weighted = source is not None and source.weighted
        kinds = panels_of(self, weighted, kind, ax)
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
        from thetahat.goodness import unrolled
        from thetahat.plots.order import Order
        from thetahat.plots.probabilities import values_of

        sample = self._sample
        if not by_order or x is not None or sample is None or not sample.is_long:
            return self._rows(x), None
        source = sample.read()
        if source.weighted:
            return source.sample(_DRAWN, 0).contiguous(), None
        blocks = (unrolled(self, block) for _, block, _ in source.copies())
        order = Order.of_blocks(self.rows, blocks, partial(values_of, self) if shares else None)
        return Pilot(order.rows), order

    def _rows(self, x: ArrayLike | None) -> Pilot:
        """Return the rows of the fit: those given, or those that it still has."""
        if x is not None:
            rows = Pilot(as_rows(x, "omit" if self.omitted else "raise"))
            if rows.x.size != self.rows or self.n != self.rows:
                raise ParameterError(
                    f"x must be the {self.rows} rows that were fitted, without weights; it has {rows.x.size}"
                )
        elif self._sample is None or not self._sample.has_rows:
            raise ParameterError("this fit no longer has its rows: pass them as x")
        else:
            rows = self._sample.contiguous()
        sums = Sample(self._family, ArraySource(*rows)).at(self._theta)
        if self.method.sees_all and not self._agrees(sums.evaluate(self._theta)[0]):
            raise ParameterError(
                "the rows have changed since the fit" if x is None else "x does not have the rows of this fit"
            )
        return rows

    def _agrees(self, log_likelihood: float) -> bool:
        """Whether this is the log-likelihood of the fit, except for the order of summation."""
        mine = self.log_likelihood
        return log_likelihood == mine or abs(log_likelihood - mine) <= 1e-9 * (abs(mine) + self.n) < math.inf
