"""What the documentation tells to run does run, and what is not run has options that exist."""

import shlex

import pytest

from tests.docs.blocks import PAGES, ROOT, SHELL, blocks
from tests.docs.commands import problem, spans

RUN = [page for page in PAGES if any(block.runs for block in blocks(page))]


@pytest.mark.parametrize("page", RUN)
def test_the_commands_of_a_page_run_in_their_order(page, place):
    for block in blocks(page):
        place.do(block)


@pytest.mark.parametrize("page", PAGES)
def test_every_option_exists(page):
    calls = [words for block in blocks(page) if block.language in SHELL for words in block.commands]
    calls += [shlex.split(span, comments=True) for span in spans((ROOT / page).read_text(encoding="utf-8"))]
    found = [said for words in calls if (said := problem(words))]
    assert not found, f"{page}: {'; '.join(found)}"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("mobcg predict --rfd rdf.csv", "mobcg predict has no option --rfd"),
        ("mobcg database inform", "mobcg database inform: no such command"),
        ("snakemake --profil slurm", "snakemake has no option --profil"),
        ("python benchmarks/pool.py --nothing", "benchmarks/pool.py has no option --nothing"),
        ("python benchmarks/pools.py", "no such script"),
        ("make demos", "make has no target demos"),
        ('pip install "mobcg[gpus]"', "mobcg has no extra gpus"),
        ("mobgc predict", "no program"),
    ],
)
def test_a_mistake_in_a_page_is_found(command, said):
    assert said in problem(shlex.split(command))
