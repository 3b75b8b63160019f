"""`mobcg check` and `mobcg report`: a campaign's configuration and its page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mobcg.cli.common import DEFAULT, Default, Told, check_results, verb


@verb
def check(
    configs: Annotated[list[Path], typer.Argument(metavar="CONFIG...", help="Overlay(s) on the defaults, later ones over earlier ones.")],
    default: Default = DEFAULT,
) -> Told:
    """Check a campaign's configuration without running anything.

    Example: mobcg check config/demo.yaml config/mine.yaml
    """
    from mobcg.campaign import Campaign
    from mobcg.configfile import read_config

    plan = Campaign.plan(read_config(default, *configs), ".")
    config = plan.config
    values = {
        "configs": [default, *configs],
        "samples": len(plan.samples),
        "drawn": len(plan.drawn),
        "templates": len(config.templates),
        "references": len(plan.references),
        "library_runs": config.library.all_runs,
        "results": config.results,
    }
    lines = [
        f"{' + '.join(map(str, (default, *configs)))}: valid",
        f"{len(plan.samples)} atomistic samples: {len(plan.drawn)} drawn from {len(config.templates)} template(s), "
        f"{len(plan.references)} liquid(s) with their own force field; {config.library.all_runs} library runs; results in {config.results}",
    ]
    return Told(values, lines)


@verb
def report(
    config: Annotated[list[Path], typer.Option("--config", help="Overlay(s) on config/default.yaml.")],
    out: Annotated[Path | None, typer.Option("--out", help="The page; default: report/index.html among the results.")] = None,
    default: Default = DEFAULT,
) -> Told:
    """Write the report page of a campaign from the results that are there.

    Example: mobcg report --config config/demo.yaml
    """
    from mobcg.configfile import read_config
    from mobcg.report.page import write_report

    checked = read_config(default, *config)
    results = Path(checked.results)
    check_results(results, config)
    page = out or results / "report" / "index.html"
    write_report(results, checked, page)
    return Told({"page": page}, [f"{page}"])
