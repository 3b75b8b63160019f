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


def persistent_walkers(diffusion_nm2_per_ns, molecules, frames, interval_ps, persistence_ps, seed, box_nm=3.0):
    """Ornstein-Uhlenbeck velocities, sampled exactly: MSD = 6 D (t - tau (1 - exp(-t/tau))), D = kT tau/m."""
    random = np.random.default_rng(seed)
    D, tau, left = diffusion_nm2_per_ns / 1000, persistence_ps, np.exp(-interval_ps / persistence_ps)
    spread = np.array(
        [
            [D / tau * (1 - left**2), D * (1 - left) ** 2],
            [D * (1 - left) ** 2, 2 * D * (interval_ps - 2 * tau * (1 - left) + tau / 2 * (1 - left**2))],
        ]
    )
    root = np.linalg.cholesky(spread)
    velocity = random.normal(0, np.sqrt(D / tau), (molecules, 3))
    positions = np.empty((frames, molecules, 3))
    positions[0] = random.uniform(0, box_nm, (molecules, 3))
    for frame in range(1, frames):
        kick, more = random.normal(size=(2, molecules, 3))
        positions[frame] = positions[frame - 1] + tau * (1 - left) * velocity + root[1, 0] * kick + root[1, 1] * more
        velocity = left * velocity + root[0, 0] * kick
    return Trajectory(positions, interval_ps * np.arange(frames), box_nm, 50.0)


def caged_walkers(diffusion_nm2_per_ns, molecules, frames, interval_ps, relaxation_ps, amplitude_nm, seed):
    """Free walkers that rattle in a cage: MSD = 6 D t + 6 a^2 (1 - exp(-t/tau))."""
    free = walkers(diffusion_nm2_per_ns, molecules, frames, interval_ps, seed)
    random, left = np.random.default_rng([seed, 1]), np.exp(-interval_ps / relaxation_ps)
    cage = random.normal(0, amplitude_nm, free.positions_nm.shape)
    for frame in range(1, frames):
        cage[frame] = left * cage[frame - 1] + np.sqrt(1 - left**2) * cage[frame]
    return Trajectory(free.positions_nm + cage, free.time_ps, free.box_nm, free.mass_Da)


def flocks(diffusion_nm2_per_ns, molecules, frames, interval_ps, size, shared, seed, box_nm=3.0):
    """Walkers in flocks of `size` that share a part of each step's variance, and the D that they have with the common drift taken off."""
    random = np.random.default_rng(seed)
    width = np.sqrt(2 * diffusion_nm2_per_ns / 1000 * interval_ps)
    own = random.normal(0, width, (frames, molecules, 3))
    common = np.repeat(random.normal(0, width, (frames, molecules // size, 3)), size, axis=1)
    steps = np.sqrt(shared) * common + np.sqrt(1 - shared) * own
    drift_free = (1 - (1 + (size - 1) * shared) / molecules) * molecules / (molecules - 1)
    return Trajectory(np.cumsum(steps, axis=0), interval_ps * np.arange(frames), box_nm, 50.0), drift_free * diffusion_nm2_per_ns
