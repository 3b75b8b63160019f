from pathlib import Path

import numpy as np
import pytest

from mobcg.database import store
from mobcg.database.reduced import reduced
from mobcg.units import ReducedUnits
from tests.database.rows import GRID, failed, row

KT = ReducedUnits(100.0, 300.0, 5.0).energy_kj_per_mol


def table(tmp_path: Path, *rows: dict[str, object]) -> store.Database:
    store.write(tmp_path / "x.parquet", list(rows), GRID)
    return store.read(tmp_path / "x.parquet")


def test_core_depth_diffusion_and_friction(tmp_path: Path) -> None:
    # a straight core that falls through 4 kT at 0.45 nm, a well of 1.5 kT
    u = KT * np.where(GRID < 0.5, 4 + 80 * (0.45 - GRID), -1.5) * (GRID < 0.8)
    found = reduced(table(tmp_path, row("a", u_kj_per_mol=u, friction_per_ps=3.0), failed("b")))
    units = ReducedUnits(100.0, 300.0, 5.0)
    assert found["run_id"].tolist() == ["a"]
    assert found["x_core"][0] == pytest.approx(0.45 / units.length_nm, abs=1e-4)
    assert found["depth_kT"][0] == pytest.approx(1.5, rel=1e-5)
    assert found["diffusion"][0] == pytest.approx(3.0 / units.diffusion_nm2_per_ns)
    assert found["friction"][0] == pytest.approx(3.0 / units.friction_per_ps)


def test_a_liquid_is_the_same_in_other_units(tmp_path: Path) -> None:
    """Mass four times, temperature twice: the same reduced row."""
    u = KT * np.where(GRID < 0.5, 4 + 80 * (0.45 - GRID), -1.5) * (GRID < 0.8)
    one, two = ReducedUnits(100.0, 300.0, 5.0), ReducedUnits(400.0, 600.0, 5.0)
    ratio = two.diffusion_nm2_per_ns / one.diffusion_nm2_per_ns
    heavy = {"mass_Da": 400.0, "temperature_K": 600.0, "u_kj_per_mol": 2 * u, "diffusion_nm2_per_ns": 3.0 * ratio}
    found = reduced(table(tmp_path, row("a", u_kj_per_mol=u), row("b", **heavy)))
    assert found.iloc[0, 1:].tolist() == pytest.approx(found.iloc[1, 1:].tolist(), rel=1e-5)


def test_a_potential_without_a_core_has_none(tmp_path: Path) -> None:
    assert np.isnan(reduced(table(tmp_path, row("a", u_kj_per_mol=np.zeros(200))))["x_core"][0])
