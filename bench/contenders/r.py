"""R: the fits of MASS and fitdistrplus, in a process of their own that gets the rows once, through a file."""

from __future__ import annotations

import atexit
import subprocess
from functools import cache, partial
from tempfile import NamedTemporaryFile

from contest import Case, Run, check_patience
from drawn import drawn
from equivalents import distance
from jobs import fit_of

from thetahat.reference import Likelihood

NAMES = {  # by family, for MASS's fitdistr and for fitdistrplus's mledist
    family: names for family in fit_of if (names := getattr(Likelihood(family).family, "R_NAMES", None))
}
FITS = ("MASS::fitdistr", "fitdistrplus::mledist")


@cache
def process() -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    r = subprocess.Popen(["R", "--vanilla", "--no-echo"], stdin=pipe, stdout=pipe, text=True, bufsize=1)
    atexit.register(r.communicate, "q()\n")
    return r


def ask(expression: str) -> float:
    """Return the number that R finds."""
    r = process()
    assert r.stdin is not None
    assert r.stdout is not None
    r.stdin.write(f'cat(suppressWarnings({expression}), "\\n"); flush(stdout())\n')
    return float(r.stdout.readline())


def fit_family(case: Case, family: str, by: str, name: str) -> Run:
    with NamedTemporaryFile(suffix=".f64") as file:
        drawn(family, case.n).tofile(file.name)
        ask(f'length(x <- readBin("{file.name}", "double", {case.n}))')

    def fit(n: int) -> float:
        return ask(f'{by}(x[1:{n}], "{name}")$loglik')

    def answer(found: float) -> float:
        return distance(family, case.n, found)

    check_patience(case, fit)
    call = partial(ask, f'{by}(x, "{name}")$loglik')
    return Run(call, [0.0], case.n, tolerance=1e-6, answer=answer)


for family, names in NAMES.items():
    for by, name in zip(FITS, names, strict=True):
        if name is not None:
            fit_of[family].enter(f"R {by}", needs=["R"], only=["1e4", "1e6"], elsewhere=True)(
                partial(fit_family, family=family, by=by, name=name)
            )
