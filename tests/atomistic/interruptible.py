"""A run in a process of its own, so that tests can kill it: folder, then options as JSON."""

import sys
from pathlib import Path

from mobcg.atomistic.run import simulate
from mobcg.config import AtomisticOptions
from mobcg.forcefield.build import build_molecule
from mobcg.liquids import Liquid

if __name__ == "__main__":
    simulate(
        build_molecule(Liquid(name="butane", smiles="CCCC")),
        270.0,
        1.0,
        AtomisticOptions.model_validate_json(sys.argv[2]),
        Path(sys.argv[1]),
        seed=11,
    )
