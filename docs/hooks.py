"""What mkdocs cannot do by itself: pages of the repository that lie outside of docs/, and links between them and to other files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]

PAGES = {"README.md": "index.md"} | {
    name: f"repository/{name}"
    for name in ("CHANGELOG.md", "config/README.md", "data/DATASHEET.md", "data/README.md", "profiles/slurm/README.md")
}
"""Files of the repository that become pages of the site, and where."""

LINK = re.compile(r"(?P<label>!?\[(?:[^\[\]]|\[[^\]]*\])*\])\((?P<target>[^()\s]+)\)")

FENCE = re.compile(r"^( *)(```+).*?^\1\2 *$", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: Any) -> Files:
    """Add the repository's pages."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn links as they hold in the repository into links of the site; what is not on the site is named without a link."""
    return "".join(part if is_code else _relinked(part, page.file.src_uri) for is_code, part in _split(markdown))


def _split(markdown: str) -> Iterator[tuple[bool, str]]:
    """Parts of a page in their order: whether it is a fenced block of code, and its text."""
    end = 0
    for block in FENCE.finditer(markdown):
        yield False, markdown[end : block.start()]
        yield True, block.group()
        end = block.end()
    yield False, markdown[end:]


def _relinked(text: str, page: str) -> str:
    """Raises PluginError for a link to a file that the repository does not have."""
    source = next((name for name, uri in PAGES.items() if uri == page), f"docs/{page}")

    def replace(link: re.Match[str]) -> str:
        label, (path, hash_sign, anchor) = link["label"], link["target"].partition("#")
        if not path or ":" in path or path.startswith("/"):
            return link.group()
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        if not (ROOT / wanted).exists():
            raise PluginError(f"{source}: links to {link['target']}, and {wanted} is not there")
        uri = PAGES.get(wanted) or (wanted.removeprefix("docs/") if wanted.startswith("docs/") else None)
        if uri is None:
            return label.strip("[]")
        return f"{label}({posixpath.relpath(uri, posixpath.dirname(page) or '.')}{hash_sign}{anchor})"

    return LINK.sub(replace, text)
