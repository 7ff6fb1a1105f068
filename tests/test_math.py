"""Our own functions: one row per function and range, against 45 digits; the same bits on every path."""

import hashlib
import math
import os
import subprocess
import sys

import mpmath
import numpy as np
import pytest

from thetahat import _core


def powers(low, high, n=2000):
    rng = np.random.default_rng(0)
    return 2.0 ** rng.uniform(low, high, n)


def uniform(low, high, n=2000):
    return np.random.default_rng(1).uniform(low, high, n)


def both_signs(x):
    return np.concatenate([x, -x])


def near_quarter_turns(n=1000):
    nearest = np.rint(powers(0, 16.3, n)) * (math.pi / 2)
    return np.concatenate([np.nextafter(nearest, 0), nearest, np.nextafter(nearest, math.inf)])


def cancelling(function, digits):
    """The function with so many times more digits as its terms grow larger than their difference."""

    def value(x):
        with mpmath.workdps(45 + digits * max(0, math.ceil(mpmath.log10(abs(x))))):
            return function(x)

    return value


def stirling_remainder(x):
    return mpmath.loggamma(x) - ((x - 0.5) * mpmath.log(x) - x + mpmath.log(2 * mpmath.pi) / 2)


def log_gamma_half_ratio(h):
    return mpmath.loggamma(h + 0.5) - mpmath.loggamma(h) - mpmath.log(h) / 2


def log_gamma_half_ratio_slope(h):
    return mpmath.digamma(h + 0.5) - mpmath.digamma(h) - 1 / (2 * h)


def log_gamma_half_ratio_curvature(h):
    return mpmath.psi(1, h + 0.5) - mpmath.psi(1, h) + 1 / (2 * h * h)


def bessel_ratio(x):
    return mpmath.besseli(1, x) / mpmath.besseli(0, x)


def bessel_slope(x):
    ratio = bessel_ratio(x)
    return 1 - ratio**2 - ratio / x


EXACT = {
    "log": mpmath.log,
    "exp": mpmath.exp,
    "exp_in_range": mpmath.exp,
    "log_third": lambda x: mpmath.log(x / 3),
    "log1p": mpmath.log1p,
    "expm1": mpmath.expm1,
    "sin": cancelling(mpmath.sin, 1),
    "cos": cancelling(mpmath.cos, 1),
    "atan": mpmath.atan,
    "lgamma": mpmath.loggamma,
    "digamma": mpmath.digamma,
    "trigamma": lambda x: mpmath.psi(1, x),
    "stirling_remainder": cancelling(stirling_remainder, 2),
    "log_minus_digamma": cancelling(lambda x: mpmath.log(x) - mpmath.digamma(x), 1),
    "trigamma_minus_inverse": cancelling(lambda x: mpmath.psi(1, x) - 1 / x, 1),
    "log_gamma_half_ratio": cancelling(log_gamma_half_ratio, 2),
    "log_gamma_half_ratio_slope": cancelling(log_gamma_half_ratio_slope, 2),
    "log_gamma_half_ratio_curvature": cancelling(log_gamma_half_ratio_curvature, 2),
    "log_bessel_i0e": cancelling(lambda x: mpmath.log(mpmath.besseli(0, x)) - x, 1),
    "one_minus_bessel_ratio": cancelling(lambda x: 1 - bessel_ratio(x), 1),
    "bessel_slope": cancelling(bessel_slope, 2),
}

POSITIVE = np.concatenate([powers(-996, 996, 200), powers(-12, 12, 500), uniform(0, 7, 500)])
BESSEL = np.concatenate([powers(-60, 60, 300), powers(-12, 12, 500), uniform(0, 32, 800)])
SIN_COS = np.concatenate([both_signs(powers(-1074, 1023)), both_signs(powers(-20, 18)), uniform(-10, 10)])
# The double that comes nearest to a multiple of pi/2, and both ends of the exact reduction.
SIN_COS_HARD = np.array([6381956970095103 * 2.0**797, 2.0**17, 131072.00000000001, sys.float_info.max])

# Where the reduced argument jumps from one end of its interval to the other.
EXP_SEAMS = (np.arange(-1000, 1000, 7) + 0.5) * (math.log(2) / 16)
LOG_SEAMS = math.sqrt(2) * 2.0 ** np.arange(-1000, 1000, 7)

RANGES = [
    ("log", powers(-1022, 1023), 1),
    ("log", 1 + powers(-52, -1), 1),
    ("log", 1 - powers(-53, -1), 1),
    ("log", LOG_SEAMS, 1),
    ("log", powers(-1074, -1022), 1),
    ("exp", both_signs(powers(-60, 9.46)), 1.3),
    ("exp", np.linspace(-1, 1, 4001), 1.3),
    ("exp", EXP_SEAMS, 1.3),
    ("exp", np.linspace(-745, -708, 500), 1.3),
    ("exp", np.linspace(708, 709.78, 500), 1.3),
    ("exp_in_range", uniform(-700, 700), 1.3),
    ("log_third", powers(-500, 500, 500), 2.5),
    ("log_third", 3 * LOG_SEAMS, 2.5),
    ("log_third", 3 + both_signs(powers(-50, 1, 300)), 2.5),
    ("log_third", uniform(1, 9, 1000), 2.5),
    ("log_third", powers(-1020, 1023, 500), 2.5),
    ("log1p", both_signs(powers(-1074, -0.01)), 1),
    ("log1p", powers(-1074, 1023), 1),
    ("log1p", -1 + powers(-53, -1), 1),
    ("log1p", uniform(-0.9, 3), 1),
    ("expm1", both_signs(powers(-1074, 9.46)), 1.3),
    ("expm1", uniform(-2, 2), 1.3),
    ("expm1", uniform(-40, 60), 1.3),
    ("expm1", uniform(-745, 709.78, 500), 1.3),
    ("sin", SIN_COS, 0.9),
    ("cos", SIN_COS, 0.9),
    ("sin", near_quarter_turns(), 0.9),
    ("cos", near_quarter_turns(), 0.9),
    ("sin", SIN_COS_HARD, 0.9),
    ("cos", SIN_COS_HARD, 0.9),
    ("atan", both_signs(powers(-1000, 1000)), 2),
    ("atan", both_signs(powers(-6, 6)), 2),
    ("atan", uniform(-3, 3), 2),
    ("trigamma", POSITIVE, 5),
    ("stirling_remainder", POSITIVE, 6),
    ("log_minus_digamma", POSITIVE, 4),
    ("trigamma_minus_inverse", POSITIVE, 5),
    ("log_gamma_half_ratio", POSITIVE, 5),
    ("log_gamma_half_ratio_slope", POSITIVE, 5),
    ("log_gamma_half_ratio_curvature", POSITIVE, 7),
    ("log_bessel_i0e", BESSEL, 5),
    ("one_minus_bessel_ratio", BESSEL, 10),
    ("bessel_slope", BESSEL, 15),
]


def pairs(name, points):
    """Ours and the exact value at every point where the exact one is a double's size."""
    for x, ours in zip(points.tolist(), _core.apply(name, points).tolist(), strict=True):
        exact = EXACT[name](mpmath.mpf(x))
        if abs(exact) > sys.float_info.max:
            assert ours == math.copysign(math.inf, exact)
        else:
            yield mpmath.mpf(ours), exact


@pytest.mark.parametrize(("name", "points", "most"), RANGES)
def test_error_in_units_of_the_last_place(name, points, most):
    # 1 + x and exp(x) - 1 of a subnormal x need 650 digits, elsewhere 45 are enough.
    digits = 700 if name in ("log1p", "expm1") and np.abs(points).min() < 1e-20 else 45
    with mpmath.workdps(digits):
        errors = [abs(ours - exact) / math.ulp(float(exact)) for ours, exact in pairs(name, points)]
        assert max(errors) <= most


ZEROS = np.concatenate([zero + both_signs(powers(-50, -2, 300)) for zero in (1, 1.4616321449683622, 2)])


@pytest.mark.parametrize("name", ["lgamma", "digamma"])
def test_error_where_the_function_has_zeros(name):
    with mpmath.workdps(45):
        for ours, exact in pairs(name, np.concatenate([POSITIVE, ZEROS])):
            assert abs(ours - exact) <= max(2e-15 * abs(exact), 1e-15)


SPECIAL = [
    ("log", 1.0, 0.0),
    ("log", 0.0, -math.inf),
    ("log", -0.0, -math.inf),
    ("log", math.inf, math.inf),
    ("log", -1.0, math.nan),
    ("log", -5e-324, math.nan),
    ("log", -math.inf, math.nan),
    ("exp", 0.0, 1.0),
    ("exp", -0.0, 1.0),
    ("exp", math.inf, math.inf),
    ("exp", -math.inf, 0.0),
    ("exp", 1000.0, math.inf),
    ("exp", 709.79, math.inf),
    ("exp", -1000.0, 0.0),
    ("exp_in_range", 0.0, 1.0),
    ("log_third", 3.0, 0.0),
    ("log_third", 0.0, -math.inf),
    ("log_third", -math.inf, -math.inf),
    ("log_third", math.inf, math.inf),
    ("log1p", 0.0, 0.0),
    ("log1p", -0.0, -0.0),
    ("log1p", 5e-324, 5e-324),
    ("log1p", -1.0, -math.inf),
    ("log1p", -1.5, math.nan),
    ("log1p", math.inf, math.inf),
    ("log1p", -math.inf, math.nan),
    ("expm1", 0.0, 0.0),
    ("expm1", -0.0, -0.0),
    ("expm1", -5e-324, -5e-324),
    ("expm1", 709.79, math.inf),
    ("expm1", math.inf, math.inf),
    ("expm1", -math.inf, -1.0),
    ("sin", 0.0, 0.0),
    ("sin", -0.0, -0.0),
    ("sin", 5e-324, 5e-324),
    ("sin", math.inf, math.nan),
    ("sin", -math.inf, math.nan),
    ("cos", -0.0, 1.0),
    ("cos", math.inf, math.nan),
    ("cos", -math.inf, math.nan),
    ("atan", 0.0, 0.0),
    ("atan", math.inf, math.pi / 2),
    ("atan", -math.inf, -math.pi / 2),
    ("lgamma", 0.0, math.inf),
    ("lgamma", 5e-324, 744.4400719213812),
    ("lgamma", 1e307, math.inf),
    ("lgamma", math.inf, math.inf),
    ("digamma", 0.0, -math.inf),
    ("digamma", 5e-324, -math.inf),
    ("digamma", math.inf, math.inf),
    ("trigamma", 0.0, math.inf),
    ("trigamma", math.inf, 0.0),
    ("stirling_remainder", 0.0, math.inf),
    ("stirling_remainder", math.inf, 0.0),
    ("log_minus_digamma", 0.0, math.inf),
    ("log_minus_digamma", math.inf, 0.0),
    ("trigamma_minus_inverse", 0.0, math.inf),
    ("trigamma_minus_inverse", 1e300, 0.0),
    ("trigamma_minus_inverse", math.inf, 0.0),
    ("log_gamma_half_ratio", 0.0, -math.inf),
    ("log_gamma_half_ratio", math.inf, 0.0),
    ("log_gamma_half_ratio_slope", 0.0, math.inf),
    ("log_gamma_half_ratio_slope", math.inf, 0.0),
    ("log_gamma_half_ratio_curvature", 0.0, -math.inf),
    ("log_gamma_half_ratio_curvature", math.inf, 0.0),
    ("log_bessel_i0e", 0.0, 0.0),
    ("log_bessel_i0e", math.inf, -math.inf),
    ("one_minus_bessel_ratio", 0.0, 1.0),
    ("one_minus_bessel_ratio", math.inf, 0.0),
    ("bessel_slope", 0.0, 0.5),
    ("bessel_slope", math.inf, 0.0),
]


@pytest.mark.parametrize(("name", "x", "value"), SPECIAL)
def test_special_values(name, x, value):
    for n in (1, 16):  # one by one, and in registers
        for ours in _core.apply(name, np.full(n, x)).tolist():
            assert ours == pytest.approx(value, abs=0, rel=0, nan_ok=True)
            if value == 0 and not name.startswith("log_gamma_half_ratio"):
                assert math.copysign(1, ours) == math.copysign(1, value)


@pytest.mark.parametrize(
    ("name", "seams"), [("exp", EXP_SEAMS), ("exp_in_range", EXP_SEAMS), ("log", LOG_SEAMS)]
)
def test_monotone_over_the_seams(name, seams):
    steps = [seams]
    for _ in range(20):
        steps = [np.nextafter(steps[0], -math.inf), *steps, np.nextafter(steps[-1], math.inf)]
    assert (np.diff([_core.apply(name, x) for x in steps], axis=0) >= 0).all()


FUNCTIONS_OF_POSITIVE_NUMBERS = _core.functions[_core.functions.index("lgamma") :]


@pytest.mark.parametrize("name", FUNCTIONS_OF_POSITIVE_NUMBERS)
def test_gamma_functions_of_negative_numbers_are_not_a_number(name):
    assert np.isnan(_core.apply(name, np.array([-5e-324, -0.5, -1.0, -1e300, -math.inf]))).all()
    assert _core.apply(name, np.array([-0.0])) == _core.apply(name, np.array([0.0]))


@pytest.mark.parametrize("name", _core.functions)
def test_not_a_number_stays(name):
    assert np.isnan(_core.apply(name, np.full(17, math.nan))).all()


def test_every_function_has_its_rows():
    with_errors = {name for name, *_ in RANGES} | {"lgamma", "digamma"}
    assert with_errors == {name for name, *_ in SPECIAL} == set(_core.functions)


def test_functions_by_name():
    assert _core.apply("log", np.empty(0)).shape == (0,)
    with pytest.raises(ValueError, match="not in tuple"):
        _core.apply("tan", np.ones(1))
    for x in (0.3, 7.0):
        assert _core.log(x) == _core.apply("log", np.array([x]))[0]
        assert _core.exp(x) == _core.apply("exp", np.array([x]))[0]


def everything(n):
    """Numbers of all kinds, out of order, so that one register holds several."""
    special = [0, -0.0, math.inf, -math.inf, math.nan, -1, 5e-324, -5e-324, 1e308, 710, -746, -745]
    near = [both_signs(powers(-60, 10, n)), uniform(-750, 715, n), near_quarter_turns(n), uniform(0, 7, n)]
    numbers = np.concatenate([special, both_signs(powers(-1074, 1023, n)), *near])
    return np.random.default_rng(2).permutation(numbers)


def same_bits(x, y):
    """NaNs apart: IEEE 754 leaves their bits to the processor."""
    return np.array_equal(np.isnan(x), np.isnan(y)) and (x == y)[~np.isnan(x)].all()


@pytest.mark.parametrize("name", _core.functions)
def test_registers_give_the_bits_of_single_numbers(name):
    x = everything(150)
    single = np.array([_core.apply(name, x[i : i + 1])[0] for i in range(x.size)])
    for first in (0, 1, 3, 5, 7):
        for n in (1, 2, 3, 7, 8, 9, 15, 16, 17, 31, x.size - 16, x.size - first):
            assert same_bits(_core.apply(name, x[first : first + n]), single[first : first + n])


def digests():
    x = everything(4000)
    for name in _core.functions:
        values = _core.apply(name, x)
        values[np.isnan(values)] = math.nan
        yield f"{name} {hashlib.sha256(values.tobytes()).hexdigest()}"


def test_every_instruction_set_gives_the_same_bits():
    outputs = set()
    for level in _core.isa_levels:
        done = subprocess.run(
            [sys.executable, __file__],
            env=dict(os.environ, THETAHAT_ISA=level),
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.add(done.stdout)
    assert outputs == {"".join(f"{line}\n" for line in digests())}


if __name__ == "__main__":
    print(*digests(), sep="\n")
