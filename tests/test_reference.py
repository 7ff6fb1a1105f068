"""The reference defines the others: its derivatives are those of its own log-likelihood, to 40 digits."""

import mpmath
import pytest


@pytest.fixture
def exact(case, monkeypatch):
    """The reference with its `math` replaced by 50-digit arithmetic."""
    monkeypatch.setattr(mpmath.mp, "dps", 50)
    monkeypatch.setattr(case.reference, "math", mpmath)
    return case.reference


def parameters(case):
    return [mpmath.mpf(value) * (1 + mpmath.mpf(2) ** -20) for value in case.theta]


def test_score_is_the_gradient_of_the_log_likelihood(case, exact):
    x = [mpmath.mpf(float(v)) for v in case.sample(7)]
    theta = parameters(case)
    for j in range(len(theta)):
        order = tuple(int(i == j) for i in range(len(theta)))
        slope = mpmath.diff(lambda *at: exact.log_likelihood(x, at), theta, order)
        assert mpmath.almosteq(exact.score(x, theta)[j], slope, rel_eps=1e-15)


def test_information_is_minus_the_gradient_of_the_score(case, exact):
    x = [mpmath.mpf(float(v)) for v in case.sample(7)]
    theta = parameters(case)
    for i in range(len(theta)):
        for j in range(len(theta)):
            order = tuple(int(k == j) for k in range(len(theta)))
            slope = mpmath.diff(lambda *at, i=i: exact.score(x, at)[i], theta, order)
            assert mpmath.almosteq(exact.information(x, theta)[i][j], -slope, rel_eps=1e-15)


def test_maximum_is_a_root_of_the_score(case, exact):
    x = [mpmath.mpf(float(v)) for v in case.sample(7)]
    theta = exact.maximum(x)
    for gradient, curvature, value in zip(
        exact.score(x, theta), exact.information(x, theta), theta, strict=True
    ):
        assert abs(gradient) <= mpmath.mpf(10) ** -40 * max(map(abs, curvature)) * (1 + abs(value))
