"""Progress bars: totals, passes, and no change of any bit."""

import sys

import numpy as np
import pytest
from test_scan import X, write_csv, write_feather, write_gz, write_many, write_parquet

import thetahat as th


def test_a_goodness_of_fit_shows_its_replicates(capsys):
    fit = th.fit(X[:50], "weibull")
    shown = fit.gof(bootstrap=19, rng=0, progress=True)
    assert "19/19 [" in capsys.readouterr().err
    assert shown == fit.gof(bootstrap=19, rng=0)
    assert not capsys.readouterr().err


@pytest.mark.parametrize("family", ["normal", "weibull", "student_t"])
def test_an_exact_fit_of_a_file_shows_each_pass(tmp_path, capsys, family):
    path = write_parquet(tmp_path)
    fit = th.fit(th.scan(path, "x"), family, progress=True)
    told = capsys.readouterr().err
    assert "pass 1: " in told
    assert ("pass 2: " in told) == (family != "normal")
    assert "40.0k/40.0k [" in told
    assert fit.params == th.fit(X, family).params


def test_comparisons_and_pictures_of_a_file_show_passes(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("thetahat.sample._MOST_HELD", 10_000)
    source = th.scan(write_parquet(tmp_path), "x")
    comparison = th.compare(source, ["gamma", "weibull"], progress=True)
    assert "40.0k/40.0k" in capsys.readouterr().err
    comparison.best.plot("pp", progress=True)
    assert "40.0k/40.0k" in capsys.readouterr().err
    comparison.plot("pp", progress=True)
    assert "40.0k/40.0k" in capsys.readouterr().err
    comparison.best.plot("pp")
    assert not capsys.readouterr().err


def test_rows_in_memory_show_no_bar(capsys, monkeypatch):
    assert th.fit(X, "weibull", progress=True).params == th.fit(X, "weibull").params
    assert not capsys.readouterr().err
    monkeypatch.setattr(sys, "stderr", None)
    assert th.fit(X[:20], "weibull").gof(bootstrap=9, rng=0, progress=True).failed == 0


@pytest.mark.parametrize("call", [lambda how: th.fit(X, "normal", **how), th.fit(X[:9], "normal").gof])
def test_progress_is_a_flag(call):
    with pytest.raises(th.ParameterError, match="progress must be True or False, got 1"):
        call({"progress": 1}) if call.__name__ == "<lambda>" else call(progress=1)


@pytest.mark.parametrize("write", [write_parquet, write_csv, write_feather, write_many, write_gz])
def test_a_source_expects_its_rows(tmp_path, write):
    """From what a file says of itself; of text, from its first lines; else from the pass before."""
    source = th.scan(write(tmp_path), "x")
    known = {write_parquet: 0, write_many: 0, write_csv: 0.05}
    if write in known:
        assert source.expected == pytest.approx(X.size, rel=known[write])
    else:
        assert source.expected is None
    assert source.n == source.expected == X.size


def test_arrays_and_filters_expect_what_they_know(tmp_path):
    np.save(tmp_path / "x.npy", X)
    assert th.scan(tmp_path / "x.npy").expected == X.size
    assert th.scan(np.load(tmp_path / "x.npy", mmap_mode="r")).expected == X.size
    assert th.scan(write_parquet(tmp_path), "x", where="year > 2020").expected is None
    assert th.scan(lambda: [X]).expected is None
