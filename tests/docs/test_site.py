"""The documentation as a site: it builds without a warning, so its links and anchors hold, and every page is in its navigation."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.docs.blocks import ROOT

needs_mkdocs = pytest.mark.skipif(
    importlib.util.find_spec("mkdocs") is None, reason="the documentation's tools are not installed: pip install '.[docs]'"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@needs_mkdocs
def test_it_builds_without_a_warning_and_has_the_repositorys_pages(site):
    assert "keep the real dynamics" in (site / "index.html").read_text()
    for page in ("tutorials/your-liquid", "faq", "repository/data/index", "repository/profiles/slurm/index"):
        assert (site / f"{page}.html").is_file()
    assert (site / "demo.png").is_file(), "the README's figure"
    assert "timestep_fs" in (site / "reference/library.html").read_text()


@needs_mkdocs
def test_links_hold_on_the_site_and_nothing_comes_from_elsewhere(site):
    for page in site.rglob("*.html"):
        if page.name == "404.html":
            continue
        text = page.read_text()
        for path in re.findall(r'(?:href|src)="([^":#?]+)[#?"]', text):
            assert (page.parent / path).exists(), f"{page.relative_to(site)}: {path}"
        assert not re.findall(r'<(?:script|img)[^>]+src="https?://|<link rel="stylesheet" href="https?://', text)


@needs_mkdocs
def test_a_link_to_a_file_that_is_not_there_stops_the_build():
    from mkdocs.exceptions import PluginError

    spec = importlib.util.spec_from_file_location("hooks", ROOT / "docs/hooks.py")
    hooks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hooks)
    page = "how-to/cluster.md"
    assert (
        hooks._relinked("[the profile](../../profiles/slurm/README.md#a)", page)
        == "[the profile](../repository/profiles/slurm/README.md#a)"
    )
    assert hooks._relinked("[tests](../../tests/engines)", page) == "tests"
    assert hooks._relinked("![D](docs/demo.png)", "index.md") == "![D](demo.png)"
    with pytest.raises(PluginError, match=r"nowhere\.md is not there"):
        hooks._relinked("[x](nowhere.md)", page)


def test_every_page_is_in_the_navigation():
    def pages(nav):
        return {nav} if isinstance(nav, str) else set().union(*(pages(part) for part in (nav if isinstance(nav, list) else nav.values())))

    listed = pages(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
    written = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert written <= listed, f"add to nav in mkdocs.yml: {', '.join(sorted(written - listed))}"
