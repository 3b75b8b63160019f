"""What the command does not show; see also tests/cli/test_export.py."""

import pytest

from mobcg.interop.reading import Source
from mobcg.interop.writing import Order, write
from mobcg.outcomes import InputError
from mobcg.potential.pair import PairPotential


def test_a_jump_at_the_cutoff_stays_one(tmp_path, soft, liquid):
    """Energies of 2 kJ/mol at the cutoff come back in every format."""
    lifted = PairPotential(soft.r_nm, soft.u_kj_per_mol + 2.0)
    for to in ("csv", "votca", "lammps", "gromacs", "openmm"):
        export = write(to, Order(lifted, tmp_path / to, liquid))
        assert export.read_back.cutoff_nm == pytest.approx(1.2, rel=1e-9)
        assert export.read_back.energy(1.1999) == pytest.approx(float(lifted.energy(1.1999)), abs=1e-6)
        assert export.deviation.energy_kj_per_mol < 1e-6


def test_openmm_needs_a_liquid(tmp_path, soft):
    with pytest.raises(InputError, match="its mass, density and temperature are needed"):
        write("openmm", Order(soft, tmp_path))


def test_the_temperature_alone_judges_the_fit(tmp_path, soft):
    values = write("gromacs", Order(soft, tmp_path, temperature_K=298.15)).values["lennard_jones"]
    hotter = write("gromacs", Order(soft, tmp_path, temperature_K=600.0)).values["lennard_jones"]
    assert hotter["temperature_K"] == 600.0
    # more of the core is within reach, and it is softer than r^-12
    assert hotter["sigma_nm"] != pytest.approx(values["sigma_nm"], rel=0.01)
    assert hotter["epsilon_kj_per_mol"] < values["epsilon_kj_per_mol"]


def test_sources_without_a_distribution_say_so(tmp_path):
    with pytest.raises(InputError, match="gromacs has no format of g"):
        Source(tmp_path / "t.xvg", "gromacs").distribution()
