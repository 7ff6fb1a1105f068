"""Checkpoints survive kills, full disks and leftovers."""

import errno
import os
import subprocess
import sys

import numpy as np
import pytest
from checkpoints import FULL, KILLS, count_of, names, raising, saved

from thetahat import _checkpoint


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.ckpt"


def write_half(path, record):
    path.write_bytes(record[: len(record) // 2])
    raise FULL


def rename_once():
    """The second of two renames fails."""
    replace, fail = os.replace, raising(after=1)

    def call(*places):
        fail()
        replace(*places)

    return call


FAILURES = {
    "write": (_checkpoint, "_write", lambda: write_half),
    "fsync": (os, "fsync", raising),
    "first rename": (os, "replace", raising),
    "second rename": (os, "replace", rename_once),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_full_disk_leaves_the_last_save(path, failure, monkeypatch):
    checkpoint = saved(path, 1, 2)
    before = path.read_bytes()
    module, name, fail = FAILURES[failure]
    with monkeypatch.context() as patch:
        patch.setattr(module, name, fail())
        with pytest.warns(RuntimeWarning, match="run.ckpt was not saved: No space left on device; the fit"):
            checkpoint.save({"count": 3}, {"theta": np.full(3, 3.0)})
        assert path.read_bytes() == before
        assert names(path) == ["run.ckpt", "run.ckpt.previous"]
        patch.setattr(module, name, fail())
        checkpoint.save({"count": 4}, {"theta": np.full(3, 4.0)})  # without a second warning
    assert count_of(path) == 2
    checkpoint.save({"count": 5}, {"theta": np.full(3, 5.0)})
    assert count_of(path) == 5


def test_a_file_system_without_links_or_synced_folders(path, monkeypatch):
    monkeypatch.setattr(os, "link", raising(OSError(errno.EPERM, "Operation not permitted")))
    checkpoint = saved(path, 1)
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", raising(PermissionError()))
        checkpoint.save({"count": 2}, {"theta": np.full(3, 2.0)})
    assert names(path) == ["run.ckpt", "run.ckpt.previous"]
    assert count_of(path) == 2
    path.with_name("run.ckpt.previous").replace(path)
    assert count_of(path) == 1


def test_leftovers_of_the_killed_go_and_nothing_else(path):
    saved(path, 1)
    path.with_name("run.ckpt.123-0123abcd.tmp").write_bytes(b"half a s")
    others = [
        "run.ckpt.tmp",
        "run.ckpt.123-0123abcd.tmp.csv",
        "my.run.ckpt.123-0123abcd.tmp",
        "run-ckpt.1-01234567.tmp",
    ]
    for other in others:
        path.with_name(other).touch()
    assert count_of(path) == 1
    assert names(path) == sorted(["run.ckpt", *others])


def run(script, *arguments):
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # these scripts fork
    command = [sys.executable, "-W", "error", "-c", script, *map(str, arguments)]
    done = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


TWO_AT_ONCE = """
import os, signal, sys, time
import numpy as np
from thetahat._checkpoint import Checkpoint

path = sys.argv[1]

def save_for_ever():
    count = 0
    while True:
        count += 1
        checkpoint = Checkpoint(path, 0, {})  # removes the other's temporary files
        checkpoint.load()
        checkpoint._warned = True  # of saves that this costs
        checkpoint.save({"count": count}, {"x": np.full(count % 5000, float(count))})

checkpoint = Checkpoint(path, 0, {})
checkpoint.save({"count": 1}, {"x": np.ones(1)})
children = []
for _ in range(2):
    children.append(os.fork())
    if children[-1] == 0:
        try:
            save_for_ever()
        finally:
            os._exit(1)
seen, end = set(), time.monotonic() + 0.5
while time.monotonic() < end:
    values, arrays = checkpoint.load()
    assert arrays["x"].tolist() == [values["count"]] * (values["count"] % 5000)
    seen.add(values["count"])
for child in children:
    os.kill(child, signal.SIGKILL)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
assert len(seen) > 5, seen
"""


def test_two_at_one_path(path):
    """They overwrite each other's saves and remove each other's temporary files; what is read is good."""
    run(TWO_AT_ONCE, path)


LIMITED = """
import resource, signal, sys, warnings
import numpy as np
from thetahat._checkpoint import Checkpoint
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
checkpoint = Checkpoint(sys.argv[1], 0, {})
for size in 1000, 1250, 5000, 100_000, 1001:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        checkpoint.save({"size": size}, {"x": np.zeros(size)})
    assert [str(w.message).count("File too large") for w in caught] == [1] * (size == 1250)
    values, arrays = Checkpoint(sys.argv[1], 0, {}).load()
    assert values["size"] == arrays["x"].size == (1001 if size == 1001 else 1000)
"""


def test_a_file_that_may_not_grow(path):
    """The system itself cuts the write short, as where the disk is full."""
    run(LIMITED, path)
    assert names(path) == ["run.ckpt", "run.ckpt.previous"]


KILLED_AT_RANDOM = """
import os, random, signal, sys, time
import numpy as np
from thetahat._checkpoint import Checkpoint

path, kills = sys.argv[1], int(sys.argv[2])

def load():
    checkpoint = Checkpoint(path, 0, {})
    values, arrays = checkpoint.load() or ({"count": 0}, {"x": np.empty(0)})
    count = values["count"]
    assert arrays["x"].tolist() == [count] * (count % 5000)
    return checkpoint, count

def save_for_ever(pipe):
    checkpoint, count = load()
    while True:
        count += 1
        checkpoint.save({"count": count}, {"x": np.full(count % 5000, float(count))})
        os.write(pipe, count.to_bytes(8, "little"))

random.seed(0)
count = 0
for _ in range(kills):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            save_for_ever(writing)
        finally:
            os._exit(1)
    os.close(writing)
    time.sleep(random.uniform(0, 0.05))
    os.kill(child, signal.SIGKILL)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    told = int.from_bytes(os.read(reading, 2**20)[-8:], "little") or count
    os.close(reading)
    count = load()[1]
    assert told <= count <= told + 1
assert count > kills
"""


def test_kills_at_random_instants(path):
    """What a save that returned has written is there, or what the one after it has."""
    run(KILLED_AT_RANDOM, path, KILLS)
    assert names(path) == ["run.ckpt", "run.ckpt.previous"]


KILLED_AT_EVERY_CALL = """
import os, signal, sys
from pathlib import Path
from thetahat import _checkpoint
from thetahat._checkpoint import Checkpoint

path = sys.argv[1]

def no_link(*_):
    raise OSError

def save(call, counts):
    seen = 0
    def count_calls(event, _):
        nonlocal seen
        seen += event == "open" or event.startswith("os.")
        if seen == call:
            os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(count_calls)
    checkpoint = Checkpoint(path, 0, {})
    checkpoint.load()
    for count in counts:
        checkpoint.save({"count": count}, {})

def survives(call, start):
    child = os.fork()
    if child == 0:
        try:
            save(call, [start + 1, start + 2])
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL)
    return status == 0

def count_of(checkpoint):
    state = checkpoint.load()
    return 0 if state is None else state[0]["count"]

for links in True, False:
    if not links:
        os.link = no_link
    call, start = 1, count_of(Checkpoint(path, 0, {}))
    while not survives(call, start):
        checkpoint = Checkpoint(path, 0, {})
        count = count_of(checkpoint)
        assert count in (start, start + 1, start + 2)
        if Path(path + ".previous").exists():
            assert _checkpoint._read(Path(path + ".previous"))[1]["count"] in (count, count - 1)
        assert len(list(Path(path).parent.iterdir())) <= 2
        call, start = call + 1, count
    assert count_of(Checkpoint(path, 0, {})) == start + 2
    assert call > 15, call
"""


def test_kills_at_every_call_to_the_system(path):
    """Before each call that opens, links, renames or removes a file, with and without links."""
    run(KILLED_AT_EVERY_CALL, path)
    assert names(path) == ["run.ckpt", "run.ckpt.previous"]
