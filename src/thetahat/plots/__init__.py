"""Pictures of fits, as matplotlib figures without a window: ``figure.savefig(path)`` writes them."""

from thetahat.plots.canvas import check_target
from thetahat.plots.censored import censored_figure
from thetahat.plots.figure import KINDS, convergence_figure, fit_figure

__all__ = ["KINDS", "censored_figure", "check_target", "convergence_figure", "fit_figure"]
