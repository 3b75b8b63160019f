"""Links between the repository's own pages, as they hold where it is read: files and headings are there."""

import posixpath
import re

import pytest

from tests.docs.blocks import PAGES, ROOT

LINKS = re.compile(r"\]\(([^()\s]+)\)")

SOURCES = [*PAGES, "CHANGELOG.md"]


def headings(page):
    """The anchors that headings of a page get where Markdown is shown: lower case, words joined by hyphens."""
    text = re.sub(r"^( *)```.*?^\1```$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


@pytest.mark.parametrize("page", SOURCES)
def test_links_lead_somewhere(page):
    wrong = []
    for link in LINKS.findall((ROOT / page).read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
        if not (ROOT / target).exists() or (anchor and anchor not in headings(target)):
            wrong.append(link)
    assert not wrong, f"{page}: {wrong}"


@pytest.mark.parametrize("page", SOURCES)
def test_files_that_are_named_are_there(page):
    """Paths in code spans that begin with a folder of the repository; wildcards and results are none."""
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:benchmarks|config|data|docs|envs|profiles|scripts|src|tests|workflow)/[\w./,-]+)`", text)
    made = {"config/mine.yaml", "config/liquids/NAME.yaml", "config/liquids/2-methylpentane.yaml", "config/liquids/cyclohexane.yaml"}
    missing = [path for path in named if path not in made and not (ROOT / path).exists()]
    assert not missing, f"{page}: {missing}"
