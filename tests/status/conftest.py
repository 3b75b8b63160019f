"""A campaign half way: two templates' samples and a liquid, some of them done, failed, stopped or running."""

import json
from pathlib import Path

import pytest

from mobcg.campaign import Campaign
from mobcg.config import Config
from mobcg.logs import BEGUN, FAILED, STOPPED

ROOT = Path(__file__).parents[2]

TRACEBACK = f"""10:00:05 x: {FAILED}
Traceback (most recent call last):
  File "a.py", line 1, in <module>
    write()
OSError: [Errno 28] No space left on device
"""


class Folder:
    """The results of a campaign, written by hand."""

    def __init__(self, place: Path, campaign: Campaign) -> None:
        self.place, self.campaign = place, campaign
        self.results = Path(campaign.config.results)

    def finish(self, stage, rule, name, outcome="ok", reason="", hours=1.0):
        self.write(f"{stage}/{name}/summary.json", json.dumps({"outcome": outcome, "reason": reason}))
        self.write(f"benchmarks/{rule}/{name}.tsv", f"s\th:m:s\n{3600 * hours}\t-\n")

    def log(self, rule, name, text="", job=""):
        begin = f"{BEGUN} 2026-11-25 10:00:00 by process 12 on n1" + (f", Slurm job {job}" if job else "")
        self.write(f"logs/{rule}/{name}.log", f"{begin}\n10:00:01 {name}: half way\n{text}")

    def write(self, name, text):
        path = self.results / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").symlink_to(ROOT / "config")
    config = Config.model_validate(
        {
            "templates": [{"liquid": "n-hexane", "parameter_sets": 6}],
            "evaluation": {"liquids": ["benzene"], "methods": ["inversion"]},
            "atomistic": {"threads": 2},
        }
    )
    made = Folder(tmp_path, Campaign.plan(config))
    for index, outcome in enumerate(("ok", "ok", "blow-up")):
        made.finish("atomistic", "simulate_atomistic", f"n-hexane-0000{index}", outcome, "too hot" if outcome != "ok" else "")
    made.log("simulate_atomistic", "n-hexane-00003", TRACEBACK)
    made.log("simulate_atomistic", "n-hexane-00004", f"10:00:09 x: {STOPPED} no time; a retry takes it up\n")
    return made
