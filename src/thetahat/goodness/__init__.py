"""Goodness of fit, with p-values by the parametric bootstrap."""
