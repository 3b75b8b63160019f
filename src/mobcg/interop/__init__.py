"""Pair potentials in the formats of other programs: VOTCA, LAMMPS, GROMACS, OpenMM."""
