"""Fits of streams that know no end."""
