"""The documentation's blocks: found, and each run or with a reason why not."""

import re

import pytest

from tests.docs.blocks import PAGES, ROOT, SHELL, blocks

EXAMPLE = """
<!-- not run: needs a cluster -->
```bash
sbatch job.sh
```

- an item

  <!-- run: --time 100 as --time 1, big as small -->
  ```bash
  mobcg simulate --time 100 \\
      --out big   # a comment
  ```

```yaml title="config/mine.yaml"
results: here
```

<!-- dry run: takes hours -->
```bash
snakemake --cores 2
```
"""


def test_blocks_and_their_comments():
    first, second, third, fourth = blocks("page.md", EXAMPLE)
    assert (first.mark, first.why, first.runs) == ("not run", "needs a cluster", False)
    assert second.reduced() == "mobcg simulate --time 1 \\\n    --out small   # a comment\n"
    assert second.commands == [["mobcg", "simulate", "--time", "100", "--out", "big"]]
    assert (third.title, third.text, third.is_code) == ("config/mine.yaml", "results: here\n", False)
    assert fourth.reduced() == "snakemake --quiet rules -n --cores 2\n"


def test_a_comment_that_changes_nothing_is_an_error():
    (block,) = blocks("page.md", "<!-- run: --time 5 as --time 1 -->\n```bash\nmobcg simulate\n```\n")
    with pytest.raises(ValueError, match="changes '--time 5'"):
        block.reduced()


def test_the_pages_are_there():
    assert {"README.md", "docs/faq.md", "docs/how-to/predict.md", "data/README.md", "profiles/slurm/README.md"} <= set(PAGES)
    assert sum(block.runs for page in PAGES for block in blocks(page)) > 20


@pytest.mark.parametrize("page", PAGES)
def test_every_fence_is_understood_and_every_reason_said(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    found = blocks(page)
    assert len(found) * 2 == len(re.findall(r"^ *```", text, re.MULTILINE)), "a fence that blocks.py does not find"
    assert sum(block.mark != "run" or block.why != "" for block in found) == len(re.findall("<!-- (not |dry )?run: ", text))
    for block in found:
        assert block.language, f"{page}:{block.line}: say the language, or text"
        assert block.mark == "run" or len(block.why) > 5, f"{page}:{block.line}: say why it is not run"
        assert block.mark != "dry run" or "snakemake" in block.text
        assert block.language not in SHELL or block.commands, f"{page}:{block.line}: no command"


@pytest.mark.parametrize("page", PAGES)
def test_nothing_to_run_hides_in_an_indented_block(page):
    """Four spaces make a block that is never run: commands and code stand in fences."""
    text = re.sub(r"^( *)```.*?^\1```$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    hidden = re.findall(r"\n\n((?: {4,}|\t)(?:mobcg|snakemake|python|make|pip|import|from|gmx|cd) .*)", text)
    assert not hidden, f"{page}: {hidden}"
