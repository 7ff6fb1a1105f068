"""Sections of `battery.py`: each adds to a ledger what thetahat says of one law."""

import itertools
import pickle
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from battery_laws import (
    CLIMBED,
    COUNTS,
    EPOCHS,
    LAWS,
    SHUFFLES,
    SUMMED,
    fit_multistart,
    flagged,
    kept,
    old,
    pvalue,
    weights_of,
)

import thetahat as th


def fits(ledger, law):
    sizes = [1, 2, 3, 5, 15, 16, 17, 31, 33, 100, 999, 2047, 2048, 2049, 3000, 4096, 9000, 20_000, 65_537]
    for n in law.sizes(*sizes, 200_000, 1_300_000):
        for seed in range(5 if n < 10_000 else 1):
            ledger.fit(law.x(n, seed), law)
    ledger.fit(law.x(100).tolist(), law)
    ledger.fit(np.full(50, law.x(17)[0]), law)


def scaled(ledger, law):
    """Rows of other sizes, far from zero, sorted, and in which most are equal."""
    x = law.x(3000)
    for factor in law.some(2.0**-40, 2.0**40, 1e-150, 1e150, 2.0**-1000, 2.0**1000):
        ledger.fit(x * factor, law)
    for shift in law.some(1e3, 1e9, -1e9):
        ledger.fit(x + shift, law)
    ledger.fit(np.sort(x), law)
    ledger.fit(np.where(np.arange(3000) % 4 > 0, x[1], x), law)


def fixed(ledger, law):
    for n in law.sizes(17, 100, 3000, 200_000):
        for name, value in law.best.params.items():
            for factor in law.some(1.0, 1.1, 0.7):
                ledger.fit(law.x(n), law, fixed={name: value * factor})
    ledger.fit(law.x(3000), law, fixed=law.best.params)
    for names in itertools.combinations(law.best.params, 2):
        ledger.fit(law.x(3000), law, fixed={name: law.best.params[name] for name in names})


def start(ledger, law):
    """Climbs that start elsewhere; families that are solved climb where a parameter is fixed."""
    name, value = next(iter(law.best.params.items()))
    held = [None] if law.family in CLIMBED else []
    for n in law.sizes(100, 3000, 20_000):
        for at in [law.theta, law.start, *law.far]:
            for values in [*held, {name: value}]:
                ledger.fit(law.x(n), law, start=at, fixed=values)


def weights(ledger, law):
    for n in law.sizes(17, 3000, 20_000, 200_000, 1_300_000):
        for kind in ("int", "float", "mixed"):
            ledger.fit(law.x(n), law, weights=weights_of(n, kind))
    x, w = law.x(3000), weights_of(3000, "float")
    ledger.fit(x, law, weights=w.astype(np.float32))
    ledger.fit(x, law, weights=(w * 2.0**60)[::-1])
    ledger.fit(x, law, weights=weights_of(3000, "int").astype(np.int16), fixed=law.fixed)
    for value in (th.log_likelihood, th.score):
        ledger.take(value, x, law.family, law.theta, weights=w)


def sandwich(ledger, law):
    for n in law.sizes(100, 3000, 20_000, 200_000):
        ledger.fit(law.x(n), law, cov="sandwich", fixed=law.fixed)
        for kind in ("int", "float"):
            ledger.fit(law.x(n), law, cov="sandwich", weights=weights_of(n, kind), fixed=law.fixed)
    name, value = next(iter(law.best.params.items()))
    ledger.fit(law.x(3000), law, cov="sandwich", fixed={name: value})
    if law.family != "uniform":
        ledger.sgd(law.x(9000), law, {}, cov="sandwich")


def containers(ledger, law):
    """Integers and floats of all sizes, byte orders and steps; counts are what small integers hold best."""
    for n in law.sizes(100, 9000, 200_000):
        x = law.x(n)
        whole = x if law.family in COUNTS else np.abs(np.trunc(16 * x)) + 1
        for kind in law.some("i1", "u1", "i2", ">i2", "u2", "i4", ">i4", "u4", "i8", "u8", ">i8", "f2"):
            ledger.fit(np.minimum(whole, 120).astype(kind), law)
        for kind in law.some("f4", "f2", ">f8", ">f4", ">f2", "f8"):
            ledger.fit(x.astype(kind), law)
        for view in law.some(x[::2], x[::-1], x[::-3], np.stack([x, x])[:, ::5][1], x.astype("f4")[::-2]):
            ledger.fit(view, law)
        for column in (
            pl.Series(x),
            pa.array(x),
            pa.chunked_array(np.array_split(x, 7)),
            whole[::2].tolist(),
        ):
            ledger.fit(column, law)


def masks(ledger, law):
    """Masked, null and NaN rows, which are left out in every container."""
    options = {"nan_policy": "omit"}
    for n in law.sizes(100, 9000, 200_000, 1_300_000):
        x, out = law.x(n), flagged(n)
        with_nan = np.where(out, np.nan, x)
        arrow = [pa.array(x[part], mask=out[part]) for part in np.array_split(np.arange(n), 5)]
        columns = [np.ma.array(x, mask=out), with_nan, with_nan.astype("f4")[::-1], pl.Series(x[~out])]
        columns += [pl.Series(x).set(pl.Series(out), None), pa.chunked_array(arrow), arrow[-1]]
        for column in columns[:: 2 if law.quick else 1]:
            ledger.fit(column, law, **options)
        ledger.fit(np.ma.array(x, mask=out), law, weights=weights_of(n, "mixed"), **options)
        ledger.fit(with_nan, law, weights=weights_of(n, "int"), **options)
        ledger.take(th.log_likelihood, columns[0], law.family, law.theta, **options)


def threads(ledger, law):
    for n in law.sizes(3000, 9000, 200_000, 1_300_000):
        for count in (1, 2, 5):
            options = {"threads": count}
            ledger.fit(law.x(n), law, **options)
            ledger.fit(law.x(n), law, weights=weights_of(n, "float"), **options)
            for value in (th.log_likelihood, th.score):
                ledger.take(value, law.x(n), law.family, law.theta, **options)


def likelihood(ledger, law):
    for n in law.sizes(2, 17, 3000, 20_000, 200_000):
        factors = (0.3, 0.99, 1.01, 4.0)
        for theta in [law.theta, law.start, *law.far, *(tuple(f * v for v in law.theta) for f in factors)]:
            for value in (th.log_likelihood, th.score, th.log_likelihood_and_score, th.logpdf):
                ledger.take(value, law.x(n), law.family, theta)
    edges = np.array(
        [0.0, -0.0, 1.0, -1.0, 0.5, 1e-308, 5e-324, 1e308, -1e308, np.inf, -np.inf, 1e16, 2.0**53]
    )
    for theta in [law.theta, *law.far]:
        ledger.take(th.logpdf, edges, law.family, theta)


def summary(ledger, law):
    if law.family not in SUMMED:
        return
    for n in law.sizes(100, 9000, 200_000):
        x, w = law.x(n), weights_of(n, "float")
        parts = [np.split(array, [1, 8, n // 3, n // 2 + 1]) for array in (x, w)]
        blocks = th.Summary(law.family)
        for part in parts[0]:
            blocks.update(part, nan_policy="omit")
        added = th.summarize(parts[0][3], law.family) + th.summarize(parts[0][4], law.family)
        added += th.summarize(parts[0][2], law.family, weights=parts[1][2])
        weighted = th.summarize(iter(parts[0]), law.family, weights=iter(parts[1]))
        again = th.Summary.from_bytes(added.to_bytes()).update(x[:77])
        for sums in (blocks, added, weighted, again, pickle.loads(pickle.dumps(weighted))):
            ledger.add(sums.n, sums.rows, sums.omitted)
            ledger.take(sums.fit)
            ledger.take(sums.fit, fixed=law.best.params | law.fixed)
            ledger.take(sums.log_likelihood, law.theta)
            ledger.take(sums.score, law.theta)
        method = th.GradientAscent(learning_rate=law.rate * 3000 / n, epochs=20)
        ledger.take(blocks.fit, method=method, start=law.start, fixed=law.fixed, trace=EPOCHS)


def records(ledger, law):
    """Fits that come back from dicts and pickles."""
    fit = ledger.fit(law.x(3000), law, weights=weights_of(3000, "int"))
    ledger.take(th.Fit.from_dict, fit.to_dict())
    ledger.take(pickle.loads, pickle.dumps(fit))


def online(ledger, law):
    x, w = law.x(20_000), weights_of(20_000, "mixed")
    jumped = {"beta": x / 8, "von_mises": x + 2}.get(law.family, 8 * x)
    for options in law.some(
        {}, {"half_life": 2000}, {"half_life": 100}, {"fixed": law.fixed}, {"batch_size": 7}
    ):
        for blocks in law.some([1, 8, 300, 5000, 5001, 9999], [4095, 4097, 12_345], [4096]):
            ledger.take(streamed, law, options, np.split(x, blocks))
        ledger.take(streamed, law, options, np.split(x, [7777]), np.split(w, [7777]))
        ledger.take(streamed, law, options, [x, jumped, jumped[::-1]])
        ledger.take(streamed, law, options, [x[:10], x[10:200]])
    ledger.take(streamed, law, {"half_life": 3000}, [law.x(1_300_000 if not law.quick else 9000)])
    name, value = list(law.best.params.items())[-1]
    ledger.take(streamed, law, {"fixed": {name: value}}, [x[:9000], np.ma.array(x, mask=flagged(20_000))])


def streamed(law, options, blocks, of_blocks=None):
    stream = th.Online(law.family, **options)
    for block, weight in zip(blocks, of_blocks or [None] * len(blocks), strict=True):
        stream.partial_fit(block, weights=weight)
    return stream.fit_result()


def online_merge(ledger, law):
    x = law.x(20_000)
    for parts in law.some([6000], [100, 6000], [100], [4096, 10_000, 15_000]):
        streams = [th.Online(law.family).partial_fit(part) for part in np.split(x, parts)]
        total = streams[0]
        for stream in streams[1:]:
            total.merge(stream)
        ledger.take(total.fit_result)
        total = th.Online.from_bytes(total.to_bytes()).partial_fit(law.x(3000))
        ledger.take(total.fit_result)


def sgd_batches(ledger, law):
    """Constant rates: all batch sizes in all orders, in windows of rows too."""
    for size, shuffle in itertools.product(law.some(1, 7, 10, 64, 100, 1000, 5000), SHUFFLES):
        settings = {"learning_rate": law.rate, "batch_size": size, "shuffle": shuffle}
        ledger.sgd(law.x(3000), law, settings | {"epochs": 3})
        ledger.sgd(law.x(3000), law, settings | {"coordinates": "log"})
        if size < 1000 and not law.quick:  # two windows of rows, and some rows over
            ledger.sgd(law.x(140_001), law, settings | {"learning_rate": law.rate / 50, "epochs": 2})


def sgd_rules(ledger, law):
    rate, log = law.rate, {"coordinates": "log"}
    rates = [th.InverseTime(rate * 3000, 3000), th.Power(rate * 100, 0.6, 100), th.StepDecay(rate, 0.5, 2)]
    rules = [{"learning_rate": r} for r in (*rates, lambda epoch: rate / (1 + epoch), 1e5 * rate)]
    rules += [{"update": th.Momentum(0.9)}, {"update": th.Adam()}, {"update": th.Adam(0.8, 0.99, 1e-6)}]
    rules += [{"update": th.Adam(), "average": "polyak"}, {"average": "polyak"}, {"average": "epoch"}]
    rules += [log | {"update": th.Momentum(0.5)}, log | {"update": th.Adam(), "average": "epoch"}, log]
    rules += [log | {"implicit": True}, log | {"implicit": True, "learning_rate": 1e4 * rate}]
    rules += [{"reduction": "mean", "learning_rate": 10 * rate}]
    rules += [{"tol": 0.5}, {"tol": 1e-3}, {"polish": True}]
    sizes = [(1, "rows"), (10, "batches"), (1000, None)]
    for rule, (size, shuffle) in itertools.product(law.some(*rules), sizes):
        settings = {"learning_rate": rate, "epochs": 4, "batch_size": size, "shuffle": shuffle}
        ledger.sgd(law.x(3000), law, settings | rule)


def sgd_tuned(ledger, law):
    """The default, whose pilot scales the steps; and rates of such steps."""
    scaled = {"preconditioner": "information"}
    rules = [{}, {"polish": True}, {"epochs": 3}, {"average": "polyak"}, {"average": "epoch", "epochs": 2}]
    rules += [{"implicit": True}, {"implicit": True, "batch_size": 1}, {"update": th.Momentum(0.5)}]
    rules += [{"batch_size": size} for size in (1, 7, 100, 1000, 5000)]
    rates = [1e-3, th.InverseTime(0.7, 100), th.Power(1, 0.7, 9)]
    rules += [scaled | {"learning_rate": rate} for rate in rates]
    rules += [scaled | {"learning_rate": 1e-2, "reduction": "mean", "update": th.Adam(), "epochs": 2}]
    rules += [scaled | {"learning_rate": th.StepDecay(1e-3, 0.5, 1), "epochs": 3, "tol": 1e-4}]
    for rule, shuffle in itertools.product(law.some(*rules), SHUFFLES):
        ledger.sgd(law.x(9000), law, rule | {"shuffle": shuffle})
    for n in law.sizes(17, 3000, 4097, 70_000, 200_000):
        ledger.sgd(law.x(n), law, {})
        ledger.sgd(law.x(n), law, {}, weights=weights_of(n, "mixed"))


def sgd_options(ledger, law):
    """Weights, fixed parameters, traces, callbacks and other containers."""
    plain = {"learning_rate": law.rate, "epochs": 3, "batch_size": 10}
    for settings, n in ((plain, 3000), (plain | {"batch_size": 1}, 3000), ({"epochs": 2}, 9000)):
        x = law.x(n)
        for kind in law.some("int", "float", "mixed"):
            ledger.sgd(x, law, settings, weights=weights_of(n, kind))
        for name, value in law.best.params.items():
            ledger.sgd(x, law, settings, fixed={name: value} | law.fixed)
        for trace in (EPOCHS, 1, 7):
            ledger.sgd(x, law, settings, trace=trace)
        ledger.sgd(x, law, settings | {"average": "epoch"}, trace=7)
        for column in law.some(
            x.astype("f4"), x[::-1], np.ma.array(x, mask=flagged(n)), np.sort(x), pl.Series(x)
        ):
            ledger.sgd(column, law, settings, nan_policy="omit")
        ledger.sgd(x, law, settings, callback=ledger.state)
        ledger.sgd(x, law, settings, callback=lambda state: state.epoch >= 2)
        ledger.sgd(x, law, settings, rng=np.random.Philox(3))
        ledger.sgd(x, law, settings, start=law.theta)


def gradient_ascent(ledger, law):
    for n, epochs in [(100, 30), (3000, 100), *([(200_000, 10)] if not law.quick else [])]:
        for factor in law.some(1.0, 3.0, 1e5):
            method = th.GradientAscent(learning_rate=factor * law.rate * min(1, 3000 / n), epochs=epochs)
            options = {"method": method, "start": law.start, "fixed": law.fixed}
            for trace in (EPOCHS, 7, False):
                ledger.fit(law.x(n), law, trace=trace, **options)
            ledger.fit(law.x(n), law, weights=weights_of(n, "float"), **options)
            ledger.fit(law.x(n), law, **options | {"start": None})
    ledger.fit(law.x(3000), law, callback=ledger.state, **options)


def multistart(ledger, law):
    x, p = law.x(3000), law.best.theta.size
    aside = 0.1 * np.resize([1.0, -1.0], p) * law.best.stderr
    starts = [tuple((law.best.theta + k * aside).tolist()) for k in range(19)]
    rates = [law.rate * (1 + k / 5) for k in range(19)]
    groups = np.stack([law.x(500, k) for k in range(18)])
    for shuffle in law.some(*SHUFFLES):
        method = th.SGD(**old({"learning_rate": law.rate, "epochs": 2, "shuffle": shuffle}))
        options = {"method": method} | ({"rng": 5} if shuffle else {})
        for rows, more in [
            (x, {"start": starts}),
            (x, {"start": law.start, "learning_rate": rates}),
            (x, {"start": starts, "learning_rate": rates}),
            (groups, {"start": law.start}),
            (groups[:3], {"start": starts[:3], "learning_rate": [*rates[:2], 1e5 * law.rate]}),
        ]:
            ledger.take(fit_multistart, rows, law.family, **options | more)


def intervals(ledger, law):
    for n in law.sizes(17, 100, 3000, 20_000):
        fit = ledger.fit(law.x(n), law)
        if fit is None:
            continue
        for level in law.some(0.95, 0.5, 0.999):
            ledger.take(fit.confint, level)
            ledger.take(fit.confint, level, method="profile")
        nulls = [{name: value} for name, value in zip(fit.params, law.start, strict=True)]
        for null in [*nulls, law.start, law.theta]:
            ledger.take(tested, fit, null)
        ledger.take(fit.quantile, (0.01, 0.5, 0.9, 1 - 1e-9))
        ledger.take(fit.return_level, (2, 100, 1e6))
    name, value = list(law.best.params.items())[-1]
    held = ledger.fit(law.x(3000), law, fixed={name: 1.05 * value}, weights=weights_of(3000, "int"))
    if held is not None:
        for method in ("wald", "profile"):
            ledger.take(held.confint, method=method)


def tested(fit, null):
    test = fit.test(null)
    return [test.statistic, test.df, pvalue(test), test.log_likelihood, *test.params.values()]


def goodness(ledger, law):
    if law.family not in ("normal", "weibull", "poisson"):
        return
    for n in law.sizes(100, 1000):
        test = th.fit(law.x(n), law.family).gof(bootstrap=9, rng=1)
        for part in (test.kolmogorov_smirnov, test.anderson_darling, test.cramer_von_mises):
            if part is not None:
                ledger.add(part.statistic, pvalue(part))
        ledger.add(test.failed)


def compare(ledger, law):
    alike = [name for name in LAWS if (name in COUNTS) == (law.family in COUNTS) and name != "von_mises"]
    names = ["von_mises"] if law.family == "von_mises" else alike
    for n in law.sizes(100, 3000, 200_000):
        for options in law.some({}, {"weights": weights_of(n, "float")}):
            for candidate in th.compare(law.x(n), names, **options):
                if candidate.fit is None:
                    ledger.add(-1.0 - names.index(candidate.family))
                else:
                    ledger.add(names.index(candidate.family), candidate.delta_aic, candidate.weight)
                    ledger.add_fit(candidate.fit)


def minibatches(ledger, law):
    for n, size, shuffle in itertools.product(law.sizes(100, 3000, 70_000), (1, 10, 64, 1000), SHUFFLES):
        if n // size > 1000:
            continue
        theta, options = law.theta, old({"shuffle": shuffle}) | ({"rng": 3} if shuffle else {})
        for batch in th.minibatches(law.x(n), size, **options):
            ledger.add(batch)
            if law.family not in ("pareto", "uniform"):
                theta = th.gradient_step(theta, th.score(batch, law.family, law.theta), law.rate)
        ledger.add(theta)


class Killed(Exception):  # noqa: N818 - it stands for a signal
    """What ends a fit in its middle."""


def kill(state):
    if state.epoch == 3:
        raise Killed


def checkpoints(ledger, law):
    """Fits that are killed in an epoch and called again, and those that a callback ended."""
    settings = {"learning_rate": law.rate, "epochs": 5}
    runs = [(3000, settings), (3000, settings | {"average": "polyak", "update": th.Adam()})]
    runs += [(9000, {"epochs": 4}), (9000, {"epochs": 4, "average": "epoch", "shuffle": "batches"})]
    runs += [(200_000, {"epochs": 4})] if not law.quick else []
    method = th.GradientAscent(learning_rate=law.rate, epochs=9)
    with tempfile.TemporaryDirectory() as folder:
        for place, (n, rule) in enumerate(runs):
            resumed(Path(folder, f"sgd-{place}"), ledger.sgd, law.x(n), law, rule)
        options = {"method": method, "start": law.start, "fixed": law.fixed}
        resumed(Path(folder, "ascent"), ledger.fit, law.x(3000), law, **options)


def resumed(path, fit, *args, **options):
    trace = {"trace": EPOCHS}
    try:
        fit(*args, callback=kill, **kept(path), **trace, **options)
    except Killed:
        fit(*args, **kept(path), **trace, **options)
    ended = kept(path.with_suffix(".ended"))
    for _ in range(2):
        fit(*args, callback=lambda state: state.epoch >= 2, **ended, **trace, **options)


SECTIONS = {
    "fits": fits,
    "scaled": scaled,
    "fixed": fixed,
    "start": start,
    "weights": weights,
    "sandwich": sandwich,
    "sandwich-negative-binomial": sandwich,
    "containers": containers,
    "masks": masks,
    "threads": threads,
    "likelihood": likelihood,
    "summary": summary,
    "records": records,
    "online": online,
    "online-merge": online_merge,
    "sgd-batches": sgd_batches,
    "sgd-rules": sgd_rules,
    "sgd-tuned": sgd_tuned,
    "sgd-options": sgd_options,
    "gradient-ascent": gradient_ascent,
    "multistart": multistart,
    "intervals": intervals,
    "goodness": goodness,
    "compare": compare,
    "minibatches": minibatches,
    "checkpoints": checkpoints,
}


def applies(section, family):
    own = section == "sandwich-negative-binomial"
    return not section.startswith("sandwich") or own == (family == "negative_binomial")
