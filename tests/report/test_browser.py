"""The report as a browser shows it. Skipped where there is no Chromium."""

import pytest

from mobcg.report import write_report
from mobcg.report.rounding import DASH
from tests.report import browser

pytestmark = pytest.mark.skipif(browser.program() is None, reason="Chromium is not installed (make programs)")

UNDRAWN = """[...document.querySelectorAll("img, svg")]
    .filter((each) => !each.closest(".liquid[hidden]") && getComputedStyle(each).display !== "none")
    .filter((each) => (each.tagName === "IMG" ? !(each.complete && each.naturalWidth > 0) : each.getBoundingClientRect().height < 30))
    .length"""
ROWS = '[...document.querySelectorAll("#samples tbody tr")].map((row) => [...row.cells].map((cell) => cell.textContent))'
COUNT = 'document.querySelector("#samples output").textContent'
SEARCH = """((text) => {{
    const input = document.querySelector("#samples input");
    input.value = text;
    input.dispatchEvent(new Event("input"));
}})({!r})"""
SORT = 'document.querySelectorAll("#samples th button")[{}].click()'
FOCUSED = "document.activeElement.textContent"
OPENS_S = 3.0
LARGEST_BYTES = 20e6


@pytest.fixture(scope="module")
def chromium():
    with browser.Browser() as found:
        yield found


@pytest.fixture
def opened(chromium, report_page):
    """The page, freshly loaded; a test that leaves an error on its console fails."""
    chromium.resize(1280)
    chromium.open(report_page)
    yield chromium
    assert chromium.problems == []


@pytest.mark.parametrize("width", [1280, 420])
def test_everything_is_drawn_and_fits_the_window(chromium, report_page, width):
    chromium.resize(width)
    chromium.requests.clear()
    chromium.open(report_page)
    assert chromium.problems == []
    assert all(address.startswith(("file:", "data:")) for address in chromium.requests)
    assert chromium.evaluate("document.images.length") == 9 + 3
    assert chromium.evaluate(UNDRAWN) == 0
    assert chromium.evaluate("document.documentElement.scrollWidth") == width
    shown = chromium.evaluate('[...document.querySelectorAll(".diagram")].map((each) => getComputedStyle(each).display)')
    assert shown == (["block", "none"] if width == 1280 else ["none", "block"])


def test_tables_and_figures_fit_a_wide_window(opened):
    wide = """[...document.querySelectorAll(".scroll")].filter((box) => box.scrollWidth > box.clientWidth)
        .map((box) => box.textContent.trim().slice(0, 40))"""
    assert opened.evaluate(wide) == []


def test_samples_are_found_by_words(opened):
    assert opened.evaluate(COUNT) == "1 to 15 of 15 samples"
    opened.evaluate(SEARCH.format("Blow-up 3-methyl"))
    assert [row[0] for row in opened.evaluate(ROWS)] == ["3-methylpentane-00002"]
    assert opened.evaluate(COUNT) == "1 to 1 of 1 found among 15 samples"
    opened.evaluate(SEARCH.format("nothing like this"))
    assert opened.evaluate(ROWS) == []
    assert opened.evaluate(COUNT) == "none of 15 samples"


def test_samples_are_sorted_by_their_numbers(opened):
    """D of the atomistic run: rising, falling, and in both what is unknown last."""
    column = 4
    for falling in (False, True):
        opened.evaluate(SORT.format(column))
        cells = [row[column] for row in opened.evaluate(ROWS)]
        values = [float(cell.split()[0]) for cell in cells[:-3]]
        assert values == sorted(values, reverse=falling)
        assert cells[-3:] == [DASH] * 3
        sorts = opened.evaluate('[...document.querySelectorAll("#samples th")].map((head) => head.getAttribute("aria-sort"))')
        assert sorts[column] == ("descending" if falling else "ascending")
        assert sorts.count("none") == len(sorts) - 1


def test_the_numbers_of_all_notations_are_understood(opened):
    texts = ["1.23 ± 0.04", "(3.2 ± 0.4)e-6", "1.50e-07", "850 ± 20", "-12 ± 4"]
    assert opened.evaluate(f"{texts}.map(number)") == pytest.approx([1.23, 3.2e-6, 1.5e-7, 850, -12])
    assert opened.evaluate(f'isNaN(number("{DASH}"))') is True


def test_the_table_is_worked_by_keyboard(opened):
    opened.evaluate('document.querySelector("#samples input").focus()')
    for letter in "benzene":
        opened.press(letter, letter)
    assert opened.evaluate(COUNT) == "1 to 5 of 5 found among 15 samples"
    opened.press("Tab")
    assert opened.evaluate(FOCUSED) == "sample"
    opened.press("Enter", "\r")
    assert opened.evaluate(ROWS)[0][0] == "ethylbenzene-00003"


def test_a_reason_shows_its_samples(opened):
    opened.evaluate("""[...document.querySelectorAll("#reasons button")].find((button) => button.textContent === "evaporated").click()""")
    assert [row[0] for row in opened.evaluate(ROWS)] == ["ethylbenzene-00002"]


def test_one_liquid_at_a_time(opened):
    shown = '[...document.querySelectorAll(".liquid")].filter((each) => each.offsetHeight > 0).map((each) => each.dataset.liquid)'
    choose = """((name) => {{
        const select = document.querySelector("#choose-liquid select");
        select.value = name;
        select.dispatchEvent(new Event("change"));
    }})({!r})"""
    assert opened.evaluate(shown) == ["benzene"]
    opened.evaluate(choose.format("mesitylene"))
    assert opened.evaluate(shown) == ["mesitylene"]
    assert opened.evaluate('new Set([...document.querySelectorAll("circle.of-liquid")].map((each) => each.dataset.liquid)).size') == 1
    opened.evaluate(choose.format(""))
    assert len(opened.evaluate(shown)) == 3
    assert opened.evaluate(UNDRAWN) == 0


def test_points_have_words_for_pointer_and_keyboard(opened):
    tip = '(({ hidden, textContent }) => (hidden ? "" : textContent))(document.getElementById("tip"))'
    opened.evaluate('document.querySelector(".plot svg").scrollIntoView({ behavior: "instant", block: "center" })')
    middle = "(({ left, top, width, height }) => [left + width / 2, top + height / 2])"
    x, y = opened.evaluate(f'{middle}(document.querySelector(".plot circle").getBoundingClientRect())')
    assert opened.evaluate(tip) == ""
    opened.point(x, y)
    assert ", potential of mean force: S = 0.060 ± 0.007, M = 1.13 ± 0.03" in opened.evaluate(tip)
    opened.point(1, 1)
    opened.evaluate('document.querySelector(".plot svg").focus()')
    opened.press("ArrowRight")
    assert opened.evaluate(tip).startswith("benzene, potential of mean force")
    opened.press("ArrowLeft")
    assert "3-methylpentane, flagship, refined" in opened.evaluate(tip)
    opened.press("Escape")
    assert opened.evaluate(tip) == ""


def test_without_scripts_the_story_is_there(chromium, report_page):
    """The samples' first rows, all liquids' curves; nothing that would not work."""
    chromium.resize(1280)
    chromium.scripts(run=False)
    try:
        chromium.open(report_page)
        root = chromium.call("DOM.getDocument")["root"]["nodeId"]

        def all_of(selector):
            return chromium.call("DOM.querySelectorAll", nodeId=root, selector=selector)["nodeIds"]

        assert len(all_of("#summary > p")) >= 4
        assert len(all_of("#samples tbody tr")) == 15
        assert len(all_of("#samples .static:not([hidden])")) == 1
        assert len(all_of("#samples .controls:not([hidden])")) == 0
        assert len(all_of(".liquid:not([hidden])")) == 3
        assert len(all_of(".plot circle > title")) == 58
    finally:
        chromium.scripts(run=True)


def test_ten_thousand_samples_open_in_three_seconds(chromium, tmp_path, large_campaign_writer, record_property):
    config = large_campaign_writer(tmp_path, sets=3333, runs=3000)
    output = tmp_path / "report/index.html"
    write_report(tmp_path, config, output)
    assert output.stat().st_size < LARGEST_BYTES
    chromium.resize(1280)
    taken = []
    for _ in range(3):
        chromium.open(output)
        entry = 'performance.getEntriesByType("navigation")[0].loadEventEnd'
        taken.append(chromium.evaluate(f"new Promise((done) => setTimeout(() => done({entry} / 1000)))"))
    record_property("opened_in_s", taken)
    assert min(taken) < OPENS_S, f"opened in {taken} s"
    assert chromium.problems == []
    assert chromium.evaluate(COUNT) == "1 to 25 of 10,002 samples"
    assert len(chromium.evaluate(ROWS)) == 25
    work = f"{SEARCH.format('ethylbenzene evaporated')}; {SORT.format(4)}"
    work = f"(() => {{ const start = performance.now(); {work}; return (performance.now() - start) / 1000 }})()"
    assert chromium.evaluate(work) < 1
    assert chromium.evaluate(COUNT).endswith("found among 10,002 samples")
    chromium.evaluate('document.querySelector("#samples .next").click()')
    assert chromium.evaluate(COUNT).startswith("26 to 50 of ")
