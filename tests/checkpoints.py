"""Checkpoints that hold a count."""

import errno

import numpy as np

from thetahat._checkpoint import Checkpoint

KILLS = 20
IDENTITY = {"family": "normal", "learning_rate": 0.1, "betas": (0.9, 0.999)}
FULL = OSError(errno.ENOSPC, "No space left on device")


def opened(path, identity=IDENTITY):
    return Checkpoint(path, 0, identity)


def saved(path, *counts):
    """A checkpoint to which states were saved in this order."""
    checkpoint = opened(path)
    checkpoint.load()
    for count in counts:
        checkpoint.save({"count": count}, {"theta": np.full(3, float(count))})
    return checkpoint


def count_of(path):
    values, arrays = opened(path).load()
    assert arrays["theta"].tolist() == [values["count"]] * 3
    return values["count"]


def names(path):
    return sorted(place.name for place in path.parent.iterdir())


def bits(array):
    return array.dtype, array.shape, array.tobytes()


def damaged(record):
    """Every length that a file may be cut to, and every byte that may change, by one bit and by all."""
    for i in range(len(record)):
        yield record[:i]
        for flip in 1 << i % 8, 255:
            yield record[:i] + bytes([record[i] ^ flip]) + record[i + 1 :]
    yield record + b"\0"


def raising(error=FULL, after=0):
    """Raise an error at every call, or let some calls do nothing first."""
    calls = iter(range(after))

    def call(*_):
        if next(calls, None) is None:
            raise error

    return call
