"""A long bad night, with any seed: several rounds of every fault on a larger campaign, on a Slurm that is started for it.

python -m tests.slurm.soak --seed 7 --sets 60 --rounds 3      as root, in the repository's root; tests/slurm/install.sh first
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.slurm import lean
from tests.slurm.cluster import missing, running_cluster
from tests.slurm.faults import KINDS, Night, plan
from tests.slurm.verdict import different, left_behind, submitted, written_twice


def main() -> int:
    """Run it; 0 where the campaign ended complete and as if nothing had happened."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="of the plan of faults")
    parser.add_argument("--sets", type=int, default=60, help="parameter sets: two jobs each")
    parser.add_argument("--rounds", type=int, default=3, help="how often each fault happens")
    parser.add_argument("--hours", type=float, default=4.0, help="until it is given up")
    parser.add_argument("--json", type=Path, help="write the outcome here too")
    options = parser.parse_args()
    if missing():
        sys.exit(f"no Slurm: {missing()}")
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    for name in ("night", "undisturbed"):
        (folder / name).mkdir()
    print(f"in {folder}", file=sys.stderr)
    reference = lean.undisturbed(folder / "undisturbed", options.sets)
    began = time.monotonic()
    with running_cluster() as cluster:
        faults = plan(options.seed, lean.samples(options.sets), options.rounds)
        night = Night(lean.on_slurm(folder / "night", cluster, options.sets), faults, lean.TARGETS)
        night.run(most_starts=3 * options.rounds, seconds=3600 * options.hours)
    happened = Counter(fault.kind for fault in night.happened)
    outcome = {
        "seed": options.seed,
        "jobs": submitted(night),
        "minutes": round((time.monotonic() - began) / 60),
        "faults": {kind: happened[kind] for kind in KINDS},
        "starts of the driver": night.starts,
        "typed": dict(Counter(night.commands)),
        "different": different(night.results, reference),
        "written twice": written_twice(night),
        "left behind": left_behind(night.results),
    }
    for key, value in outcome.items():
        told = ", ".join(f"{name} {count}" for name, count in value.items()) if isinstance(value, dict) else value or "nothing"
        print(f"| {key} | {told} |")
    if options.json:
        options.json.write_text(json.dumps(outcome, indent=2) + "\n")
    return int(any(outcome[key] for key in ("different", "written twice", "left behind")))


if __name__ == "__main__":
    sys.exit(main())
