from mobcg.forcefield.connectivity import components, connectivity


def test_chain_of_four() -> None:
    chain = connectivity(4, [(1, 0), (1, 2), (2, 3)])
    assert chain.bonds == ((0, 1), (1, 2), (2, 3))
    assert set(chain.angles) == {(0, 1, 2), (1, 2, 3)}
    assert chain.torsions == ((0, 1, 2, 3),)
    assert (chain.pairs_13, chain.pairs_14) == ({(0, 2), (1, 3)}, {(0, 3)})


def test_pairs_of_a_ring_are_counted_by_their_shortest_path() -> None:
    six = connectivity(6, [(index, (index + 1) % 6) for index in range(6)])
    assert (len(six.angles), len(six.torsions)) == (6, 6)
    assert (len(six.pairs_12), len(six.pairs_13), len(six.pairs_14)) == (6, 6, 3)
    five = connectivity(5, [(index, (index + 1) % 5) for index in range(5)])
    assert (len(five.torsions), len(five.pairs_13), len(five.pairs_14)) == (5, 5, 0)


def test_components() -> None:
    assert components(5, [(0, 1), (3, 4)]) == 3
    assert components(5, [(0, 1), (3, 4), (2, 1), (4, 2)]) == 1
