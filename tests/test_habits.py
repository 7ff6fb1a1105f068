"""What users of SciPy and pandas try first: functions of the distribution, names, sums of summaries."""

import builtins
from typing import get_args

import numpy as np
import pytest
from scipy import stats

import thetahat as th
from thetahat import reference
from thetahat.families import FamilyName, find_family

NUMBERS = [name for name in th.families() if not (find_family(name).circular or find_family(name).counts)]
X = np.random.default_rng(0).gamma(2.0, 3.0, 200)


def fit_at(family):
    """Return a fit at the first parameters of the reference, all fixed."""
    fixed = dict(zip(find_family(family).names, getattr(reference, family).THETAS[0], strict=True))
    row = find_family(family).scipy(*fixed.values())
    middle = getattr(stats, row[0])(**row[1]).ppf(0.5)
    return th.fit([middle, middle], family, fixed=fixed)


def test_functions_are_those_of_scipy(family):
    fit = fit_at(family)
    law = fit.dist()
    x = np.sort(np.asarray(law.rvs(12, random_state=1), dtype=float)).reshape(3, 4)
    density = law.pmf if find_family(family).counts else law.pdf
    np.testing.assert_allclose(fit.pdf(x), density(x), rtol=1e-9)
    np.testing.assert_allclose(fit.logpdf(x), np.log(density(x)), rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(fit.cdf(x), law.cdf(x))
    np.testing.assert_allclose(fit.sf(x), law.sf(x), rtol=1e-13)
    assert fit.ppf(0.5) == law.ppf(0.5)
    assert isinstance(fit.ppf(0.5), float)
    assert isinstance(fit.pdf(0.5 if not find_family(family).counts else 1), float)
    assert fit.pdf([]).shape == (0,)


@pytest.mark.parametrize("family", NUMBERS)
def test_probabilities_far_out_are_those_of_the_compiled_core(family):
    fit = fit_at(family)
    at = fit.dist().isf(10.0 ** -np.arange(3, 30, 6))
    beyond = th.logpdf(th.Censored(at, np.full(at.size, np.inf)), family, fit.theta)
    with np.errstate(divide="ignore"):  # at the end of the support
        np.testing.assert_allclose(np.log(fit.sf(at)), beyond, rtol=1e-9)


def test_densities_are_zero_outside_and_nan_at_nan():
    fit = th.fit(X, "gamma")
    np.testing.assert_array_equal(fit.pdf([-1.0, 0.0, np.inf, np.nan]), [0, 0, 0, np.nan])
    np.testing.assert_array_equal(fit.logpdf(X), th.logpdf(X, "gamma", fit.theta))
    with pytest.raises(th.ParameterError, match="x must be a number or an array of numbers, got 'a'"):
        fit.cdf("a")


def test_random_rows_have_a_seed():
    fit = th.fit(X, "gamma")
    assert np.array_equal(fit.rvs((3, 2), 1), fit.rvs((3, 2), np.random.default_rng(1)))
    assert fit.rvs(3).shape == (3,)
    with pytest.raises(th.ParameterError, match="rng must be"):
        fit.rvs(3, rng=-1)


def test_without_scipy_densities_remain(monkeypatch):
    real = builtins.__import__

    def no_scipy(name, *args, **kwargs):
        if name.partition(".")[0] == "scipy":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    fit = th.fit(X, "gamma")
    monkeypatch.setattr(builtins, "__import__", no_scipy)
    assert fit.pdf(1.0) > 0
    for ask in (lambda: fit.cdf(1), lambda: fit.sf(1), lambda: fit.ppf(0.5), fit.rvs):
        with pytest.raises(th.MissingExtraError, match=r"thetahat\[scipy\]"):
            ask()


def test_estimates_by_name():
    fit = th.fit(X, "gamma", fixed={"shape": 2.0})
    assert fit.converged is True
    assert list(fit.table) == ["shape", "scale"]
    assert fit.table["shape"] == {"estimate": 2.0, "stderr": 0.0, "low": 2.0, "high": 2.0}
    low, high = fit.confint()[1]
    expected = {"estimate": fit.params["scale"], "stderr": fit.stderr[1], "low": low, "high": high}
    assert fit.table["scale"] == expected
    assert fit.to_pandas().to_dict("index") == fit.table
    method = th.GradientAscent(learning_rate=1e-6, epochs=1)
    assert not th.fit(X, "gamma", method=method, start=(1, 1)).converged


def test_families_describe_themselves(family):
    described = th.family(family)
    assert described is find_family(family)
    theta = getattr(reference, family).THETAS[0]
    assert described.scipy(*theta)[0] == described.scipy_name
    assert [parameter.name for parameter in described.parameters] == list(described.names)


def test_formulas_describe_themselves():
    assert th.family("half_normal").scipy_name == "halfnorm"
    mixture = th.mixture(["normal", "exponential"])
    assert th.family(mixture) is mixture
    fit = th.fit(X, mixture)
    np.testing.assert_array_equal(fit.logpdf(X), th.logpdf(X, mixture, fit.theta))
    assert list(fit.table) == list(mixture.names)
    with pytest.raises(th.ParameterError, match=f"{mixture.name} is defined by a formula, and has no"):
        mixture.scipy_name  # noqa: B018


def test_estimates_of_censored_rows_have_the_functions_of_their_distribution():
    fit = th.fit(th.Censored(X, event=X < 8), "gamma")
    assert fit.cdf(3.0) == fit.dist().cdf(3.0)
    assert fit.table["scale"]["stderr"] == fit.stderr[1]
    with pytest.raises(th.ParameterError, match="x must be a number or an array of numbers, got <Censored"):
        fit.pdf(th.Censored(X))


def test_unknown_families_have_no_description():
    with pytest.raises(th.UnknownFamilyError, match="gamma"):
        th.family("gama")


def test_the_names_for_checkers_of_types_are_those_of_the_families():
    assert get_args(FamilyName) == (*th.families(), *th.formula_families())


def test_methods_by_name():
    assert th.fit(X, "gamma", method="exact").params == th.fit(X, "gamma").params
    by_name = th.fit(X, "gamma", method="sgd", rng=1)
    assert by_name.to_dict() == th.fit(X, "gamma", method=th.SGD(), rng=1).to_dict()


def test_summaries_have_a_sum():
    parts = [th.summarize(part, "gamma") for part in np.split(X, 4)]
    assert sum(parts).fit().params == (parts[0] + parts[1] + parts[2] + parts[3]).fit().params
    with pytest.raises(TypeError, match="unsupported operand"):
        1 + parts[0]
