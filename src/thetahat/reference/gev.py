"""Generalized extreme value(mu, sigma, xi): log f(x) = -log sigma - (1 + xi) y - exp(-y).

Here y = log(1 + xi z) / xi where 1 + xi z > 0, z = (x - mu) / sigma; y = z where xi = 0, Gumbel's. With
e = exp(-y), i = 1 / (1 + xi z), q = z i, b = (y - q) / xi and c = (2 b - q^2) / xi: dy/dz = i,
di/dz = -xi i^2, dq/dz = i^2, db/dz = q i, dy/dxi = -b, di/dxi = -q i, dq/dxi = -q^2, db/dxi = -c. Where xi z
is near 0, b and c would cancel: there they come from psi(w) = (2 log(1 + w) - 2 w + w^2) / w^3, w = xi z.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from thetahat.reference.frozen import Frozen
from thetahat.reference.mistakes import Estimates, Mistake, Rows

__all__ = [
    "DIMENSION",
    "FROZEN",
    "MISTAKES",
    "PROFILE_ROWS",
    "SAMPLES",
    "SEVERAL_MAXIMA",
    "SGD_ENDS",
    "THETAS",
    "draw",
    "information",
    "log_density",
    "score",
]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((0.0, 1.0, 0.2), (5.0, 2.0, -0.25), (-3.5e3, 0.25, 1e-9), (1e-3, 40.0, 0.8), (0.0, 1.0, 0.0))
DIMENSION = (1, 1, 0)
SEVERAL_MAXIMA = True  # with a parameter fixed far from the truth there are others, or none
PROFILE_ROWS = 60  # with fewer, profiles may run to xi = -1 or below -1/2, and have no limits there
# How far SGD ends from the maximum in 2e4 rows, in standard errors, where only more rows bring it near: rows
# near the end of the support determine xi more than all others; at -1/4 a score has no fourth moment.
SGD_ENDS = {(5.0, 2.0, -0.25): 1.0}


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    mu, sigma, xi = theta
    y = -math.log(random.expovariate(1.0))
    return mu + sigma * (math.expm1(xi * y) / xi if xi else y)


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    mu, sigma, xi = theta
    y = _y((x - mu) / sigma, xi)
    return [-math.log(sigma), -y, -xi * y, -math.exp(-y)]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    mu, sigma, xi = theta
    z = (x - mu) / sigma
    y, i = _y(z, xi), 1 / (1 + xi * z)
    q, parts = z * i, (1, xi, -math.exp(-y))  # of 1 + xi - e
    return [
        [part * i / sigma for part in parts],
        [*(part * q / sigma for part in parts), -1 / sigma],
        [*(part * term for part in parts for term in _b(z, xi)), -y],
    ]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    mu, sigma, xi = theta
    z = (x - mu) / sigma
    y, i = _y(z, xi), 1 / (1 + xi * z)
    q, e, b = z * i, math.exp(-y), _b(z, xi)
    k, parts = 1 + xi, (1 + xi, -e)
    mu_mu = [k * e * i * i, -k * xi * i * i]
    mu_sigma = [*(part * i * i for part in parts), e * q * i]
    sigma_sigma = [*(part * factor for part in parts for factor in (q, q * i)), e * q * q, -1]
    mu_xi = [*(e * i * term for term in b), *(part * q * i for part in parts), -i]
    sigma_xi = [*(e * q * term for term in b), *(part * q * q for part in parts), -q]
    xi_xi = [*(e * left * right for left in b for right in b), *(-2 * term for term in b)]
    xi_xi += [part * term for part in parts for term in _c(z, xi)]
    of = [[mu_mu, mu_sigma, mu_xi], [mu_sigma, sigma_sigma, sigma_xi], [mu_xi, sigma_xi, xi_xi]]
    units = (sigma, sigma, 1)
    return [[[term / (units[j] * units[k]) for term in of[j][k]] for k in range(3)] for j in range(3)]


def _y(z: float, xi: float) -> float:
    return math.log1p(xi * z) / xi if xi else z


def _b(z: float, xi: float) -> Terms:
    w = xi * z
    if abs(w) < 1 / 4:
        return [z * z * (1 / (1 + w) - (1 - w * _psi(w)) / 2)]
    return [_y(z, xi) / xi, -z / (1 + w) / xi]


def _c(z: float, xi: float) -> Terms:
    w = xi * z
    if abs(w) < 1 / 4:
        return [z**3 * (_psi(w) - w / (1 + w) ** 2)]
    q = z / (1 + w)
    return [2 * _y(z, xi) / xi**2, -2 * q / xi**2, -q * q / xi]


def _psi(w: float) -> float:
    """Return 2/3 - 2 w/4 + 2 w^2/5 - ..., for |w| < 1/4."""
    total, power, k = 0 * w, 2 * w**0, 3
    while total + power / k != total:
        total, power, k = total + power / k, -power * w, k + 1
    return total


def _quartiles(rows: Rows, theta: Theta) -> Theta:
    """Return sigma by how far the quartiles lie apart, at the right xi."""
    mu, _, xi = theta
    low, high = (math.expm1(-xi * math.log(-math.log(p))) / xi for p in (0.25, 0.75))
    return mu, (rows.quantile(0.75) - rows.quantile(0.25)) / (high - low), xi


MISTAKES: dict[str, Mistake] = {"quartiles for sigma": Estimates(_quartiles)}

# Maxima of small samples, to 40 digits, by tests/data/make_maxima.py: by the sample's name the parameters,
# the standard errors by the observed information (none where the score has no root) and the
# log-likelihood. Samples of the family's own come with their rows, others are in tests/data/samples.json.
SAMPLES = {
    "5 rows": (
        "1.488318514147035 0.24700450407842806 0.8351002480230735 0.07732255346787957 0.01742887621355586"
    ),
    "50 rows": (
        "1.302827479916723 0.241097153401633 0.7722676681175782 0.07673076904640132 0.01739857004751819 "
        "2.6915687508294024 4.32334586838383 -0.5971246142772727 1.203198037949846 1.320486895541473 "
        "-1.6931157709246942 0.453538990246709 -0.5937171251377003 0.43550499473673776 -0.01888661321246434 "
        "1.8125068310501298 -0.0074484315610802146 -0.7057161842730755 0.3002692850680922 "
        "-0.3015110903895921 -0.10701324553803325 2.715476846722053 -0.35049448988096704 "
        "0.11173229278884009 1.0258614093882006 3.4576790201119785 -0.696338884582818 0.4461640927613749 "
        "-0.23805123841235987 -0.7468864223845223 -0.22491502978269062 -0.9319897208973462 "
        "0.6882266392521198 -0.4787106888245322 0.5308504279726624 -1.0088463877902807 -0.7470970388901739 "
        "2.277541676385598 1.9231459451361277 1.4081069134725062 -1.2137905827738158 0.5568903892868522 "
        "0.014875713141823219 1.0268256748325633 0.34567976415705587 0.7183776998752972 0.8389023514662467 "
        "0.1282250996361885 0.13047837379338256 -0.8525033222956824"
    ),
}
FROZEN: dict[str, Frozen] = {
    "Lottery / 1000": (
        (
            "0.5310006441191876329415672158183323602703",
            "0.33964283455107875652121135251832395223",
            "-0.7333124042124927503751767892143481502881",
        ),
        (),
        "-4.437109765275191927264164526511110013142",
    ),
    "Mavro": (
        (
            "2.001629184750075787823334812517083128416",
            "0.0002973297033149588309833447128619315127198",
            "0.1796771166264146094928238497011268085592",
        ),
        (
            "0.00005257617827264776087399625899468585772285",
            "0.00004288071631097550211092539298285322008271",
            "0.1794981508449218891172202846045867615905",
        ),
        "321.8359600735498200409323748713273271827",
    ),
    "Michelso": (
        (
            "299.8240767179193873494467479053252571751",
            "0.07919934558145306082132336695499425546996",
            "-0.2668421360199291961240101344371033086983",
        ),
        (
            "0.008555919226243883699059372793486557351946",
            "0.005815503247258727769796453685239547893527",
            "0.04757313965088327876701159288480780508019",
        ),
        "111.98902046054842094821515425777262005",
    ),
    "delays": (
        (
            "-6.133742238709462377580136793050333181115",
            "14.48677225700824168123949980447869233151",
            "-0.09239052678036546787932519869002128977871",
        ),
        (
            "1.614221442971212649881661976271728543301",
            "1.134345776451078967955319163242429765605",
            "0.06812623104778145267253334136946220353441",
        ),
        "-419.9332330732802287868958787452705676606",
    ),
    "hours late": (
        (
            "2.0414636573140661487264521783002820928",
            "1.926589006418692562933443896604689918104",
            "0.121805385369995114304676359446485269616",
        ),
        (
            "0.3267261998807406061585733344813296632727",
            "0.2567823914798979720228105929111842767729",
            "0.1519959163970116156029957089942582801087",
        ),
        "-115.3752852823753988599629268239386585738",
    ),
    "late arrivals": (
        (
            "7.326231592466735462860887701461025755633",
            "7.023077446955231108331108644169177465525",
            "0.4270514083074091105136460127486910536236",
        ),
        (
            "1.268552086625778790978543908435289137917",
            "1.158462169813516356265379572205151689026",
            "0.1935177942741046977831073957560546294974",
        ),
        "-180.658671172645743240517773135076467571",
    ),
    "mean/sd 1e6": (
        (
            "999999.7838216272369093382923637448701851",
            "0.8548910368838765750078201494701726093817",
            "-0.217485657663485721138088120659040902379",
        ),
        (
            "0.1716369275958481514091561930641350290156",
            "0.1189522900803638680055000122572691795853",
            "0.1069499231730248467318104241912985429272",
        ),
        "-38.75940185762987483191757381791146513752",
    ),
    "50 rows": (
        (
            "-0.09930505261719695249870123009578812693048",
            "0.9221261615839954793930232915687883820405",
            "0.002336051932055337414814802501618837154318",
        ),
        (
            "0.1452398430084405753126006403115809612862",
            "0.1042189143902124299925904719570304830398",
            "0.09613088729412652488054406584289391553389",
        ),
        "-74.90273225437121305780441895450026735341",
    ),
}
