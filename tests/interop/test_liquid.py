from dataclasses import replace

import pytest

from mobcg.outcomes import InputError


def test_box_and_lattice_have_the_density(liquid):
    assert liquid.beads / liquid.box_nm**3 == pytest.approx(4.6)
    assert liquid.lattice_constant_nm**-3 == pytest.approx(4.6)
    assert [replace(liquid, beads=beads).lattice_sites for beads in (216, 500, 1000)] == [6, 8, 10]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mass_Da": 0.0}, "mass_Da must be positive and finite, found 0.0"),
        ({"density_per_nm3": float("nan")}, "density_per_nm3 must be positive and finite, found nan"),
        ({"temperature_K": -1.0}, "temperature_K must be positive"),
        ({"beads": 0}, "beads must be positive"),
        ({"friction_per_ps": -1.0}, "friction_per_ps must be zero or positive, found -1.0"),
        ({"friction_per_ps": 0.0}, "langevin and dpd need a friction, global has none; found langevin with 0 1/ps"),
        ({"thermostat": "global"}, "found global with 5 1/ps"),
    ],
)
def test_wrong_states_are_refused(liquid, change, message):
    with pytest.raises(InputError, match=message):
        replace(liquid, **change)
