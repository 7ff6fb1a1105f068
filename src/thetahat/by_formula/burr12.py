"""Burr XII(c, d, scale); scipy's ``burr12(c=c, d=d, scale=scale)``.

d = 1 is the loglogistic distribution, d = infinity the Weibull.
"""

from typing import Any

import numpy as np

from thetahat.families._formula import shipped
from thetahat.families._limit_laws import all_equal

__all__ = ["family"]


def _log_density(x: Any, c: Any, d: Any, scale: Any) -> Any:
    q = np.log(x / scale)
    return np.log(c * d / scale) + (c - 1) * q - (d + 1) * np.logaddexp(0.0, c * q)


family = shipped(
    __name__,
    _log_density,
    {"c": (0, np.inf), "d": (0, np.inf), "scale": (0, np.inf)},
    (0, np.inf),
    existence="rows whose upper tail is heavier than the Weibull's, and is no pure power",
    limits={("d", "high"): "weibull", ("c", "high"): "pareto"},
    limiting={
        "c = infinity, a single point": all_equal,
        "d = infinity, the Weibull distribution": "weibull",
        "c = infinity, the Pareto distribution": "pareto",
    },
    scipy=lambda c, d, scale: ("burr12", {"c": c, "d": d, "scale": scale}),
)
