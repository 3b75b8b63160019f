"""`mobcg check` and `mobcg report`: a campaign's configuration and its page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mobcg.campaign import Campaign
from mobcg.cli.common import DEFAULT, Default, clear_errors
from mobcg.configfile import read_config
from mobcg.outcomes import InputError


def check(
    configs: Annotated[list[Path], typer.Argument(metavar="CONFIG...", help="Overlay(s) on the defaults, later ones over earlier ones.")],
    default: Default = DEFAULT,
) -> None:
    """Check a campaign's configuration without running anything."""
    with clear_errors():
        plan = Campaign.plan(read_config(default, *configs), ".")
        config = plan.config
        typer.echo(f"{' + '.join(map(str, (default, *configs)))}: valid")
        typer.echo(f"{len(plan.samples)} atomistic samples: {len(plan.drawn)} drawn from {len(config.templates)} template(s), ", nl=False)
        typer.echo(
            f"{len(plan.references)} liquid(s) with their own force field; {config.library.all_runs} library runs; "
            f"results in {config.results}"
        )


def report(
    config: Annotated[list[Path], typer.Option("--config", help="Overlay(s) on config/default.yaml.")],
    out: Annotated[Path | None, typer.Option("--out", help="The page; default: report/index.html among the results.")] = None,
    default: Default = DEFAULT,
) -> None:
    """Write the report page of a campaign from the results that are there."""
    from mobcg.report.page import write_report

    with clear_errors():
        checked = read_config(default, *config)
        results = Path(checked.results)
        if not results.is_dir():
            raise InputError(f"{results}: no such folder; run the campaign first: snakemake --configfile {config[-1]}")
        page = out or results / "report" / "index.html"
        write_report(results, checked, page)
        typer.echo(f"{page}")
