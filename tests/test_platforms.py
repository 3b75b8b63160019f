import openmm
import pytest

from mobcg import platforms
from mobcg.outcomes import InputError
from mobcg.platforms import select_platform


def test_processor_with_threads():
    platform, properties = select_platform("CPU", 2)
    assert platform.getName() == "CPU"
    assert properties == {"Threads": "2", "DeterministicForces": "true"}


def test_auto_finds_one_that_works():
    platform, properties = select_platform("auto", 1)
    system = openmm.System()
    system.addParticle(1.0)
    openmm.Context(system, openmm.VerletIntegrator(0.001), platform, properties)


def test_broken_device_is_passed_over(monkeypatch):
    broken = {"CUDA": "no device", "HIP": "no device", "OpenCL": "no device"}
    monkeypatch.setattr(platforms, "_failure", lambda name, accept_processor: broken.get(name))
    assert select_platform("auto", 1)[0].getName() == "CPU"
    with pytest.raises(InputError, match="CUDA: no device"):
        select_platform("CUDA", 1)


def test_unknown_platform_is_named():
    with pytest.raises(InputError, match=r"Abacus.*not installed.*Reference"):
        select_platform("Abacus")
