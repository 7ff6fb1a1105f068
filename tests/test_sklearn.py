"""The estimator of scikit-learn: its own checks, the bits of `fit`, pipelines and searches."""

import pickle
import sysconfig

import numpy as np
import pytest

if sysconfig.get_config_var("Py_GIL_DISABLED"):
    pytest.skip("scikit-learn has no wheels for free-threaded Python", allow_module_level=True)
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

import thetahat as th
from thetahat.sklearn import DistributionEstimator

X = np.random.default_rng(0).gamma(2.0, 3.0, (300, 1))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.parametrize("settings", [{}, {"family": "laplace"}], ids=str)
def test_scikit_learns_own_checks(settings):
    told = check_estimator(DistributionEstimator(**settings), on_fail=None)
    failed = {check["check_name"]: check["exception"] for check in told if check["status"] == "failed"}
    assert not failed
    assert len(told) > 30


def test_columns_are_fitted_as_fit_does():
    two = np.hstack([X, 2 * X])
    weights = np.arange(300) % 3
    estimator = DistributionEstimator("gamma").fit(two, sample_weight=weights)
    for column, fit in zip(two.T, estimator.fits_, strict=True):
        assert fit.params == th.fit(np.ascontiguousarray(column), "gamma", weights=weights).params
    densities = sum(fit.logpdf(column) for column, fit in zip(two.T, estimator.fits_, strict=True))
    np.testing.assert_array_equal(estimator.score_samples(two), densities)
    assert estimator.score(two) == densities.sum()
    drawn = estimator.sample(5, random_state=1)
    assert drawn.shape == (5, 2)
    assert np.array_equal(drawn, pickle.loads(pickle.dumps(estimator)).sample(5, random_state=1))


def test_settings_are_those_of_fit():
    fixed = DistributionEstimator("gamma", fixed={"shape": 2.0}).fit(X)
    assert fixed.fits_[0].fixed == ("shape",)
    drawn = clone(DistributionEstimator("gamma", method="sgd", random_state=3))
    expected = th.fit(X[:, 0], "gamma", method=th.SGD(), rng=3)
    assert drawn.fit(X).fits_[0].params == expected.params


@pytest.mark.parametrize("by_one", [1, 7, 300])
def test_partial_fits_have_the_bits_of_all_rows(by_one):
    estimator = DistributionEstimator("gamma")
    for first in range(0, 300, by_one):
        estimator.partial_fit(X[first : first + by_one])
    assert estimator.fits_[0].params == DistributionEstimator("gamma").fit(X).fits_[0].params


def test_what_partial_fit_cannot_do_says_why():
    assert not hasattr(DistributionEstimator("student_t"), "partial_fit")
    with pytest.raises(th.ParameterError, match="partial_fit is exact"):
        DistributionEstimator("gamma", method="sgd").partial_fit(X)
    one = DistributionEstimator("gamma").partial_fit(X[:1])
    assert not hasattr(one, "fits_")
    assert one.partial_fit(X[1:3]).fits_[0].n == 3


def test_a_search_finds_the_family_of_the_rows():
    families = {"family": ["normal", "gamma", "exponential", "gumbel"]}
    search = GridSearchCV(DistributionEstimator(), families, cv=3).fit(X)
    assert search.best_params_ == {"family": "gamma"}
    piped = make_pipeline(FunctionTransformer(np.log), DistributionEstimator()).fit(X)
    assert piped[-1].fits_[0].params == th.fit(np.log(X[:, 0]), "normal").params


def test_errors_are_those_of_fit_and_of_scikit_learn():
    with pytest.raises(th.SampleError, match="outside the support of gamma"):
        DistributionEstimator("gamma").fit(-X)
    with pytest.raises(th.UnknownFamilyError, match="gama"):
        DistributionEstimator("gama").fit(X)
    with pytest.raises(ValueError, match="1 feature"):
        DistributionEstimator().fit(X).score_samples(np.hstack([X, X]))
