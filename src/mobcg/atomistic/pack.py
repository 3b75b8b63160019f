"""The start of a liquid: molecules placed at random, without overlaps, in a cubic box by packmol."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mobcg.outcomes import InputError, Outcome, PhysicalFailure

logger = logging.getLogger(__name__)

Array = npt.NDArray[np.float64]

PACKING_FRACTION = 0.3
"""Van der Waals volume over box volume at the start; liquid hydrocarbons have 0.5-0.6, so this leaves packmol room."""

TOLERANCE_NM = 0.2
"""Smallest distance between atoms of different molecules."""

ENLARGEMENTS = 4
GROWTH = 1.12
"""Factor on the edge at every enlargement."""

TIMEOUT_S = 600

RADII_NM = {
    "H": 0.12,
    "C": 0.17,
    "N": 0.155,
    "O": 0.152,
    "F": 0.147,
    "Si": 0.21,
    "P": 0.18,
    "S": 0.18,
    "Cl": 0.175,
    "Br": 0.185,
    "I": 0.198,
}
"""Van der Waals radii. Source: Bondi, J. Phys. Chem. 68, 441 (1964); hydrogen as there."""


def pack(elements: tuple[str, ...], conformers_nm: Array, molecules: int, seed: int) -> tuple[Array, float]:
    """Positions (molecules, atoms, 3) in nm, in the box 0..edge, and the edge of the cubic box in nm.

    conformers_nm: (k, atoms, 3), used in turn. The box starts at a packing fraction of 0.3 and grows where packmol finds no place.
    Raises InputError where packmol is missing or stops with a fault of its own, PhysicalFailure (blow-up) where no box is large enough.
    """
    volume = float(np.mean([molecular_volume(elements, conformer) for conformer in conformers_nm]))
    edge = (molecules * volume / PACKING_FRACTION) ** (1 / 3)
    for _ in range(ENLARGEMENTS + 1):
        positions = _packmol(elements, conformers_nm, molecules, edge, seed)
        if positions is not None:
            return positions, edge
        logger.info("packmol found no place for %d molecules in %.3f nm, trying a larger box", molecules, edge)
        edge *= GROWTH
    raise PhysicalFailure(Outcome.BLOW_UP, f"packmol found no start for {molecules} molecules in a box of up to {edge / GROWTH:.2f} nm")


def molecular_volume(elements: tuple[str, ...], positions_nm: Array, spacing_nm: float = 0.02) -> float:
    """Volume in nm3 of the union of the atoms' van der Waals spheres, counted on a grid (about 1 % at the default spacing)."""
    radii = np.array([RADII_NM.get(element, 0.17) for element in elements])
    low, high = positions_nm.min(axis=0) - radii.max(), positions_nm.max(axis=0) + radii.max()
    axes = [np.arange(start, stop + spacing_nm, spacing_nm) for start, stop in zip(low, high, strict=True)]
    inside = np.zeros([len(axis) for axis in axes], dtype=bool)
    for centre, radius in zip(positions_nm, radii, strict=True):
        squares = [(axis - value) ** 2 for axis, value in zip(axes, centre, strict=True)]
        inside |= squares[0][:, None, None] + squares[1][None, :, None] + squares[2][None, None, :] < radius**2
    return float(inside.sum()) * spacing_nm**3


def packmol_executable() -> Path:
    """Where packmol is: beside this Python, in the Python package `packmol`, or on PATH. Raises InputError where it is nowhere."""
    beside = Path(sys.executable).parent / "packmol"
    if beside.is_file():
        return beside
    try:
        from packmol.cli import get_binary_path

        return Path(get_binary_path())
    except (ImportError, FileNotFoundError):
        pass
    found = shutil.which("packmol")
    if found is None:
        raise InputError(
            "packmol was not found beside this Python, in the package 'packmol' or on PATH: install it with 'pip install packmol'"
        )
    return Path(found)


def _packmol(elements: tuple[str, ...], conformers_nm: Array, molecules: int, edge_nm: float, seed: int) -> Array | None:
    """One attempt; None where packmol did not find a solution."""
    counts = [len(range(kind, molecules, len(conformers_nm))) for kind in range(len(conformers_nm))]
    margin, outer = f"{5 * TOLERANCE_NM:.6f}", f"{10 * edge_nm - 5 * TOLERANCE_NM:.6f}"
    with tempfile.TemporaryDirectory(prefix="packmol-") as name:
        folder = Path(name)
        lines = [f"tolerance {10 * TOLERANCE_NM}", "filetype xyz", "output packed.xyz", f"seed {1 + seed % 1_000_000_000}", "nloop 60", ""]
        for kind, count in enumerate(counts):
            if count:
                _write_xyz(folder / f"{kind}.xyz", elements, 10 * conformers_nm[kind])
                box = f"inside box {margin} {margin} {margin} {outer} {outer} {outer}"
                lines += [f"structure {kind}.xyz", f"  number {count}", f"  {box}", "end structure", ""]
        (folder / "packmol.inp").write_text("\n".join(lines), encoding="utf-8")
        with (folder / "packmol.inp").open("rb") as commands:
            try:
                done = subprocess.run(
                    [packmol_executable()], stdin=commands, cwd=folder, capture_output=True, timeout=TIMEOUT_S, check=False
                )
            except subprocess.TimeoutExpired:
                return None
        text = done.stdout.decode(errors="replace")
        if done.returncode == 0 and "Success!" in text and (folder / "packed.xyz").exists():
            return _read_xyz(folder / "packed.xyz", molecules, len(elements))
        if "ENDED WITHOUT PERFECT PACKING" in text or "STOP 173" in text or done.returncode in (171, 173):
            return None
        last = [line.strip() for line in (text + done.stderr.decode(errors="replace")).splitlines() if line.strip()]
        raise InputError(f"packmol ({packmol_executable()}) stopped with code {done.returncode}: {' / '.join(last[-3:]) or 'no output'}")


def _write_xyz(path: Path, elements: tuple[str, ...], positions_angstrom: Array) -> None:
    rows = [f"{element} {x:.6f} {y:.6f} {z:.6f}" for element, (x, y, z) in zip(elements, positions_angstrom, strict=True)]
    path.write_text("\n".join([str(len(rows)), "conformer", *rows]) + "\n", encoding="utf-8")


def _read_xyz(path: Path, molecules: int, atoms: int) -> Array:
    rows = path.read_text(encoding="utf-8").splitlines()[2:]
    values = np.array([[float(word) for word in row.split()[1:4]] for row in rows if row.strip()]) / 10
    return values.reshape(molecules, atoms, 3)
