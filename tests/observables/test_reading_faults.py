"""Every broken trajectory or topology is refused with a message that names the file, what was found and what helps."""

import re

import mdtraj
import numpy as np
import pytest

from mobcg.observables.reading import Reading, read_trajectory
from mobcg.outcomes import InputError
from tests.observables import files


def save(folder, name="run.xtc", atoms=None, made=None, cut=None, system="system.pdb", **options):
    """Write a trajectory (cut to a part of its bytes) and its topology."""
    read = files.trajectory(files.paths() if atoms is None else atoms, made, **options)
    read.save(str(folder / name))
    read[0].save(str(folder / system))
    if cut is not None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: int(len(content) * cut)])
    return folder / system, folder / name


def at_times(folder, times):
    pdb, _ = save(folder, "run.trr")
    read = files.trajectory(files.paths(frames=len(times)))
    read.time = np.array(times, dtype=float)
    read.save(str(folder / "run.trr"))
    return pdb, folder / "run.trr"


def lammps(folder, edit=None, data=None, **options):
    files.data(folder / "system.data", **(data or {}))
    files.dump(folder / "run.dump", files.paths(), **options)
    if edit is not None:
        (folder / "run.dump").write_text(edit((folder / "run.dump").read_text()))
    return folder / "system.data", folder / "run.dump"


def text(folder, name, content):
    pdb, path = save(folder)
    (folder / name).write_text(content)
    return (pdb, folder / name) if name.startswith("run") else (folder / name, path)


def absent(folder, name):
    pdb, path = save(folder)
    (pdb if name.startswith("system") else path).unlink()
    return pdb, path


def no_box(folder):
    read = files.trajectory(files.paths())
    read.unitcell_vectors = None
    read.save(str(folder / "run.nc"))
    read[0].save(str(folder / "system.pdb"))
    return folder / "system.pdb", folder / "run.nc"


def placeholder_box(folder):
    return save(folder, cells=np.broadcast_to(0.1 * np.eye(3), (40, 3, 3)))


def not_a_number(folder):
    atoms = files.paths()
    atoms[17, 3, 1, 2] = np.nan
    return save(folder, "run.trr", atoms)


def other_atoms(folder):
    pdb, _ = save(folder)
    files.trajectory(files.paths(molecules=19)).save(str(folder / "run.xtc"))
    return pdb, folder / "run.xtc"


def shuffled(folder):
    pdb, _ = save(folder)
    order = np.random.default_rng(1).permutation(60)
    atoms = files.paths().reshape(40, 60, 3)[:, order].reshape(40, 20, 3, 3)
    files.trajectory(atoms).save(str(folder / "run.xtc"))
    return pdb, folder / "run.xtc"


def beads(folder, name):
    """Sites whose name is no element, or an unlikely one."""
    made = files.topology(names=("O", "H1", "H2"), residue="ABC", bonds=False)
    for atom in made.atoms:
        atom.name = name + str(atom.index % 3)
        atom.element = mdtraj.element.carbon
    return save(folder, made=made, system="system.gro")


def mixture(folder):
    return save(folder, made=files.topology(15).join(files.topology(5, names=("C", "H1", "H2"), residue="ABC")))


def masses(folder, content):
    (folder / "masses.csv").write_text(content)
    return save(folder)


DUMP = Reading(timestep_ps=0.001)
CASES = {
    "no topology": (lambda f: absent(f, "system"), None, r"system\.pdb: no such file; --topology wants"),
    "no trajectory": (lambda f: absent(f, "run"), None, r"run\.xtc: no such file"),
    "unknown topology": (lambda f: text(f, "system.docx", "hello"), None, r"system\.docx: not a topology that can be read; allowed: \.gro"),
    "garbage topology": (lambda f: text(f, "system.gro", "hello"), None, r"system\.gro: cannot be read as a topology"),
    "unknown trajectory": (lambda f: text(f, "run.docx", "hello"), None, r"run\.docx: not a trajectory that can be read"),
    "empty xtc": (lambda f: text(f, "run.xtc", ""), None, r"run\.xtc: frame 1 cannot be read, .* cut short or damaged"),
    "garbage xtc": (lambda f: text(f, "run.xtc", "hello" * 200), None, r"run\.xtc: frame 1 cannot be read"),
    "truncated xtc": (lambda f: save(f, cut=0.63), None, r"run\.xtc: frame 2\d cannot be read, .*--end at an earlier time"),
    "truncated trr": (lambda f: save(f, "run.trr", cut=0.63), None, r"run\.trr: frame 26 cannot be read"),
    "truncated dcd": (
        lambda f: save(f, "run.dcd", cut=0.63),
        Reading(frame_interval_ps=0.5),
        r"run\.dcd: is cut short: its head tells 40 frames, 25 are there",
    ),
    "truncated netcdf": (lambda f: save(f, "run.nc", cut=0.63), None, r"run\.nc: frame 1 cannot be read"),
    "truncated pdb": (lambda f: save(f, "run.pdb", cut=0.63), Reading(frame_interval_ps=0.5), r"run\.pdb: frame 1 cannot be read"),
    "dcd has no time": (lambda f: save(f, "run.dcd"), None, r"run\.dcd: \.dcd files tell no times: .* --frame-interval-ps"),
    "pdb has no time": (lambda f: save(f, "run.pdb"), None, r"run\.pdb: .* --frame-interval-ps"),
    "no box": (no_box, None, r"run\.nc: holds no box"),
    "placeholder box": (placeholder_box, None, r"run\.xtc: frame 1: a box of 0\.001 nm3 cannot hold 60 atoms"),
    "not a number": (not_a_number, None, r"run\.trr: frame 18: a position is not a finite number"),
    "other number of atoms": (other_atoms, None, r"run\.xtc: frame 1 holds 57 atoms, .*system\.pdb 60"),
    "other order of atoms": (
        shuffled,
        None,
        r"run\.xtc: neighbours in a molecule of HOH are .* nm apart|run\.xtc: neighbours in a molecule",
    ),
    "duplicate frame": (lambda f: at_times(f, [0, 1, 2, 2, 3]), None, r"run\.trr: frame 4: a duplicate: 2 ps follows 2 ps"),
    "frames out of order": (lambda f: at_times(f, [0, 1, 3, 2, 4]), None, r"run\.trr: frame 4: out of order: 2 ps follows 3 ps"),
    "uneven steps": (lambda f: at_times(f, [0, 1, 2, 4, 5, 6]), None, r"run\.trr: frame 4: comes 2 ps after .* the others 1 ps"),
    "stride between frames": (lambda f: save(f), Reading(stride_ps=30.25), r"--stride 30\.25 ps: the frames are 0\.5 ps apart"),
    "nothing between begin and end": (lambda f: save(f), Reading(begin_ps=500), r"no frame lies between --begin and --end"),
    "negative stride": (lambda f: save(f), lambda: Reading(stride_ps=-1), r"--stride-ps: must be positive, found -1"),
    "mixture": (mixture, None, r"holds 2 kinds of molecules \(15 HOH of 3 atoms, 5 ABC of 3 atoms\).*--residue"),
    "unknown residue": (mixture, Reading(residue="XYZ"), r"no residue is called 'XYZ'; there are ABC, HOH"),
    "united atoms": (lambda f: beads(f, "CH"), None, r"a molecule of ABC \(CH0, CH1, CH2\) has carbon but no hydrogen: united atoms\?"),
    "tungsten": (lambda f: beads(f, "W"), None, r"mass of atom 1 \('W0' in ABC\) is not known"),
    "beads": (lambda f: beads(f, "Q"), None, r"mass of atom 1 \('Q0' in ABC\) is not known"),
    "carbon alone": (lambda f: beads(f, "C"), None, r"\(C0, C1, C2\) has carbon but no hydrogen: united atoms\?"),
    "molecules do not divide": (lambda f: save(f), Reading(molecule_atoms=7), r"60 atoms cannot be cut into molecules of 7"),
    "one molecule": (lambda f: save(f), Reading(molecule_atoms=60), r"all 60 atoms are one molecule; .*--molecule-atoms"),
    "mass of an unknown name": (lambda f: save(f), Reading(masses={"X": 1.0}), r"no atom .* is called 'X'; there are H1, H2, O"),
    "negative mass": (lambda f: save(f), Reading(masses=-1.0), r"--mass: a mass must be positive, found -1"),
    "masses without header": (lambda f: masses(f, "O,16\n"), "masses.csv", r"masses\.csv: the masses file needs the columns name,mass_Da"),
    "masses not numbers": (lambda f: masses(f, "name,mass_Da\nO,heavy\n"), "masses.csv", r"masses\.csv: data row 1: .*found 'heavy'"),
    "dump without time step": (lammps, None, r"run\.dump: a LAMMPS dump tells steps, no times: .*--timestep-ps"),
    "truncated dump": (
        lambda f: lammps(f, lambda t: t[: int(len(t) * 0.63)]),
        DUMP,
        r"run\.dump: frame 26 is broken or cut short \(.* of 60 atoms\)|run\.dump: frame 26 is broken or cut short",
    ),
    "dump without positions": (
        lambda f: lammps(f, columns="id type vx vy vz"),
        DUMP,
        r"run\.dump: frame 1: needs the columns id and x y z .*found id type vx vy vz",
    ),
    "dump with text": (lambda f: lammps(f, lambda t: t.replace(" 1.", " x.", 1)), DUMP, r"run\.dump: frame 1 is broken"),
    "dump of a restart": (
        lambda f: lammps(f, steps=[*range(20), *range(20)]),
        DUMP,
        r"run\.dump: frame 21: out of order: 0 ps follows 0.019 ps",
    ),
    "empty dump": (lambda f: lammps(f, lambda t: ""), DUMP, r"run\.dump: holds no frames"),
    "no dump": (lambda f: lammps(f, lambda t: "hello\n"), DUMP, r"run\.dump: frame 1: a LAMMPS text dump was expected.*found 'hello'"),
    "data without style": (
        lambda f: lammps(f, data={"style": ""}),
        DUMP,
        r"system\.data: section Atoms: the atom style must stand behind it",
    ),
    "data without masses": (lambda f: lammps(f, data={"masses": ""}), DUMP, r"mass of atom 1 \('type1' in 1-2-3\) is not known"),
    "data with xtc": (lambda f: (lammps(f)[0], save(f)[1]), None, r"run\.xtc: a LAMMPS data file goes with a LAMMPS text dump"),
}


@pytest.mark.parametrize("case", CASES)
def test_faults_are_named(tmp_path, case):
    make, options, message = CASES[case]
    given = make(tmp_path)
    if isinstance(options, str):
        options = Reading(masses=tmp_path / options)
    with pytest.raises(InputError) as error:
        read_trajectory(*given, options() if callable(options) else options)
    assert re.search(message, str(error.value)), str(error.value)


def test_the_frames_before_the_fault_can_be_used(tmp_path):
    read = read_trajectory(*save(tmp_path, cut=0.63), Reading(end_ps=8.0))
    assert read.frames == 17
