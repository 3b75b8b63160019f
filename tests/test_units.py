import pytest

from mobcg.units import ReducedUnits, mass_density, number_density, thermal_energy


def test_thermal_energy_at_room_temperature():
    assert thermal_energy(298.15) == pytest.approx(2.478957, rel=1e-6)


def test_densities_are_inverse_and_right_for_benzene():
    density = number_density(0.8735, 78.1134)
    assert density == pytest.approx(0.8735e-21 * 6.02214076e23 / 78.1134, rel=1e-12)
    assert mass_density(density, 78.1134) == pytest.approx(0.8735)


def test_ideal_gas_pressure_is_the_unit_of_pressure():
    # 1 mol in 24.789 l at 298.15 K is at 1 bar
    density = 6.02214076e23 / 24.78957e24
    assert ReducedUnits(1.0, 298.15, density).pressure_bar == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize(("mass", "temperature", "density"), [(4, 1, 1), (1, 4, 1), (1, 1, 8)])
def test_units_scale_as_they_should(mass, temperature, density):
    one, other = ReducedUnits(1, 1, 1), ReducedUnits(mass, temperature, density)
    assert other.length_nm == pytest.approx(density ** (-1 / 3))
    assert other.time_ps / one.time_ps == pytest.approx(density ** (-1 / 3) * (mass / temperature) ** 0.5)
    assert other.diffusion_nm2_per_ns / one.diffusion_nm2_per_ns == pytest.approx(density ** (-1 / 3) * (temperature / mass) ** 0.5)
    assert other.friction_per_ps * other.time_ps == pytest.approx(1)


@pytest.mark.parametrize("bad", [(0, 300, 5), (50, -1, 5), (50, 300, float("nan"))])
def test_senseless_state_is_refused(bad):
    with pytest.raises(ValueError, match="must be positive"):
        ReducedUnits(*bad)
