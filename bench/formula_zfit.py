"""The peak over a background of `formula_peak.py` by one formula, and by zfit, from the same crude values.

zfit normalizes both parts on the window apart, so that its fraction is another one: log-likelihoods are
compared. Its first fit, which traces graphs, is not counted.
"""

import sys
from time import perf_counter

import numpy as np
import zfit

import thetahat as th

LOW, HIGH = 0.2, 4.0
START = {"f": 0.5, "mu": 1.3, "sigma": 0.4, "tau": 1.5}


def log_density(x, f, mu, sigma, tau):
    z = (x - mu) / sigma
    peak = f * np.exp(-0.5 * z * z) / (sigma * np.sqrt(2 * np.pi))
    return np.log(peak + (1 - f) * np.exp(-x / tau) / tau)


def rows(n):
    rng = np.random.default_rng(5)
    x = np.where(rng.random(3 * n) < 0.3, rng.normal(1.5, 0.2, 3 * n), rng.exponential(2.0, 3 * n))
    return x[(x > LOW) & (x < HIGH)][:n].copy()


class ByZfit:
    """The model in zfit."""

    def __init__(self):
        self.obs = zfit.Space("x", limits=(LOW, HIGH))
        self.f = zfit.Parameter("f", START["f"], 0.0, 1.0)
        self.mu = zfit.Parameter("mu", START["mu"], -10.0, 10.0)
        self.sigma = zfit.Parameter("sigma", START["sigma"], 1e-3, 10.0)
        self.rate = zfit.Parameter("rate", -1 / START["tau"], -100.0, -1e-3)
        parts = [
            zfit.pdf.Gauss(mu=self.mu, sigma=self.sigma, obs=self.obs),
            zfit.pdf.Exponential(self.rate, obs=self.obs),
        ]
        self.model = zfit.pdf.SumPDF(parts, fracs=self.f)

    def fit(self, x):
        """Return the greatest log-likelihood, standard errors computed too."""
        for parameter, value in zip(
            (self.f, self.mu, self.sigma, self.rate),
            (START["f"], START["mu"], START["sigma"], -1 / START["tau"]),
            strict=True,
        ):
            parameter.set_value(value)
        loss = zfit.loss.UnbinnedNLL(self.model, zfit.Data.from_numpy(obs=self.obs, array=x))
        result = zfit.minimize.Minuit().minimize(loss)
        result.hesse()
        return float(np.log(np.asarray(self.model.pdf(x))).sum())


def main():
    n = int(float(sys.argv[1])) if len(sys.argv) > 1 else 1 << 20
    params = {"f": (0, 1), "mu": None, "sigma": (0, np.inf), "tau": (0, np.inf)}
    family = th.Family(log_density, params, (LOW, HIGH), normalized=False, start=START, name="peak")
    x, theirs = rows(n), ByZfit()
    theirs.fit(x)
    seconds = {"formula": [], "zfit": []}
    for _ in range(3):
        begun = perf_counter()
        fit = th.fit(x, family, threads=1)
        seconds["formula"].append(perf_counter() - begun)
        begun = perf_counter()
        found = theirs.fit(x)
        seconds["zfit"].append(perf_counter() - begun)
    ours, other = (min(of) for of in seconds.values())
    print(f"{n} rows: formula {ours * 1e3:.1f} ms, zfit {other * 1e3:.0f} ms: {other / ours:.0f} times")
    print(f"log-likelihood above theirs: {fit.log_likelihood - found:.2e}")


if __name__ == "__main__":
    main()
