"""The peak over a background of `formula_peak.py` by one formula, and by zfit or RooFit.

    python bench/formula_peers.py zfit|roofit [ROWS]

All start from the same crude values, and compute standard errors. The peers normalize both parts on the
window apart, so that their fraction is another one: log-likelihoods are compared. Their first fit is not
counted.
"""

import sys
from time import perf_counter

import numpy as np
from peak import HIGH, LOW, START, define, rows

import thetahat as th


class ByZfit:
    """The model in zfit."""

    def __init__(self):
        import zfit

        self.zfit = zfit
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
        loss = self.zfit.loss.UnbinnedNLL(self.model, self.zfit.Data.from_numpy(obs=self.obs, array=x))
        result = self.zfit.minimize.Minuit().minimize(loss)
        result.hesse()
        return float(np.log(np.asarray(self.model.pdf(x))).sum())


class ByRooFit:
    """The model in RooFit."""

    def __init__(self):
        import ROOT

        ROOT.RooMsgService.instance().setGlobalKillBelow(ROOT.RooFit.ERROR)
        self.root = ROOT
        self.x = ROOT.RooRealVar("x", "x", LOW, HIGH)
        self.free = [
            ROOT.RooRealVar("f", "f", START["f"], 0.0, 1.0),
            ROOT.RooRealVar("mu", "mu", START["mu"], -10.0, 10.0),
            ROOT.RooRealVar("sigma", "sigma", START["sigma"], 1e-3, 10.0),
            ROOT.RooRealVar("rate", "rate", -1 / START["tau"], -100.0, -1e-3),
        ]
        f, mu, sigma, rate = self.free
        self.parts = [
            ROOT.RooGaussian("peak", "peak", self.x, mu, sigma),
            ROOT.RooExponential("background", "background", self.x, rate),
        ]
        self.model = ROOT.RooAddPdf("model", "model", self.parts, [f])

    def fit(self, x):
        """Return the greatest log-likelihood, standard errors computed too."""
        start = (START["f"], START["mu"], START["sigma"], -1 / START["tau"])
        for parameter, value in zip(self.free, start, strict=True):
            parameter.setVal(value)
        data = self.root.RooDataSet.from_numpy({"x": x}, [self.x])
        result = self.model.fitTo(data, PrintLevel=-1, Save=True, Hesse=True)
        return -result.minNll()


PEERS = {"zfit": ByZfit, "roofit": ByRooFit}


def main():
    name, n = sys.argv[1], int(float(sys.argv[2])) if len(sys.argv) > 2 else 1 << 20
    family = define()
    x, peer = rows(n), PEERS[name]()
    peer.fit(x)
    ours, theirs = [], []
    for _ in range(3):
        begun = perf_counter()
        fit = th.fit(x, family, threads=1)
        ours.append(perf_counter() - begun)
        begun = perf_counter()
        found = peer.fit(x)
        theirs.append(perf_counter() - begun)
    times = min(theirs) / min(ours)
    print(f"{n} rows: formula {min(ours) * 1e3:.1f} ms, {name} {min(theirs) * 1e3:.0f} ms: {times:.0f} times")
    print(f"log-likelihood above theirs: {fit.log_likelihood - found:.2e}")


if __name__ == "__main__":
    main()
