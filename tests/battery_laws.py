"""What `battery.py` hashes results of: laws and their samples, and the ledger of the hashes."""

import hashlib
from functools import cached_property

import numpy as np

import thetahat as th

# --- Compatibility with the public names before their renaming; may go once nobody compares with them. ------
RENAMED = hasattr(th, "fit_multistart")
EPOCHS = "epoch" if RENAMED else True  # trace= after every epoch
fit_multistart = th.fit_multistart if RENAMED else th.fit_chains
_ORDERS = {"rows": "samples", "batches": "batches", None: "sequential"}
_SETTINGS = {"shuffle": "order", "preconditioner": "scaling", "reduction": "gradients", "update": "rule"}


def old(settings):
    """Return settings under the names that this version of thetahat knows."""
    if RENAMED:
        return settings
    values = settings | ({"shuffle": _ORDERS[settings["shuffle"]]} if "shuffle" in settings else {})
    values |= {"preconditioner": "fisher"} if settings.get("preconditioner") else {}
    return {_SETTINGS.get(name, name): value for name, value in values.items()}


def decrement(fit):
    return fit.newton_decrement if RENAMED else fit.L


def pvalue(test):
    return test.pvalue if RENAMED else test.p_value


def kept(path):
    """Return the settings of a fit that saves a checkpoint after every epoch."""
    return {"checkpoint": path, ("checkpoint_every" if RENAMED else "every"): 0}


# --- End of the compatibility. ------------------------------------------------------------------------------

# How each family's rows are drawn, the true parameters, and parameters far from them. The list is frozen: a
# family that is added later would change the totals. No array passes through exp, log or power of NumPy,
# whose last bits depend on the processor; generators draw row by row, with functions of the C library.
LAWS = {
    "normal": (lambda rng, n: rng.normal(1, 2, n), (1, 2), [(50, 0.1), (0, 1e6)]),
    "lognormal": (lambda rng, n: rng.lognormal(0.5, 0.8, n), (0.5, 0.8), [(20, 0.1), (-3, 50)]),
    "exponential": (lambda rng, n: rng.exponential(3, n), (3,), [(1e-2,), (1e9,)]),
    "gamma": (lambda rng, n: rng.gamma(2.5, 1.5, n), (2.5, 1.5), [(1e8, 4e-8), (0.01, 300)]),
    "inverse_gaussian": (lambda rng, n: rng.wald(2, 5, n), (2, 5), [(1e3, 1e-3), (2, 1e6)]),
    "weibull": (lambda rng, n: 3 * rng.weibull(1.7, n), (1.7, 3), [(0.05, 3), (40, 5)]),
    "rayleigh": (lambda rng, n: rng.rayleigh(2, n), (2,), [(1e-2,), (1e8,)]),
    "pareto": (lambda rng, n: 2 * (1 + rng.pareto(3, n)), (3, 2), [(50, 1), (0.1, 1e-5), (3, 4)]),
    "generalized_pareto": (
        lambda rng, n: 8 * rng.pareto(4, n),
        (0.25, 2),
        [(0, 2), (1e-9, 2), (-0.1, 1e3), (-0.3, 2), (5, 0.01)],
    ),
    "laplace": (lambda rng, n: rng.laplace(1, 2, n), (1, 2), [(50, 0.1), (0, 1e6)]),
    "logistic": (lambda rng, n: rng.logistic(1, 2, n), (1, 2), [(50, 0.1), (0, 1e6)]),
    "loglogistic": (lambda rng, n: 3 * np.sqrt(odds(rng, n)), (2, 3), [(0.05, 3), (40, 5)]),
    "gumbel": (lambda rng, n: rng.gumbel(1, 2, n), (1, 2), [(50, 0.5), (0, 1e6)]),
    "student_t": (
        lambda rng, n: 1 + 2 * rng.standard_t(4, n),
        (1, 2, 4),
        [(50, 0.1, 0.5), (0, 3, 1e6), (1, 1e5, 1e12)],
    ),
    "beta": (lambda rng, n: rng.beta(2, 3, n), (2, 3), [(0.01, 0.02), (1e6, 2e6), (1, 1)]),
    "uniform": (lambda rng, n: rng.uniform(-1, 3, n), (-1, 3), [(-50, 1e6), (0, 1)]),
    "von_mises": (lambda rng, n: rng.vonmises(0.5, 2, n), (0.5, 2), [(-3, 0.01), (100, 1e3), (1, 1e8)]),
    "poisson": (lambda rng, n: rng.poisson(4, n).astype(float), (4,), [(1e-3,), (1e6,)]),
    "geometric": (lambda rng, n: rng.geometric(0.3, n) - 1.0, (0.3,), [(1e-6,), (0.999,)]),
    "negative_binomial": (
        lambda rng, n: rng.negative_binomial(2, 0.4, n).astype(float),
        (2, 3),
        [(0.01, 40), (1e8, 3), (1e3, 1e-3)],
    ),
}
CLIMBED = {"weibull", "generalized_pareto", "logistic", "loglogistic", "gumbel", "student_t"}
CLIMBED |= {"negative_binomial"}
SUMMED = LAWS.keys() - CLIMBED - {"laplace"}  # families with sufficient statistics
COUNTS = {"poisson", "geometric", "negative_binomial"}
SHUFFLES = ("rows", "batches", None)
REFUSED = (th.NoMaximumError, th.ParameterError, th.SampleError)


def odds(rng, n):
    u = rng.random(n)
    return u / (1 - u)


class Law:
    """A family, its samples, and where ascents to the maximum of one start and how fast they go."""

    def __init__(self, family, quick):
        self.family, self.quick = family, quick
        self._draw, self.theta, self.far = LAWS[family]
        self._drawn = {}

    def x(self, n, seed=0):
        if (n, seed) not in self._drawn:
            rng = np.random.default_rng([list(LAWS).index(self.family), n, seed])
            self._drawn[n, seed] = self._draw(rng, n)
        return self._drawn[n, seed]

    def some(self, *items):
        """Return the items; every third of them for a quick run."""
        return items[::3] if self.quick else items

    def sizes(self, *sizes):
        return [n for n in sizes if n < 10_000 or not self.quick]

    @cached_property
    def best(self):
        return th.fit(self.x(3000), self.family)

    @cached_property
    def fixed(self):
        """What an iterative method takes as known: pareto's minimum, where the score has no root."""
        return {"minimum": 1.9} if self.family == "pareto" else {}

    @cached_property
    def start(self):
        signs = np.resize([2.0, -2.0], self.best.theta.size)
        return tuple((self.best.theta + signs * self.best.stderr).tolist())

    @cached_property
    def rate(self):
        """A rate, per row of 3000, at which an ascent goes some tenths of its way in an epoch."""
        scaled = self.best.stderr / np.maximum(np.abs(self.best.theta), 1.0)
        return 0.1 * float(np.min(scaled) ** 2)


def weights_of(n, kind):
    rng = np.random.default_rng([n, 1])
    counts = rng.integers(0, 4, n)
    counts[n // 2] = 1
    return {"int": counts, "float": rng.random(n) + 0.01, "mixed": counts * rng.random(n)}[kind]


def flagged(n):
    """Return which rows to leave out: a seventh of them, and a whole block."""
    out = np.random.default_rng([n, 2]).random(n) < 1 / 7
    out[3000:6000] = True
    return out


class Ledger:
    """The hash of the results of one section and family, and that of how many passes its fits took."""

    def __init__(self):
        self._hash, self._passes = hashlib.sha256(), hashlib.sha256()
        self.results = self.refused = 0
        self.failed = False  # whether an unexpected exception ended the section

    def add(self, *values):
        """Add numbers or arrays of them, all NaN as one: their signs are no results."""
        for value in values:
            numbers = np.array(value, dtype=np.float64)
            numbers[np.isnan(numbers)] = np.nan
            self._hash.update(numbers.tobytes())
            self.results += 1

    def take(self, function, *args, **options):
        """Add the numbers, arrays or fits that a function returns, or its refusal; return them, or None."""
        try:
            value = function(*args, **options)
        except REFUSED as error:
            self._hash.update(type(error).__name__.encode())
            self.refused += 1
            return None
        for part in value if isinstance(value, tuple | list) else [value]:
            (self.add_fit if isinstance(part, th.Fit) else self.add)(part)
        return value

    def fit(self, x, law, **options):
        """Add a fit of a law's family, or that there is none; return it, or None."""
        return self.take(th.fit, x, law.family, **options)

    def sgd(self, x, law, settings, **options):
        """Add a stochastic fit, of settings under their new names; return it, or None."""
        if settings.get("shuffle", "rows") is not None:
            options = {"rng": 7} | options
        if "learning_rate" in settings and not settings.get("preconditioner"):
            options = {"start": law.start} | options
        return self.fit(x, law, **{"method": th.SGD(**old(settings)), "fixed": law.fixed} | options)

    def state(self, state):
        """Add what a callback is shown: a callback itself."""
        self.add(state.epoch, state.theta, state.log_likelihood, decrement(state))

    def add_fit(self, fit):
        self.add(fit.theta, fit.stderr, fit.cov, fit.log_likelihood, decrement(fit))
        self.add(fit.aic, fit.aicc, fit.bic, fit.n, fit.rows, fit.omitted, fit.epochs)
        self._hash.update(b"diverged" if fit.status == "diverged" else b"ended")
        for trace in (fit.trace, fit.trace_epochs):
            if trace is not None:
                self.add(trace)
        self._passes.update(f"{fit.passes} ".encode())

    @property
    def digest(self):
        return self._hash.hexdigest()[:16]

    @property
    def passes(self):
        return self._passes.hexdigest()[:16]
