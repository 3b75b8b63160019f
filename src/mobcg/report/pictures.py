"""Figures as pictures within a page: text without a date, as light as they may be."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass

from matplotlib.figure import Figure

from mobcg.report.figures.spots import Spot
from mobcg.report.figures.style import styled

LARGEST_SVG = 400_000


@dataclass(frozen=True)
class Picture:
    """A drawn figure, ready for an img element, and points in it that have words."""

    uri: str
    width: int
    height: int
    spots: tuple[Spot, ...] = ()


def vector(figure: Figure) -> str:
    """The figure as SVG text without a date, so that the same figure is the same text."""
    text = io.StringIO()
    with styled():
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, facecolor="white")
    return _shortened(text.getvalue())


def picture(figure: Figure, svg: str | None = None, spots: tuple[Spot, ...] = ()) -> Picture:
    """The figure as a data URI: SVG or, where that would be heavy, PNG."""
    svg = svg if svg is not None else vector(figure)
    width, height = (round(96 * size) for size in figure.get_size_inches())
    content, kind = svg.encode(), "svg+xml"
    if len(content) > LARGEST_SVG:
        pixels = io.BytesIO()
        figure.savefig(pixels, format="png", dpi=150, facecolor="white", metadata={"Software": None}, pil_kwargs={"optimize": True})
        content, kind = pixels.getvalue(), "png"
    return Picture(f"data:image/{kind};base64,{base64.b64encode(content).decode()}", width, height, spots)


def _shortened(svg: str) -> str:
    """Curves with two decimals of a point and numbered clip paths, whose names follow the last bits of the layout."""

    def path(found: re.Match[str]) -> str:
        return re.sub(r"(\.\d{2})\d+", r"\1", found.group(0)) if len(found.group(0)) > 60 else found.group(0)

    names = list(dict.fromkeys(re.findall(r'clip-path="url\(#(p[0-9a-f]{10})\)"', svg)))
    for position, name in enumerate(names):
        svg = svg.replace(name, f"clip{position}")
    return re.sub(r'(?<=<path d=")[ML][^"]*(?=" clip-path)', path, svg)
