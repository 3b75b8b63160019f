"""A run in a process of its own, so that tests can kill it. A server that has imported everything starts such processes in no time."""

import multiprocessing
from multiprocessing.process import BaseProcess
from pathlib import Path

from mobcg.atomistic.run import simulate
from mobcg.config import AtomisticOptions
from mobcg.forcefield.build import build_molecule
from mobcg.liquids import Liquid
from mobcg.walltime import interrupt_on_sigterm

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["tests.atomistic.interruptible"])


def begin(folder: Path, options: AtomisticOptions) -> BaseProcess:
    """Start the run in `folder`, or go on with it."""
    process = SERVER.Process(target=_run, args=(folder, options))
    process.start()
    return process


def _run(folder: Path, options: AtomisticOptions) -> None:
    interrupt_on_sigterm()
    simulate(build_molecule(Liquid(name="butane", smiles="CCCC")), 270.0, 1.0, options, folder, seed=11)
