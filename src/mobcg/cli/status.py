"""`mobcg status`: how far a campaign is, what failed, how to go on, and freeing what it no longer needs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mobcg.cli.common import DEFAULT, Default, Told, check_results, verb


@verb
def status(
    config: Annotated[list[Path], typer.Option("--config", help="Overlay(s) on config/default.yaml.")],
    clean: Annotated[
        bool, typer.Option("--clean", help="Also remove the states of finished atomistic runs; they can still be measured anew.")
    ] = False,
    clean_runs: Annotated[
        bool,
        typer.Option("--clean-runs", help="Also remove finished runs' whole work folders: to measure anew is then to simulate anew."),
    ] = False,
    default: Default = DEFAULT,
) -> Told:
    """Tell how far a campaign is: what is done, runs, failed and why, was rejected by physics; core-hours; how to continue.

    Example: mobcg status --config config/demo.yaml
    """
    from mobcg.campaign import Campaign
    from mobcg.configfile import read_config
    from mobcg.status.cleaning import clean as free
    from mobcg.status.survey import survey
    from mobcg.status.text import lines

    campaign = Campaign.plan(read_config(default, *config))
    check_results(Path(campaign.config.results), config)
    freed = free(campaign, whole=clean_runs) if clean or clean_runs else None
    found = survey(campaign)
    text = list(lines(found, ["--profile", "profiles/local", "--configfile", *map(str, config)]))
    if freed is not None:
        text.append(
            f"\nfreed {freed.size / 1e9:.3g} GB in {freed.files} files of {freed.samples} finished runs; "
            f"{freed.kept} runs are unfinished or in use and were left as they are"
        )
        text.append(_given_up(clean_runs))
    return Told(asdict(found) | ({} if freed is None else {"freed": asdict(freed)}), text)


def _given_up(whole: bool) -> str:
    longer = "a longer production or short_time_ps"
    if whole:
        return f"given up: other observables, {longer} have these runs simulated anew, and more library runs all of them"
    return f"given up: {longer} has these runs simulated anew; other observables are still measured from what is there"
