"""The command line: `mobcg --help`. One module a verb."""

from mobcg.cli.main import app

__all__ = ["app"]
