"""A peak over a background in a window, and rows of it: what fits by formulas are timed on."""

import numpy as np

import thetahat as th

LOW, HIGH = 0.2, 4.0
START = {"f": 0.5, "mu": 1.3, "sigma": 0.4, "tau": 1.5}


def log_density(x, f, mu, sigma, tau):
    z = (x - mu) / sigma
    peak = f * np.exp(-0.5 * z * z) / (sigma * np.sqrt(2 * np.pi))
    return np.log(peak + (1 - f) * np.exp(-x / tau) / tau)


def define():
    params = {"f": (0, 1), "mu": None, "sigma": (0, np.inf), "tau": (0, np.inf)}
    return th.Family(log_density, params, (LOW, HIGH), normalized=False, start=START, name="peak")


def rows(n):
    rng = np.random.default_rng(5)
    x = np.where(rng.random(3 * n) < 0.3, rng.normal(1.5, 0.2, 3 * n), rng.exponential(2.0, 3 * n))
    return x[(x > LOW) & (x < HIGH)][:n].copy()
