"""Liquids for tests of the GPU's kernels, small enough for a simulator."""

import numpy as np

from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.ensemble.gpu.batch import Liquid, fill_record, filled, largest, prepared
from mobcg.engines.ensemble.gpu.course import kernel
from mobcg.engines.ensemble.gpu.device import to_device, to_host, wait
from mobcg.engines.specification import RunSpecification
from mobcg.potential.pair import PairPotential

TABLES = ("counts", "totals", "stretches", "series", "first", "last", "trajectory", "final")


def short_potential(cutoff_nm=0.75):
    """A core and a well of 0.5 kT at 298 K, smoothly zero at the cutoff."""
    r = np.linspace(0.3, cutoff_nm, 91)
    left = np.clip((cutoff_nm - r) / 0.25, 0, 1)
    u = 60 * np.exp(-(r - 0.3) / 0.05) - 1.2 * np.exp(-(((r - 0.55) / 0.1) ** 2))
    return PairPotential(r, u * left**3 * (10 - 15 * left + 6 * left**2))


def specification(thermostat="nve", beads=18, frames=6, stride=2, seed=1, potential=None, keep=True, **more):
    """Some frames of a liquid; its step is 10 fs."""
    options = CoarseGrainedOptions(
        equilibration_ps=0.05, production_ps=0.01 * stride * frames, sample_interval_ps=0.01 * stride, maximum_timestep_fs=10.0
    )
    more = {"friction_per_ps": 4.0 if thermostat in ("langevin", "dpd") else 0.0} | more
    return RunSpecification(
        short_potential() if potential is None else potential,
        86.0,
        4.6,
        298.15,
        seed,
        thermostat,
        options=options.model_copy(update={"beads": beads}),
        observables=ObservableOptions(fit_window_ps=(0.0, 0.04), bin_width_nm=0.05, blocks=3),
        keep_trajectory=keep,
        **more,
    )


def liquid(*args, plan=None, sizes=None, **more) -> Liquid:
    """The same made ready, with few moves of relaxation; `plan` and `sizes` change numbers of both."""
    made = prepared(0, specification(*args, **more))
    changed = made.plan._replace(**({"relaxation_moves": 3} | (plan or {})))
    return Liquid(0, made.specification, made.table, changed, made.record, made.sizes._replace(**(sizes or {})))


def run(liquids, threads=4, launch_steps=10**6, launches=None):
    """Records of liquids run as one batch to the end or for some launches, and the state they are left in."""
    sizes, shared = largest(liquids), liquids[0].shared
    plans, *tables = filled(liquids, sizes)
    plans, (state, measured) = to_device(plans), [type(part)(*map(to_device, part)) for part in tables]
    for _ in range(launches or -(-max(one.steps for one in liquids) // launch_steps)):
        kernel(shared, liquids[0].pairwise)[len(liquids), threads, 0, 4 * sizes.arena if shared else 0](
            plans, state, measured, np.int32(launch_steps)
        )
    wait()
    state, measured = (type(part)(*map(to_host, part)) for part in (state, measured))
    for replica, one in enumerate(liquids):
        fill_record(one, replica, state.x, int(state.done[replica]), measured)
    return [one.record for one in liquids], state


def same(one, other):
    """Whether two records agree to the last bit."""
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in TABLES)


def brute_force(made, positions_nm):
    """Potential energy and virial in kJ/mol of one frame (beads, 3), from the same table in double precision."""
    d = positions_nm[:, None] - positions_nm[None]
    d -= made.plan.edge * np.rint(d / made.plan.edge)
    r = np.sqrt((d**2).sum(-1))[np.triu_indices(len(positions_nm), 1)]
    force, energy = made.table.evaluate(r)
    return energy.sum(), (force * r).sum(), r
