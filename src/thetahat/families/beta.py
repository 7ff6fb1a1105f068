"""Beta(a, b) on 0 < x < 1; scipy's ``beta(a, b)``, R's with ``shape1 = a`` and ``shape2 = b``.

At the maximum, digamma(a) - digamma(a + b) is mean(log x), and digamma(b) - digamma(a + b) is
mean(log(1 - x)): two equations of the sums alone, whatever the number of rows. Zero and one are outside the
support: only with a = 1 or b = 1 is the density positive and finite there.
"""

from thetahat.families._family import Censoring, Family

__all__ = ["family"]


family = Family(
    name="beta",
    names=("a", "b"),
    support="0 < x < 1",
    existence="at least two rows, not all equal",
    limiting_family="a + b = infinity, a single point",
    elsewhere=(
        "SciPy's powerlaw(a=a) with fixed={'b': 1}",
        "SciPy's arcsine() with fixed={'a': 0.5, 'b': 0.5}",
        "SciPy's betaprime(a=a, b=b) with x replaced by x / (1 + x)",
    ),
    scipy=lambda a, b: ("beta", {"a": a, "b": b}),
    censoring=Censoring(
        above="a = infinity, the point 1",
        below="b = infinity, the point 0",
        point="a, b = infinity, a single point",
    ),
)
