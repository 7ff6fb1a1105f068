"""Gumbel(mu, beta): log f(x) = -log beta - z - exp(-z) with z = (x - mu) / beta."""

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
    "bisection",
    "draw",
    "information",
    "log_density",
    "score",
]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((0.0, 1.0), (5.0, 2.0), (-3.5e4, 0.25), (1e-3, 40.0))
DIMENSION = (1, 1)


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    mu, beta = theta
    return mu - beta * math.log(random.expovariate(1.0))


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    mu, beta = theta
    z = (x - mu) / beta
    return [-math.log(beta), -z, -math.exp(-z)]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    mu, beta = theta
    z = (x - mu) / beta
    e = math.exp(-z)
    return [[1 / beta, -e / beta], [z / beta, -z * e / beta, -1 / beta]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    mu, beta = theta
    z, r = (x - mu) / beta, 1 / beta**2
    e = math.exp(-z)
    mixed = [r, -e * r, z * e * r]
    return [[[e * r], mixed], [mixed, [2 * z * r, -2 * z * e * r, -r, z * z * e * r]]]


def bisection(rows: Sequence[float], weights: Sequence[float] | None = None) -> tuple[float, float]:
    """Return the maximum, by bisection of beta = mean - (mean of x weighted by exp(-x / beta)).

    The right side falls as beta grows, so there is one root, between 0 and the range of the rows.
    """
    logs = [0.0] * len(rows) if weights is None else [math.log(w) for w in weights]
    n, low, span = math.fsum(map(math.exp, logs)), min(rows), max(rows) - min(rows)
    x = [row - low for row in rows]
    mean = math.fsum(math.exp(w) * v for w, v in zip(logs, x, strict=True)) / n

    def tilted(beta: float) -> tuple[float, float]:
        exponents = [w - v / beta for w, v in zip(logs, x, strict=True)]
        most = max(exponents)
        e = [math.exp(exponent - most) for exponent in exponents]
        total = math.fsum(e)
        return most + math.log(total), math.fsum(w * v for w, v in zip(e, x, strict=True)) / total

    below, above = math.log(span) - 60, math.log(span) + 1  # of log beta
    for _ in range(56):  # to the last bit of doubles
        middle = below + (above - below) / 2
        beta = math.exp(middle)
        below, above = (middle, above) if beta < mean - tilted(beta)[1] else (below, middle)
    beta = math.exp(below)
    return low - beta * (tilted(beta)[0] - math.log(n)), beta


def _moments(rows: Rows, _: Theta) -> Theta:
    """Return the parameters by mean = mu + Euler's constant beta and variance = pi^2 beta^2 / 6."""
    beta = math.sqrt(6) / math.pi * rows.sd
    return rows.mean - 0.5772156649015329 * beta, beta


MISTAKES: dict[str, Mistake] = {"moments": Estimates(_moments)}

# Maxima of small samples, to 40 digits, by tests/data/make_maxima.py: by the sample's name the parameters,
# the standard errors by the observed information (none where the score has no root) and the
# log-likelihood. Samples of the family's own come with their rows, others are in tests/data/samples.json.
SAMPLES = {
    "5 rows": (
        "1.302827479916723 0.241097153401633 0.7722676681175782 0.07673076904640132 0.01739857004751819"
    ),
    "50 rows": (
        "52.11409919666892 9.64488613606532 30.89170672470313 3.0702307618560525 0.6969428019007275 "
        "107.6637500331761 172.93483473535323 -23.883984571090906 48.12892151799384 52.82047582165892 "
        "-67.72363083698777 18.14255960986836 -23.747685005508007 17.42119978946951 -0.7544645284985737 "
        "72.5012732420052 -0.29693726244320856 -28.22764737092302 12.011771402723687 -12.059443615583685 "
        "-4.279529821521329 108.62007386888213 -14.018779595238682 4.470291711553604 41.03545637552802 "
        "138.30816080447914 -27.85255538331272 17.847563710455 -9.521049536494395 -29.87445689538089 "
        "-8.995601191307626 -37.27858883589385 27.530065570084794 -19.147427552981288 21.235017118906494 "
        "-40.35285551161123 -29.882881555606954 91.10266705542392 76.92683780544512 56.32527653890025 "
        "-48.55062331095264 22.27661557147409 0.5960285256729287 41.07402699330253 13.828190566282235 "
        "28.73610799501189 33.55709405864987 5.13000398544754 5.220134951735303 -34.099132891827296"
    ),
}
FROZEN: dict[str, Frozen] = {
    "Lottery / 1000": (
        ("0.4194576988820271971919486880841432164408", "0.2811236387121443254232967479986506714493"),
        ("0.04221400614384555023354427607629269829436", "0.02987615119095406365992334239698556813728"),
        "-12.80061109418671561385379004470365629309",
    ),
    "Mavro": (
        ("2.001659085266738923596896899698914085499", "0.0003246344460480653987460669015570040245947"),
        ("0.00004825922468549886528462518541149983207102", "0.00003780345397894740258325559534917519898684"),
        "321.3118520121771271579256942592682551807",
    ),
    "Michelso": (
        ("299.8130061556480539348969762789940650451", "0.08110852444158573600019194984734725776939"),
        ("0.008606503778546666616018991363079336219006", "0.00559692544099763807258835138526538652909"),
        "102.627419105725675431665896795939042711",
    ),
    "delays": (
        ("-6.838651097263783082007605818596076344889", "14.20778090305591779252014869430513432636"),
        ("1.499775061150445775703659320921994538483", "1.076550440162717887683814555985644667159"),
        "-420.761665446555922736910829211615687731",
    ),
    "hours late": (
        ("2.171281510520500634259622069446028535005", "2.036761040422363549245155361493543995213"),
        ("0.3026975996831763775817539193822228007503", "0.2345377671954555086067162105245564126297"),
        "-115.7315817081687930064429834512726921629",
    ),
    "late arrivals": (
        ("9.134065512223684461032942537263893148993", "8.950087121045778542129658250248949179345"),
        ("1.352077289251479335081749316508786382024", "1.091788589261312962113515825598215532286"),
        "-183.6537141340624423919772585829445963919",
    ),
    "mean/sd 1e6": (
        ("999999.6849276426124814898410934930686861", "0.8243551491658216863335749723483741760636"),
        ("0.1595537065003812522411163542514688003027", "0.1124545228105554102667998490668082317955"),
        "-40.07555482830556998683185463162297946015",
    ),
    "wide": (
        ("230227274952626031.3224567772598042042595", "6791050669493944913.738904596668915246087"),
        ("1240582843379501189.187234324635344381659", "1239870546945659017.785213498815903430678"),
        "-1359.84707368777309170952066720665200979",
    ),
    "5 rows": (
        ("0.2581966524404168453740267632366198463062", "0.3500032925315511446864579532125426617141"),
        ("0.1639435061953905736508913710810709410226", "0.1352851432616560758769283807922188903896"),
        "-2.94901598073579238323490149331359847413",
    ),
    "50 rows": (
        ("-3.924919053873127066549345230108074655792", "36.90916419773502956876805814884380637585"),
        ("5.492203878790928281926699886355139145886", "4.05291437642431361613818792958656887369"),
        "-259.3470011315791808233311868266963431388",
    ),
}
