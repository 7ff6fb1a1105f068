"""Names of SciPy, R and MATLAB lead to the family that is meant, or to the words that there is none."""

import math
import re

import numpy as np
import pytest
from scipy import stats
from turns import in_turn

import thetahat as th
from thetahat.families import find_family
from thetahat.reference import Likelihood

# "SciPy's name(its parameters) with fixed={...}" or "... with x replaced by ..."
SCIPYS = [
    (family, *parts)
    for family in (*th.families(), *th.formula_families())
    for text in find_family(family).elsewhere
    for parts in re.findall(
        r"^SciPy's (\w+)\((.*?)\)(?: with fixed=(\{.*\}))?(?: with x replaced by (.*))?$", text
    )
]
LAWS = stats.rv_continuous | stats.rv_discrete
ALL = sorted(name for name, law in vars(stats).items() if isinstance(law, LAWS))


def words_for(name):
    with pytest.raises(th.UnknownFamilyError) as error:
        th.fit([1.0, 2.0], name)
    return str(error.value)


def inside(parameter, value):
    """The value, or another one where the parameter's domain does not hold it."""
    return next(v for v in (value, 0.7, 1.7) if parameter.low < v < parameter.high)


@pytest.mark.parametrize(("family", "name", "keywords", "fixed", "replaced"), SCIPYS)
def test_the_parameters_of_scipy_are_mapped(family, name, keywords, fixed, replaced):
    """SciPy's density of x is the family's of what replaces x, times the derivative of that."""
    functions = {"exp": np.exp, "log": np.log}
    names = find_family(family).names
    wanted = (2.0, 3.0, 1.5, 2.5)[: len(names)] if len(names) > 1 else (0.7,)
    values = dict(zip(names, map(inside, find_family(family).parameters, wanted), strict=True))
    values |= eval(fixed or "{}")
    law = getattr(stats, name)(**eval(f"dict({keywords})", functions | values))
    x = law.ppf([0.2, 0.5, 0.7])

    def replace(x):
        return eval(replaced or "x", functions | {"x": x})

    h = 1e-5 * np.abs(x)
    slope = np.abs(replace(x + h) - replace(x - h)) / (2 * h) if replaced else 1.0
    log_density = law.logpmf if find_family(family).counts else law.logpdf
    expected = th.logpdf(replace(x), family, values) + np.log(slope)
    assert log_density(x) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@in_turn("name", sorted(set(ALL) - {*th.families(), *th.formula_families()}))
def test_every_distribution_of_scipy_is_known(name):
    words = words_for(name)
    mine = [family for family, other, *_ in SCIPYS if other == name]
    if mine:
        assert f"here it is {mine[0]!r}: {find_family(mine[0]).signature} is SciPy's {name}(" in words
    else:
        assert re.search("this distribution is not here; there are: normal|is NumPy's wald", words)


def test_every_family_is_found_by_the_name_of_scipy(family):
    name, _ = find_family(family).scipy(*Likelihood(family).family.THETAS[0])
    if name != family:
        assert f"here it is {family!r}: " in words_for(name)


@in_turn("change", [str.upper, str.title, lambda name: name.replace("_", "-"), "{} ".format])
def test_other_spellings(family, change):
    name = change(family)
    if name != family:
        assert re.match(rf"unknown family {name!r}; (did you mean|here it is) {family!r}", words_for(name))


MEANT = {
    "nbinom": "negative_binomial",
    "genpareto": "generalized_pareto",
    "gaussian": "normal",
    "student-t": "student_t",
    "Student's t": "student_t",
    "norm": "normal",
    "norml": "normal",
    "dnorm": "normal",
    "rnbinom": "negative_binomial",
    "pexp": "exponential",
    "expon": "exponential",
    "wbl": "weibull",
    "GeneralizedExtremeValue": "gev",
    "ev": "gumbel",
    "tLocationScale": "student_t",
    "chisq": "gamma",
    "Chi-Squared": "gamma",
    "inverse gamma": "inverse_gamma",
    "Frechet": "frechet",
    "gpd": "generalized_pareto",
    "negative binomial": "negative_binomial",
    "possion": "poisson",
    "exponental": "exponential",
    "Bernoulli": "bernoulli",
    "skew-normal": "skew_normal",
    "half normal": "half_normal",
    "halfnorm": "half_normal",
    "exGaussian": "exponnorm",
    "binom": "binomial",
    "bino": "binomial",
    "zipf": "zeta",
    "gennorm": "generalized_normal",
    "johnsonsu": "johnson_su",
    "Pearson III": "pearson3",
    "LP3": "log_pearson3",
    "ZIP": "zero_inflated_poisson",
    "Maxwell-Boltzmann": "maxwell",
}


@pytest.mark.parametrize("name", MEANT)
def test_names_lead_to_the_family_that_is_meant(name):
    assert re.search(rf"(here it is|did you mean) {MEANT[name]!r}", words_for(name))


@pytest.mark.parametrize(
    "name", ["betabinom", "half-t", "f", "Burr", "hyper", "zipfian", "johnsonsb", "exponpow"]
)
def test_distributions_that_are_not_here(name):
    assert words_for(name).startswith(f"unknown family {name!r}: this distribution is not here; there are: ")


@pytest.mark.parametrize("name", [3, None, ["normal"], np.array(["normal", "gamma"]), {}, math.nan, b"gamma"])
def test_names_that_are_no_strings(name):
    with pytest.raises(th.UnknownFamilyError, match="a family is named by a string; there are: normal"):
        th.fit([1.0, 2.0], name)
    with pytest.raises((th.UnknownFamilyError, th.ParameterError), match="famil"):
        th.compare([1.0, 2.0], [name])
