"""What the pool of workers costs beyond the simulations: many short coarse-grained runs, executed as the library executes them.

    python benchmarks/pool.py --runs 2000 --workers 2 --json pool.json
    python benchmarks/pool.py --runs 2000 --workers 20 --kind slurm --partition compute --account chem

Overhead is workers x elapsed time over the sum of the runs' own times, less one. `start` is what passes until each worker has brought its
first chunk: processes (or jobs), imports, compiled code from its cache. `steady` is the overhead after that, what every further run costs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from mobcg.config import CoarseGrainedOptions, LibraryOptions, ObservableOptions, PoolOptions, SyntheticOptions
from mobcg.files import write_text
from mobcg.library.execution import execute_library
from mobcg.library.plan import plan_library
from mobcg.library.run import execute
from mobcg.library.synthetic import synthetic_parents

BINS = ObservableOptions(bin_width_nm=0.01, fit_window_ps=(3.0, 12.0))
SEED = 1


@dataclass(frozen=True)
class Cost:
    """One library through one pool; overheads as fractions of the simulations' time."""

    kind: str
    workers: int
    runs: int
    chunk_runs: int
    elapsed_s: float
    simulation_s: float
    start_s: float
    overhead: float
    steady_overhead: float


def measure(runs: int, chunk_runs: int, beads: int, production_ps: float, pool: PoolOptions, folder: Path) -> Cost:
    """Execute `runs` short runs; their chunks are left in `folder`. The engine is compiled before, its code kept on disk."""
    library = LibraryOptions(runs=0, chunk_runs=chunk_runs, r_max_nm=1.2, synthetic=SyntheticOptions(runs=runs))
    options = CoarseGrainedOptions(beads=beads, equilibration_ps=20.0, production_ps=production_ps, sample_interval_ps=0.5, platform="CPU")
    plan = plan_library(library, [], SEED)
    parents = synthetic_parents(plan["parent"], library.synthetic, SEED)
    execute(plan.head(1).to_dict("records"), parents, library, options, BINS)
    began, clock = time.time(), time.perf_counter()
    table = execute_library(plan, parents, library, options, BINS, pool, folder, folder / "logs")
    elapsed, simulation = time.perf_counter() - clock, float(table["wall_s"].sum())
    chunks = sorted(folder.glob("*.parquet"), key=lambda path: path.stat().st_mtime)
    first = chunks[min(pool.workers, len(chunks)) - 1]
    later = chunks[chunks.index(first) + 1 :]
    seconds = sum(float(pd.read_parquet(path)["wall_s"].sum()) for path in later)
    span = chunks[-1].stat().st_mtime - first.stat().st_mtime
    return Cost(
        pool.kind,
        pool.workers,
        runs,
        chunk_runs,
        elapsed,
        simulation,
        first.stat().st_mtime - began,
        pool.workers * elapsed / simulation - 1,
        pool.workers * span / seconds - 1 if later else float("nan"),
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--chunk-runs", type=int, nargs="+", default=[20], help="several: one measurement each")
    parser.add_argument("--beads", type=int, default=128)
    parser.add_argument("--production-ps", type=float, default=300.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kind", choices=("local", "slurm"), default="local")
    parser.add_argument("--partition", help="of Slurm")
    parser.add_argument("--account", help="of Slurm")
    parser.add_argument("--folder", type=Path, help="for the chunks, seen by all workers; default: a temporary one")
    parser.add_argument("--json", type=Path, help="write the rows here")
    chosen = parser.parse_args()
    pool = PoolOptions(kind=chosen.kind, workers=chosen.workers, partition=chosen.partition, account=chosen.account)
    costs = []
    print("kind   workers  runs  chunk  elapsed s  simulation s  start s  overhead  steady")
    for chunk_runs in chosen.chunk_runs:
        with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
            cost = measure(chosen.runs, chunk_runs, chosen.beads, chosen.production_ps, pool, Path(folder))
        costs.append(cost)
        print(
            f"{cost.kind:6s} {cost.workers:7d} {cost.runs:5d} {cost.chunk_runs:6d} {cost.elapsed_s:10.1f} {cost.simulation_s:13.1f} "
            f"{cost.start_s:8.1f} {100 * cost.overhead:8.1f}% {100 * cost.steady_overhead:6.1f}%"
        )
    if chosen.json:
        write_text(chosen.json, json.dumps([asdict(cost) for cost in costs], indent=2) + "\n")


if __name__ == "__main__":
    main()
