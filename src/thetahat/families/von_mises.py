"""Von Mises(mu, kappa) of angles in radians; scipy's ``vonmises(kappa, loc=mu)``, R's circular ``dvonmises``.

The density has period 2 pi and integrates to 1 over one turn; rows may be any finite angles, whole turns make
no difference. Fits report mu in (-pi, pi]. At the maximum, mu is the direction of the sum of
the rows' unit vectors, and I1(kappa) / I0(kappa) its length divided by n.
"""

from thetahat.families._family import Censoring, Family

__all__ = ["family"]


family = Family(
    name="von_mises",
    names=("mu", "kappa"),
    existence="at least two rows that are not all of one direction, and do not balance each other out",
    limiting_family="kappa = infinity, a single direction, or kappa = 0, the uniform distribution",
    limits={("kappa", "high"): "point", ("kappa", "low"): "uniform"},
    support="all finite angles, in radians",
    circular=True,
    elsewhere=(
        "SciPy's vonmises(kappa=kappa, loc=mu)",
        "SciPy's vonmises_line(kappa=kappa, loc=mu)",
        "the circular-normal(mu, kappa)",
    ),
    scipy=lambda mu, kappa: ("vonmises", {"kappa": kappa, "loc": mu}),
    censoring=Censoring(
        point="kappa = infinity, a single direction",
    ),
)
