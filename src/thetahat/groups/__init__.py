"""Many groups fitted in one call, and compared."""
