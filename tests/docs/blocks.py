"""The fenced blocks of the documentation, and what a comment before one says about running it.

    <!-- not run: needs a cluster -->                        the block is not run
    <!-- dry run: takes hours -->                            snakemake gets -n
    <!-- run: --production-ps 100 as --production-ps 4 -->   run with other values, several separated by commas
    <!-- run: without --refine 3 -->                         run without something

A block of a file's content names the file, ```yaml title="config/mine.yaml"; it is written where the blocks after it are run.
"""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

PATTERNS = ("README.md", "docs/**/*.md", "data/*.md", "config/*.md", "profiles/*/*.md")

PAGES = sorted(path.relative_to(ROOT).as_posix() for pattern in PATTERNS for path in ROOT.glob(pattern))
"""Pages that a reader follows."""

FENCE = re.compile(
    r"(?:^ *<!-- (?P<mark>(?:not run|dry run|run)): (?P<why>[^\n]*?) -->\n)?"
    r"^(?P<indent> *)```(?P<language>\w*)(?: title=\"(?P<title>[^\"]+)\")?[^\n]*\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)

SHELL = ("bash", "console", "sh")


@dataclass(frozen=True)
class Block:
    """A fenced block: its page, line and language, its text, the file that it is the content of, and its comment."""

    page: str
    line: int
    language: str
    text: str
    title: str = ""
    mark: str = "run"
    why: str = ""

    @property
    def is_code(self) -> bool:
        """Something that a reader would run."""
        return self.language == "python" or self.language in SHELL

    @property
    def runs(self) -> bool:
        return self.is_code and self.mark != "not run"

    @property
    def commands(self) -> list[list[str]]:
        """The commands of a shell's block, each as its words, without comments; `cd x && y` are two."""
        lines = self.text.replace("\\\n", " ").splitlines()
        return [words for line in lines for part in line.split(" && ") if (words := shlex.split(part, comments=True))]

    def reduced(self) -> str:
        """The text with the values that the comment asks for. Raises ValueError where the text has none of them."""
        text = self.text
        if self.mark == "dry run":
            return re.sub(r"^snakemake ", "snakemake --quiet rules -n ", text, flags=re.MULTILINE)
        for change in filter(None, self.why.split(", ")):
            old, _, new = change.removeprefix("without ").partition(" as ")
            if old not in text:
                raise ValueError(f"{self.page}:{self.line}: its comment changes {old!r}, which it does not have")
            text = text.replace(old, new)
        return text


def blocks(page: str, text: str | None = None) -> list[Block]:
    """The fenced blocks of a page in their order."""
    text = (ROOT / page).read_text(encoding="utf-8") if text is None else text
    return [
        Block(
            page,
            text.count("\n", 0, found.start()) + 1,
            found["language"],
            re.sub(rf"^{found['indent']}", "", found["text"], flags=re.MULTILINE),
            found["title"] or "",
            found["mark"] or "run",
            found["why"] or "",
        )
        for found in FENCE.finditer(text)
    ]
