"""Parts of a sample that are read apart add up to the bits of those read one after another."""

import itertools

import numpy as np
import pytest
from partitions import cuts
from turns import in_turn

import thetahat as th
from thetahat._core import models
from thetahat._pieces import Partition, Piece, Ranks, RowHash, Subsample, rows_of
from thetahat._sums import Tree
from thetahat.data.arrays import chunks_of
from thetahat.data.assembly import Assembly

N = 20_011
RNG = np.random.default_rng(16)
WEIGHTS = RNG.integers(0, 3, N) * RNG.choice([1.0, 0.3], N)
SETTINGS = ({}, {"moments": False}, {"products": True})


def rows(x, weights=None, first=0, last=None):
    part = slice(first, last)
    return chunks_of(x[part], weights=None if weights is None else weights[part])[0]


def parts_of(x, parts):
    ends = cuts(len(x), parts)
    return [(low, high) for low, high in itertools.pairwise(ends)]


def piece_of(settings, x, weights, low, high, before=0):
    """The piece of some rows, as it arrives from elsewhere."""
    piece = Piece(settings, before + low)
    for start in range(low, high, 3001):
        piece.add(rows(x, weights, start, min(start + 3001, high)))
    return Piece.restored(settings, before + low, high - low, piece.nodes(), *piece.edges())


@in_turn("weights", [None, WEIGHTS])
@in_turn("kind", SETTINGS)
def test_pieces_in_any_order_make_the_tree_of_all_rows(first, kind, weights):
    x, model = first.sample(N), first.description.model
    if kind.get("products") and not first.regular:
        kind = {}
    tree = Tree(model, first.theta, **kind)
    tree.add(rows(x, weights), 1)
    for parts in (1, 2, 23, 300):
        pieces, whole = Assembly(), Tree(*tree.settings)
        of_parts = parts_of(x, parts)
        for place in RNG.permutation(len(of_parts)).tolist():
            pieces.add(piece_of(tree.settings, x, weights, *of_parts[place]))
        pieces.add_to(whole)
        np.testing.assert_array_equal(whole.total().numbers(), tree.total().numbers())
        assert rows_of(whole) == N


@pytest.mark.parametrize("before", [1, 2047, 2048, 2049, 5000])
def test_pieces_go_on_from_the_rows_of_a_tree(before):
    x = RNG.gamma(2, 3, N)
    whole, tree = Tree(models["gamma"]), Tree(models["gamma"])
    whole.add(rows(x), 1)
    tree.add(rows(x, last=before), 1)
    pieces = Assembly()
    for low, high in parts_of(x[before:], 9):
        pieces.add(piece_of(tree.settings, x[before:], None, low, high, before))
    pieces.add_to(tree)
    assert tree.total().numbers() == whole.total().numbers()


@pytest.mark.parametrize("shortened", ["n", "nodes", "x"])
def test_a_piece_that_lacks_something_is_refused(shortened):
    settings = (models["normal"], None, False, True)
    piece = piece_of(settings, RNG.normal(size=N), None, 100, 9000)
    parts = {"first": 100, "n": piece.n, "nodes": piece.nodes(), "x": piece.edges()[0]}
    parts[shortened] = parts[shortened] - 1 if shortened == "n" else parts[shortened][:-1]
    with pytest.raises(ValueError, match="nodes and edge rows"):
        Piece.restored(settings, *parts.values())


def test_pieces_that_are_no_neighbours_are_refused():
    x = RNG.normal(size=N)
    settings = (models["normal"], None, False, True)
    piece = piece_of(settings, x, None, 100, 200)
    with pytest.raises(ValueError, match="from row 300 on does not follow one that ends at 200"):
        piece.append(piece_of(settings, x, None, 300, 400))
    with pytest.raises(ValueError, match="does not follow"):
        piece.append(piece_of((models["logistic"], (0.0, 1.0), False, True), x, None, 200, 400))
    with pytest.raises(ValueError, match="from row 100 on does not follow 0 rows of a tree"):
        piece.add_to(Tree(models["normal"]))


def test_a_hash_depends_on_rows_places_and_weights_and_not_on_portions():
    x = RNG.normal(size=N)

    def hashed(values, weights=None, step=N):
        found = RowHash()
        for start in range(0, N, step):
            found.add(rows(values, weights, start, start + step))
        return found.value

    changed, swapped = x.copy(), x.copy()
    changed[777] = np.nextafter(changed[777], np.inf)
    swapped[[5, 9000]] = swapped[[9000, 5]]
    assert hashed(x) == hashed(x, step=1000) == hashed(x, step=2049)
    others = [hashed(changed), hashed(swapped), hashed(x, WEIGHTS), hashed(x, WEIGHTS[::-1].copy())]
    assert len({hashed(x), *others}) == 1 + len(others)


def test_a_hash_counts_rows_and_those_that_have_a_weight():
    found = RowHash()
    found.add(rows(RNG.normal(size=N), WEIGHTS))
    assert (found.rows, found.used) == (N, np.count_nonzero(WEIGHTS))


@pytest.mark.parametrize("wanted", [1, 100, 3000, 9000, 50_000])
def test_parts_of_a_pilot_are_the_pilot(wanted):
    x = RNG.normal(size=N)
    whole = Subsample(N, wanted)
    whole.add(rows(x, WEIGHTS))
    taken = []
    for low, high in parts_of(x, 41):
        part = Subsample.part(N, wanted, low)
        if high > low:
            part.add(rows(x, WEIGHTS, low, high))
            taken.append(part.taken())
    values, weights = (np.concatenate(arrays) for arrays in zip(*taken, strict=True))
    joined = Subsample.joined(N, wanted, values, weights)
    for fewer in (wanted, max(1, wanted // 10)):
        mine = Subsample(N, fewer)
        mine.add(rows(x, WEIGHTS))
        for found, expected in zip(joined.take(fewer), mine.take(fewer), strict=True):
            np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError, match="rows are not what a pilot"):
        Subsample.joined(N, wanted, values[1:], weights[1:])


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
def test_ranks_of_parts_are_those_of_all(weights):
    x, interval = RNG.normal(size=N), (-0.1, 0.1)
    beside, ranks = Partition(*interval, N, weights is not None), Ranks(*interval)
    parts_beside, parts_ranks = Partition(*interval, N, weights is not None), Ranks(*interval)
    beside.add(rows(x, weights), 1)
    ranks.add(rows(x, weights), 1)
    for low, high in parts_of(x, 19):
        part, of_part = Partition(*interval, N, weights is not None), Ranks(*interval)
        if high > low:
            part.add(rows(x, weights, low, high), 1)
            of_part.add(rows(x, weights, low, high), 1)
        parts_beside.merge(Partition.of_arrays(interval, *part.arrays().values()))
        parts_ranks.merge(Ranks.of_arrays(interval, *of_part.arrays().values()))
    assert parts_beside.locate() == beside.locate()
    assert [parts_ranks.bucket(more) for more in (False, True)] == [ranks.bucket(m) for m in (False, True)]


def test_a_summary_of_each_part_adds_up_without_an_engine():
    """What the documentation of `Summary` shows: bytes go over any wire, and add to rounding."""
    x = RNG.weibull(1.5, N)
    near = th.fit(x[:10_000], "weibull").theta
    records = [th.summarize(x[low:high], "weibull", at=near).to_bytes() for low, high in parts_of(x, 7)]
    whole = sum(map(th.Summary.from_bytes, records[1:]), th.Summary.from_bytes(records[0]))
    assert whole.n == N
    np.testing.assert_allclose(whole.fit().theta, th.fit(x, "weibull").theta, rtol=1e-12)
