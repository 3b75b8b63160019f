import numpy as np

from mobcg.atomistic.gromacs.structure import read_structure, write_structure
from mobcg.atomistic.segment import Start


def test_single_precision_survives(tmp_path):
    """What mdrun writes is read with all digits; names fill the columns before the numbers, also beyond 99999 atoms."""
    random = np.random.default_rng(1)
    positions, velocities = (random.uniform(-9, 9, (4, 3)).astype(np.float32).astype(float) for _ in range(2))
    path = tmp_path / "state.g96"
    write_structure(path, Start(positions, velocities, 3.25))
    named = path.read_text()
    for block in ("POSITION", "VELOCITY"):
        lines = named.split(f"{block}RED\n")[1].split("END")[0].splitlines()
        rows = [f"{index:5d} MOL   C{index:<4d}{100000 + index:8d}{line}"[-69:].rjust(69) for index, line in enumerate(lines)]
        named = named.replace(f"{block}RED\n" + "\n".join(lines), f"{block}\n" + "\n".join(rows))
    path.write_text(named)
    read = read_structure(path)
    np.testing.assert_array_equal(read.positions_nm.astype(np.float32), positions.astype(np.float32))
    np.testing.assert_array_equal(read.velocities_nm_per_ps.astype(np.float32), velocities.astype(np.float32))
    assert read.edge_nm == 3.25
