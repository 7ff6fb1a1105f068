"""What is said of a name that is no family: the family that other programs call so, or that there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from thetahat.families._family import Family

__all__ = ["unknown_family"]

_NEAR = 0.8  # how alike two names must be to be taken for one
_DENSITY = tuple("dpqr")  # what R puts before a name

# Distributions of SciPy, R, MATLAB and textbooks that are no family, and become none by a change of x.
_OTHERS = """
    alpha anglit argus asymmetriclaplace bates beta4 betabinom betabinomial betanbinom birnbaumsaunders
    boltzmann bradford burr categorical compoundpoisson conwaymaxwellpoisson cosine crystalball
    delaporte dgamma dirac dirichlet discretelaplace discreteuniform dlaplace dparetolognorm dweibull
    empirical exponentialpower exponpow exponweib exponentiatedweibull f fatiguelife fdistribution
    foldcauchy foldednormal foldnorm gausshyper gaussianmixture genexpon generalizedhyperbolic
    generalizedlogistic genhalflogistic genhyperbolic geninvgauss genlogistic gmm gompertz halfcauchy
    halfgennorm halflogistic halft histogram hyge hyper hypergeom hypergeometric hypsecant
    hyperbolicsecant inversechi inversewishart irwinhall jfskewt johnsonsb kappa3 kappa4 kde kernel
    ksone kstwo kstwobign kumaraswamy landau laplaceasymmetric levy levyl levystable lindley logarithmic
    logit logitnormal logser makeham mielke mixture moyal multinom multinomial
    multivariatenormal mvn mvnorm mvt ncf nchypergeomfisher nchypergeomwallenius nct ncx2 nhypergeom
    noncentralchi2 noncentralchisquared noncentralf noncentralt norminvgauss normalinversegaussian
    pearson pert phasetype piecewiselinear planck poissonbinom poissonbinomial powerlognorm powernorm
    randint rdist relbreitwigner rice rician semicircular signrank skellam skewcauchy skewt stable
    studentizedrange trapezoid trapezoidal trapz triang triangle triangular truncatednormal truncexpon
    truncnorm truncpareto truncweibullmin tukey tukeylambda tweedie unid uniformdiscrete voigt
    wignersemicircle wilcox wishart wrapcauchy wrappedcauchy wrappednormal yulesimon yule zipfian
"""
_NOT_HERE = frozenset(_OTHERS.split())


def unknown_family(name: object, families: Sequence[Family]) -> str:
    """Return that a name is unknown, and which of the families it means, if it means one."""
    there = f"there are: {', '.join(family.name for family in families)}"
    if not isinstance(name, str):
        return f"unknown family {name!r}: a family is named by a string; {there}"
    known = _names(families)
    word = _plain(name)
    if word in _NOT_HERE:
        return f"unknown family {name!r}: this distribution is not here; {there}"
    if word not in known and word[:1] in _DENSITY:
        word = word[1:]
    if word in known:
        return f"unknown family {name!r}; {_told(word, known[word])}"
    (near,) = get_close_matches(_plain(name), [*known, *_NOT_HERE], n=1, cutoff=_NEAR) or [""]
    if near in known:
        return f"unknown family {name!r}; did you mean {known[near].name!r}?"
    return f"unknown family {name!r}; {there}"


def _names(families: Sequence[Family]) -> Mapping[str, Family]:
    """Return the families by their own names and by those of other programs."""
    own = {_plain(family.name): family for family in families}
    others = {_name(text): family for family in families for text in family.elsewhere}
    return {**others, **own}


def _told(word: str, family: Family) -> str:
    """Return which family a name means, and its parameters there."""
    same = [text for text in family.elsewhere if _name(text) == word]
    if not same:
        return f"did you mean {family.name!r}?"
    return f"here it is {family.name!r}: {family.signature} is {' and '.join(same)}"


def _name(text: str) -> str:
    """Return the name in what a family is elsewhere, such as norm in "SciPy's norm(loc=mu, scale=sigma)"."""
    (name,) = re.findall(r"([\w-]+)\(", text)[:1]
    return _plain(name)


def _plain(name: str) -> str:
    """Return a name without what spellings differ in."""
    return re.sub("[^a-z0-9]", "", name.lower())
