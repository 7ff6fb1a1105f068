"""thetahat: maximum-likelihood fits of probability distributions to every row you have.

>>> import thetahat as th
>>> fit = th.fit([1.0, 2.0, 4.0, 7.0], "normal")
>>> print(fit)
normal(mu, sigma), fitted to 4 rows in 1 pass
log-likelihood -8.992210286   AIC 21.98442057   BIC 20.75700929
<BLANKLINE>
            estimate   std. error     95 % confidence interval
mu               3.5        1.146       1.254579      5.745421
sigma       2.291288       0.8101       1.145868      4.581681
<BLANKLINE>
status: converged
"""

from typing import TYPE_CHECKING, Any

from thetahat._config import show_config
from thetahat._version import __version__
from thetahat.comparison import Candidate, Comparison, compare
from thetahat.data.censored import Censored
from thetahat.data.scan import scan
from thetahat.data.source import Source
from thetahat.errors import (
    CheckpointError,
    ClusterError,
    ConvergenceError,
    MissingExtraError,
    NoMaximumError,
    ParameterError,
    SampleError,
    SampleTypeError,
    ThetahatError,
    UnknownFamilyError,
    UnknownGroupError,
)
from thetahat.families import families, family, formula_families
from thetahat.fit import fit
from thetahat.goodness.of_fit import GoodnessOfFit, TestStatistic
from thetahat.inference import Estimate, LikelihoodRatio
from thetahat.likelihood import log_likelihood, log_likelihood_and_score, logpdf, score
from thetahat.minibatch import gradient_step, minibatches
from thetahat.multistart import fit_multistart
from thetahat.result import Fit
from thetahat.solvers import (
    SGD,
    Adam,
    Exact,
    GradientAscent,
    InverseTime,
    Momentum,
    Power,
    State,
    StepDecay,
)
from thetahat.streams.online import Online
from thetahat.summary import Summary, summarize

if TYPE_CHECKING:
    from thetahat.formula import Family
    from thetahat.groups.comparison import GroupComparison, compare_groups
    from thetahat.groups.fit import fit_groups
    from thetahat.groups.results import GroupFits
    from thetahat.mixtures import mixture

__all__ = [
    "SGD",
    "Adam",
    "Candidate",
    "Censored",
    "CheckpointError",
    "ClusterError",
    "Comparison",
    "ConvergenceError",
    "Estimate",
    "Exact",
    "Family",
    "Fit",
    "GoodnessOfFit",
    "GradientAscent",
    "GroupComparison",
    "GroupFits",
    "InverseTime",
    "LikelihoodRatio",
    "MissingExtraError",
    "Momentum",
    "NoMaximumError",
    "Online",
    "ParameterError",
    "Power",
    "SampleError",
    "SampleTypeError",
    "Source",
    "State",
    "StepDecay",
    "Summary",
    "TestStatistic",
    "ThetahatError",
    "UnknownFamilyError",
    "UnknownGroupError",
    "__version__",
    "compare",
    "compare_groups",
    "families",
    "family",
    "fit",
    "fit_groups",
    "fit_multistart",
    "formula_families",
    "gradient_step",
    "log_likelihood",
    "log_likelihood_and_score",
    "logpdf",
    "minibatches",
    "mixture",
    "scan",
    "score",
    "show_config",
    "summarize",
]

_LATER = {  # imported when they are asked for: the others need a fifth less time to start
    "Family": "formula",
    "GroupComparison": "groups.comparison",
    "GroupFits": "groups.results",
    "compare_groups": "groups.comparison",
    "fit_groups": "groups.fit",
    "mixture": "mixtures",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'thetahat' has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f"thetahat.{_LATER[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
