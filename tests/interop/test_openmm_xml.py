import math
import re
from dataclasses import replace

import numpy as np
import openmm
import pytest
from hypothesis import given, settings
from openmm import unit

from mobcg.interop import openmm_xml
from mobcg.interop.liquid import Liquid
from mobcg.interop.table import deviation
from mobcg.outcomes import InputError
from mobcg.potential.pair import PairPotential
from tests.interop.conftest import energy_and_forces, potentials, scattered


@settings(deadline=None, max_examples=15)
@given(potentials())
def test_round_trip(tmp_path_factory, potential):
    path = tmp_path_factory.mktemp("openmm") / "system.xml"
    openmm_xml.write_system(path, potential, Liquid(86.0, 0.1, 298.15, 0.01, beads=216))
    scale = np.abs(potential.u_kj_per_mol).max()
    first = potential.r_nm[0]
    again = openmm_xml.read_potential(path)
    if first == 0 or first > potential.spacing_nm:
        found = deviation(potential, again)
        assert found.energy_kj_per_mol < 1e-9 * scale
        assert found.force_kj_per_mol_nm < 1e-7 * scale / potential.spacing_nm
    else:  # between zero and the first point there is no room for the straight line
        assert np.abs(again.energy(potential.r_nm[:-1]) - potential.u_kj_per_mol[:-1]).max() < 1e-9 * scale


def state(path, positions, platform="Reference"):
    system = openmm.XmlSerializer.deserialize(path.read_text())
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName(platform))
    context.setPositions(positions)
    found = context.getState(energy=True, forces=True)
    forces = found.getForces(asNumpy=True).value_in_unit(unit.kilojoule_per_mole / unit.nanometer)
    return found.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole), np.asarray(forces)


@pytest.mark.parametrize("shift", [0.0, 0.003])
def test_openmm_computes_the_energy_and_forces_of_the_potential(tmp_path, soft, liquid, shift):
    """In double precision to rounding, also where the potential's grid does not go through zero."""
    potential = PairPotential(soft.r_nm + shift, soft.u_kj_per_mol)
    positions = scattered(216, liquid.box_nm, closest_nm=0.25)
    openmm_xml.write_system(tmp_path / "system.xml", potential, liquid)
    energy, forces = energy_and_forces(potential, positions, liquid.box_nm)
    found, found_forces = state(tmp_path / "system.xml", positions)
    assert np.linalg.norm(forces, axis=1).max() > 500
    assert found == pytest.approx(energy, rel=1e-9)
    assert found_forces == pytest.approx(forces, abs=1e-8 * np.abs(forces).max())


def test_the_system_is_the_liquid(tmp_path, soft, liquid):
    openmm_xml.write_system(tmp_path / "system.xml", soft, liquid)
    system = openmm.XmlSerializer.deserialize((tmp_path / "system.xml").read_text())
    assert system.getNumParticles() == 216
    assert system.getParticleMass(5).value_in_unit(unit.dalton) == 86.0
    edge = system.getDefaultPeriodicBoxVectors()[0][0].value_in_unit(unit.nanometer)
    assert 216 / edge**3 == pytest.approx(4.6)


def integrator_of(tmp_path, liquid):
    openmm_xml.write_integrator(tmp_path / "integrator.xml", liquid, 1.2)
    return openmm.XmlSerializer.deserialize((tmp_path / "integrator.xml").read_text())


def test_the_integrator_carries_the_friction(tmp_path, liquid):
    langevin = integrator_of(tmp_path, liquid)
    assert isinstance(langevin, openmm.LangevinMiddleIntegrator)
    assert langevin.getFriction().value_in_unit(unit.picosecond**-1) == 5.0
    assert langevin.getTemperature().value_in_unit(unit.kelvin) == 298.15
    assert langevin.getStepSize().value_in_unit(unit.picosecond) == 0.01
    without = integrator_of(tmp_path, replace(liquid, thermostat="global", friction_per_ps=0.0))
    assert isinstance(without, openmm.NoseHooverIntegrator)


def test_pair_friction_is_that_of_the_engines(tmp_path, liquid):
    """Without temperature two beads lose their relative speed as exp(-2 gamma (1 - r/cutoff)2 time), to the step's first order."""
    r, speed, step, steps = 0.7, 0.05, 0.002, 50
    cold = replace(liquid, thermostat="dpd", friction_per_ps=4.0, temperature_K=1e-12, timestep_ps=step)
    integrator = integrator_of(tmp_path, cold)
    assert isinstance(integrator, openmm.DPDIntegrator)
    system = openmm.System()
    system.setDefaultPeriodicBoxVectors(*(3.0 * np.eye(3)))
    nothing = openmm.CustomNonbondedForce("0*r")
    nothing.setNonbondedMethod(openmm.CustomNonbondedForce.CutoffPeriodic)
    for _ in range(2):
        system.addParticle(86.0)
        nothing.addParticle([])
    system.addForce(nothing)
    context = openmm.Context(system, integrator, openmm.Platform.getPlatformByName("Reference"))
    context.setPositions([[1.0, 1.0, 1.0], [1.0 + r, 1.0, 1.0]])
    context.setVelocities([[speed, 0.1, 0.0], [0.0, 0.1, 0.0]])
    integrator.step(steps)
    found = context.getState(velocities=True).getVelocities(asNumpy=True).value_in_unit(unit.nanometer / unit.picosecond)
    # they come 5e-3 nm nearer at most, which changes the weight by 2 %
    rate = 2 * 4.0 * (1 - r / 1.2) ** 2
    assert math.log(speed / (found[0, 0] - found[1, 0])) == pytest.approx(rate * step * steps, rel=0.02)
    assert found.sum(axis=0) == pytest.approx([speed, 0.2, 0.0], abs=1e-6)


def test_a_small_box_is_refused(tmp_path, soft, liquid):
    with pytest.raises(InputError, match=r"the cutoff 1\.2 nm is more than half the box of 2\.215 nm: use more than 50 beads"):
        openmm_xml.write_system(tmp_path / "system.xml", soft, replace(liquid, beads=50))
    assert not (tmp_path / "system.xml").exists()


def foreign(tmp_path, expression="u(r)", forces=1, values=60, cutoff=0.9, prepare=lambda force: None):
    system = openmm.System()
    system.addParticle(1.0)
    for _ in range(forces):
        force = openmm.CustomNonbondedForce(expression)
        r = np.linspace(0.1, 1.0, values)
        force.addTabulatedFunction("u", openmm.Continuous1DFunction(3 * (1 - r) ** 2, 0.1, 1.0))
        force.setNonbondedMethod(openmm.CustomNonbondedForce.CutoffNonPeriodic)
        force.setCutoffDistance(cutoff)
        prepare(force)
        force.addParticle([])
        system.addForce(force)
    path = tmp_path / "system.xml"
    path.write_text(openmm.XmlSerializer.serialize(system))
    return path


def test_a_cutoff_within_the_table_ends_the_potential(tmp_path):
    found = openmm_xml.read_potential(foreign(tmp_path))
    assert found.cutoff_nm == pytest.approx(0.9)
    assert found.energy(0.5) == pytest.approx(0.75, abs=1e-4)
    beyond = openmm_xml.read_potential(foreign(tmp_path, cutoff=5.0))
    assert beyond.cutoff_nm == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"forces": 0}, "expected one CustomNonbondedForce, found 0"),
        ({"forces": 2}, "expected one CustomNonbondedForce, found 2"),
        ({"expression": "2*u(r)"}, r"must be one Continuous1DFunction of r, such as `U\(r\)`; found '2\*u\(r\)'"),
        ({"expression": "r^2"}, r"found 'r\^2'"),
        ({"values": 8}, "8 usable points; at least 10 are needed"),
        ({"prepare": lambda force: force.setUseSwitchingFunction(True)}, "uses a switching function"),
    ],
)
def test_other_systems_are_refused(tmp_path, options, message):
    with pytest.raises(InputError, match=r"system\.xml: .*" + message):
        openmm_xml.read_potential(foreign(tmp_path, **options))


def test_bad_files_are_refused(tmp_path, liquid):
    path = tmp_path / "system.xml"
    for text in ("", "hello", "<System", foreign(tmp_path).read_text()[:400]):
        path.write_text(text)
        with pytest.raises(InputError, match=r"system\.xml: cannot be read as OpenMM's XML"):
            openmm_xml.read_potential(path)
    openmm_xml.write_integrator(path, liquid, 1.2)
    with pytest.raises(InputError, match="expected a System, found a LangevinMiddleIntegrator"):
        openmm_xml.read_potential(path)
    path.write_text(re.sub(r'<Value v="[^"]*"', '<Value v="nan"', foreign(tmp_path).read_text(), count=1))
    with pytest.raises(InputError, match=r"system\.xml: row 1 of the potential: expected finite numbers, found r = 0.1, U = nan"):
        openmm_xml.read_potential(path)
