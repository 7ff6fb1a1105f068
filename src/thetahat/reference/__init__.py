"""The definition in plain Python, standard library only: what the compiled core is tested against.

One module per family, with one row's log-density, score and information as lists of their terms; what
follows from these for all families; the notebook's `gradient_step` and `minibatches`, its three loops, the
order of an epoch, and stochastic ascents by rule. Slow, and meant to be read.
"""

from thetahat.reference.ascent import gradient_ascent, gradient_step, minibatches, stochastic_ascent
from thetahat.reference.following import FollowingAscent
from thetahat.reference.likelihood import Likelihood
from thetahat.reference.order import epoch, shuffled, spread
from thetahat.reference.rules import Adam, Coordinates, Momentum, RuledAscent, ScaledAscent, constant, power

__all__ = [
    "Adam",
    "Coordinates",
    "FollowingAscent",
    "Likelihood",
    "Momentum",
    "RuledAscent",
    "ScaledAscent",
    "constant",
    "epoch",
    "gradient_ascent",
    "gradient_step",
    "minibatches",
    "power",
    "shuffled",
    "spread",
    "stochastic_ascent",
]
