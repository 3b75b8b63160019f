"""The report: one HTML page that needs nothing but itself, and its main figures as files of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from mobcg.config import Config
from mobcg.files import content_hash, versions, write_text
from mobcg.report import samples, tables
from mobcg.report.collect import Results, collect
from mobcg.report.cost import spent
from mobcg.report.diagram import described, diagrams
from mobcg.report.figures import FIGURES
from mobcg.report.figures.evaluation import liquid_curves
from mobcg.report.figures.spots import spots
from mobcg.report.figures.structure import PANELS, POTENTIALS
from mobcg.report.pictures import Picture, picture, vector
from mobcg.report.rounding import evenly
from mobcg.report.story import story

SEVERAL_LIQUIDS = 12
MISSING_SHOWN = 30
SMALL_MOLECULES = 200
SMALL_PRODUCTION_PS = 500.0


def write_report(results: Path, config: Config, output: Path) -> None:
    """Write the page `output` and, beside it in `figures/`, one SVG file per figure of `figures.FIGURES`.

    Whatever is missing from `results` is stated on the page; every figure file is written in any case, saying why where there is
    nothing to draw. Times, colours and numbers follow from the results alone: the same results give the same page.
    """
    found = collect(Path(results), config)
    pictures: dict[str, Picture] = {}
    for name, draw in FIGURES.items():
        figure = draw(found, config)
        svg = vector(figure)
        write_text(Path(output).parent / "figures" / f"{name}.svg", svg)
        pictures[name] = picture(figure, svg, spots(figure, found.evaluation) if name == "evaluation" else ())
    liquids = evenly(list(found.evaluation_curves), SEVERAL_LIQUIDS)
    overlays = {liquid: picture(liquid_curves(found, liquid)) for liquid in liquids}
    write_text(output, page(found, config, pictures, overlays))


def page(results: Results, config: Config, pictures: dict[str, Picture], overlays: dict[str, Picture]) -> str:
    """The page's HTML text."""
    folder = Path(__file__).parent
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    inlined = {name: Markup((folder / f"page.{name}").read_text(encoding="utf-8")) for name in ("css", "js")}
    return environment.get_template("page.html.j2").render(**content(results, config), **inlined, pictures=pictures, overlays=overlays)


def content(results: Results, config: Config) -> dict[str, Any]:
    """Everything that the template shows besides figures."""
    good = int((results.atomistic["outcome"] == "ok").sum())
    everything, drawn = samples.samples(results), diagrams(results, config)
    return {
        "size": size(config),
        "story": story(results),
        "diagrams": drawn,
        "diagram_words": described(drawn),
        "samples": samples.first(everything),
        "samples_count": len(everything.rows),
        "samples_data": Markup(samples.packed(everything)),
        "others": ", ".join(f"{count:,} of {stage}" for stage, count in results.others.items()),
        "cards": tables.cards(results, sum(spent(results, config).values())),
        "findings": tables.findings(results),
        "stages": tables.stages(results),
        "failures": tables.failures(results),
        "evaluation": tables.evaluation(results),
        "moving": [liquid for liquid, curves in results.evaluation_curves.items() if len(curves["vacf.csv"])],
        "beyond": tables.beyond(results),
        "parity": any(len(model.parity) for model in results.learning.values()),
        "curves": any(len(model.curve) for model in results.learning.values()),
        "metrics": tables.metrics(results),
        "draws_count": len(results.draws),
        "rdf_note": chosen_note(good, PANELS, "samples whose atomistic run ended ok"),
        "potentials_note": chosen_note(len(results.inverted), POTENTIALS, "inverted potentials"),
        "liquids_note": chosen_note(len(results.evaluation_curves), SEVERAL_LIQUIDS, "liquids"),
        "missing": results.missing[:MISSING_SHOWN],
        "missing_more": max(len(results.missing) - MISSING_SHOWN, 0),
        "provenance": provenance(results, config),
        "goal": config.inversion.structure_error,
    }


def size(config: Config) -> str:
    """The campaign's size in one sentence, with a warning for a small one."""
    fine, coarse = config.atomistic, config.coarse_grained
    text = (
        f"Size: {fine.molecules:,} molecules and {fine.production_ps:g} ps of production in atomistic runs, "
        f"{coarse.beads:,} beads and {coarse.production_ps:g} ps in coarse-grained ones"
    )
    small = fine.molecules < SMALL_MOLECULES or fine.production_ps < SMALL_PRODUCTION_PS
    return text + ("; small boxes and short runs: errors are large and stated." if small else ".")


def chosen_note(count: int, limit: int, what: str) -> str:
    """Says when a figure shows a choice only."""
    if count > limit:
        return f"Shown: {limit} of {count:,} {what}, chosen evenly by name."
    return f"Shown: all {count} {what}." if count else ""


def provenance(results: Results, config: Config) -> list[tuple[str, str]]:
    """Seed, configuration hashes and software versions; differences among the results are stated."""
    own = content_hash(config.model_dump(mode="json"))
    rows = [("seed", str(config.seed)), ("configuration of this report", own)]
    if results.settings and results.settings != config.model_dump(mode="json"):
        rows.append(("configuration of the results", f"{content_hash(results.settings)}: differs from the report's"))
    if results.hashes:
        for stage in dict.fromkeys(stage for stage, _ in results.hashes):
            own_hashes = [f"{name} ({count:,} summaries)" for (where, name), count in results.hashes.items() if where == stage]
            mixed = ": made with different settings" if len(own_hashes) > 1 else ""
            rows.append((f"settings of the {stage} stage", ", ".join(own_hashes) + mixed))
    installed = {name: (version,) for name, version in versions().items()}
    for name, seen in (results.versions or installed).items():
        rows.append((name, ", ".join(seen) + (" (several versions: compare with care)" if len(seen) > 1 else "")))
    return rows
