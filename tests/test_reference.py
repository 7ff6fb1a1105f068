"""The reference defines the others: its derivatives are those of its own log-likelihood, to 40 digits."""

import mpmath
from conftest import of_such


def parameters(case):
    return [mpmath.mpf(value) * (1 + mpmath.mpf(2) ** -20) for value in case.theta]


def test_score_is_the_gradient_of_the_log_likelihood(exact):
    x = [mpmath.mpf(float(v)) for v in exact.sample(7)]
    theta = parameters(exact)
    for j in range(len(theta)):
        order = tuple(int(i == j) for i in range(len(theta)))
        slope = mpmath.diff(lambda *at: exact.reference.log_likelihood(x, at), theta, order)
        assert mpmath.almosteq(exact.reference.score(x, theta)[j], slope, rel_eps=1e-15, abs_eps=0)


def test_information_is_minus_the_gradient_of_the_score(exact):
    x = [mpmath.mpf(float(v)) for v in exact.sample(7)]
    theta = parameters(exact)
    for i in range(len(theta)):
        for j in range(len(theta)):
            order = tuple(int(k == j) for k in range(len(theta)))
            slope = mpmath.diff(lambda *at, i=i: exact.reference.score(x, at)[i], theta, order)
            assert mpmath.almosteq(
                exact.reference.information(x, theta)[i][j], -slope, rel_eps=1e-15, abs_eps=0
            )


@of_such(lambda case: case.regular and hasattr(case.reference.family, "maximum"))
def test_the_closed_form_is_a_root_of_the_score(case, in_fifty_digits):
    reference = in_fifty_digits(case.reference)
    x = [mpmath.mpf(float(v)) for v in case.sample(7)]
    theta = reference.family.maximum(x)
    curvature = reference.information(x, theta)
    for j, gradient in enumerate(reference.score(x, theta)):
        assert abs(gradient) <= mpmath.mpf(10) ** -40 * max(map(abs, curvature[j])) * (1 + abs(theta[j]))
