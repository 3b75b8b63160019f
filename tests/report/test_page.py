import base64
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import pytest

from mobcg.config import Config
from mobcg.report import write_report
from mobcg.report.figures import FIGURES
from mobcg.report.page import size

DRAWN = {"draws", "rdf", "potentials", "inversion", "diffusion", "library", "learning", "evaluation", "cost"}


class Outline(HTMLParser):
    """Elements, references, ids and images of a page."""

    VOID = ("meta", "img", "br", "link", "hr", "input")

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.references, self.ids, self.images = [], set(), [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.add(tag)
        self.references += [values[key] for key in ("src", "href", "srcset", "data", "action") if key in values]
        self.ids += [values["id"]] if "id" in values else []
        self.images += [values] if tag == "img" else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def written(report_page):
    return report_page, report_page.read_text(encoding="utf-8")


def test_the_page_loads_nothing_from_elsewhere(written):
    _, text = written
    outline = Outline(text)
    assert not outline.open
    assert not outline.tags & {"link", "iframe", "object", "embed"}
    assert all(reference.startswith(("data:image/", "#")) for reference in outline.references)
    assert "@import" not in text
    assert "url(" not in text.replace("url(#", "")


def test_links_within_the_page_lead_somewhere_and_ids_are_unique(written):
    outline = Outline(written[1])
    assert {item[1:] for item in outline.references if item.startswith("#")} <= set(outline.ids)
    assert len(outline.ids) == len(set(outline.ids))


def test_every_image_has_a_description_and_is_a_picture(written):
    images = Outline(written[1]).images
    assert len(images) == len(DRAWN) + 3
    for image in images:
        assert image["alt"]
        kind, content = re.fullmatch(r"data:image/(svg\+xml|png);base64,(.+)", image["src"]).groups()
        decoded = base64.b64decode(content)
        assert decoded.startswith(b"\x89PNG") if kind == "png" else ElementTree.fromstring(decoded).tag.endswith("svg")


def test_the_page_holds_the_numbers(written):
    _, text = written
    for number in (
        "0.00090 ± 0.00011",
        "1.53 ± 0.03",
        "5.15 ± 0.15",
        "850 ± 20",
        "12 of 15 ok",
        "0.8770 ± 0.0012",
        "5.0 ± 0.3",
        "77",
        "0123456789abcdef",
    ):
        assert number in text
    assert "the potential energy became not-a-number at 12.5 ps" in text


def test_text_from_results_is_escaped(written):
    assert "&lt;at 40 ps&gt;" in written[1]
    assert "<at 40 ps>" not in written[1]


def test_the_figures_are_files_too(written):
    output, _ = written
    assert set(FIGURES) == DRAWN
    assert {path.name for path in (output.parent / "figures").iterdir()} == {f"{name}.svg" for name in DRAWN}
    for name in DRAWN:
        assert ElementTree.parse(output.parent / "figures" / f"{name}.svg").getroot().tag.endswith("svg")


def test_the_same_results_give_the_same_page(written, finished, tmp_path):
    folder, config = finished
    write_report(folder, config, tmp_path / "index.html")
    assert (tmp_path / "index.html").read_text(encoding="utf-8") == written[1]


def test_an_empty_folder_gives_a_page_that_says_so(tmp_path):
    write_report(tmp_path / "nothing", Config(), tmp_path / "out/index.html")
    text = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert "draws.parquet is not there" in text
    assert {path.stem for path in (tmp_path / "out/figures").iterdir()} == DRAWN


def test_the_page_tells_of_every_stage(written):
    _, text = written
    for told in (
        "15 liquids were simulated atom by atom, 12 of them with force fields drawn at random",
        "12 ended well, 3 were rejected",
        ">15 runs</text>",
        ">3 jobs</text>",
        "<title>2 blow-up</title>",
        "<title>benzene, inversion: S = 0.00090 ± 0.00011, M = 1.53 ± 0.03, D = 5.15 ± 0.15 nm² ns⁻¹, 4.60 times the atomistic</title>",
    ):
        assert told in text


def test_the_campaign_s_size_is_stated(written):
    assert "500 molecules and 3000 ps of production" in written[1]
    assert "errors are large" not in written[1]
    assert "errors are large and stated" in size(Config(atomistic={"molecules": 64}, learning={"x_max": 1.9}))
