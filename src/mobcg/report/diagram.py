"""The campaign as a picture: its stages, how many jobs and runs each has, how they ended, and what feeds what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from mobcg.campaign import MODELS, Campaign
from mobcg.config import Config
from mobcg.outcomes import Outcome
from mobcg.report.collect import Results

BOX = (156, 116)
TALL_BOX = (330, 116)
GAP = 24
BYPASS = 34
"""Depth of the arrows that lead around stages."""

CLASSES = {Outcome.OK: "ok", Outcome.NOT_CONVERGED: "kept"}
"""How a share of a bar is drawn: by class in the style sheet; other outcomes are "lost"."""


@dataclass(frozen=True)
class Share:
    """A part of a stage's bar: its look, start and width as fractions of the bar, and words."""

    look: str
    start: float
    width: float
    words: str


@dataclass(frozen=True)
class Stage:
    """A stage's title, its runs and jobs in words (a line up to each comma and space), the result in words, and the shares of its bar."""

    title: str
    jobs: str
    result: str
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True)
class Box:
    """A stage's place."""

    stage: Stage
    x: float
    y: float


@dataclass(frozen=True)
class Diagram:
    """Boxes of one size, arrows as SVG paths, in a picture of `width` x `height`."""

    width: float
    height: float
    box: tuple[int, int]
    boxes: tuple[Box, ...]
    arrows: tuple[str, ...]


def diagrams(results: Results, config: Config) -> dict[str, Diagram]:
    """The same picture twice: `wide`, stages from left to right, and `tall`, from top to bottom."""
    found = stages(results, config)
    around = [1, 2] if Campaign(config, {}).trains else [1]
    return {"wide": _wide(found, around), "tall": _tall(found, around)}


def stages(results: Results, config: Config) -> list[Stage]:
    """The stages in their order; library and models only where the campaign trains its own."""
    campaign = Campaign(config, {})
    samples, liquids = len(campaign.samples), len(config.evaluation.liquids)
    methods = len(config.evaluation.methods)
    sets, templates = len(campaign.drawn), len(config.templates)
    found = [
        Stage("1 Force fields", f"{_count(templates, 'molecule')}, 1 job", f"{len(results.draws):,} of {sets:,} drawn"),
        _simulated("2 Atomistic runs", results.atomistic["outcome"], samples, len(campaign.batches["atomistic"])),
        _simulated("3 Inversions", results.inversion["outcome"], samples, len(campaign.batches["inversion"])),
    ]
    if campaign.trains:
        trained = sum(bool(results.learning[name].metrics) for name in MODELS)
        found.append(_simulated("4 Library", results.database["outcome"], results.planned_library_runs or config.library.all_runs, 1))
        found.append(Stage("5 Models", _count(len(MODELS), "job"), f"{trained} of {len(MODELS)} trained"))
    title = f"{len(found) + 1} Evaluation"
    ended = _simulated(title, results.evaluation["outcome"], methods * liquids, liquids)
    found.append(ended)
    return found


def _simulated(title: str, outcomes: pd.Series, planned: int, jobs: int) -> Stage:
    """A stage of runs: a bar of all planned, those that ended ok first, those not there last, as a gap."""
    counts = outcomes.value_counts()
    total = max(planned, int(counts.sum()), 1)
    shares: list[Share] = []
    for name in sorted(counts.index, key=lambda item: (item != Outcome.OK, item != Outcome.NOT_CONVERGED, item)):
        start = sum(share.width for share in shares)
        shares.append(Share(CLASSES.get(name, "lost"), start, counts[name] / total, f"{counts[name]:,} {name}"))
    good, other = int(counts.get(Outcome.OK, 0)), int(counts.sum()) - int(counts.get(Outcome.OK, 0))
    result = f"{good:,} ok, {other:,} not" if len(counts) else "not run yet"
    return Stage(title, f"{_count(planned, 'run')}, {_count(jobs, 'job')}", result, tuple(shares))


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def _wide(found: list[Stage], around: list[int]) -> Diagram:
    """Arrows around stages lead below the row into the last box."""
    width, height = BOX
    boxes = tuple(Box(stage, position * (width + GAP) + 1, 1) for position, stage in enumerate(found))
    arrows = [f"M{box.x + width + 3:g} {1 + height / 2:g}h{GAP - 7}" for box in boxes[:-1]]
    end = boxes[-1].x + width / 2
    for position, index in enumerate(around):
        depth = BYPASS - 14 * position
        start = boxes[index].x + width / 2
        arrows.append(f"M{start:g} {height + 4}v{depth}H{end - 14 * position:g}v-{depth - 4}")
    return Diagram(boxes[-1].x + width + 1, height + BYPASS + 8, BOX, boxes, tuple(arrows))


def _tall(found: list[Stage], around: list[int]) -> Diagram:
    """Arrows around stages lead at the right of the column into the last box."""
    width, height = TALL_BOX
    boxes = tuple(Box(stage, 1, position * (height + GAP) + 1) for position, stage in enumerate(found))
    arrows = [f"M{1 + width / 2:g} {box.y + height + 3:g}v{GAP - 7}" for box in boxes[:-1]]
    end = boxes[-1].y + height / 2
    for position, index in enumerate(around):
        depth = BYPASS - 14 * position
        start = boxes[index].y + height / 2
        arrows.append(f"M{width + 4} {start:g}h{depth}V{end - 14 * position:g}h-{depth - 4}")
    return Diagram(width + BYPASS + 8, boxes[-1].y + height + 1, TALL_BOX, boxes, tuple(arrows))


def described(found: Mapping[str, Diagram]) -> str:
    """The picture in words, for those who do not see it."""
    return "; ".join(f"{box.stage.title}: {box.stage.jobs}, {box.stage.result}" for box in found["wide"].boxes)
