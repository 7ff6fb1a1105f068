"""Censored, truncated and binned rows of formulas: what compiled families of the same formula give."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest
from censored_data import certified, dataset
from test_formula_definitions import NORMAL, gaussian
from test_formulas import FORMULAS
from test_tails import POINTS, ends, numbers, rows_of

import thetahat as th
from thetahat import _core
from thetahat._censored import scores

INF = math.inf
CERTIFIED = {key: rows for key, rows in certified().items() if key[1] in FORMULAS}
TIMES = np.random.default_rng(4).weibull(1.7, 400) * 3
EVENT = np.random.default_rng(5).uniform(1, 6, 400) > TIMES
RIGHT = th.Censored(np.minimum(TIMES, 4.0), event=TIMES < 4.0)


@pytest.mark.parametrize(("name", "family", "fixed"), CERTIFIED, ids=lambda value: str(value or ""))
def test_certified_maxima(name, family, fixed):
    rows, counts = dataset(name)
    fit = th.fit(rows, FORMULAS[family], weights=counts, fixed=dict(fixed))
    assert fit.status == "converged"
    for row in CERTIFIED[name, family, fixed]:
        place = list(fit.params).index(row["parameter"])
        assert fit.theta[place] == pytest.approx(float(row["value"]), rel=1e-10)
        assert fit.stderr[place] == pytest.approx(float(row["se"]), rel=1e-8)
        assert fit.log_likelihood == pytest.approx(float(row["loglik"]), rel=1e-12)


@pytest.mark.parametrize(("family", "theta"), [point for point in POINTS if point[0] in FORMULAS])
def test_log_probabilities_and_scores(family, theta):
    """To 25 digits; scores beside each component, or a thousandth of the row's largest where that is more."""
    rows = rows_of(family, theta)
    ours, gradients = scores(FORMULAS[family].model, numbers(theta), *ends(rows))
    np.testing.assert_allclose(ours, [float(row["value"]) for row in rows], rtol=1e-10, atol=0)
    wanted = np.array([numbers(row["gradient"]) for row in rows])
    floor = 1e-3 * np.abs(wanted).max(axis=1, keepdims=True)
    assert (np.abs(gradients - wanted) <= 1e-8 * np.maximum(np.abs(wanted), floor)).all()


WINDOWED = th.Family(
    gaussian, NORMAL, support=(-1.0, 3.0), normalized=False, start={"mu": 0.5, "sigma": 1.0}, name="windowed"
)
SHAPES = {
    "mixture": (th.mixture(["normal", "exponential"]), (0.4, -2.0, 0.5, 3.0)),
    "a narrow peak": (th.mixture(["normal", "normal"]), (0.7, 0.0, 1.0, 5.0, 1e-3)),
    "not normalized": (WINDOWED, (0.3, 0.8)),
    "counts": (th.family("zero_inflated_poisson"), (0.3, 4.0)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_intervals_that_cover_the_support_add_up(shape):
    family, theta = SHAPES[shape]
    edges = np.array([-INF, -3, -1, 0, 0.5, 1, 2, 4.99, 5, 5.001, 7, 20, INF])
    log_p, gradients = scores(family.model, theta, edges[:-1].copy(), edges[1:].copy())
    p = np.exp(log_p)
    assert p.sum() == pytest.approx(1, rel=1e-12)
    inside = p > 0
    sums = p[inside] @ gradients[inside]
    assert (np.abs(sums) <= 1e-10 * (p[inside] @ np.abs(gradients[inside]))).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_derivatives_are_those_of_differences(shape):
    family, theta = SHAPES[shape]
    rows = th.Censored([-INF, 0.5, 1.0, 2.0], [0.7, 1.5, INF, 2.9 + family.counts])
    _, score = th.log_likelihood_and_score(rows, family, theta)
    for j, (value, slope) in enumerate(zip(theta, score, strict=True)):
        step = 2.0**-12 * abs(value) or 2.0**-12
        above, below = (
            th.log_likelihood(rows, family, (*theta[:j], value + side * step, *theta[j + 1 :]))
            for side in (1, -1)
        )
        assert (above - below) / (2 * step) == pytest.approx(slope, rel=1e-4, abs=1e-6)


def test_a_binned_mixture_is_fitted():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0, 1, 3000), rng.normal(6, 1, 7000)])
    edges, mixture = np.arange(-5.0, 12.0), th.mixture(["normal", "normal"])
    fit = th.fit(th.Censored(edges[:-1], edges[1:]), mixture, weights=np.histogram(x, edges)[0])
    assert fit.status == "converged"
    np.testing.assert_allclose(fit.theta, (0.3, 0, 1, 6, 1), atol=0.05)


@pytest.mark.parametrize(
    "options",
    [{}, {"fixed": {"shape": 1.5}}, {"weights": np.arange(400) % 3 + 0.5}, {"cov": "sandwich"}],
    ids=str,
)
def test_fits_are_those_of_the_compiled_family(options):
    ours, theirs = (th.fit(RIGHT, family, **options) for family in (FORMULAS["weibull"], "weibull"))
    np.testing.assert_allclose(ours.theta, theirs.theta, rtol=1e-10)
    np.testing.assert_allclose(ours.cov, theirs.cov, rtol=1e-8, atol=1e-12)
    assert ours.log_likelihood == pytest.approx(theirs.log_likelihood, rel=1e-12)
    assert str(ours.kinds) == str(theirs.kinds)


def test_what_is_asked_of_a_fit_is_that_of_the_compiled_family():
    ours, theirs = (th.fit(RIGHT, family) for family in (FORMULAS["weibull"], "weibull"))
    np.testing.assert_allclose(ours.confint(method="profile"), theirs.confint(method="profile"), rtol=1e-7)
    assert ours.test({"shape": 1.5}).pvalue == pytest.approx(theirs.test({"shape": 1.5}).pvalue, rel=1e-8)
    np.testing.assert_allclose(ours.quantile(0.9), theirs.quantile(0.9), rtol=1e-9)
    mine, other = (fit.gof(bootstrap=3, rng=0) for fit in (ours, theirs))
    for one, two in zip(mine._statistics(), other._statistics(), strict=True):
        assert one == pytest.approx(two, rel=1e-8)
    for kind in ("survival", "probability"):
        assert ours.plot(kind).axes


def test_groups_summaries_and_comparisons():
    formula, by = FORMULAS["weibull"], np.arange(400) % 4
    groups = th.fit_groups(RIGHT, formula, by=by)
    np.testing.assert_allclose(groups.theta, th.fit_groups(RIGHT, "weibull", by=by).theta, rtol=1e-9)
    sums = th.summarize(RIGHT, FORMULAS["gamma"]) + th.summarize(RIGHT, FORMULAS["gamma"])
    np.testing.assert_allclose(sums.fit(start=(1, 1)).theta, th.fit(RIGHT, "gamma").theta, rtol=1e-9)
    found = th.compare(RIGHT, [formula, "gamma", FORMULAS["lognormal"]])
    assert {candidate.family for candidate in found} == {"weibull_formula", "gamma", "lognormal_formula"}


def test_threads_change_no_bit_and_exact_rows_keep_theirs():
    formula = FORMULAS["gumbel"]
    rows = th.Censored(np.minimum(TIMES, TIMES[::-1]), event=EVENT)
    one, two = (th.fit(rows, formula, threads=threads) for threads in (1, 2))
    assert one.theta.tolist() == two.theta.tolist()
    assert th.fit(th.Censored(TIMES), formula).theta.tolist() == th.fit(TIMES, formula).theta.tolist()


def test_what_cannot_be_has_no_probability():
    assert th.logpdf(th.Censored([-4.0, 5.0], [-2.0, INF]), WINDOWED, (0.3, 0.8)).tolist() == [-INF, -INF]
    poisson = FORMULAS["poisson"]
    assert th.logpdf(th.Censored([0.2, -5.0], [0.8, -0.5]), poisson, (3.0,)).tolist() == [-INF, -INF]


def test_an_intensity_takes_exact_rows_alone():
    family = th.Family(gaussian, NORMAL, support=(-3.0, 3.0), extended=True)
    for call in (lambda: th.fit(RIGHT, family), lambda: th.logpdf(RIGHT, family, (0.0, 1.0))):
        with pytest.raises(th.ParameterError, match="no row is known by limits"):
            call()


BITS = """
import numpy as np
import thetahat as th
from thetahat._censored import scores
edges = np.array([-np.inf, -3, -1, 0, 0.5, 1, 2, 4.99, 5, 7, 20, np.inf])
mixture, counts = th.mixture(["normal", "exponential"]), th.family("zero_inflated_poisson")
for family, theta in ((mixture, (0.4, -2.0, 0.5, 3.0)), (counts, (0.3, 4.0))):
    print([part.tobytes() for part in scores(family.model, theta, edges[:-1].copy(), edges[1:].copy())])
    law = family.law(theta)
    print(law.cdf(edges).tobytes(), law.ppf([0.1, 0.9]).tobytes())
"""


def test_instruction_sets_give_the_same_bits():
    def output(isa):
        environment = {**os.environ, "THETAHAT_ISA": isa, "PYTHONPATH": os.pathsep.join(sys.path)}
        return subprocess.run(
            [sys.executable, "-c", BITS], env=environment, capture_output=True, check=True, text=True
        ).stdout

    assert len({output(isa) for isa in _core.isa_levels}) == 1
