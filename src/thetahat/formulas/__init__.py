"""From a log-density in plain NumPy to programs of the compiled core."""
