"""What the extension modules share that evaluate models with intervals."""


# Raises what a signal handler has raised while the core was at work: to be called after it may have been.
cdef int raise_pending() except -1
