"""Gamma(shape a, scale s): log f(x) = (a - 1) log x - x/s - a log s - log Gamma(a), x > 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from thetahat.reference.frozen import Frozen
from thetahat.reference.mistakes import Errors, Estimates, Information, Mistake, Score
from thetahat.reference.special import digamma, trigamma

__all__ = [
    "DIMENSION",
    "FROZEN",
    "MISTAKES",
    "R_NAMES",
    "SAMPLES",
    "THETAS",
    "draw",
    "information",
    "log_density",
    "score",
]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((2.0, 3.0), (0.3, 1e3), (1.0, 1.0), (40.0, 0.25))
DIMENSION = (0, 1)
R_NAMES = ("gamma", "gamma")  # in MASS's fitdistr, in fitdistrplus's mledist


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    shape, scale = theta
    return random.gammavariate(shape, scale)


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    a, s = theta
    return [a * math.log(x), -math.log(x), -x / s, -a * math.log(s), -math.lgamma(a)]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    a, s = theta
    return [[math.log(x), -math.log(s), -digamma(a)], [x / s**2, -a / s]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    a, s = theta
    return [[[trigamma(a)], [1 / s]], [[1 / s], [2 * x / s**3, -a / s**2]]]


MISTAKES: dict[str, Mistake] = {
    "moments": Estimates(lambda rows, _: ((rows.mean / rows.sd) ** 2, rows.sd**2 / rows.mean)),
    "parameters swapped": Estimates(lambda _, theta: (theta[1], theta[0])),
    "dropped Jacobian": Errors(lambda theta: [1 / value for value in theta]),
    # 1 / J_jj for the diagonal of J^-1: 1 - J_12^2 / (J_11 J_22) of the variance.
    "no cross term": Errors(lambda theta: [math.sqrt(1 - 1 / (theta[0] * trigamma(theta[0])))] * 2),
    "cross term of the other sign": Information([[1, -1], [-1, 1]]),
    "score off by a constant": Score(lambda theta, n: (n * math.log(theta[1]), 0.0)),
}

# Maxima of small samples, to 40 digits, by tests/data/make_maxima.py: by the sample's name the parameters,
# the standard errors by the observed information (none where the score has no root) and the
# log-likelihood. Samples of the family's own come with their rows, others are in tests/data/samples.json.
SAMPLES = {
    "5 rows": ("3.064235990826897 4.412197658969114 8.072472629659165 0.4963397119164794 3.273727407401819"),
    "50 rows": (
        "8.772653988306697 9.4185804623452 10.595224407600519 6.152861029339867 8.886438775239622 "
        "12.015701537961078 10.663895981383922 10.642087798183184 10.10494529391387 10.837162092566839 "
        "11.372325097873198 9.096911636798898 12.330475632363092 11.113824920438349 11.08496560081358 "
        "9.531485320336303 9.752853938068775 8.121669691740264 10.599951299911572 10.032651444282871 "
        "9.331425108714281 10.390235391985899 10.896237964046708 12.225124525586681 10.83639989438822 "
        "12.27320042675236 12.881461237507903 11.083057531831495 11.968390695638732 9.016685157826368 "
        "12.197856582258073 7.692376772734896 9.600839570711509 9.060863701576848 10.538758652012909 "
        "11.111453942183864 12.524900399567061 10.024424321795806 9.13753851258246 10.465585478177722 "
        "8.540049229012789 10.51846844077004 7.042496476346074 9.157494970756463 12.75185849614264 "
        "9.823040128639914 10.689073981393651 10.2715773260845 13.645398431483184 9.69316635035041"
    ),
}
FROZEN: dict[str, Frozen] = {
    "Lottery / 1000": (
        ("2.24457849401836243536429884035419979633", "0.2526264960263675969308056245086238747827"),
        ("0.419844436943987896910814016767621288699", "0.05292956148283899779722798107071247698972"),
        "-14.08491411093766325545401010318715341764",
    ),
    "Mavro": (
        ("22208207.10657138421472951923983899028496", "0.00000009014036974680648445333992196485842523869"),
        ("4441641.387980943884849233668069446065977", "0.0000000180280740170092403221542336488763362978"),
        "317.248648278766653217326481760911842874",
    ),
    "Michelso": (
        ("14548167.34925232458127425314998118568763", "0.00002061100843848970052269553791971186868807"),
        ("2057421.533728382084486993839112303959205", "0.00000291483678348631662812508877340115399851"),
        "112.4258930258675010140730223451247084513",
    ),
    "mean/sd 1e6": (
        ("1286162317848.545923579118734816788935247", "0.0000007775069344971601491153996715556278391941"),
        ("332085682503.0868797944558330199900252055", "0.0000002007514272578984876924928433336847444785"),
        "-38.79321707135837754384397144858562970227",
    ),
    "wide": (
        ("0.0192308730526894284434840322045373315944", "353132734568879932639.7206318242223188846"),
        ("0.003544247322827510869964976574358017773636", "469452805351312059810.2273828357885486134"),
        "7.865763470979871266625985587138364509805",
    ),
    "5 rows": (
        ("1.730039389883448131595239997789749546316", "2.233356478672428812934761643970711881797"),
        ("1.006416884904719369451846414327444124408", "1.50484947859743964871856394924913960929"),
        "-11.3745475808503082416960236606809790058",
    ),
    "50 rows": (
        ("44.42503506922062718623058966694082903335", "0.2325337975956666744699500554289187295427"),
        ("8.851863436258021700524017746120798991227", "0.04659523044954347131120655366466461332051"),
        "-92.47873953565598207181476446922769641801",
    ),
}
