"""Fits of right-censored rows beside scipy, lifelines, SurPyval and reliability, and of exact rows.

    python bench/censored.py [--rows 1e6] [--patience 60] [FAMILY ...]

Three in ten rows are right-censored at random limits. First, on one thread and in rounds that take turns: the
fit, the fit of as many exact rows, and one evaluation of log-likelihood, score and information. Then each
peer, the way its documentation says is fastest, in a process of its own that is ended after so many seconds
of processor time, imports included; its log-likelihood is compared with ours.
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

import thetahat as th
from thetahat.families import find_family
from thetahat.reference import Likelihood
from thetahat.sample import Sample

Array = NDArray[np.float64]

CENSORED = 0.3
ROUNDS = 15
TRUTH = {
    "exponential": (2.0,),
    "weibull": (1.7, 10.0),
    "normal": (1.0, 2.0),
    "lognormal": (0.5, 0.8),
    "loglogistic": (2.5, 3.0),
    "gamma": (2.0, 3.0),
    "student_t": (1.0, 2.0, 5.0),
    "beta": (2.0, 3.0),
}
PEERS = {  # imports, what fits t and the truth values d, and the log-likelihood of what it returns
    "scipy": (
        "from scipy import stats",
        "stats.{law}.fit(stats.CensoredData.right_censored(t, ~d){held})",
        "stats.{law}.logpdf(t[d], *fit).sum() + stats.{law}.logsf(t[~d], *fit).sum()",
    ),
    "lifelines": ("import lifelines", "lifelines.{fitter}().fit(t, d)", "fit.log_likelihood_"),
    "SurPyval": ("import surpyval", "surpyval.{name}.fit(t, c=(~d).astype(int))", "-fit.neg_ll()"),
    "reliability": (
        "import matplotlib; matplotlib.use('agg'); import reliability.Fitters as fitters",
        "fitters.{fitter}(failures=t[d], right_censored=t[~d], show_probability_plot=False,"
        " print_results=False)",
        "fit.loglik",
    ),
}
NAMES = {  # what a peer calls a family, where it has it
    "scipy": {
        "exponential": {"law": "expon", "held": ", floc=0"},
        "weibull": {"law": "weibull_min", "held": ", floc=0"},
        "normal": {"law": "norm", "held": ""},
        "lognormal": {"law": "lognorm", "held": ", floc=0"},
        "loglogistic": {"law": "fisk", "held": ", floc=0"},
        "gamma": {"law": "gamma", "held": ", floc=0"},
        "student_t": {"law": "t", "held": ""},
        "beta": {"law": "beta", "held": ", floc=0, fscale=1"},
    },
    "lifelines": {
        "exponential": {"fitter": "ExponentialFitter"},
        "weibull": {"fitter": "WeibullFitter"},
        "lognormal": {"fitter": "LogNormalFitter"},
        "loglogistic": {"fitter": "LogLogisticFitter"},
    },
    "SurPyval": {
        "exponential": {"name": "Exponential"},
        "weibull": {"name": "Weibull"},
        "normal": {"name": "Normal"},
        "lognormal": {"name": "LogNormal"},
        "loglogistic": {"name": "LogLogistic"},
        "gamma": {"name": "Gamma"},
    },
    "reliability": {
        "exponential": {"fitter": "Fit_Exponential_1P"},
        "weibull": {"fitter": "Fit_Weibull_2P"},
        "normal": {"fitter": "Fit_Normal_2P"},
        "lognormal": {"fitter": "Fit_Lognormal_2P"},
        "loglogistic": {"fitter": "Fit_Loglogistic_2P"},
        "gamma": {"fitter": "Fit_Gamma_2P"},
        "beta": {"fitter": "Fit_Beta_2P"},
    },
}
PROGRAM = """
import json, sys, time, warnings
import numpy as np
warnings.simplefilter("ignore")
{imports}
t, d = np.load(sys.argv[1]), np.load(sys.argv[2])
start = time.process_time()
fit = {work}
print(json.dumps([time.process_time() - start, float({log_likelihood})]))
"""


def draw(family: str, n: int) -> tuple[Array, NDArray[np.bool_]]:
    """Return rows and events: six in ten rows have a limit, half of which lie below the row."""
    rng = np.random.default_rng(17)
    few = np.sort([Likelihood(family).family.draw(Random(k), TRUTH[family]) for k in range(20_000)])
    x = np.interp(rng.random(n), (np.arange(few.size) + 0.5) / few.size, few)
    other = np.interp(rng.random(n), (np.arange(few.size) + 0.5) / few.size, few)
    limit = np.where(rng.random(n) < 2 * CENSORED, other, np.inf)  # of which half lie below the row
    return np.minimum(x, limit), x <= limit


def alternating(*jobs: Callable[[], Any]) -> list[float]:
    """Return the least processor time of each job, which take turns."""
    least = [float("inf")] * len(jobs)
    for _ in range(ROUNDS):
        for place, job in enumerate(jobs):
            start = time.process_time()
            job()
            least[place] = min(least[place], time.process_time() - start)
    return least


def ours(family: str, t: Array, d: NDArray[np.bool_]) -> tuple[list[float], float]:
    """Return seconds of the fit, of exact rows, and of two evaluations; and the log-likelihood."""
    fit = th.fit(th.Censored(t, event=d), family, threads=1)
    source, theta = th.Censored(t, event=d).source(None, "raise"), tuple(fit.theta.tolist())
    sample = Sample(find_family(family), source, 1)
    moved = (theta[0] * (1 + 2.0**-30), *theta[1:])  # intervals keep what they found at the last theta

    def evaluate_twice() -> None:
        for at in (theta, moved):
            sample.at(at).evaluate(at)

    seconds = alternating(
        lambda: th.fit(th.Censored(t, event=d), family, threads=1),
        lambda: th.fit(t, family, threads=1),
        evaluate_twice,
    )
    return seconds, fit.log_likelihood


def peer(name: str, family: str, paths: list[str], patience: float) -> tuple[float, float] | str:
    """Return seconds and log-likelihood of a peer; or why there are none."""
    if family not in NAMES[name]:
        return "-"
    imports, work, log_likelihood = (part.format(**NAMES[name][family]) for part in PEERS[name])
    program = PROGRAM.format(imports=imports, work=work, log_likelihood=log_likelihood)
    if patience < 1:
        return "not tried"

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (int(patience), int(patience) + 1))

    command = [sys.executable, "-c", program, *paths]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit)
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"over {patience:g} s"
    if done.returncode:
        return "failed: " + (done.stderr.strip().splitlines() or ["?"])[-1][:60]
    seconds, reached = json.loads(done.stdout.splitlines()[-1])
    return seconds, reached


def told(found: tuple[float, float] | str, seconds: float, log_likelihood: float) -> str:
    """Return a peer's time in multiples of ours, and how far below ours its log-likelihood is."""
    if isinstance(found, str):
        return found
    short = log_likelihood - found[1]
    away = f" ({short:.2g} below)" if abs(short) > 1e-3 else ""
    return f"{found[0] / seconds:,.0f}x{away}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("families", nargs="*", default=list(TRUTH), metavar="FAMILY")
    parser.add_argument("--rows", type=float, default=1e6)
    parser.add_argument("--patience", type=float, default=60.0, help="seconds of a peer; 0: none")
    options = parser.parse_args()
    n = int(options.rows)
    print(f"{n:,} rows, {CENSORED:.0%} right-censored, one thread\n")
    print("| | ms | times exact rows | ns a row, a pass | " + " | ".join(PEERS) + " |")
    print("|---" * (4 + len(PEERS)) + "|")
    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/t.npy", f"{folder}/d.npy"]
        for family in options.families:
            t, d = draw(family, n)
            for path, array in zip(paths, (t, d), strict=True):
                np.save(path, array)
            (fit, plain, twice), log_likelihood = ours(family, t, d)
            peers = [told(peer(name, family, paths, options.patience), fit, log_likelihood) for name in PEERS]
            figures = f"{1e3 * fit:.1f} | {fit / plain:.2f} | {5e8 * twice / n:.1f}"
            print(f"| {family} | {figures} | " + " | ".join(peers) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
