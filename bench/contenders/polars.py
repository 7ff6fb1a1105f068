"""polars: mean and standard deviation of a Series."""

from __future__ import annotations

from contest import Case, Run
from jobs import maximum, one_pass_of, own_precision


def mean_std(case: Case) -> Run:
    import polars

    x = polars.Series(case.x)
    return Run(lambda: (x.mean(), x.std(ddof=0)), maximum(case), case.n, tolerance=own_precision(case))


for kind in ("float64", "float32", "int16", "masked"):
    one_pass_of[kind].enter("polars Series mean + std", needs=["polars"])(mean_std)
