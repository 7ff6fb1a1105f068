"""Maxima of censored and truncated samples from the literature, certified in a hundred digits."""

import pytest
from censored_data import certified, dataset

import thetahat as th

CERTIFIED = certified()


@pytest.mark.parametrize(("name", "family", "fixed"), CERTIFIED, ids=lambda value: str(value or ""))
def test_certified_maxima(name, family, fixed):
    rows, counts = dataset(name)
    fit = th.fit(rows, family, weights=counts, fixed=dict(fixed))
    assert fit.status == "converged"
    assert fit.n == counts.sum()
    for row in CERTIFIED[name, family, fixed]:
        place = list(fit.params).index(row["parameter"])
        assert fit.theta[place] == pytest.approx(float(row["value"]), rel=1e-10)
        assert fit.stderr[place] == pytest.approx(float(row["se"]), rel=1e-8)
        assert fit.log_likelihood == pytest.approx(float(row["loglik"]), rel=1e-12)
