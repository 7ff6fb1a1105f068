"""The laws that every family meets by being in the list."""

import math
import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import mpmath
import numpy as np
import pytest
from conftest import CASES, FORMULAS, Case, by_size, every_family, formulas_too, of_such
from tolerance import EPS, information_sizes, log_likelihood_size, reference_of, score_sizes
from turns import in_turn

import thetahat as th
from thetahat import _core, _sums
from thetahat.families import find_family

SIZES = [1, 2, 3, 15, 16, 17, 31, 32, 33, 511, 512, 2047, 2048, 2049, 4 * 2048 + 1234]
ROUNDING = 16  # rounding errors of the sum of |terms| that a sum over lanes, blocks and a formula may cost


def bits(*values):
    """The values, to the last bit."""
    return [np.asarray(value, dtype=float).tobytes() for value in values]


def sums_of(case, x, threads):
    """The compiled sums of rows, at the case's theta where they depend on it."""
    tree = _sums.Tree(case.description.model, case.theta)
    tree.add(_core.plain_rows(x), threads)
    return tree.total()


def everything(x, family, theta, **options):
    """All that a pass gives, to the last bit."""
    fit = th.fit(x, family, **options)
    options.pop("fixed", None)
    value, score = th.log_likelihood_and_score(x, family, theta, **options)
    return bits(fit.theta, fit.stderr, fit.cov, fit.log_likelihood, fit.newton_decrement, value, score)


# 1. The compiled sums are the reference's.


@by_size(SIZES)
def test_log_likelihood_and_score_equal_the_reference(case, n):
    x, reference = case.sample(n), case.remembering
    value, score = th.log_likelihood_and_score(x, case.family, case.theta)
    size = log_likelihood_size(case.family, x, case.theta)
    assert abs(value - reference.log_likelihood(x, case.theta)) <= ROUNDING * EPS * size
    sizes = score_sizes(case.family, x, case.theta)
    for ours, theirs, size in zip(score, reference.score(x, case.theta), sizes, strict=True):
        assert abs(ours - theirs) <= ROUNDING * EPS * size
    assert th.log_likelihood(x, case.family, case.theta) == value
    assert th.score(x, case.family, case.theta).tolist() == score.tolist()


@by_size(SIZES)
def test_information_equals_the_reference(case, n):
    x = case.sample(n)
    p = len(case.theta)
    ours = np.reshape(sums_of(case, x, 1).evaluate(case.theta)[2], (p, p))
    sizes = information_sizes(case.family, x, case.theta)
    for (i, row), j in product(enumerate(case.remembering.information(x, case.theta)), range(p)):
        assert abs(ours[i, j] - row[j]) <= ROUNDING * EPS * sizes[i][j]


@formulas_too()
@in_turn("n", [1, 7, 8, 1003])
def test_logpdf_equals_the_reference(case, n):
    x = case.sample(n)
    for value, row in zip(th.logpdf(x, case.family, case.theta), x, strict=True):
        size = log_likelihood_size(case.family, [row], case.theta)
        assert abs(value - case.remembering.log_density(row, case.theta)) <= 4 * EPS * (1 + size)
    size = log_likelihood_size(case.family, x, case.theta)
    summed = math.fsum(th.logpdf(x, case.family, case.theta))
    assert abs(th.log_likelihood(x, case.family, case.theta) - summed) <= ROUNDING * EPS * size


@formulas_too()
def test_no_density_at_infinity(case):
    assert th.logpdf([np.inf, -np.inf], case.family, case.theta).tolist() == [-np.inf, -np.inf]


@formulas_too("smooth")
def test_fit_is_the_reference_maximum(smooth, in_fifty_digits):
    """One Newton step from it, in fifty digits, is rounding."""
    exact = smooth
    in_fifty_digits(exact.reference)
    x = exact.sample(200)
    fit = th.fit(x, exact.family, **exact.options)
    rows, theta = [mpmath.mpf(v) for v in x.tolist()], [mpmath.mpf(v) for v in fit.theta.tolist()]
    free, p = np.flatnonzero(fit.stderr), range(np.count_nonzero(fit.stderr))
    information, score = exact.reference.information(rows, theta), exact.reference.score(rows, theta)
    information = mpmath.matrix([[information[i][j] for j in free] for i in free])
    step = mpmath.lu_solve(information, mpmath.matrix([score[j] for j in free]))
    one_row = fit.stderr * np.sqrt(fit.n)  # what a single row tells of a parameter
    rounding = ROUNDING * EPS * (np.abs(fit.theta) + one_row)[free]
    assert np.all(np.abs([float(v) for v in step]) <= rounding)
    errors = [mpmath.sqrt((information**-1)[j, j]) for j in p]
    np.testing.assert_allclose(fit.stderr[free], [float(e) for e in errors], rtol=1e-9)


@of_such(lambda case: hasattr(case.reference.family, "maximum"))
def test_fit_is_the_explicit_maximum(case, in_fifty_digits):
    """Where the reference has one; of a family without a root of the score, with its standard errors too."""
    exact, x = case, case.sample(300)
    explicit = in_fifty_digits(case.reference).family.maximum
    fit, theta = th.fit(x, exact.family), explicit([mpmath.mpf(v) for v in x.tolist()])
    np.testing.assert_allclose(fit.theta, [float(v) for v in theta], rtol=ROUNDING * EPS)
    if not exact.regular:
        errors = exact.reference.family.standard_errors(theta, x.size)
        np.testing.assert_allclose(fit.stderr, [float(v) for v in errors], rtol=1e-12)
        assert fit.newton_decrement <= 1e-12
        assert fit.status == "converged"


# 2. Sums add, and the same rows give the same bits.


@formulas_too()
def test_log_likelihoods_of_parts_add_up(case):
    x = case.sample(5000)
    whole = th.log_likelihood(x, case.family, case.theta)
    parts = [th.log_likelihood(part, case.family, case.theta) for part in np.split(x, [1, 700, 2048, 4999])]
    assert abs(whole - math.fsum(parts)) <= ROUNDING * EPS * log_likelihood_size(case.family, x, case.theta)


@formulas_too("first")
def test_any_number_of_threads_gives_the_same_bits(first):
    case = first
    x = np.tile(case.sample(20_000), 6 if case.slow else 60)[:-77]
    alone = everything(x, case.family, case.theta, threads=1, **case.options)
    for threads in (2, 3, 5, 64):
        assert everything(x, case.family, case.theta, threads=threads, **case.options) == alone


def test_threads_give_the_same_bits_across_slices():
    """More rows than one thread reads between two looks at the signals."""
    x = np.tile(np.random.default_rng(0).normal(5, 3, 131_072 + 77), 80)
    assert x.size > 2**23
    sums = [sums_of(Case("normal", (0, 1)), x, threads).numbers() for threads in (1, 2, 64)]
    assert sums[0] == sums[1] == sums[2]


EXTREME = [
    ([0.0], (0, 1)),
    ([0.0, 0.0], (0, 1e130)),
    ([0.0], (1e300, 1e300)),
    ([1e-200, 2e-200], (1e200, 1e200)),
    ([1e-200, 2e-200], (0, 1e-200)),
    ([1e200, 1e200], (1e200, 1e-200)),
    ([1e200, -1e200], (0, 1)),
    ([5e-324, 1.0], (0, 5e-324)),
    ([1.7e308, -1.7e308], (0, 1.7e308)),
    ([3.0, 4.0], (1e300, 1e299)),
]


@pytest.mark.parametrize(("x", "theta"), EXTREME)
def test_samples_and_parameters_far_apart(x, theta):
    with mpmath.workdps(50):
        mu, sigma = map(mpmath.mpf, theta)
        rows = [-(((v - mu) / sigma) ** 2) / 2 - mpmath.log(sigma * mpmath.sqrt(2 * mpmath.pi)) for v in x]
        exact = mpmath.fsum(rows)
        size = float(mpmath.fsum(map(abs, rows)))
        value, score = th.log_likelihood_and_score(x, "normal", theta)
        if size == math.inf:
            assert value == -math.inf
        else:
            assert abs(value - exact) <= ROUNDING * EPS * size
        slope = mpmath.fsum((v - mu) / sigma**2 for v in x)
        scale = mpmath.fsum(abs(v - mu) / sigma**2 for v in x)
        assert score[0] == float(slope) or abs(score[0] - slope) <= ROUNDING * EPS * scale


ISA_SCRIPT = """
import sys
import numpy as np
import thetahat as th
from conftest import CASES, FIRSTS, FORMULAS, Case
samples = np.load(sys.argv[1])
for family, theta in CASES:
    case = Case(family, theta)
    x = np.tile(samples[f"{family} {theta}"], 100)[:-7]
    rate = float(th.fit(x[:3000], family).stderr.min()) ** 2
    ga = th.GradientAscent(learning_rate=1e-3 * rate, epochs=50)
    sgd = [
        th.SGD(learning_rate=1e-3 * rate, epochs=3, batch_size=size, shuffle=shuffle)
        for size in (1, 10, 100, 5000) for shuffle in (None, "batches", "rows")
    ]
    for n in (2, 17, 3000, *[x.size] * ((family, theta) in FIRSTS)):
        try:
            fit = th.fit(x[:n], family, cov=case.cov, weights=np.resize([1.0, 2.5, 0.0], n))
            arrays = [fit.theta, fit.cov, fit.log_likelihood, fit.newton_decrement, fit.bic, fit.confint()]
            arrays += [th.fit(x[:n], family).theta]
        except th.NoMaximumError as error:
            print(error)
            arrays = []
        for array in (*arrays, *th.log_likelihood_and_score(x[:n], family, theta)):
            print(np.asarray(array).tobytes().hex())
    for n in (1, 3, 5, 7, 9, 13, 15, 31, 33, 63, 100):
        for weights in (None, np.resize([1.0, 2.5], n)):
            value, score = th.log_likelihood_and_score(x[:n], family, theta, weights=weights)
            print(value.hex(), score.tobytes().hex())
    print(th.logpdf(x[:1001], family, theta).tobytes().hex())
    for method in [ga, *sgd] * case.ascends:
        rng = 1 if method.draws else None
        print(th.fit(x[:3000], family, method=method, start=theta, rng=rng).theta.tobytes().hex())
for family, theta in FORMULAS:
    case = Case(family, theta)
    x = samples[f"{family} {theta}"]
    for n in (5, 17, 3000):
        for weights in (None, np.resize([1.0, 2.5, 0.0], n)):
            try:
                fit = th.fit(x[:n], family, weights=weights, **case.options)
                print(fit.theta.tobytes().hex(), fit.cov.tobytes().hex(), fit.log_likelihood.hex())
            except th.NoMaximumError as error:
                print(str(error).partition(" of log-likelihood")[0])
            value, score = th.log_likelihood_and_score(x[:n], family, theta, weights=weights)
            print(value.hex(), score.tobytes().hex())
    print(th.logpdf(x[:1001], family, theta).tobytes().hex())
    for method in (th.SGD(learning_rate=1e-6, epochs=2, batch_size=10), th.SGD()):
        print(th.fit(x, family, method=method, start=theta, rng=1, **case.options).theta.tobytes().hex())
"""


def run_isa_script(samples, **variables):
    paths = os.pathsep.join(map(str, (Path(__file__).parent, Path(th.__file__).parents[1])))
    environment = {**os.environ, "PYTHONPATH": paths, **variables}
    command = [sys.executable, "-c", ISA_SCRIPT, samples]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def known_to_numpy(features):
    """Those that this NumPy dispatches on: it warns of others."""
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    return " ".join(name for name in features.split() if name in found)


def test_every_instruction_set_gives_the_same_bits(tmp_path):
    """Ours by name; NumPy's, the C library's and BLAS's by what switches them: none may reach a result."""
    samples = tmp_path / "samples.npz"
    cases = CASES + FORMULAS
    np.savez(samples, **{f"{family} {theta}": Case(family, theta).sample(3000) for family, theta in cases})
    outputs = {}
    for level in _core.isa_levels:
        outputs[level] = run_isa_script(samples, THETAHAT_ISA=level)
    features = "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_ICL X86_V3 X86_V4"
    outputs["numpy"] = run_isa_script(samples, NPY_DISABLE_CPU_FEATURES=known_to_numpy(features))
    outputs["libm"] = run_isa_script(samples, GLIBC_TUNABLES="glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX2_Usable")
    outputs["blas"] = run_isa_script(samples, OPENBLAS_CORETYPE="Prescott")
    assert len(outputs["baseline"].splitlines()) > 40
    assert set(outputs.values()) == {outputs["baseline"]}


def test_an_unknown_instruction_set_is_refused():
    done = subprocess.run(
        [sys.executable, "-c", "import thetahat"],
        env=dict(os.environ, THETAHAT_ISA="mmx"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "THETAHAT_ISA='mmx' is not an instruction set of this processor and build" in done.stderr


# 3. At the fitted parameters stands a maximum.


@formulas_too()
def test_fit_is_a_maximum(case):
    x = case.sample(2000)
    fit = th.fit(x, case.family, **case.options)
    free = fit.stderr > 0
    assert fit.newton_decrement <= 1e-12
    assert fit.status == "converged"
    assert np.all(np.linalg.eigvalsh(fit.cov[np.ix_(free, free)]) > 0)
    rng = np.random.default_rng(0)
    for _ in range(300):
        neighbour = fit.theta + fit.stderr * rng.normal(size=fit.theta.size) * 10.0 ** rng.uniform(-3, 0.5)
        if find_family(case.family).model.valid(neighbour):
            assert th.log_likelihood(x, case.family, neighbour) < fit.log_likelihood


@of_such(lambda case: case.regular and case.description.solved)
def test_newton_reaches_the_closed_form_maximum(case):
    x = case.sample(2000)
    fit, sums = th.fit(x, case.family), sums_of(case, x, 1)
    solver = _sums.Newton(case.description.model, case.theta)
    while solver.iterate(sums):
        pass
    assert solver.converged
    assert solver.evaluations < 15
    np.testing.assert_allclose(solver.theta, fit.theta, rtol=0, atol=1e-6 * fit.stderr.min())


# 5. Scaling by a power of two changes exponents alone, up to both ends of the doubles' range.


@in_turn("k", [-1000, -700, -333, -30, 1, 77, 480, 1000])
@of_such(lambda case: case.dimension is not None)
def test_fit_scales_with_the_sample(case, k):
    x = case.sample(5000)
    x /= 2.0 ** np.ceil(np.log2(np.abs(x).max()))
    x = x[np.ldexp(np.ldexp(x, k), -k) == x]  # those that do not underflow
    fit, scaled = th.fit(x, case.family), th.fit(np.ldexp(x, k), case.family)
    power = k * np.array(case.dimension)
    errors = np.ldexp(fit.stderr, power)
    normal = errors >= np.finfo(float).tiny  # others are rounded twice
    assert bits(scaled.theta, scaled.stderr[normal]) == bits(np.ldexp(fit.theta, power), errors[normal])
    shifted = fit.log_likelihood - x.size * k * np.log(2)
    assert abs(scaled.log_likelihood - shifted) <= 4 * EPS * (abs(fit.log_likelihood) + abs(shifted))


# 6. Whatever holds the rows, the fit is that of their plain copy.


@in_turn("dtype", ["f2", "f4", "f8", ">f4", ">f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i4"])
@every_family
def test_any_dtype_is_read_as_its_float64_copy(family, dtype):
    """What a pass says of it, rows outside the support included: counts, and values between 0 and 1."""
    theta = reference_of(family).family.THETAS[0]

    def outcome(x):
        try:
            return bits(*th.log_likelihood_and_score(x, family, theta))
        except (th.SampleError, th.ParameterError) as error:
            return str(error)

    for values in (np.arange(1, 100), np.arange(1, 100) / 128):
        x = values.astype(dtype)
        assert outcome(x) == outcome(x.astype("f8"))


def test_the_mirrored_sample_has_the_mirrored_fit():
    x = np.random.default_rng(0).normal(3, 2, 5000)
    fit, mirrored = th.fit(x, "normal"), th.fit(-x, "normal")
    assert bits(mirrored.theta, mirrored.stderr) == bits(fit.theta * [-1, 1], fit.stderr)


def layouts(x):
    yield x[::-1][::-1]
    yield np.repeat(x, 3)[::3]
    yield x[::-1].copy()[::-1]
    unaligned = np.frombuffer(b"." + x.tobytes(), dtype=np.uint8)[1:].view(np.float64)
    yield unaligned
    frozen = x.copy()
    frozen.flags.writeable = False
    yield frozen
    yield np.ma.array(np.insert(x, 5, np.nan), mask=np.insert(np.zeros(x.size, bool), 5, True))
    yield x.tolist()
    yield tuple(x)


@formulas_too()
def test_any_layout_is_read_as_its_plain_copy(case):
    x = case.sample(3001)
    plain = everything(x, case.family, case.theta, **case.options)
    for layout in layouts(x):
        assert everything(layout, case.family, case.theta, **case.options) == plain


@formulas_too("ascending")
def test_the_sample_is_never_modified(ascending):
    x, options = ascending.sample(1000), ascending.options
    before = x.copy()
    th.fit(x, ascending.family, **options)
    th.fit(x, ascending.family, method=th.SGD(learning_rate=1e-9, epochs=2, batch_size=7), rng=0, **options)
    th.logpdf(x, ascending.family, ascending.theta)
    assert bits(x) == bits(before)
