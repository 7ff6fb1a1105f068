"""The notebook's printed numbers (data/notebook.csv), recovered."""

import csv
from pathlib import Path

import numpy as np
import pytest

import thetahat as th
from thetahat import reference

RATE, EPOCHS, N = 1e-4, 1000, 1000


def printed(run):
    """The rows a run printed, as {epoch: (mu, sigma)}; the notebook cuts some of them short."""
    with (Path(__file__).parent / "data" / "notebook.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["run"] == run]
    return {int(row["epoch"]): (float(row["mu"]), float(row["sigma"])) for row in rows}


FULL, MINI, SINGLE = map(printed, ("full-batch", "mini-batch", "stochastic"))

# Row 0 is one step from (0, 1): mu = rate n m, sigma = 1 + rate n (q - 1), with the mean m and mean square q.
MEAN = FULL[0][0] / (RATE * N)
MEAN_SQUARE = (FULL[0][1] - 1) / (RATE * N) + 1
SIGMA = (MEAN_SQUARE - MEAN**2) ** 0.5


def sample(seed):
    """A sample of the notebook's size, mean and mean square: a normal one, moved and stretched."""
    z = np.random.default_rng(seed).normal(size=N)
    return MEAN + SIGMA * (z - z.mean()) / z.std()


def test_the_rows_are_those_the_notebook_shows():
    assert (len(FULL), len(MINI), len(SINGLE)) == (23, 44, 111)


def test_explicit_maximum():
    """`hat_mu`, `hat_sigma`, and their errors: sigma / sqrt(n) and sigma / sqrt(2 n)."""
    fit = th.fit(sample(1), "normal")
    assert fit.params == pytest.approx({"mu": MEAN, "sigma": SIGMA}, rel=1e-13)
    assert fit.stderr == pytest.approx([SIGMA / N**0.5, SIGMA / (2 * N) ** 0.5], rel=1e-13)


def test_log_likelihood_has_the_constant_that_the_notebook_drops():
    x, (mu, sigma) = sample(1), (0.5, 1.5)
    notebook = -0.5 * sum(((v - mu) / sigma) ** 2 for v in x) - N * np.log(sigma)
    ours = th.log_likelihood(x, "normal", (mu, sigma))
    assert ours == pytest.approx(notebook - N / 2 * np.log(2 * np.pi), rel=1e-13)


def test_gradient_is_the_sum_over_the_batch():
    x, (mu, sigma) = sample(1), (0.5, 1.5)
    notebook = [
        sum((v - mu) / sigma**2 for v in x),
        sum(((v - mu) / sigma) ** 2 for v in x) / sigma - N / sigma,
    ]
    assert th.score(x, "normal", (mu, sigma)) == pytest.approx(notebook, rel=1e-12)


@pytest.mark.parametrize("seed", [1, 2])
def test_full_batch_rows(seed):
    """All 23 printed rows, to the 11 digits that the last one keeps and to 2e-12 in the others."""
    method = th.GradientAscent(learning_rate=RATE, epochs=EPOCHS)
    fit = th.fit(sample(seed), "normal", method=method, start=(0, 1), trace="epoch")
    assert fit.trace.shape == (EPOCHS + 1, 2)
    assert fit.trace[0].tolist() == [0, 1]
    for epoch, row in FULL.items():
        rel = 2e-12 if epoch < 22 else 5e-12
        assert fit.trace[epoch + 1] == pytest.approx(row, rel=rel)
    assert fit.params == pytest.approx({"mu": MEAN, "sigma": SIGMA}, rel=1e-9)


def test_full_batch_rows_in_the_reference():
    rows = reference.gradient_ascent(
        sample(1).tolist(), reference.Likelihood("normal").score, [0, 1], RATE, 23
    )
    for epoch, row in FULL.items():
        assert rows[epoch + 1] == pytest.approx(row, rel=5e-12)


@pytest.fixture(scope="module")
def simulated():
    """Traces of 200 samples with the notebook's moments, by batch size: (samples, epochs + 1, 2)."""

    def trace(seed, batch_size):
        method = th.SGD(learning_rate=RATE, epochs=EPOCHS, batch_size=batch_size, shuffle="batches")
        return th.fit(sample(seed), "normal", method=method, start=(0, 1), rng=seed, trace="epoch").trace

    return {size: np.array([trace(seed, size) for seed in range(200)]) for size in (10, 1)}


RUNS = [(10, MINI), (1, SINGLE)]


@pytest.mark.parametrize(("batch_size", "rows"), RUNS)
def test_stochastic_rows_follow_the_printed_ones(simulated, batch_size, rows):
    """Each printed row lies among the simulated ones, which differ in order and higher moments."""
    traces = simulated[batch_size]
    for epoch, row in rows.items():
        now = traces[:, epoch + 1]
        spread = now.std(axis=0)
        assert np.all(np.abs(row - now.mean(axis=0)) < 4.5 * spread), epoch
        assert np.all(spread < 0.02), epoch  # a band that any row would pass shows nothing


@pytest.mark.parametrize(("batch_size", "rows"), RUNS)
def test_the_stationary_point_has_the_predicted_bias(simulated, batch_size, rows):
    """Epoch passes end rate (3 k - 1) / (4 sigma) above sigma, k the kurtosis, whatever the batch size.

    Smith et al. (2021): passes without replacement climb log-likelihood - rate / 4 mean |g_i|^2.
    """
    ends = simulated[batch_size][:, -300:].mean(axis=1)
    kurtosis = np.array([((x - x.mean()) ** 4).mean() / x.var() ** 2 for x in map(sample, range(200))])
    predicted = RATE * (3 * kurtosis - 1) / (4 * SIGMA)
    bias = ends[:, 1] - SIGMA
    error = (bias - predicted).std() / 200**0.5
    assert predicted.mean() == pytest.approx(1.03e-4, rel=0.03)
    assert abs(bias.mean() - predicted.mean()) < 4 * error + 0.03 * predicted.mean()
    assert bias.mean() > 20 * bias.std() / 200**0.5  # it is there
    late = np.array([row for epoch, row in rows.items() if epoch >= 500])
    assert abs(late[:, 1].mean() - SIGMA - predicted.mean()) < 4.5 * bias.std()
    assert abs(late[:, 0].mean() - MEAN) < 4.5 * (ends[:, 0] - MEAN).std()


def test_a_batch_of_all_rows_has_no_bias():
    method = th.SGD(learning_rate=RATE, epochs=EPOCHS, batch_size=N, shuffle="batches")
    theta = th.fit(sample(1), "normal", method=method, start=(0, 1), rng=0).theta
    assert theta == pytest.approx([MEAN, SIGMA], rel=1e-10)


def test_minibatches_and_gradient_step_are_the_notebooks():
    x = sample(1)
    ours = [batch.tolist() for batch in th.minibatches(x, 10, shuffle=None)]
    assert ours == [list(batch) for batch in reference.minibatches(x.tolist(), 10, None)]
    shuffled = [batch.tolist() for batch in th.minibatches(x, 10, rng=0)]
    assert shuffled != ours
    assert sorted(shuffled) == sorted(ours)
    step = th.gradient_step([0, 1], th.score(x, "normal", (0, 1)), RATE)
    assert step == pytest.approx(FULL[0], rel=1e-13)
    assert step.tolist() == reference.gradient_step([0, 1], th.score(x, "normal", (0, 1)).tolist(), RATE)


def test_the_loop_written_by_hand_is_sgd():
    """The notebook's loop, with our two helpers, against the compiled one."""
    x, theta, rng = sample(1), (0, 1), np.random.default_rng(4)
    for _ in range(5):
        for batch in th.minibatches(x, 10, rng=rng):
            theta = th.gradient_step(theta, th.score(batch, "normal", theta), RATE)
    method = th.SGD(learning_rate=RATE, epochs=5, batch_size=10, shuffle="batches")
    fit = th.fit(x, "normal", method=method, start=(0, 1), rng=4)
    np.testing.assert_allclose(fit.theta, theta, rtol=1e-13)
