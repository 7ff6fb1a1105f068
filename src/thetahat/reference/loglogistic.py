"""Log-logistic(shape k, scale s): log f(x) = log k - log s - q - z - 2 log(1 + exp(-z)), x > 0.

Here q = log(x/s) and z = k q, where |z| may replace z. Derivatives are in h = 2 / (1 + exp(-z)) - 1, which
is tanh(z/2), and p = dh/dz = (1 - h^2) / 2.
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
    "SAMPLES",
    "THETAS",
    "draw",
    "information",
    "log_density",
    "score",
]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((2.5, 3.0), (0.8, 1e3), (1.0, 1.0), (30.0, 0.25))
DIMENSION = (0, 1)


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    k, s = theta
    u = random.random()
    return s * math.exp(math.log(u / (1 - u)) / k)


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    k, s = theta
    q = math.log(x / s)
    z = abs(k * q)
    return [math.log(k), -math.log(s), -q, -z, -2 * math.log1p(math.exp(-z))]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    k, s = theta
    q = math.log(x / s)
    part = 2 / (1 + math.exp(-k * q))
    return [[1 / k, q, -q * part], [k * part / s, -k / s]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    k, s = theta
    q = math.log(x / s)
    half = 1 / (1 + math.exp(-k * q))
    p = 2 * half * (1 - half)
    mixed = [1 / s, -2 * half / s, -k * q * p / s]
    return [[[1 / k**2, q * q * p], mixed], [mixed, [2 * k * half / s**2, -k / s**2, k * k * p / s**2]]]


def _quartiles_of_log(rows: Rows, theta: Theta) -> Theta:
    """Return the shape for which the quartiles of log x lie so far apart."""
    return 2 * math.log(3) / (rows.logs.quantile(0.75) - rows.logs.quantile(0.25)), theta[1]


MISTAKES: dict[str, Mistake] = {"quartiles for the shape": Estimates(_quartiles_of_log)}

# Maxima of small samples, to 40 digits, by tests/data/make_maxima.py: by the sample's name the parameters,
# the standard errors by the observed information (none where the score has no root) and the
# log-likelihood. Samples of the family's own come with their rows, others are in tests/data/samples.json.
SAMPLES = {
    "5 rows": (
        "1.8833722371171038 3.220589771039416 2.424556514302746 3.5514023878867116 3.6846381690147907"
    ),
    "50 rows": (
        "0.2404868042128515 0.25148254970563344 0.2456023945578015 0.25354004377523204 0.2543193908416387 "
        "0.2288067851720654 0.21649567216821225 0.26404286423057816 0.2414067552394357 0.2403253747831391 "
        "0.2996240509543483 0.24900957950410918 0.2639778789845214 0.2492124283124202 0.254806639531494 "
        "0.23599291121805313 0.254652142771088 0.2662015585148015 0.250774458465976 0.2589263764942711 "
        "0.2560262848231534 0.228618344301247 0.2597087886390812 0.25308987927530263 0.24308681176907704 "
        "0.22290181331401202 0.26600811705238664 0.24909238678838833 0.2579456137264974 0.2670676773626465 "
        "0.2577469858551497 0.2713401553013508 0.24647101247005043 0.2618731904964566 0.24815328529749278 "
        "0.27332349381951876 0.2670721803512058 0.23212276604316906 0.23505546021678467 0.23953123946100346 "
        "0.27935888297836986 0.24786951496794354 0.25435300089108515 0.24307751537133668 "
        "0.25024156631755506 0.2461571586022311 0.2449268519924923 0.252880118726825 0.2528515756556571 "
        "0.26942440829614056"
    ),
}
FROZEN: dict[str, Frozen] = {
    "Lottery / 1000": (
        ("2.306789198160721266400813003745243737231", "0.5176929732232743962141503881481528609386"),
        ("0.2820777494923309513612418578312140192001", "0.05434290874828920168151188419529837685271"),
        "-19.52813631468352835759424786054969600891",
    ),
    "Mavro": (
        ("8011.223629819204760427869708359503240126", "2.00181382065281192208421027495454596182"),
        ("935.5537621216561918340391326332910287404", "0.00006256286096003540807180637116182467781536"),
        "315.7955977297489725333612743117387037419",
    ),
    "Michelso": (
        ("6759.0289608222771262098014867836115275", "299.8514667813211072624555860868454531516"),
        ("563.3495626083934592070386062323939204092", "0.007721117518590319198198434420161702883453"),
        "112.2394769156715974432037298919563276608",
    ),
    "mean/sd 1e6": (
        ("2013282.805468828433053225847326611308368", "1000000.124298897991912129492487836629985"),
        ("309316.7114858606758164379415719973709616", "0.1570581490978227078842679760229482633269"),
        "-38.89904582023248264456475912096887031007",
    ),
    "wide": (
        ("0.09395639909933181709130461069509868677799", "0.004410192713456652363878076415917065655675"),
        ("0.01450221486383142696433752816185233321381", "0.01467704010947106346600145256554603088705"),
        "25.52455890328845536322665644844239974878",
    ),
    "5 rows": (
        ("6.461882416094761898480804141860712341643", "2.942001484947791321755611002168450385048"),
        ("2.345504808339607776895185098101184294065", "0.366551383736667103605637958605125321869"),
        "-5.755435272945337816509856635511349360157",
    ),
    "50 rows": (
        ("31.76807093191974241485425111779850427684", "0.2516243385112053603483660404761343565539"),
        ("3.785564423618974210618144910210134205123", "0.001929442931955455092225001631619369645947"),
        "141.6158129979339211861543039341783715687",
    ),
}
