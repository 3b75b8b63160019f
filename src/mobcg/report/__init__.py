"""The report: figures and one self-contained page from a results folder."""

from mobcg.report.figures.readme import readme_figure
from mobcg.report.page import write_report

__all__ = ["readme_figure", "write_report"]
