"""Normal(mu, sigma): log f(x) = -log sigma - z^2/2 - log(2 pi)/2 with z = (x - mu) / sigma.

The sum of `log_density` is the log-likelihood of the teaching notebook with its constant, -n/2 log(2 pi), and
`log` for `ln`; that of `score` is its `grad_log_likelihood`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from thetahat.reference.frozen import ExactLaw, Frozen
from thetahat.reference.mistakes import Estimates, FewRows, Mistake

__all__ = [
    "DIMENSION",
    "FROZEN",
    "MISTAKES",
    "R_NAMES",
    "SAMPLES",
    "THETAS",
    "draw",
    "exact_laws",
    "information",
    "log_density",
    "maximum",
    "score",
]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((0.0, 1.0), (1.0, 2.0), (-3.5e4, 0.25), (1e-3, 40.0))  # where tests evaluate the likelihood
DIMENSION = (1, 1)  # fit(c x) multiplies each parameter by c to this power
R_NAMES = ("normal", "norm")  # in MASS's fitdistr, in fitdistrplus's mledist


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    mu, sigma = theta
    return random.gauss(mu, sigma)


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    mu, sigma = theta
    z = (x - mu) / sigma
    return [-z * z / 2, -math.log(sigma), -math.log(2 * math.pi) / 2]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    mu, sigma = theta
    z = (x - mu) / sigma
    return [[z / sigma], [z * z / sigma, -1 / sigma]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    mu, sigma = theta
    z, square = (x - mu) / sigma, sigma**2
    return [[[1 / square], [2 * z / square]], [[2 * z / square], [3 * z * z / square, -1 / square]]]


def maximum(X: Sequence[float]) -> list[float]:
    """Return the explicit maximum: the notebook's `hat_mu` and `hat_sigma`, its misplaced bracket mended."""
    n = len(X)
    mu = math.fsum(X) / n
    return [mu, math.sqrt(math.fsum((x - mu) ** 2 for x in X) / n)]


def exact_laws(theta: Theta, truth: Theta, n: int) -> list[ExactLaw]:
    """Return values by parameter, from the maximum of n rows, and the distributions that they follow."""
    mu, sigma = theta
    return [
        (math.sqrt(n - 1) * (mu - truth[0]) / sigma, "t", (n - 1,)),
        (n * (sigma / truth[1]) ** 2, "chi2", (n - 1,)),
    ]


MISTAKES: dict[str, Mistake] = {
    "median for the mean": Estimates(lambda rows, theta: (rows.quantile(0.5), theta[1])),
    "quartiles for sigma": Estimates(
        lambda rows, theta: (theta[0], (rows.quantile(0.75) - rows.quantile(0.25)) / 1.34898)
    ),
    "n - 1 for n": FewRows(lambda theta, n: (theta[0], theta[1] * math.sqrt(n / (n - 1)))),
}

# Maxima of small samples, to 40 digits, by tests/data/make_maxima.py: by the sample's name the parameters,
# the standard errors by the observed information (none where the score has no root) and the
# log-likelihood. Samples of the family's own come with their rows, others are in tests/data/samples.json.
SAMPLES = {
    "5 rows": (
        "0.09470803828730423 1.2500243810835503 -0.931378367720707 0.9923772805192402 -0.25915453769343405"
    ),
    "50 rows": (
        "3.789321531492169 50.00197524334201 -37.25413470882828 39.69609122076961 -10.365181507737363 "
        "-10.459439359246959 75.99001113859029 6.302482865348768 -1.7159701516897727 29.180939457424365 "
        "45.0751584953542 -1.2327310013972084 23.520749807214575 -38.947974298627905 -14.670618799221169 "
        "-17.524001376111276 -53.290326583645935 -60.339565086442896 -65.07550919828113 -9.545114217752142 "
        "-6.89601791408445 -12.812508295168497 2.7661057886022884 -53.42242006282779 -3.1776012518141603 "
        "9.524940190536336 30.042696275740866 -33.84790581066191 -15.99383227902237 -80.60610623676166 "
        "-20.14498255528007 -87.86664086547935 -56.77444083568528 44.06145969422439 -88.06415837770928 "
        "31.94347053108457 13.116866077083726 -12.492563981134479 18.37473751082207 21.09945176164757 "
        "41.8178524918959 -9.213806544134338 -23.687793637250866 -24.18361311291615 -39.45666408622196 "
        "-1.7959198996196553 -31.42934184629565 42.7447799106726 -74.77594495326959 -43.74878807161096"
    ),
}
FROZEN: dict[str, Frozen] = {
    "Lottery / 1000": (
        ("0.5670400000000000027139401836961951630656", "0.2873905328990500999324362559292743633464"),
        ("0.04064315893234678131390210626941645571012", "0.02873905328990500999324362559292743633464"),
        "-8.601264341028046122288575642646872606831",
    ),
    "Mavro": (
        ("2.001855999999999973226749716559424996376", "0.0004248105460084852881681223852156983322963"),
        ("0.00006007728356043195729993446649045761493145", "0.00004248105460084852881681223852156983322963"),
        "317.2464364659838215478909819809889920999",
    ),
    "Michelso": (
        ("299.8524000000000000909494701772928237915", "0.07861450247886726411421330880730975167557"),
        ("0.007861450247886726411421330880730975167557", "0.005558884780241369247351491968158791576839"),
        "112.4260553452910508452144831729124976412",
    ),
    "delays": (
        ("1.03", "16.81752359891312892222784546175105100495"),
        ("1.681752359891312892222784546175105100495", "1.189178497955626508476455396374821568297"),
        "-424.1359947356818420243394665233058618352",
    ),
    "hours late": (
        ("3.4", "2.698147512646408293110061122299108994491"),
        ("0.3815756805667782596610486344092906161018", "0.2698147512646408293110061122299108994491"),
        "-120.5751982154485021233803278206383725797",
    ),
    "late arrivals": (
        ("14.8125", "12.82844536242278527586123569745385978355"),
        ("1.851626595819800332515247124388519724919", "1.309297722129543426752532611408729820286"),
        "-190.5889695564765398731131048614168120505",
    ),
    "mean/sd 1e6": (
        ("1000000.121016185067128390073776245117187", "0.88176363447943447878992427333264081399"),
        ("0.1609872776640421082848158731481069947713", "0.1138351957210057927459879849939737318847"),
        "-38.793218585866182671680521512971879344",
    ),
    "wide": (
        ("6791050789243201685.961861507578269387156", "36570927068829235514.33474586938379012487"),
        ("6676907234824685655.048464708842996026262", "4721286383098055088.188828583666234958176"),
        "-1393.941713683980603422077094598124559661",
    ),
    "5 rows": (
        ("0.2293153588951907351223269415640970692039", "0.8034976417948394601070213104752555377172"),
        ("0.3593350693628074326118818262512218326099", "0.2540882642645795524170996014160824036997"),
        "-6.000787522398018791751089452950028846307",
    ),
    "50 rows": (
        ("-10.23525053828168410063881310634315013885", "38.09759978467040697459687879782238194558"),
        ("5.387814230934319509442310679994151269129", "3.809759978467040697459687879782238194558"),
        "-252.9544907787602537418332883591764407382",
    ),
}
