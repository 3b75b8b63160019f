import numpy as np

from mobcg.observables.trajectory import Trajectory


def walkers(diffusion_nm2_per_ns, molecules, frames, interval_ps, seed, box_nm=3.0):
    """Free Brownian walkers: independent Gaussian steps of variance 2 D dt along each axis."""
    random = np.random.default_rng(seed)
    width = np.sqrt(2 * diffusion_nm2_per_ns / 1000 * interval_ps)
    steps = random.normal(0, width, (frames, molecules, 3))
    start = random.uniform(0, box_nm, (1, molecules, 3))
    return Trajectory(start + np.cumsum(steps, axis=0), interval_ps * np.arange(frames), box_nm, 50.0)


def ideal_gas(molecules, frames, seed, box_nm=3.0):
    random = np.random.default_rng(seed)
    return Trajectory(random.uniform(0, box_nm, (frames, molecules, 3)), np.arange(frames, dtype=float), box_nm, 50.0)


def lattice(kind, cells, spacing_nm, noise_nm, frames, seed):
    basis = {"sc": [[0, 0, 0]], "bcc": [[0, 0, 0], [0.5, 0.5, 0.5]], "fcc": [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]}[kind]
    grid = np.stack(np.meshgrid(*[np.arange(cells)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    sites = ((grid + np.array(basis)).reshape(-1, 3)) * spacing_nm
    random = np.random.default_rng(seed)
    return Trajectory(sites + random.normal(0, noise_nm, (frames, *sites.shape)), np.arange(frames, dtype=float), cells * spacing_nm, 50.0)
