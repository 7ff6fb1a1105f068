"""Student t(mu, sigma, nu): log f(x) = c(nu) - log sigma - (nu + 1)/2 log(1 + z^2).

Here z = (x - mu) / (sigma sqrt(nu)), c(nu) = log Gamma((nu + 1)/2) - log Gamma(nu/2) - log(nu pi)/2.
Derivatives are in w = 1 / (1 + z^2) and q = z^2 w: dz/dmu = -1/(sigma sqrt(nu)), dz/dsigma = -z/sigma,
dz/dnu = -z/(2 nu), d(z w)/dz = w - 2 q w, dq/dz = 2 z w^2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from random import Random

from thetahat.reference.frozen import Frozen
from thetahat.reference.mistakes import Estimates, Mistake
from thetahat.reference.special import digamma, trigamma

__all__ = [
    "DIMENSION",
    "FROZEN",
    "MISTAKES",
    "R_NAMES",
    "SAMPLES",
    "SEVERAL_MAXIMA",
    "THETAS",
    "draw",
    "information",
    "log_density",
    "score",
    "supremum",
]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((0.0, 1.0, 4.0), (5.0, 2.0, 1.3), (-3.5e4, 0.25, 6.0), (1e-3, 40.0, 2.5))
DIMENSION = (1, 1, 0)
R_NAMES = ("t", None)  # in MASS's fitdistr, in fitdistrplus's mledist
SEVERAL_MAXIMA = True  # with a parameter fixed far from the truth there are others, or none


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    mu, sigma, nu = theta
    return mu + sigma * random.gauss(0, 1) / math.sqrt(random.gammavariate(nu / 2, 2 / nu))


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    mu, sigma, nu = theta
    z = (x - mu) / (sigma * math.sqrt(nu))
    return [
        math.lgamma((nu + 1) / 2),
        -math.lgamma(nu / 2),
        -math.log(nu * math.pi) / 2,
        -math.log(sigma),
        -(nu + 1) / 2 * math.log1p(z * z),
    ]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    mu, sigma, nu = theta
    k, root = nu + 1, math.sqrt(nu)
    z = (x - mu) / (sigma * root)
    w = 1 / (1 + z * z)
    q = z * z * w
    of_nu = [
        digamma(k / 2) / 2,
        -digamma(nu / 2) / 2,
        -1 / (2 * nu),
        -math.log1p(z * z) / 2,
        k * q / (2 * nu),
    ]
    return [[k * z * w / (root * sigma)], [k * q / sigma, -1 / sigma], of_nu]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    mu, sigma, nu = theta
    k, root, square = nu + 1, math.sqrt(nu), sigma**2
    z = (x - mu) / (sigma * root)
    w = 1 / (1 + z * z)
    q = z * z * w
    mu_sigma = [2 * k * z * w * w / (root * square)]
    mu_nu = [k * z * w * w / (nu * root * sigma), -z * w / (root * sigma)]
    sigma_nu = [k * q * w / (nu * sigma), -q / sigma]
    nu_nu = [
        -trigamma(k / 2) / 4,
        trigamma(nu / 2) / 4,
        -1 / (2 * nu**2),
        -q / (2 * nu),
        q / (2 * nu**2),
        k * q * w / (2 * nu**2),
    ]
    return [
        [[k * w / (nu * square), -2 * k * q * w / (nu * square)], mu_sigma, mu_nu],
        [mu_sigma, [k * q / square, 2 * k * q * w / square, -1 / square], sigma_nu],
        [mu_nu, sigma_nu, nu_nu],
    ]


def supremum(X: Sequence[float], fixed: Mapping[str, float]) -> float:
    """Return what the log-likelihood rises to without a maximum: the normal distribution's, nu = infinity."""
    n = len(X)
    mu = fixed.get("mu", math.fsum(X) / n)
    square = math.fsum((x - mu) ** 2 for x in X)
    sigma = fixed.get("sigma", math.sqrt(square / n))
    return -square / (2 * sigma**2) - n * math.log(sigma) - n * math.log(2 * math.pi) / 2


MISTAKES: dict[str, Mistake] = {
    "deviation for sigma": Estimates(lambda rows, theta: (theta[0], rows.sd, theta[2])),
}

# Maxima of small samples, to 40 digits, by tests/data/make_maxima.py: by the sample's name the parameters,
# the standard errors by the observed information (none where the score has no root) and the
# log-likelihood. Samples of the family's own come with their rows, others are in tests/data/samples.json.
SAMPLES = {
    "5 rows": (
        "0.1104421840157277 1.077682469675976 2.571847242746208 0.09834728779974095 -0.31266017305473776"
    ),
    "50 rows": (
        "4.709070578036968 40.53915668086939 116.62737162485419 4.9915383635597275 -51.30930832450044 "
        "-37.8393612729444 -2.1657859944499664 6.554812878101098 -62.17131641141002 93.7375830241803 "
        "33.8490743970819 -9.105450666303918 -27.353097454844164 31.305840518565663 56.85364368226056 "
        "-45.81172749694559 20.85069534628153 -75.7978976632428 -27.665206792022033 8.322004428909738 "
        "81.60898489350221 -106.03510652863613 -14.502323485367377 -4.930828380774582 106.82670119777988 "
        "22.62106534393098 -30.202883365219314 -47.36501851201691 2.4282562320746957 38.821644911542236 "
        "44.37598061904449 5.118828886356269 -12.955364887667347 -98.5570956029956 -36.852026785088974 "
        "-24.043131182716806 -10.816934419761111 51.27690860717847 17.83538431086847 -37.771112755463776 "
        "28.400981023963315 -61.60548947275694 -14.27093783367993 -8.858079983358808 43.88191059264531 "
        "-69.54515590468036 -321.1434362025756 8.794159083651095 -57.86753140780768 29.79349156442501"
    ),
}
FROZEN: dict[str, Frozen] = {
    "Michelso": (
        (
            "299.8523339731209311817361085511417806277",
            "0.07493643928315362628241930157430697823026",
            "21.74943806915369301059481108076167056033",
        ),
        (
            "0.007823389667308109015974292975047008372627",
            "0.008698228302508437344332610215093929813107",
            "43.26342097148058168054636086600894514362",
        ),
        "112.5686464460161349166026090050879979699",
    ),
    "delays": (
        (
            "0.2026969497196266007035773978703502640045",
            "15.33832393657135401939894601089906740425",
            "11.47692715666889159673639675783867527731",
        ),
        (
            "1.899140679415217693293563203608476377517",
            "2.12037954605159603815020988007356466863",
            "15.34171800119612324123681501162584886603",
        ),
        "-423.8206481739652157255865876920223019549",
    ),
    "hours late": (
        (
            "3.374589899838766927643089956013350866121",
            "2.667278067228316645867239065946071428581",
            "87.68155929509140767348114789059487920987",
        ),
        (
            "0.4856495983584000550803275421025709958077",
            "0.4546988698182353314120419946495748591487",
            "1058.7375051578148159664108427966569715",
        ),
        "-120.5717105243527178421671338694666744851",
    ),
    "late arrivals": (
        (
            "13.96229260594248079111736563294515652257",
            "11.92044702006141462298813720461539778801",
            "14.19771235881239326064731175791554441239",
        ),
        (
            "2.659869610378710148041616381041967120212",
            "2.439864203310373775009115562409464840254",
            "35.11903664627074127919419931700403841917",
        ),
        "-190.5027378326829345348440861523197800616",
    ),
    "mean/sd 1e6": (
        (
            "1000000.119950182610212701991797528759458",
            "0.8750840057405903582535462356799628058125",
            "132.187900906163516218628102432553473288",
        ),
        (
            "0.1630037419507559725072735789964258356052",
            "0.2063395068867587744233404730758079443972",
            "3440.553243319283010684502908358615922916",
        ),
        "-38.79247098345997318805478513155696026976",
    ),
    "wide": (
        (
            "3.876150498671294117127088965064498483535e-14",
            "8.186350876379984274021394580912612116351e-14",
            "0.03532608888164088608844031995006173664215",
        ),
        (
            "7.347334179659538541749410609451818285211e-14",
            "4.634761678051044818775054466343226035196e-13",
            "0.009482528352994351236589977767455410933627",
        ),
        "-26.21975981753777661919637521031725507715",
    ),
    "50 rows": (
        (
            "-3.524554732230460335793705107648801185449",
            "40.69633963568398264878837711514798047655",
            "3.279155873168582276146215780430971732474",
        ),
        (
            "7.015731063908226654900613536565922565504",
            "6.877564278896058156938122796856073563367",
            "1.518766665851602721679542833521541080083",
        ),
        "-272.4112506645575340708570959270801961677",
    ),
}
