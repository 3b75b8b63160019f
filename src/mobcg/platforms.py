"""The OpenMM platform of a run: the fastest one that really works here, with the properties that make runs repeatable."""

from __future__ import annotations

import functools
import logging

import openmm

from mobcg.outcomes import InputError

logger = logging.getLogger(__name__)

PREFERENCE = ("CUDA", "HIP", "OpenCL", "CPU", "Reference")
"""Order in which `auto` tries."""


def select_platform(requested: str = "auto", threads: int = 1) -> tuple[openmm.Platform, dict[str, str]]:
    """The platform and the properties to make contexts with.

    `auto` takes the first of CUDA, HIP, OpenCL, CPU, Reference that computes a small energy rightly: an installed plug-in says nothing
    about a driver or a device. GPUs run in mixed precision (positions and sums in double), the CPU with `threads` threads and forces
    summed in a fixed order, so that with the same number of threads a run repeats bit for bit.
    Raises InputError where the requested platform is not there or does not work.
    """
    names = PREFERENCE if requested == "auto" else (requested,)
    reasons = []
    for name in names:
        reason = _failure(name, accept_processor=requested != "auto")
        if reason is None:
            logger.debug("platform %s", name)
            return openmm.Platform.getPlatformByName(name), _properties(name, threads)
        reasons.append(f"{name}: {reason}")
    raise InputError(
        f"no usable OpenMM platform for platform {requested!r} ({'; '.join(reasons)}); installed here: {', '.join(_installed())}",
        "platform auto, which takes the fastest one that works",
    )


def _properties(name: str, threads: int) -> dict[str, str]:
    if name in ("CUDA", "HIP", "OpenCL"):
        return {"Precision": "mixed"}
    if name == "CPU":
        return {"Threads": str(threads), "DeterministicForces": "true"}
    return {}


def _installed() -> list[str]:
    return [openmm.Platform.getPlatform(index).getName() for index in range(openmm.Platform.getNumPlatforms())]


@functools.cache
def _failure(name: str, accept_processor: bool) -> str | None:
    """Why a platform cannot be used, None where it can."""
    if name not in _installed():
        return "not installed"
    system = openmm.System()
    spring = openmm.HarmonicBondForce()
    for _ in range(2):
        system.addParticle(1.0)
    spring.addBond(0, 1, 1.0, 2.0)
    system.addForce(spring)
    try:
        platform = openmm.Platform.getPlatformByName(name)
        context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform, _properties(name, 1))
        context.setPositions([[0.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
        energy = float(context.getState(energy=True).getPotentialEnergy()._value)
        device = platform.getPropertyValue(context, "DeviceName") if "DeviceName" in platform.getPropertyNames() else ""
    except openmm.OpenMMException as error:
        return str(error)
    if abs(energy - 1.0) > 1e-4:
        return f"computed an energy of {energy} instead of 1"
    if (
        name == "OpenCL"
        and not accept_processor
        and any(word in device.lower() for word in ("cpu", "pthread", "xeon", "core(tm)", "epyc", "ryzen"))
    ):
        return f"its device {device!r} is a processor, slower than the CPU platform"
    return None
