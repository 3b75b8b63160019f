"""Small trajectory files of water-like molecules, whole and broken."""

import mdtraj
import numpy as np

EDGE = 2.0
SITES = np.array([[0.0, 0.0, 0.0], [0.09, 0.03, 0.0], [-0.03, 0.09, 0.0]])


def topology(molecules=20, names=("O", "H1", "H2"), residue="SOL", bonds=True):
    made = mdtraj.Topology()
    chain = made.add_chain()
    for number in range(molecules):
        group = made.add_residue(residue, chain, resSeq=number + 1)
        atoms = [made.add_atom(name, mdtraj.element.get_by_symbol(name[0]), group) for name in names]
        for atom in atoms[1:] if bonds else []:
            made.add_bond(atoms[0], atom)
    return made


def paths(molecules=20, frames=40, step_nm=0.03, seed=1, edge_nm=EDGE):
    """Unwrapped atoms (frames, molecules, 3, 3) of molecules that walk."""
    random = np.random.default_rng(seed)
    centres = random.uniform(0, edge_nm, (1, molecules, 3)) + np.cumsum(random.normal(0, step_nm, (frames, molecules, 3)), axis=0)
    return centres[:, :, None] + SITES


def trajectory(atoms, made=None, interval_ps=0.5, cells=None):
    frames = len(atoms)
    read = mdtraj.Trajectory(atoms.reshape(frames, -1, 3), made or topology(atoms.shape[1]), time=interval_ps * np.arange(frames))
    read.unitcell_vectors = np.broadcast_to(EDGE * np.eye(3), (frames, 3, 3)) if cells is None else cells
    return read


def wrapped(atoms, edge_nm=EDGE):
    """Each atom in the box, so that molecules at the boundary are broken."""
    return np.mod(atoms, edge_nm)


def dump(path, atoms, columns="id type x y z", steps=None, edge_nm=EDGE):
    """A LAMMPS dump in Angstrom."""
    flat = 10 * atoms.reshape(len(atoms), -1, 3)
    lines = []
    for frame, places in enumerate(flat):
        step = 100 * frame if steps is None else steps[frame]
        lines += ["ITEM: TIMESTEP", str(step), "ITEM: NUMBER OF ATOMS", str(len(places)), "ITEM: BOX BOUNDS pp pp pp"]
        lines += [f"0 {10 * edge_nm}"] * 3 + [f"ITEM: ATOMS {columns}"]
        lines += [f"{index + 1} {index % 3 + 1} {x:.6f} {y:.6f} {z:.6f}" for index, (x, y, z) in enumerate(places)]
    path.write_text("\n".join(lines) + "\n")


def data(path, molecules=20, masses="Masses\n\n1 15.999\n2 1.008\n3 1.008\n\n", style=" # full"):
    """A LAMMPS data file of these molecules."""
    atoms = [f"{i + 1} {i // 3 + 1} {i % 3 + 1} 0.0 0 0 0" for i in range(3 * molecules)]
    bonds = [f"{2 * m + b + 1} 1 {3 * m + 1} {3 * m + 2 + b}" for m in range(molecules) for b in range(2)]
    head = f"water\n\n{3 * molecules} atoms\n{len(bonds)} bonds\n\n0 20 xlo xhi\n0 20 ylo yhi\n0 20 zlo zhi\n\n"
    path.write_text(head + masses + f"Atoms{style}\n\n" + "\n".join(atoms) + "\n\nBonds\n\n" + "\n".join(bonds) + "\n")
