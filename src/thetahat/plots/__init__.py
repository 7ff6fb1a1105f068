"""Pictures of fits, as figures of matplotlib that notebooks show and that `show` opens in a window."""

from thetahat.plots.canvas import check_target
from thetahat.plots.censored import censored_figure
from thetahat.plots.figure import KINDS, convergence_figure, fit_figure, panels_of

__all__ = ["KINDS", "censored_figure", "check_target", "convergence_figure", "fit_figure", "panels_of"]
