"""Called by MkDocs: adds the pages that are made from the code, so that they can't fall behind it.

They exist in the site alone. A page that wants the fields of results.json or score.json has the line for it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from command_pages import command_pages
from field_tables import SCHEMAS, field_tables

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
FIELDS = {f"<!-- fields of {file} -->": file for file in SCHEMAS}
# Files of the top level that are pages of the site as well.
COPIED = {"changelog.md": "CHANGELOG.md", "contributing.md": "CONTRIBUTING.md"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the commands, and those of the top level."""
    from mkdocs.structure.files import File

    # The code is read from this checkout, whatever is installed.
    sys.path.insert(0, str(ROOT))
    for name, content in {**command_pages(), **copied_pages()}.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the tables of a schema where a page asks for them."""
    for line, file in FIELDS.items():
        if line in markdown:
            markdown = markdown.replace(line, field_tables(file))
    return markdown


def copied_pages() -> dict[str, str]:
    """Files of the top level by page, their links seen from the folder of the documents."""
    moved = {"](docs/": "](", **{f"]({file})": f"]({page})" for page, file in COPIED.items()}}
    pages = {}
    for page, file in COPIED.items():
        text = (ROOT / file).read_text(encoding="utf-8")
        for before, after in moved.items():
            text = text.replace(before, after)
        pages[page] = text
    return pages
