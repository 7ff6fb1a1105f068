"""Settings of a stochastic ascent: what contradicts, is named, shown and kept in records."""

import json
import math
import pickle
import re

import numpy as np
import pytest
from conftest import Case
from test_rules import settings_of

import thetahat as th

CONTRADICTIONS = {
    'preconditioner requires coordinates="log"': {
        "learning_rate": 0.1,
        "preconditioner": "information",
        "coordinates": "textbook",
    },
    'implicit requires coordinates="log"': {"learning_rate": 0.1, "implicit": True},
    "leave out update": {
        "learning_rate": 0.1,
        "implicit": True,
        "coordinates": "log",
        "update": th.Momentum(),
    },
    "requires a learning_rate": {"reduction": "mean"},
}


@pytest.mark.parametrize("advice", CONTRADICTIONS)
def test_settings_that_contradict_each_other_say_what_to_do(advice):
    with pytest.raises(th.ParameterError, match=re.escape(advice)):
        th.SGD(**CONTRADICTIONS[advice])


WRONG = {
    "update": ["adam", th.Adam, 0.9, th.SGD()],
    "learning_rate": [0, -0.1, math.nan, math.inf, "0.1", True, [0.1], th.Momentum()],
    "tol": [0, -1e-3, math.nan, math.inf, "1e-3", True],
    "epochs": [0, -1, 1.5, True, "3"],
    "batch_size": [0, 2.0, "1"],
    "shuffle": ["random", "sequential", True, 1],
    "preconditioner": ["hessian", True, 1],
    "coordinates": ["logit", True],
    "reduction": ["median", None],
    "average": ["mean", True],
}


@pytest.mark.parametrize("name", WRONG)
def test_a_setting_of_a_wrong_type_is_named(name):
    for value in WRONG[name]:
        with pytest.raises(th.ParameterError, match=name):
            th.SGD(**{"learning_rate": 0.1, name: value})


@pytest.mark.parametrize("make", [th.InverseTime, th.Power, th.StepDecay])
@pytest.mark.parametrize("wrong", [0, -1, math.nan, "a", None, True])
def test_schedules_check_their_rate(make, wrong):
    with pytest.raises(th.ParameterError, match="rate must be a positive finite number"):
        make(rate=wrong)


@pytest.mark.parametrize(
    ("make", "name", "wrong"),
    [
        (th.InverseTime, "offset", -1),
        (th.InverseTime, "offset", math.inf),
        (th.Power, "power", 0),
        (th.Power, "power", 1),
        (th.Power, "offset", "a"),
        (th.StepDecay, "factor", 1),
        (th.StepDecay, "every", 0),
        (th.StepDecay, "every", 1.5),
        (th.Momentum, "decay", 1),
        (th.Momentum, "decay", 0),
        (th.Adam, "beta1", 1),
        (th.Adam, "beta2", -0.1),
        (th.Adam, "epsilon", 0),
    ],
)
def test_settings_of_schedules_and_rules_are_named(make, name, wrong):
    needed = {"rate": 1.0} if issubclass(make, th.Power | th.StepDecay) else {}
    with pytest.raises(th.ParameterError, match=name):
        make(**needed, **{name: wrong})


@pytest.mark.parametrize("kind", [th.SGD, th.GradientAscent])
def test_a_trace_of_true_is_one_of_epochs(kind):
    method = kind(learning_rate=1e-3, epochs=3)
    x, rng = [1.0, 2.0, 4.0], 0 if method.draws else None
    traces = [
        th.fit(x, "normal", method=method, start=(0, 1), rng=rng, trace=trace).trace
        for trace in (True, "epoch", False)
    ]
    assert traces[0].tolist() == traces[1].tolist()
    assert (len(traces[0]), traces[2]) == (4, None)


@pytest.mark.parametrize("looks", [{"trace": t} for t in (0, -1, 1.5, "all", None)] + [{"callback": 3}])
def test_looks_of_a_wrong_type_are_named(looks):
    method = th.SGD(learning_rate=1e-3)
    with pytest.raises(th.ParameterError, match=next(iter(looks))):
        th.fit([1.0, 2.0], "normal", method=method, start=(0, 1), **looks)


@pytest.mark.parametrize("nonsense", [0, -1.0, math.nan, math.inf, None, "0.1", [1e-3], True, 1j])
def test_a_function_that_gives_no_rate_names_the_epoch(nonsense):
    method = th.SGD(learning_rate=lambda epoch: nonsense if epoch == 3 else 1e-3, epochs=9)
    with pytest.raises(th.ParameterError, match=r"learning_rate\(3\) must be a positive finite number"):
        th.fit([1.0, 2.0], "normal", method=method, start=(0, 1))


def test_what_a_function_raises_passes_through():
    def rate(epoch):
        return 1 / (2 - epoch)

    with pytest.raises(ZeroDivisionError):
        th.fit([1.0, 2.0], "normal", method=th.SGD(learning_rate=rate, epochs=9), start=(0, 1))


def test_a_function_is_asked_once_an_epoch_and_its_rates_are_used():
    x, asked = Case("normal", (1.0, 2.0)).sample(50), []

    def rate(epoch):
        asked.append(epoch)
        return 1e-3 / (1 + epoch)

    method = th.SGD(learning_rate=rate, epochs=5, shuffle=None)
    fit = th.fit(x, "normal", method=method, start=(0, 1), trace="epoch")
    assert asked == [0, 1, 2, 3, 4]
    theta = (0.0, 1.0)
    for epoch in range(5):
        settings = {"learning_rate": 1e-3 / (1 + epoch), "shuffle": None}
        theta = th.fit(x, "normal", method=th.SGD(**settings), start=theta).theta
        assert theta.tolist() == fit.trace[epoch + 1].tolist()


@pytest.mark.parametrize("factor", [0.5, 0.9])
@pytest.mark.parametrize("every", [1, 2, 7])
def test_a_step_decay_is_its_formula(factor, every):
    x = Case("normal", (1.0, 2.0)).sample(50)
    by_hand = th.SGD(learning_rate=lambda epoch: 1e-3 * factor ** (epoch // every), epochs=6)
    thetas = [
        th.fit(x, "normal", method=method, start=(0, 1), rng=1).theta.tolist()
        for method in (by_hand, th.SGD(learning_rate=th.StepDecay(1e-3, factor, every), epochs=6))
    ]
    np.testing.assert_allclose(thetas[0], thetas[1], rtol=1e-12)


METHODS = {
    "SGD()": th.SGD(),
    "SGD(polish=True)": th.SGD(polish=True, shuffle="auto"),
    "SGD(shuffle='rows')": th.SGD(shuffle="rows"),
    "SGD(batch_size=64)": th.SGD(batch_size=64, shuffle="auto"),
    "SGD(shuffle='spread', average='polyak')": th.SGD(average="polyak", shuffle="spread"),
    "SGD(batch_size=10, implicit=True)": th.SGD(batch_size=10, implicit=True),
    "SGD(learning_rate=0.1)": th.SGD(
        learning_rate=0.1, epochs=1, coordinates="textbook", preconditioner=None
    ),
    "SGD(learning_rate=1e-05, epochs=3, shuffle='batches')": th.SGD(
        learning_rate=1e-5, epochs=3, shuffle="batches"
    ),
    "SGD(learning_rate=0.1, coordinates='log')": th.SGD(learning_rate=0.1, coordinates="log"),
    "SGD(learning_rate=0.1, preconditioner='information')": th.SGD(
        learning_rate=0.1, preconditioner="information"
    ),
    "SGD(learning_rate=InverseTime(rate=2.0, offset=0.0), preconditioner='information')": th.SGD(
        learning_rate=th.InverseTime(2), preconditioner="information", coordinates="log"
    ),
    "SGD(learning_rate=Power(rate=0.1, power=0.6, offset=3.0), average='polyak')": th.SGD(
        learning_rate=th.Power(0.1, offset=3), average="polyak"
    ),
    "SGD(learning_rate=StepDecay(rate=0.1, factor=0.5, every=4), epochs=9, reduction='mean')": th.SGD(
        learning_rate=th.StepDecay(0.1, every=4), epochs=9, reduction="mean"
    ),
    "SGD(learning_rate=0.1, average='epoch', update=Momentum(decay=0.9), tol=0.001)": th.SGD(
        learning_rate=0.1, average="epoch", update=th.Momentum(), tol=1e-3
    ),
    "SGD(learning_rate=0.1, update=Adam(beta1=0.9, beta2=0.999, epsilon=1e-08))": th.SGD(
        learning_rate=0.1, update=th.Adam()
    ),
}


@pytest.mark.parametrize("shown", METHODS)
def test_a_method_shows_what_was_set_and_evaluates_to_itself(shown):
    method = METHODS[shown]
    assert repr(method) == shown
    assert eval(shown, vars(th).copy()) == method
    assert pickle.loads(pickle.dumps(method)) == method
    assert hash(method) == hash(eval(shown, vars(th).copy()))
    assert type(method).from_record(json.loads(json.dumps(method.to_record()))) == method


@pytest.mark.parametrize("shown", METHODS)
def test_fits_by_any_rule_go_to_records_and_back(shown):
    x = Case("normal", (1.0, 2.0)).sample(100)
    method = settings_of(METHODS[shown], epochs=3)
    start = (0, 3) if method.starts else None
    fit = th.fit(x, "normal", method=method, start=start, rng=0, trace=2)
    record = json.loads(json.dumps(fit.to_dict(), allow_nan=False))
    for again in (th.Fit.from_dict(record), pickle.loads(pickle.dumps(fit))):
        assert again.to_dict() == fit.to_dict()
        assert again.method == method
        assert repr(again) == repr(fit)
        assert str(again) == str(fit)


@pytest.mark.parametrize(
    ("method", "many", "few"),
    [
        (th.SGD(), ("spread", 2048), ("rows", 64)),
        (th.SGD(epochs=3, tol=1e-4, polish=True), ("spread", 2048), ("rows", 64)),
        (th.SGD(shuffle="rows"), ("rows", 64), ("rows", 64)),
        (th.SGD(shuffle="spread"), ("spread", 2048), ("spread", 2048)),
        (th.SGD(shuffle=None), (None, 64), (None, 64)),
        (th.SGD(batch_size=2048), ("rows", 2048), ("rows", 2048)),
        (th.SGD(average="polyak"), ("rows", 64), ("rows", 64)),
        (th.SGD(implicit=True), ("rows", 64), ("rows", 64)),
        (th.SGD(learning_rate=1e-4), ("rows", 1), ("rows", 1)),
        (th.SGD(learning_rate=1e-4, shuffle="spread"), ("spread", 1), ("spread", 1)),
    ],
    ids=str,
)
def test_order_and_batches_depend_on_the_number_of_rows_where_nothing_is_asked_for(method, many, few):
    assert method.order(65_537) == many
    assert method.order(65_536) == few
    assert method.order(10) == (few[0], min(few[1], 10))


def halving(epoch):
    return 0.01 * 0.5**epoch


def test_a_record_keeps_the_name_of_a_function_and_cannot_go_on_with_it():
    x = Case("normal", (1.0, 2.0)).sample(100)
    method = th.SGD(learning_rate=halving, epochs=3)
    assert method == th.SGD(learning_rate=halving, epochs=3) != th.SGD(learning_rate=math.exp, epochs=3)
    assert pickle.loads(pickle.dumps(method)) == method
    fit = th.fit(x, "normal", method=method, start=(0, 3), rng=0, trace="epoch")
    record = json.loads(json.dumps(fit.to_dict(), allow_nan=False))
    assert record["method"]["learning_rate"]["function"] == "halving"
    for again in (th.Fit.from_dict(record), pickle.loads(pickle.dumps(fit))):
        assert again.to_dict() == fit.to_dict()
        assert "halving" in repr(again.method)
        with pytest.raises(th.ParameterError, match="halving, which a record does not contain"):
            th.fit(x, "normal", method=again.method, start=(0, 3))
