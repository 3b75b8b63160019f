"""`python -m mobcg.cli` is `mobcg`."""

from mobcg.cli.main import app

app()
